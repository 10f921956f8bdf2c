"""Groups of a list: one statement, with the first rows of each group where these are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gql_api.database.dialects import Dialect
from gql_api.database.sqlite_types import normal_form
from gql_api.plan.aggregates import Aggregate, GroupKey, GroupOrder
from gql_api.plan.filters import And, Compare, Filter, IsNull
from gql_api.plan.selections import AggregateField, Connection, GroupsField
from gql_api.sql.aggregates import compile_function, known_column
from gql_api.sql.buckets import compile_bucket
from gql_api.sql.caching import reuse_statement
from gql_api.sql.columns import SelectedColumn, readable
from gql_api.sql.operands import bind_slot
from gql_api.sql.ordering import SortKey, comparable, compile_order, compile_order_by
from gql_api.sql.pages import Parents, connection_source, list_predicates
from gql_api.sql.predicates import compile_condition
from gql_api.sql.sources import Compilation, Source


@dataclass(frozen=True, slots=True, eq=False)
class ListedRows:
    """The rows of the list, as a table whose columns are labelled by what they are."""

    table: sa.CTE | sa.Subquery
    source: Source
    groups: GroupsField
    parent_keys: tuple[sa.ColumnElement[Any], ...]
    keys: tuple[sa.ColumnElement[Any], ...]

    def aggregate(
        self, aggregate: Aggregate, dialect: Dialect, *, is_read: bool = False
    ) -> sa.ColumnElement[Any]:
        """Compile an aggregate of the rows of one group."""
        if aggregate.column is None:
            return sa.func.count()
        column = known_column(self.source.entity, aggregate.column)
        value = self.table.c[f"v_{aggregate.column}"]
        return compile_function(aggregate.function, value, column, dialect, is_read=is_read)


def read_aggregates(groups: GroupsField) -> tuple[Aggregate, ...]:
    """Return the aggregates that the answer of groups holds, each once."""
    return tuple(
        dict.fromkeys(
            each for part in groups.fields if isinstance(part, AggregateField) for each in part
        )
    )


@reuse_statement
def select_groups(
    connection: Connection,
    groups: GroupsField,
    columns: Sequence[SelectedColumn],
    compilation: Compilation,
    *,
    parents: Parents | None = None,
) -> sa.Select[Any]:
    """Select the first groups of a filtered, unpaged list, or those of each parent.

    Args:
        connection: Filter of the rows, and their order within a group.
        groups: What the rows are grouped by, and which groups are asked for.
        columns: What to select of the rows of groups.
        compilation: Registry, scopes and dialect.
        parents: Selects the groups of each of the parents in ``PARENT_KEYS``.

    Returns:
        Rows of: the parent's keys, the rank of the group, its keys, its aggregates as
        ``read_aggregates`` lists them; and, where rows of groups are asked for, one row for each of
        them, with its rank in the group and its columns besides. Sorted by the ranks.
    """
    rows = _compile_rows(connection, groups, columns, compilation, parents)
    page = _compile_page(rows, compilation)
    shown = [*page.c]
    if groups.nodes_limit_slot is None:
        return sa.select(*shown).order_by(page.c.rank)
    limit = bind_slot(groups.nodes_limit_slot, sa.Integer())
    shared = [f"p{at}" for at, _ in enumerate(rows.parent_keys)]
    shared += [f"k{at}" for at, _ in enumerate(rows.keys)]
    joined = sa.and_(
        *(page.c[name].is_not_distinct_from(rows.table.c[name]) for name in shared),
        rows.table.c.row_rank <= limit,
    )
    own = [readable(rows.table.c[f"r{at}"]) for at, _ in enumerate(columns)]
    return (
        sa.select(*shown, rows.table.c.row_rank, *own)
        .select_from(page.outerjoin(rows.table, joined))
        .order_by(page.c.rank, rows.table.c.row_rank)
    )


def _compile_rows(
    connection: Connection,
    groups: GroupsField,
    columns: Sequence[SelectedColumn],
    compilation: Compilation,
    parents: Parents | None,
) -> ListedRows:
    """Compile the rows of the list: keys of groups are computed here, once per row."""
    source = connection_source(connection, parents, compilation, columns)
    keys = [compile_group_key(key, source, compilation.dialect) for key in groups.keys]
    selected = [key.label(f"p{at}") for at, key in enumerate(source.keys)]
    selected += [key.label(f"k{at}") for at, key in enumerate(keys)]
    selected += [source.column(key).label(f"v_{key}") for key in aggregated_columns(groups)]
    if groups.nodes_limit_slot is not None:
        selected += [source.column(key).label(f"r{at}") for at, key in enumerate(columns)]
        order = compile_order(connection.order, source, compilation)
        selected.append(
            sa.func.row_number()
            .over(partition_by=[*source.keys, *keys], order_by=compile_order_by(order, compilation))
            .label("row_rank")
        )
    predicates = list_predicates(connection.filter, source, compilation)
    table = sa.select(*selected).select_from(source.from_clause).where(*predicates).cte("listed")
    return ListedRows(
        table,
        source,
        groups,
        tuple(table.c[f"p{at}"] for at, _ in enumerate(source.keys)),
        tuple(table.c[f"k{at}"] for at, _ in enumerate(keys)),
    )


def aggregated_columns(groups: GroupsField) -> list[str]:
    """Return the attribute keys of all columns that functions are computed over."""
    used = [*read_aggregates(groups)]
    used += [each.value for each in groups.order if isinstance(each.value, Aggregate)]
    used += _having_aggregates(groups.having)
    return list(dict.fromkeys(each.column for each in used if each.column is not None))


def _having_aggregates(part: Filter) -> list[Aggregate]:
    match part:
        case And(parts):
            return [each for inner in parts for each in _having_aggregates(inner)]
        case Compare(Aggregate() as aggregate) | IsNull(Aggregate() as aggregate):
            return [aggregate]
        case _:
            return []


def _compile_page(rows: ListedRows, compilation: Compilation) -> sa.Subquery:
    """Compile the groups that are asked for, with their ranks."""
    groups, dialect = rows.groups, compilation.dialect
    order = [compile_group_order(each, rows, compilation) for each in groups.order]
    rank = sa.func.row_number().over(
        partition_by=rows.parent_keys or None, order_by=compile_order_by(order, compilation)
    )
    read = read_aggregates(groups)
    values = [rows.aggregate(each, dialect, is_read=True) for each in read]
    ranked = (
        sa.select(
            *rows.parent_keys,
            rank.label("rank"),
            *rows.keys,
            *(value.label(f"a{at}") for at, value in enumerate(values)),
        )
        .group_by(*rows.parent_keys, *rows.keys)
        .having(compile_having(groups.having, rows, compilation))
        .subquery("ranked")
    )
    limit = bind_slot(groups.limit_slot, sa.Integer())
    kept = [readable(column).label(column.name) for column in ranked.c]
    return sa.select(*kept).where(ranked.c.rank <= limit).subquery("page")


def compile_group_key(key: GroupKey, source: Source, dialect: Dialect) -> sa.ColumnElement[Any]:
    """Compile what the rows of one group share, of a row."""
    value = source.column(key.column)
    if key.bucket is None:
        return comparable(normal_form(value), dialect)
    return compile_bucket(value, key.bucket, key.time_zone, dialect)


def compile_group_order(order: GroupOrder, rows: ListedRows, compilation: Compilation) -> SortKey:
    """Compile one key of the order of groups."""
    if isinstance(order.value, Aggregate):
        expression = rows.aggregate(order.value, compilation.dialect)
    else:
        expression = rows.keys[order.value]
    return SortKey(expression, order.is_descending, order.are_nulls_first, is_nullable=True)


def compile_having(
    part: Filter, rows: ListedRows, compilation: Compilation
) -> sa.ColumnElement[bool]:
    """Compile the condition on groups."""
    match part:
        case And(parts):
            return sa.and_(sa.true(), *(compile_having(each, rows, compilation) for each in parts))
        case Compare(Aggregate() as aggregate, operator, slot):
            value = rows.aggregate(aggregate, compilation.dialect)
            return compile_condition(value, None, operator, slot, compilation)
        case IsNull(Aggregate() as aggregate, is_null):
            value = rows.aggregate(aggregate, compilation.dialect)
            return value.is_(None) if is_null else value.is_not(None)
        case _:
            message = f"{part} is no condition on a group."
            raise TypeError(message)
