"""Operations of known documents: their root fields, as far as these are generated reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields
from graphql.execution.values import VariableValues

from gql_api.execution.variables import VariableReader
from gql_api.schema.build import Schema
from gql_api.schema.queries import RootField

_MAX_VARIANTS = 64
"""Sets of root fields that ``@skip`` and ``@include`` choose from one operation."""


@dataclass(frozen=True, slots=True)
class RootSelection:
    """A root field of an operation."""

    key: str
    """In the response."""

    nodes: Sequence[FieldNode]
    type_name: str
    """Of the root type."""

    field: GraphQLField | None
    root: RootField | None
    """How the field is planned; None, as ``field``, for ``__typename``."""

    begin: bytes
    """The response key as JSON, with the colon after it."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownOperation:
    """A query that the bypass may answer."""

    node: OperationDefinitionNode
    name: str | None
    fragments: Mapping[str, FragmentDefinitionNode]
    schema: Schema
    conditions: tuple[str, ...]
    """Variables that decide what is selected."""

    variables: VariableReader

    _variants: dict[tuple[Any, ...], tuple[RootSelection, ...] | None] = field(default_factory=dict)

    def selections(self, variables: Mapping[str, Any]) -> tuple[RootSelection, ...] | None:
        """Return the root fields; None where one of them is no generated read.

        Args:
            variables: Coerced.

        Raises:
            GraphQLError: An argument of ``@skip`` or ``@include`` is wrong.
        """
        key = tuple(map(variables.get, self.conditions))
        if key not in self._variants:
            found = self._collect(variables)
            if len(self._variants) >= _MAX_VARIANTS:
                del self._variants[next(iter(self._variants))]
            self._variants[key] = found
        return self._variants[key]

    def _collect(self, variables: Mapping[str, Any]) -> tuple[RootSelection, ...] | None:
        schema = self.schema.graphql_schema
        type_ = schema.query_type
        assert type_ is not None  # noqa: S101 - every schema has queries
        details = {name: FragmentDetails(each, None) for name, each in self.fragments.items()}
        collected = collect_fields(
            schema, details, VariableValues({}, {**variables}), type_, self.node
        )
        found = []
        for key, each in collected.grouped_field_set.items():
            nodes = [detail.node for detail in each]
            name = nodes[0].name.value
            begin = b'"%s":' % key.encode()
            if name == "__typename":
                found.append(RootSelection(key, nodes, type_.name, None, None, begin))
                continue
            defined = type_.fields.get(name)
            root = None if defined is None else _root_field(defined)
            if root is None:
                return None
            found.append(RootSelection(key, nodes, type_.name, defined, root, begin))
        return tuple(found)


def find_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """Return the query with a name, or the only operation; None for mutations and the like."""
    operations = [
        each for each in document.definitions if isinstance(each, OperationDefinitionNode)
    ]
    if name is not None:
        operations = [each for each in operations if each.name and each.name.value == name]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        return None
    return operations[0]


def _root_field(defined: GraphQLField) -> RootField | None:
    """Return how a field is planned, if nothing but the plan answers it."""
    root = defined.extensions.get("strawberry-definition")
    if isinstance(root, RootField) and root.is_planned and not root.extensions:
        return root
    return None
