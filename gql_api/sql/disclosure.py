"""Which parameters of a statement may be shown: none that stands beside a hidden column."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import class_mapper
from sqlalchemy.sql import visitors

from gql_api.access.subjects import USER_ID_PARAMETER
from gql_api.mapping.descriptors import Entity, Registry

_SLOT = re.compile(r"v\d+")
"""Of the plan: what the caller sent."""

_NO_PAGE = frozenset({0, -1})
"""What compilers write for a limit or an offset that is not there."""

Place = tuple[str, str]
"""Table and name of a column."""


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What may be shown of the parameters of one statement."""

    shown: frozenset[str]
    """Keys of those that may be."""

    known: frozenset[str]
    """Keys of all that stand in the statement; the compiler adds others."""

    def may_show(self, key: str, value: Any) -> bool:
        """Tell whether a parameter may be shown."""
        is_added = key not in self.known and type(value) is int and value in _NO_PAGE
        return key in self.shown or is_added


class Disclosure:
    """What may be shown of the statements of one schema.

    Shown is what the caller sent, the caller's own key, and what is compared with visible columns
    alone. All else is hidden: constants of policies over hidden columns, keys that are hidden
    columns, and what nobody can tell about.

    Args:
        registry: Says which columns exist for clients.
    """

    def __init__(self, registry: Registry) -> None:
        self._mapped = {
            table.key
            for entity in registry
            for table in class_mapper(entity.model).tables
            if isinstance(table, sa.Table)
        }
        self._visible = {place for entity in registry for place in _places(entity)}

    def disclose(self, statement: sa.Executable) -> Disclosed:
        """Judge the parameters of a statement; what it does not name as shown is hidden."""
        everything: set[str] = set()
        compared: set[str] = set()
        hidden: set[str] = set()
        clause: Any = statement
        for element in visitors.iterate(clause):
            if isinstance(element, sa.BindParameter):
                everything.add(element.key)
            if isinstance(element, sa.BinaryExpression | sa.FunctionElement):
                columns, keys = _parts(element)
                if not all(map(self._is_visible, columns)):
                    hidden |= keys
                elif columns:
                    compared |= keys
        sent = {key for key in everything if _SLOT.fullmatch(key) or key == USER_ID_PARAMETER}
        shown = sent | (compared - hidden)
        for column in _written_columns(statement):
            shown = shown | {column.key} if self._is_visible(column) else shown - {column.key}
        return Disclosed(frozenset(shown), frozenset(everything))

    def _is_visible(self, column: sa.Column[Any]) -> bool:
        table: Any = column.table
        if (table.key, column.name) in self._visible:
            return True
        if table.key in self._mapped:
            return False
        # of an association table, which no entity shows: as visible as what it refers to
        targets = [each.column for each in column.foreign_keys]
        return bool(targets) and all(map(self._is_visible, targets))


def _written_columns(statement: sa.Executable) -> list[sa.Column[Any]]:
    """Return the columns that a statement may write; each value has the key of its column."""
    table = getattr(statement, "table", None)
    is_write = isinstance(statement, sa.Insert | sa.Update) and isinstance(table, sa.Table)
    return list(table.columns) if is_write and table is not None else []


def _places(entity: Entity) -> Iterator[Place]:
    attributes = class_mapper(entity.model).column_attrs
    for key in entity.columns:
        if key in attributes:
            for column in attributes[key].columns:
                if isinstance(column, sa.Column) and isinstance(column.table, sa.Table):
                    yield column.table.key, column.name


def _parts(element: Any) -> tuple[list[sa.Column[Any]], set[str]]:
    """Return the columns of tables and the keys of the parameters within an element."""
    columns: list[sa.Column[Any]] = []
    keys = set()
    for part in visitors.iterate(element):
        if isinstance(part, sa.BindParameter):
            keys.add(part.key)
        elif isinstance(part, sa.ColumnClause):
            columns += [each for each in part.base_columns if isinstance(each, sa.Column)]
    return columns, keys
