"""Lists and rows as JSON: scope, filter, order and page as everywhere, then one text for all.

Children are correlated scalar subqueries over derived tables: each list is aggregated by
``json_agg`` of whole rows. Names with ``$`` are none of GraphQL, so that no response key hides one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from gql_api.errors import NoPlainFormError
from gql_api.mapping.descriptors import Entity, Relationship
from gql_api.mapping.values import ScalarKind
from gql_api.plan import selections
from gql_api.plan.filters import Filter
from gql_api.plan.selections import Connection, Selection
from gql_api.sql.columns import SelectedColumn
from gql_api.sql.json_forms import Expression, compile_form
from gql_api.sql.json_ids import compile_global_id
from gql_api.sql.operands import bind_slot
from gql_api.sql.ordering import (
    compile_order,
    compile_order_by,
    first_order,
    reverse,
)
from gql_api.sql.pages import list_predicates, seek_predicates
from gql_api.sql.sources import (
    Compilation,
    Row,
    Source,
    correlate,
    is_kept_single,
    visible_relatives,
)

_MAX_NAME_BYTES = 63
_MAX_PAIRS = 50
"""Of ``json_build_object``, which takes 100 arguments."""

_JSON = postgresql.JSON()


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


class JsonWriter:
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

    def select_connection(self, listed: JsonList) -> sa.Select[Any]:
        """Select the object of a connection."""
        pairs: list[tuple[str, Expression]] = []
        rows: Any = None
        for field in listed.connection.fields:
            match field:
                case selections.TypenameField(key, type_name):
                    pairs.append((key, quoted(type_name)))
                case selections.NodesField(key, selection) if rows is None:
                    rows = self._rows(selection, listed).subquery(self.name("row"))
                    pairs.append((key, json_list(whole_row(rows))))
                case _:
                    message = f"{type(field).__name__} is not written in JSON"
                    raise NoPlainFormError(message)
        statement = sa.select(json_object(pairs))
        return statement if rows is None else statement.select_from(rows)

    def select_row(
        self, selection: Selection, source: Source, condition: Filter | None = None
    ) -> sa.Select[Any]:
        """Select the object of each row of a source that meets a condition."""
        predicates = list_predicates(condition, source, self.compilation)
        found = self.select_from(source, self.row_columns(selection, source), predicates)
        return self._select_object(found)

    def _select_object(self, found: sa.Select[Any]) -> sa.Select[Any]:
        row = found.subquery(self.name("row"))
        return sa.select(sa.func.row_to_json(whole_row(row), type_=_JSON)).select_from(row)

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
            case selections.TypenameField(_, type_name):
                return quoted(type_name)
            case selections.ColumnField():
                return self._compile_column(field, row)
            case selections.IdField():
                entity = row.entity
                values = [row.column(column.key) for column in entity.id_columns]
                return compile_global_id(entity, values)
            case selections.ToOneField(_, key, selection):
                return self._compile_to_one(row.entity.relationships[key], selection, row)
            case selections.ToManyField(_, key, connection):
                relationship = row.entity.relationships[key]
                listed = JsonList(connection, lambda: self._relatives(relationship, row))
                return self.select_connection(listed).scalar_subquery()
            case selections.PythonField(_, name):
                message = f"{row.entity.name}.{name} is resolved in Python"
                raise NoPlainFormError(message)

    def _compile_column(self, field: selections.ColumnField, row: Row) -> Expression:
        described = row.entity.columns[field.column]
        value = row.column(field.column)
        if described.is_computed and described.type.kind is ScalarKind.OPAQUE:
            message = f"{row.entity.name}.{described.name} is of a type that is not known"
            raise NoPlainFormError(message)
        try:
            form = compile_form(value, described.type)
        except NoPlainFormError as error:
            message = f"{row.entity.name}.{described.name}: {error}"
            raise NoPlainFormError(message) from error
        if field.path_slot is None:
            return form
        self.path_slots.append(field.path_slot)
        steps = bind_slot(field.path_slot, sa.ARRAY(sa.Text()))
        return sa.type_coerce(form.op("#>")(steps), _JSON)

    def _compile_to_one(
        self, relationship: Relationship, selection: Selection, row: Row
    ) -> Expression:
        source = self._relatives(relationship, row)
        columns = self.row_columns(selection, source)
        found = self.select_from(source, columns, list_predicates(None, source, self.compilation))
        if not is_kept_single(relationship, source.entity):
            order = first_order(relationship, source, self.compilation)
            found = found.order_by(*order).limit(sa.literal_column("1"))
        return self._select_object(found).scalar_subquery()

    def _relatives(self, relationship: Relationship, row: Row) -> Source:
        relatives = visible_relatives(row.entity, relationship, self.compilation)
        return replace(relatives, matches=(correlate(relatives, row, relationship),))

    def _rows(self, selection: Selection, listed: JsonList) -> sa.Select[Any]:
        """Select the fields of the rows of a page, in their order."""
        connection, source = listed.connection, listed.make_source()
        if _is_flat(selection, connection, source.entity):
            return self._select_page(self.row_columns(selection, source), connection, source)
        page = self.cut([selection], listed)
        rows = sa.select(*self.row_columns(selection, page.row)).select_from(page.table)
        return rows.order_by(*page.order) if connection.page.is_backward else rows

    def cut(self, picked: Sequence[Selection], listed: JsonList, *, more: int = 0) -> "CutPage":
        """Compile a page of bare columns, so that nothing is computed of the rows that it skips.

        Args:
            picked: What is asked of the rows.
            listed: The list.
            more: Rows beyond the size of the page: 1 or none.
        """
        source = listed.make_source()
        keys = compile_order(listed.connection.order, source, self.compilation)
        needed = _needed_columns(picked, source.entity)
        columns = [source.column(key).label(f"c{at}") for at, key in enumerate(needed)]
        places = [key.expression.label(f"o{at}") for at, key in enumerate(keys)]
        statement = self._select_page([*columns, *places], listed.connection, source, more=more)
        table = statement.subquery(self.name("page"))
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

    def _select_page(
        self,
        columns: Sequence[Expression],
        connection: Connection,
        source: Source,
        *,
        more: int = 0,
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
        statement = statement.limit(limit if more else limit - sa.literal_column("1"))
        if page.offset_slot is None:
            return statement
        return statement.offset(bind_slot(page.offset_slot, sa.Integer()))

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
    return connection.page.offset_slot is None or all(
        isinstance(field, selections.TypenameField)
        or (
            isinstance(field, selections.ColumnField)
            and not entity.columns[field.column].is_computed
        )
        for field in selection.fields
    )


def _needed_columns(picked: Sequence[Selection], entity: Entity) -> list[str]:
    """Return the attribute keys of all columns that fields are computed from."""
    needed: dict[str, None] = {}
    for field in (field for selection in picked for field in selection.fields):
        match field:
            case selections.ColumnField():
                needed[field.column] = None
            case selections.IdField():
                needed.update(dict.fromkeys(column.key for column in entity.id_columns))
            case selections.ToOneField() | selections.ToManyField():
                join = entity.relationships[field.relationship].join
                needed.update(dict.fromkeys(join.local_keys))
            case _:
                pass
    return list(needed)


def label(response_key: str, value: Expression) -> Expression:
    """Label a column by a response key.

    Raises:
        NoPlainFormError: PostgreSQL would cut the key.
    """
    if len(response_key) > _MAX_NAME_BYTES:
        message = f"{response_key} has more than {_MAX_NAME_BYTES} characters"
        raise NoPlainFormError(message)
    return value.label(response_key)


def quoted(name: str) -> Expression:
    """Return a GraphQL name as a text: such a name needs no quoting."""
    return sa.literal_column(f"'{name}'", sa.Text())


def json_object(pairs: Sequence[tuple[str, Expression]]) -> Expression:
    """Compile an object.

    Raises:
        NoPlainFormError: It has more fields than PostgreSQL takes.
    """
    if len(pairs) > _MAX_PAIRS:
        message = f"an object has more than {_MAX_PAIRS} fields"
        raise NoPlainFormError(message)
    arguments = [each for key, value in pairs for each in (quoted(key), value)]
    return sa.func.json_build_object(*arguments, type_=_JSON)


def json_list(item: Expression) -> Expression:
    """Compile the list of all rows of a statement."""
    listed = sa.func.json_agg(item, type_=_JSON)
    return sa.func.coalesce(listed, sa.literal_column("'[]'"), type_=_JSON)


def whole_row(table: Any) -> Expression:
    """Return the whole row of a derived table."""
    row: Expression = table.table_valued()
    return row
