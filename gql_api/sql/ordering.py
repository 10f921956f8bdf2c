"""Orders become ORDER BY, and places in them become seek predicates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from gql_api.database.dialects import Dialect
from gql_api.mapping.descriptors import Column, Entity, Registry, Relationship
from gql_api.mapping.values import ScalarKind
from gql_api.plan.aggregates import Aggregate
from gql_api.plan.pages import OrderKey, Seek
from gql_api.sql.aggregates import (
    aggregate_column,
    compile_related_aggregate,
    known_column,
)
from gql_api.sql.operands import bind_slot
from gql_api.sql.search import compile_rank
from gql_api.sql.sources import Compilation, Source, correlate, is_kept_single, visible_relatives

_Predicate = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True, eq=False)
class SortKey:
    """One compiled key of an order."""

    expression: sa.ColumnElement[Any]
    is_descending: bool
    are_nulls_first: bool
    is_nullable: bool


def order_column(entity: Entity, key: OrderKey, registry: Registry) -> Column:
    """Return the column that an order key sorts by; for an aggregate, what its values are like."""
    for step in key.path:
        entity = registry.target(entity.relationships[step])
    if key.function is not None:
        return aggregate_column(Aggregate(key.function, key.column), entity)
    return known_column(entity, str(key.column))


def compile_order(
    keys: Sequence[OrderKey], source: Source, compilation: Compilation
) -> tuple[SortKey, ...]:
    """Compile the keys of an order, most significant first.

    A column of a relative is a correlated scalar subquery over its visible rows: a hidden relative
    sorts like a missing one, and no join multiplies rows.
    """
    return tuple(_compile_key(key, source, compilation) for key in keys)


def _compile_key(key: OrderKey, source: Source, compilation: Compilation) -> SortKey:
    column = order_column(source.entity, key, compilation.registry)
    expression = _compile_expression(key, key.path, source, compilation)
    if key.search_slot is not None:
        rank = compile_rank(expression, column, key.search_slot)
        return SortKey(rank, key.is_descending, key.are_nulls_first, is_nullable=False)
    if is_sorted_as_text(column):
        expression = sa.cast(expression, sa.Text())
    return SortKey(
        expression=comparable(expression, compilation.dialect),
        is_descending=key.is_descending,
        are_nulls_first=key.are_nulls_first,
        # the number of relatives is never null, but behind a to-one relative there may be none
        is_nullable=column.is_nullable or len(key.path) > (key.function is not None),
    )


def is_sorted_as_text(column: Column) -> bool:
    """Tell whether a column, part of a primary key, sorts by its text: it has no order of its own."""
    type_ = column.type
    return type_.kind in {ScalarKind.JSON, ScalarKind.OPAQUE} or bool(type_.dimensions)


def comparable(expression: sa.ColumnElement[Any], dialect: Dialect) -> sa.ColumnElement[Any]:
    """Return an expression that sorts as it compares.

    MySQL sorts enumerations by declaration, but compares them with a value as texts.
    """
    if isinstance(expression.type, sa.Enum) and dialect.name == "mysql":
        return sa.type_coerce(sa.cast(expression, sa.String()), expression.type)
    return expression


def _compile_expression(
    key: OrderKey, path: tuple[str, ...], source: Source, compilation: Compilation
) -> sa.ColumnElement[Any]:
    if not path:
        return source.column(str(key.column))
    relationship = source.entity.relationships[path[0]]
    if key.function is not None and len(path) == 1:
        aggregate = Aggregate(key.function, key.column)
        return compile_related_aggregate(relationship, aggregate, source, compilation)
    relatives = visible_relatives(source.entity, relationship, compilation)
    tied = sa.and_(correlate(relatives, source, relationship), relatives.scope)
    value = _compile_expression(key, path[1:], relatives, compilation)
    statement = sa.select(value).select_from(relatives.from_clause).where(tied)
    if not is_kept_single(relationship, relatives.entity):
        statement = statement.order_by(*first_order(relationship, relatives, compilation)).limit(1)
    return statement.correlate_except(*relatives.froms).scalar_subquery()


def first_order(
    relationship: Relationship, relatives: Source, compilation: Compilation
) -> list[sa.ColumnElement[Any]]:
    """Return the order whose first row a to-one relationship means: its own, then the key's."""
    keys = [
        SortKey(
            relatives.column(each.column),
            is_descending=each.is_descending,
            are_nulls_first=each.are_nulls_first,
            is_nullable=True,
        )
        for each in relationship.order
    ]
    return [*compile_order_by(keys, compilation), *primary_key(relatives)]


