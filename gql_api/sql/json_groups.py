"""Groups as JSON: keys, aggregates and first rows, aggregated with one pass over the list."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from gql_api.errors import NoPlainFormError
from gql_api.mapping.descriptors import Entity
from gql_api.plan.aggregates import Aggregate
from gql_api.plan.selections import (
    AggregateField,
    GroupField,
    GroupKeyField,
    GroupNodesField,
    GroupsField,
    Selection,
    ToManyField,
    ToOneField,
    TypenameField,
)
from gql_api.sql.columns import SelectedColumn
from gql_api.sql.groups import (
    ListedRows,
    aggregated_columns,
    compile_group_key,
    compile_group_order,
    compile_having,
    read_aggregates,
)
from gql_api.sql.json_aggregates import compile_total
from gql_api.sql.json_forms import Expression, compile_form
from gql_api.sql.json_objects import JSON, json_list, json_object, label, quoted, whole_row
from gql_api.sql.json_rows import JsonList, PageRow, RowWriter, needed_columns
from gql_api.sql.operands import bind_slot
from gql_api.sql.ordering import compile_order, compile_order_by
from gql_api.sql.pages import list_predicates
from gql_api.sql.sources import Source


def compile_groups(field: GroupsField, listed: JsonList, writer: RowWriter) -> Expression:
    """Compile the groups of a list.

    Raises:
        NoPlainFormError: Relatives of the rows of groups are asked for: they would be found for
            all groups, also those that are not.
    """
    groups = _Groups(field, listed, writer)
    ranked = groups.ranked
    limit = bind_slot(field.limit_slot, sa.Integer())
    columns = [label(each.response_key, groups.compile(each)) for each in field.fields]
    shown = sa.select(*columns).select_from(ranked).where(ranked.c.rank <= limit)
    row = shown.order_by(ranked.c.rank).subquery(writer.name("row"))
    return sa.select(json_list(whole_row(row))).select_from(row).scalar_subquery()


class _Groups:
    """The groups of one list.

    Args:
        field: What is asked of them.
        listed: The list.
        writer: For the rows.
    """

    ranked: sa.Subquery
    """All groups: rank, keys, aggregates, and the lists of their first rows."""

    def __init__(self, field: GroupsField, listed: JsonList, writer: RowWriter) -> None:
        self._field = field
        self._writer = writer
        self._nodes = [each for each in field.fields if isinstance(each, GroupNodesField)]
        for each in self._nodes:
            _check(each.selection)
        self._kept: dict[SelectedColumn, Expression] = {}
        self._rows = self._listed(listed, listed.make_source())
        self.ranked = self._select_ranked().subquery(writer.name("ranked"))

    @property
    def _entity(self) -> Entity:
        return self._rows.source.entity

    def compile(self, field: GroupField) -> Expression:
        """Compile a field of a group."""
        match field:
            case TypenameField(_, type_name):
                return quoted(type_name)
            case GroupKeyField():
                return self._compile_key(field)
            case AggregateField():
                read = read_aggregates(self._field)
                computed: Mapping[Aggregate, Expression] = {
                    each: self.ranked.c[f"a{at}"] for at, each in enumerate(read)
                }
                return compile_total(field, computed, self._entity)
            case GroupNodesField():
                return self.ranked.c[f"n{self._nodes.index(field)}"]

    def _compile_key(self, field: GroupKeyField) -> Expression:
        pairs: list[tuple[str, Expression]] = []
        for each in field.fields:
            value: Expression = sa.null()
            if isinstance(each, TypenameField):
                value = quoted(each.type_name)
            elif each.index is not None:
                column = self._entity.columns[self._field.keys[each.index].column]
                value = compile_form(self.ranked.c[f"k{each.index}"], column.type)
            pairs.append((each.response_key, value))
        return json_object(pairs)

    def _listed(self, listed: JsonList, source: Source) -> ListedRows:
        """Compile the rows of the list: keys of groups are computed here, once per row."""
        compilation = self._writer.compilation
        keys = [compile_group_key(each, source, compilation.dialect) for each in self._field.keys]
        needed = needed_columns([each.selection for each in self._nodes], source.entity)
        selected = [key.label(f"k{at}") for at, key in enumerate(keys)]
        selected += [
            source.column(key).label(f"v_{key}") for key in aggregated_columns(self._field)
        ]
        selected += [source.column(key).label(f"c{at}") for at, key in enumerate(needed)]
        if self._nodes:
            order = compile_order(listed.connection.order, source, compilation)
            terms = compile_order_by(order, compilation)
            number = sa.func.row_number().over(partition_by=keys, order_by=terms)
            selected.append(number.label("row_rank"))
        predicates = list_predicates(listed.connection.filter, source, compilation)
        rows = self._writer.select_from(source, selected, predicates)
        table = rows.subquery(self._writer.name("listed"))
        self._kept.update({key: table.c[f"c{at}"] for at, key in enumerate(needed)})
        grouped = tuple(table.c[f"k{at}"] for at, _ in enumerate(keys))
        return ListedRows(table, source, self._field, (), grouped)

    def _select_ranked(self) -> sa.Select[Any]:
        rows, field, compilation = self._rows, self._field, self._writer.compilation
        order = [compile_group_order(each, rows, compilation) for each in field.order]
        rank = sa.func.row_number().over(order_by=compile_order_by(order, compilation))
        values = [
            rows.aggregate(each, compilation.dialect, is_read=True)
            for each in read_aggregates(field)
        ]
        table, nodes = self._compile_nodes()
        statement = sa.select(
            rank.label("rank"),
            *rows.keys,
            *(value.label(f"a{at}") for at, value in enumerate(values)),
            *(each.label(f"n{at}") for at, each in enumerate(nodes)),
        )
        having = compile_having(field.having, rows, compilation)
        return statement.select_from(table).group_by(*rows.keys).having(having)

    def _compile_nodes(self) -> tuple[Any, Sequence[Expression]]:
        """Compile the first rows of a group, and what all is selected from."""
        table: Any = self._rows.table
        row, lists = PageRow(self._entity, self._kept), []
        for each in self._nodes:
            columns = self._writer.row_columns(each.selection, row)
            node = sa.select(*columns).correlate(self._rows.table)
            node_row = node.lateral(self._writer.name("node"))
            table = table.join(node_row, sa.true())
            number = self._rows.table.c.row_rank
            ordered = postgresql.aggregate_order_by(whole_row(node_row), number)
            kept = number <= bind_slot(each.limit_slot, sa.Integer())
            found: Any = sa.func.json_agg(ordered, type_=JSON)
            empty: Expression = sa.literal_column("'[]'")
            lists.append(sa.func.coalesce(found.filter(kept), empty, type_=JSON))
        return table, lists


def _check(selection: Selection) -> None:
    if any(isinstance(field, ToOneField | ToManyField) for field in selection.fields):
        message = "relatives of the rows of groups are loaded for these alone"
        raise NoPlainFormError(message)
