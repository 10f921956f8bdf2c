"""Rows and pages of rows as JSON: scope, filter, order and page as everywhere.

The object of a row is a derived table whose columns are its response keys; relatives are correlated
scalar subqueries.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import sqlalchemy as sa

from gql_api.errors import NoPlainFormError
from gql_api.mapping.descriptors import Entity, Relationship
from gql_api.mapping.values import ScalarKind
from gql_api.plan import selections
from gql_api.plan.filters import Filter
from gql_api.plan.selections import Connection, Selection
from gql_api.sql.columns import SelectedColumn
from gql_api.sql.json_forms import Expression, compile_form, compile_version, require
from gql_api.sql.json_ids import compile_global_id
from gql_api.sql.json_objects import JSON, label, quoted, whole_row
from gql_api.sql.operands import bind_slot
from gql_api.sql.ordering import (
    compile_order,
    compile_order_by,
    first_order,
    reverse,
)
from gql_api.sql.pages import deleted_of, list_predicates, seek_predicates
from gql_api.sql.sources import (
    Compilation,
    Deleted,
    Row,
    Source,
    correlate,
    is_kept_single,
    visible_relatives,
)


@dataclass(frozen=True, slots=True)
class PageRow:
    """A row of a page that is cut before anything is computed of its rows."""

    entity: Entity
    columns: Mapping[SelectedColumn, Expression]

    def column(self, key: SelectedColumn) -> Expression:
        """Return a column of the page."""
        return self.columns[key]


@dataclass(frozen=True, slots=True)
class JsonList:
    """A list whose JSON is asked for: of the root, or of the row of an enclosing statement."""

    connection: Connection
    make_source: Callable[[], Source]
    """Makes another alias of its rows, tied to the enclosing row."""


class RowWriter(ABC):
    """Compiles the JSON of one root field.

    Args:
        compilation: Registry, scopes and dialect.
    """

    def __init__(self, compilation: Compilation) -> None:
        self.compilation = compilation
        self.path_slots: list[int] = []
        """Slots of the paths into documents that are compiled."""
        self._numbers = count(1)

    def name(self, word: str) -> str:
        """Return a name that is new in the statement."""
        return f"{word}${next(self._numbers)}"

    @abstractmethod
    def select_connection(self, listed: JsonList) -> sa.Select[Any]:
        """Select the object of a connection."""

    def select_row(
        self, selection: Selection, source: Source, condition: Filter | None = None
    ) -> sa.Select[Any]:
        """Select the object of each row of a source that meets a condition."""
        predicates = list_predicates(condition, source, self.compilation)
        found = self.select_from(source, self.row_columns(selection, source), predicates)
        return self._select_object(found)

    def _select_object(self, found: sa.Select[Any]) -> sa.Select[Any]:
        row = found.subquery(self.name("row"))
        return sa.select(sa.func.row_to_json(whole_row(row), type_=JSON)).select_from(row)

    def row_columns(self, selection: Selection, row: Row) -> list[Expression]:
        """Compile the fields of a row, labelled by their response keys.

        Raises:
            NoPlainFormError: A field has no equal form; the message says why.
        """
        if selection.subtypes:
            message = f"rows of {selection.entity} are of several types"
            raise NoPlainFormError(message)
        return [
            label(field.response_key, self._compile_field(field, row)) for field in selection.fields
        ]

    def _compile_field(self, field: selections.RowField, row: Row) -> Expression:
        match field:
            case selections.TypenameField() | selections.NullField():
                return _compile_constant(field)
            case selections.ColumnField() | selections.VersionField():
                return self._compile_column(field, row)
            case selections.IdField():
                entity = row.entity
                values = [row.column(column.key) for column in entity.id_columns]
                return compile_global_id(entity, values)
            case selections.ToOneField():
                return self._compile_to_one(field, row)
            case selections.ToManyField(_, key, connection):
                relationship = row.entity.relationships[key]
                deleted = deleted_of(connection)
                listed = JsonList(connection, lambda: self._relatives(relationship, row, deleted))
                return self.select_connection(listed).scalar_subquery()
            case selections.PythonField(_, name):
                message = f"{row.entity.name}.{name} is resolved in Python"
                raise NoPlainFormError(message)

    def _compile_column(
        self, field: selections.ColumnField | selections.VersionField, row: Row
    ) -> Expression:
        described = row.entity.columns[field.column]
        value = row.column(field.column)
        if described.is_computed and described.type.kind is ScalarKind.OPAQUE:
            message = f"{row.entity.name}.{described.name} is of a type that is not known"
            raise NoPlainFormError(message)
        try:
            if isinstance(field, selections.VersionField):
                return compile_version(value, described.type)
            form = compile_form(value, described.type)
        except NoPlainFormError as error:
            message = f"{row.entity.name}.{described.name}: {error}"
            raise NoPlainFormError(message) from error
        if field.path_slot is None:
            # databases keep what models call not null, but for views and what is computed
            is_kept = described.is_nullable or described.type.kind is ScalarKind.JSON
            return form if is_kept else require(form, value)
        self.path_slots.append(field.path_slot)
        steps = bind_slot(field.path_slot, sa.ARRAY(sa.Text()))
        return sa.type_coerce(form.op("#>")(steps), JSON)

    def _compile_to_one(self, field: selections.ToOneField, row: Row) -> Expression:
        relationship = row.entity.relationships[field.relationship]
        source = self._relatives(relationship, row)
        columns = self.row_columns(field.selection, source)
        found = self.select_from(source, columns, list_predicates(None, source, self.compilation))
        if not is_kept_single(relationship, source.entity):
            order = first_order(relationship, source, self.compilation)
            found = found.order_by(*order).limit(sa.literal_column("1"))
        value = self._select_object(found).scalar_subquery()
        if not field.is_non_null:
            return value
        return require(value, row.column(relationship.join.local_keys[0]))

    def _relatives(
        self, relationship: Relationship, row: Row, deleted: Deleted = Deleted.HIDDEN
    ) -> Source:
        relatives = visible_relatives(row.entity, relationship, self.compilation, deleted=deleted)
        return replace(relatives, matches=(correlate(relatives, row, relationship),))

    def select_nodes(self, selection: Selection, listed: JsonList) -> sa.Select[Any]:
        """Select the fields of the rows of a page, in the order of the list."""
        connection, source = listed.connection, listed.make_source()
        if _is_flat(selection, connection, source.entity):
            return self._select_page(self.row_columns(selection, source), connection, source)
        page = self.cut([selection], listed)
        rows = sa.select(*self.row_columns(selection, page.row)).select_from(page.table)
        return rows.order_by(*page.order) if connection.page.is_backward else rows

    def cut(
        self,
        picked: Sequence[Selection],
        listed: JsonList,
        *,
        is_numbered: bool = False,
        has_more: bool = False,
    ) -> "CutPage":
        """Compile a page of bare columns, so that nothing is computed of the rows that it skips.

        Args:
            picked: What is asked of the rows.
            listed: The list.
            is_numbered: Whether ``n$`` numbers the rows and ``size$`` counts them.
            has_more: Whether the row after the page is among them.
        """
        source = listed.make_source()
        keys = compile_order(listed.connection.order, source, self.compilation)
        needed = needed_columns(picked, source.entity)
        columns = [source.column(key).label(f"c{at}") for at, key in enumerate(needed)]
        places = [key.expression.label(f"o{at}") for at, key in enumerate(keys)]
        rows = self._select_page([*columns, *places], listed.connection, source, has_more=has_more)
        table = rows.subquery(self.name("page"))
        if is_numbered:
            table = self._numbered(table)
        kept: dict[SelectedColumn, Expression] = {
            key: table.c[f"c{at}"] for at, key in enumerate(needed)
        }
        order = [replace(key, expression=table.c[f"o{at}"]) for at, key in enumerate(keys)]
        return CutPage(
            table=table,
            row=PageRow(source.entity, kept),
            places=[key.expression for key in order],
            order=compile_order_by(order, self.compilation),
        )

    def _numbered(self, table: sa.Subquery) -> sa.Subquery:
        number = sa.func.row_number().over().label("n$")
        size = sa.func.count().over().label("size$")
        return sa.select(*table.c, number, size).select_from(table).subquery(self.name("page"))

    def _select_page(
        self,
        columns: Sequence[Expression],
        connection: Connection,
        source: Source,
        *,
        has_more: bool = False,
    ) -> sa.Select[Any]:
        """Select a page; one that is counted from the end comes in reverse order."""
        page = connection.page
        keys = compile_order(connection.order, source, self.compilation)
        direction = reverse(keys) if page.is_backward else keys
        predicates = [
            *list_predicates(connection.filter, source, self.compilation),
            *seek_predicates(page, keys, self.compilation),
        ]
        statement = self.select_from(source, columns, predicates)
        statement = statement.order_by(*compile_order_by(direction, self.compilation))
        # the slot holds one row more than the page
        limit: Expression = bind_slot(page.limit_slot, sa.Integer())
        statement = statement.limit(limit if has_more else limit - sa.literal_column("1"))
        if page.offset_slot is not None:
            statement = statement.offset(bind_slot(page.offset_slot, sa.Integer()))
        return statement if page.at_most is None else self._bounded(statement, page.at_most)

    def _bounded(self, statement: sa.Select[Any], at_most: int) -> sa.Select[Any]:
        """Say how few rows a page has: without it PostgreSQL plans a list for each execution.

        A limit that is a parameter counts as a tenth of the table, which no execution is like.
        """
        rows = statement.subquery(self.name("page"))
        bound: Expression = sa.literal_column(str(at_most))
        return sa.select(*rows.c).select_from(rows).limit(bound)

    def select_from(
        self, source: Source, columns: Sequence[Expression], predicates: Sequence[Expression]
    ) -> sa.Select[Any]:
        """Select from a source, within the statement of an enclosing row."""
        statement = sa.select(*columns).select_from(source.from_clause).where(*predicates)
        return statement.correlate_except(*source.froms)


@dataclass(frozen=True, slots=True)
class CutPage:
    """A page of bare columns."""

    table: Any
    row: PageRow
    places: Sequence[Expression]
    """Values of the keys of the order."""

    order: Sequence[Expression]
    """Terms of ORDER BY for the order of the list."""


def _is_flat(selection: Selection, connection: Connection, entity: Entity) -> bool:
    """Tell whether the fields of rows may be computed before the page is cut: none is costly."""
    if connection.page.is_backward:
        return False
    if any(_is_computed(field, entity) for field in selection.fields):
        return False
    return connection.page.offset_slot is None or all(
        isinstance(field, selections.TypenameField | selections.NullField | selections.ColumnField)
        for field in selection.fields
    )


def _compile_constant(field: selections.TypenameField | selections.NullField) -> Expression:
    return quoted(field.type_name) if isinstance(field, selections.TypenameField) else sa.null()


def _is_computed(field: selections.RowField, entity: Entity) -> bool:
    """Tell whether a field is an expression, which its form would have computed several times."""
    return isinstance(field, selections.ColumnField) and entity.columns[field.column].is_computed


def needed_columns(picked: Sequence[Selection], entity: Entity) -> list[str]:
    """Return the attribute keys of all columns that fields are computed from."""
    needed: dict[str, None] = {}
    for field in (field for selection in picked for field in selection.fields):
        match field:
            case selections.ColumnField() | selections.VersionField():
                needed[field.column] = None
            case selections.IdField():
                needed.update(dict.fromkeys(column.key for column in entity.id_columns))
            case selections.ToOneField() | selections.ToManyField():
                join = entity.relationships[field.relationship].join
                needed.update(dict.fromkeys(join.local_keys))
            case _:
                pass
    return list(needed)