def primary_key(source: Source) -> list[sa.ColumnElement[Any]]:
    """Return the columns of the primary key of a source."""
    return [source.column(column.key) for column in source.entity.primary_key]


def reverse(keys: Sequence[SortKey]) -> tuple[SortKey, ...]:
    """Return the opposite order."""
    return tuple(
        replace(key, is_descending=not key.is_descending, are_nulls_first=not key.are_nulls_first)
        for key in keys
    )


def compile_order_by(
    keys: Sequence[SortKey], compilation: Compilation
) -> list[sa.ColumnElement[Any]]:
    """Compile the terms of ORDER BY; nulls stand where the keys say, on every database."""
    return [term for key in keys for term in _order_terms(key, compilation)]


def _order_terms(key: SortKey, compilation: Compilation) -> list[sa.ColumnElement[Any]]:
    term = key.expression.desc() if key.is_descending else key.expression.asc()
    dialect = compilation.dialect
    is_default = key.are_nulls_first == (key.is_descending == dialect.nulls_are_largest)
    if not key.is_nullable or is_default:
        return [term]
    if dialect.has_nulls_order:
        return [term.nulls_first() if key.are_nulls_first else term.nulls_last()]
    missing = key.expression.is_(None)
    return [missing.desc() if key.are_nulls_first else missing.asc(), term]


def compile_seek(
    keys: Sequence[SortKey], seek: Seek, compilation: Compilation, *, is_inclusive: bool = False
) -> _Predicate:
    """Compile the predicate of the rows strictly after a place in an order.

    Args:
        keys: Sort keys, most significant first; the last one must be unique.
        seek: One slot per key, in the same order.
        compilation: For the dialect.
        is_inclusive: Whether the row at the place itself counts.

    Returns:
        One comparison of row values where all keys are alike and never null, else as many OR-ed
        branches as there are keys.

    Source:
        Relay Cursor Connections Specification, "Pagination algorithm".
    """
    if _is_uniform(keys) and compilation.dialect.has_row_values:
        return _compile_row_comparison(keys, seek, is_inclusive=is_inclusive)
    branches: list[_Predicate] = []
    for index, key in enumerate(keys):
        equal = [_equal(each, seek, at) for at, each in enumerate(keys[:index])]
        branches.append(sa.and_(*equal, _after(key, seek, index)))
    if is_inclusive:
        branches.append(sa.and_(*(_equal(each, seek, at) for at, each in enumerate(keys))))
    return sa.or_(*branches)


def _is_uniform(keys: Sequence[SortKey]) -> bool:
    return len({key.is_descending for key in keys}) == 1 and not any(
        key.is_nullable for key in keys
    )


def _compile_row_comparison(
    keys: Sequence[SortKey], seek: Seek, *, is_inclusive: bool
) -> _Predicate:
    place = [
        bind_slot(slot, key.expression.type) for slot, key in zip(seek.slots, keys, strict=True)
    ]
    row = sa.tuple_(*(key.expression for key in keys)) if len(keys) > 1 else keys[0].expression
    values = sa.tuple_(*place) if len(keys) > 1 else place[0]
    if keys[0].is_descending:
        return row <= values if is_inclusive else row < values
    return row >= values if is_inclusive else row > values


def _equal(key: SortKey, seek: Seek, index: int) -> _Predicate:
    if seek.nulls[index]:
        return key.expression.is_(None)
    return key.expression == bind_slot(seek.slots[index], key.expression.type)


def _after(key: SortKey, seek: Seek, index: int) -> _Predicate:
    if seek.nulls[index]:
        return key.expression.is_not(None) if key.are_nulls_first else sa.false()
    value = bind_slot(seek.slots[index], key.expression.type)
    later: _Predicate = key.expression < value if key.is_descending else key.expression > value
    if key.is_nullable and not key.are_nulls_first:
        return sa.or_(later, key.expression.is_(None))
    return later
