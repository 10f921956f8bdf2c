"""Pages as JSON: rows, edges with cursors, and facts about the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from gql_api.plan.pages import Page
from gql_api.plan.selections import (
    Connection,
    EdgeCursorField,
    EdgeNodeField,
    EdgesField,
    NodesField,
    PageInfoField,
    Selection,
    TypenameField,
)
from gql_api.sql.json_forms import Expression
from gql_api.sql.json_ids import compile_cursor
from gql_api.sql.json_objects import JSON, json_list, json_object, label, quoted, whole_row
from gql_api.sql.json_rows import CutPage, JsonList, RowWriter
from gql_api.sql.operands import bind_slot
from gql_api.sql.pages import Side, side_predicates

PageField = NodesField | EdgesField | PageInfoField

_ZERO: Expression = sa.literal_column("0", sa.Integer())
_ONE: Expression = sa.literal_column("1", sa.Integer())
_TYPENAME = "__typename"


@dataclass(frozen=True, slots=True)
class PageValues:
    """What is asked of the rows of a page."""

    values: Mapping[str, Expression]
    """Aggregates over the table, by response key."""

    table: Any
    """The rows."""


def compile_page(fields: Sequence[PageField], listed: JsonList, writer: RowWriter) -> PageValues:
    """Compile the fields of a page, with one pass over its rows."""
    if len(fields) == 1 and not isinstance(fields[0], PageInfoField):
        return _compile_rows(fields[0], listed, writer)
    page = _NumberedPage(fields, listed, writer)
    values = {field.response_key: page.compile(field) for field in fields}
    return PageValues(values, page.table)


def _compile_rows(
    field: NodesField | EdgesField, listed: JsonList, writer: RowWriter
) -> PageValues:
    """Compile the only field of a page, as a list of whole rows."""
    rows: sa.Select[Any]
    if isinstance(field, NodesField):
        rows = writer.select_nodes(field.selection, listed)
    else:
        page = writer.cut(_selections(field), listed)
        table, columns = _compile_edge(field, page, page.table, listed, writer)
        rows = sa.select(*columns).select_from(table)
        if listed.connection.page.is_backward:
            rows = rows.order_by(*page.order)
    row = rows.subquery(writer.name("row"))
    return PageValues({field.response_key: json_list(whole_row(row))}, row)


def _selections(field: PageField) -> list[Selection]:
    match field:
        case NodesField():
            return [field.selection]
        case EdgesField():
            return [each.selection for each in field.fields if isinstance(each, EdgeNodeField)]
        case PageInfoField():
            return []


def _compile_edge(
    field: EdgesField, page: CutPage, table: Any, listed: JsonList, writer: RowWriter
) -> tuple[Any, list[Any]]:
    """Compile the columns of an edge, and what they are selected from."""
    columns: list[Any] = []
    for part in field.fields:
        match part:
            case TypenameField(key, type_name):
                columns.append(label(key, quoted(type_name)))
            case EdgeCursorField(key):
                columns.append(label(key, _cursor(page, listed.connection, writer)))
            case EdgeNodeField(key, selection):
                node = _compile_node(selection, page, writer)
                table = table.join(node, sa.true())
                columns.append(label(key, whole_row(node)))
    return table, columns


def _compile_node(selection: Selection, page: CutPage, writer: RowWriter) -> Any:
    """Compile the object of each row of a page, as a row of its own."""
    columns = writer.row_columns(selection, page.row)
    return sa.select(*columns).correlate(page.table).lateral(writer.name("node"))


def _cursor(page: CutPage, connection: Connection, writer: RowWriter) -> Expression:
    registry = writer.compilation.registry
    return compile_cursor(page.row.entity, connection.order, page.places, registry)


class _NumberedPage:
    """A page whose rows are numbered from 1 on, in the order that they come in.

    Args:
        fields: What is asked of it.
        listed: The list.
        writer: For the rows.
    """

    table: Any
    """The rows of the page, and perhaps the one after; grows by what is computed of each."""

    def __init__(self, fields: Sequence[PageField], listed: JsonList, writer: RowWriter) -> None:
        self._connection = listed.connection
        self._listed = listed
        self._writer = writer
        picked = [selection for field in fields for selection in _selections(field)]
        fact = "hasPreviousPage" if self._page.is_backward else "hasNextPage"
        self._has_more = any(
            name == fact
            for field in fields
            if isinstance(field, PageInfoField)
            for _, name in field.facts
        )
        self._cut = writer.cut(picked, listed, is_numbered=True, has_more=self._has_more)
        self.table = self._cut.table
        self._number, self._size = self.table.c["n$"], self.table.c["size$"]
        # the slot holds one row more than the page
        self._limit = bind_slot(self._page.limit_slot, sa.Integer())

    @property
    def _page(self) -> Page:
        return self._connection.page

    def compile(self, field: PageField) -> Expression:
        """Compile a field, as an aggregate over the table."""
        match field:
            case NodesField(_, selection):
                node = _compile_node(selection, self._cut, self._writer)
                self.table = self.table.join(node, sa.true())
                return self._list(whole_row(node))
            case EdgesField():
                return self._list(self._compile_edges(field))
            case PageInfoField(_, facts):
                return json_object([(key, self._compile_fact(fact)) for key, fact in facts])

    def _compile_edges(self, field: EdgesField) -> Expression:
        before = self.table
        self.table, columns = _compile_edge(field, self._cut, before, self._listed, self._writer)
        edge = sa.select(*columns).correlate_except().lateral(self._writer.name("edge"))
        self.table = self.table.join(edge, sa.true())
        return whole_row(edge)

    def _list(self, item: Expression) -> Expression:
        if self._page.is_backward:
            item = postgresql.aggregate_order_by(item, self._number.desc())
        listed: Any = sa.func.json_agg(item, type_=JSON)
        if self._has_more:
            listed = listed.filter(self._number < self._limit)
        return sa.func.coalesce(listed, sa.literal_column("'[]'"), type_=JSON)

    def _compile_fact(self, fact: str) -> Expression:
        is_backward = self._page.is_backward
        match fact:
            case "hasNextPage":
                return self._compile_next(self._has_row_more if not is_backward else [])
            case "hasPreviousPage":
                return self._compile_previous(self._has_row_more if is_backward else [])
            case "startCursor":
                return self._compile_end(is_last=is_backward)
            case "endCursor":
                return self._compile_end(is_last=not is_backward)
            case _:
                return quoted("PageInfo")

    @property
    def _has_row_more(self) -> list[Expression]:
        return [sa.func.count() >= self._limit]

    def _compile_next(self, known: list[Expression]) -> Expression:
        sides = [self._has_side(Side.AFTER)] if self._page.before is not None else []
        return sa.or_(sa.false(), *known, *sides)

    def _compile_previous(self, known: list[Expression]) -> Expression:
        if self._page.offset_slot is not None:
            offset = bind_slot(self._page.offset_slot, sa.Integer())
            has_rows = sa.or_(sa.func.count() > _ZERO, self._has_side(Side.BEFORE))
            known = [*known, sa.and_(offset > _ZERO, has_rows)]
        sides = [self._has_side(Side.BEFORE)] if self._page.after is not None else []
        return sa.or_(sa.false(), *known, *sides)

    def _has_side(self, side: Side) -> Expression:
        """Compile whether the list has rows on a side of the page."""
        source = self._listed.make_source()
        predicates = side_predicates(self._connection, side, source, self._writer.compilation)
        predicates += source.matches
        return self._writer.select_from(source, [_ONE], predicates).exists()

    def _compile_end(self, *, is_last: bool) -> Expression:
        """Compile the cursor of the first or last row in the order that they come in."""
        if self._cut.row.entity.is_keyless:
            return sa.type_coerce(sa.null(), sa.Text())
        cursor = sa.func.max(_cursor(self._cut, self._connection, self._writer))
        number = sa.func.least(self._size, self._limit - _ONE) if is_last else _ONE
        return cursor.filter(self._number == number, self._number < self._limit)
