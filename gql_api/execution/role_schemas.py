"""What each role set can reach of a schema, made once."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

from graphql import GraphQLSchema, build_schema

from gql_api.access.subjects import RoleSet
from gql_api.schema.build import Schema
from gql_api.schema.roles import schema_text_for

_MOST_ROLE_SETS = 16


@dataclass(frozen=True)
class RoleSchema:
    """What a role set can reach."""

    text: str
    """SDL, sorted."""

    @cached_property
    def graphql_schema(self) -> GraphQLSchema:
        """The same, to be introspected only."""
        return build_schema(self.text)


class RoleSchemas:
    """Those of one schema; the ones used last are kept."""

    def __init__(self) -> None:
        self._schemas: OrderedDict[RoleSet, RoleSchema] = OrderedDict()

    def get(self, schema: Schema, role_set: RoleSet) -> RoleSchema:
        """Return what a role set can reach.

        Args:
            schema: As it is served to all.
            role_set: Whose rights count.

        Cost:
            No SQL. The first time as long as to print the schema, seconds for a large one: call it
            in a thread.
        """
        found = self._schemas.get(role_set)
        if found is None:
            found = self._schemas[role_set] = RoleSchema(schema_text_for(schema, role_set))
        if len(self._schemas) > _MOST_ROLE_SETS:
            self._schemas.popitem(last=False)
        return found
