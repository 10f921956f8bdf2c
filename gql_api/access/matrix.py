"""The matrix of rights: what each role set may do with the rows and columns of each entity."""

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from gql_api.access.column_rights import ColumnRights, column_rights
from gql_api.access.policies import Predicate
from gql_api.access.scopes import Scopes
from gql_api.access.subjects import RoleSet
from gql_api.mapping.descriptors import Entity, Registry

OPERATIONS = ("visible", "creatable", "updatable", "deletable")
"""Methods of policies that return predicates."""


class Extent(enum.StrEnum):
    """Which rows of an entity an operation is allowed for."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class EntityRights:
    """What one role set may do with one entity."""

    entity: str
    """GraphQL type name."""

    is_closed: bool
    """Whether the entity does not exist for the role set."""

    predicates: Mapping[str, Predicate]
    """By operation, on the model itself; subclasses with policies of their own add theirs."""

    unread: tuple[str, ...]
    """GraphQL names of the columns that may not be read."""

    unwritten: tuple[str, ...]
    """GraphQL names of the columns that may not be written."""

    def extent(self, operation: str) -> Extent:
        """Return for which rows an operation is allowed."""
        text = str(self.predicates[operation])  # constants are folded as SQL is written
        return {"true": Extent.ALL, "false": Extent.NONE}.get(text, Extent.SOME)


def describe_rights(registry: Registry, scopes: Scopes) -> list[EntityRights]:
    """Describe what a role set may do, entity by entity.

    Cost:
        Each policy is called once per operation and entity.
    """
    rights = column_rights(registry, scopes)
    return [_describe_entity(entity, scopes, rights) for entity in registry]


def _describe_entity(entity: Entity, scopes: Scopes, rights: ColumnRights) -> EntityRights:
    row = entity.model
    predicates = {
        "visible": scopes.visible_rows(entity, row),
        "creatable": scopes.creatable_rows(entity, row),
        "updatable": scopes.updatable_rows(entity, row),
        "deletable": scopes.deletable_rows(entity, row),
    }
    columns = entity.columns.values()
    return EntityRights(
        entity.name,
        scopes.is_closed(entity),
        predicates,
        tuple(each.name for each in columns if not rights.may_read(entity, each.key)),
        tuple(each.name for each in columns if not rights.may_write(entity, each.key)),
    )


def roles_of(registry: Registry, scopes: Scopes) -> list[str]:
    """Return the names of the roles that policies ask for, sorted.

    Policies are called without any role, signed in and not: what they ask for only behind another
    role stays unknown.
    """
    asked: set[str] = set()
    for is_authenticated in (False, True):
        role_set = RoleSet(_Recorder(asked), is_authenticated)
        describe_rights(registry, replace(scopes, role_set=role_set))
    return sorted(asked)


class _Recorder(frozenset[str]):
    """No roles; those that are asked for are noted."""

    _asked: set[str]

    def __new__(cls, asked: set[str]) -> "_Recorder":
        """Note roles in a set."""
        made = super().__new__(cls)
        made._asked = asked
        return made

    @override
    def __contains__(self, role: object) -> bool:
        """Tell that there is no such role."""
        self._asked.add(str(role))
        return False


def matrix_lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Write a table with columns as wide as they need to be."""
    table = [columns, *rows]
    widths = [max(len(row[at]) for row in table) for at in range(len(columns))]
    for row in table:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
