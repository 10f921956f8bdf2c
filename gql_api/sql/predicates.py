"""Filters become predicates."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from gql_api.mapping.descriptors import Column, Relationship
from gql_api.mapping.values import ScalarKind
from gql_api.plan import filters
from gql_api.plan.aggregates import Aggregate, RelatedAggregate
from gql_api.plan.filters import Filter, Operator, Quantifier
from gql_api.sql.aggregates import compile_aggregate, compile_related_aggregate
from gql_api.sql.arrays import compile_array_comparison
from gql_api.sql.documents import compile_document_comparison, compile_document_value
from gql_api.sql.operands import ESCAPE, bind_slot, compile_in, compile_keys_in, slot_name
from gql_api.sql.ordering import first_order
from gql_api.sql.search import compile_search
from gql_api.sql.sources import (
    Compilation,
    Source,
    correlate,
    is_kept_single,
    visible_relatives,
)

_Predicate = sa.ColumnElement[bool]
_Comparison = Callable[[sa.ColumnElement[Any], Operator, int, Compilation], _Predicate]

_COMPARISONS: Mapping[Operator, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        Operator.EQ: lambda column, value: column == value,
        Operator.NE: lambda column, value: column != value,
        Operator.LT: lambda column, value: column < value,
        Operator.LTE: lambda column, value: column <= value,
        Operator.GT: lambda column, value: column > value,
        Operator.GTE: lambda column, value: column >= value,
    }
)
_FOLDING = frozenset(
    {Operator.ILIKE, Operator.ICONTAINS, Operator.ISTARTS_WITH, Operator.IENDS_WITH}
)


def compile_filter(part: Filter, source: Source, compilation: Compilation) -> _Predicate:
    """Compile a condition on the rows of a source.

    Relationships become EXISTS, so that a condition never multiplies rows.
    """
    match part:
        case filters.And(parts):
            return sa.and_(
                sa.true(), *(compile_filter(each, source, compilation) for each in parts)
            )
        case filters.Or(parts):
            return sa.or_(
                sa.false(), *(compile_filter(each, source, compilation) for each in parts)
            )
        case filters.Not(inner):
            return sa.not_(compile_filter(inner, source, compilation))
        case filters.Related():
            return _compile_relationship(part, source, compilation)
        case _:
            return _compile_column(part, source, compilation)


def _compile_column(
    part: filters.Compare | filters.IsNull | filters.KeyIn,
    source: Source,
    compilation: Compilation,
) -> _Predicate:
    match part:
        case filters.Compare(compared, operator, slot):
            value = _compile_value(compared, source, compilation)
            column = source.entity.columns.get(compared) if isinstance(compared, str) else None
            return compile_condition(value, column, operator, slot, compilation)
        case filters.IsNull(compared, is_null):
            value = _compile_value(compared, source, compilation)
            return value.is_(None) if is_null else value.is_not(None)
        case filters.KeyIn(keys, slot):
            columns = [source.column(key) for key in keys]
            return compile_keys_in(columns, slot_name(slot), compilation.dialect)


def _compile_value(
    compared: filters.Compared, source: Source, compilation: Compilation
) -> sa.ColumnElement[Any]:
    match compared:
        case filters.DocumentValue():
            document = source.column(compared.column)
            return compile_document_value(document, compared, compilation.dialect)
        case RelatedAggregate(name, aggregate):
            relationship = source.entity.relationships[name]
            return compile_related_aggregate(relationship, aggregate, source, compilation)
        case Aggregate():
            return compile_aggregate(compared, source, compilation.dialect)
        case _:
            return source.column(compared)


def compile_condition(
    value: sa.ColumnElement[Any],
    column: Column | None,
    operator: Operator,
    slot: int,
    compilation: Compilation,
) -> _Predicate:
    """Compile the comparison of a value with the one in a slot.

    Args:
        value: What is compared.
        column: Whose value it is; None for what is computed.
        operator: Any that the value's kind has.
        slot: Of the operand.
        compilation: For the dialect.
    """
    if operator is Operator.SEARCH:
        return compile_search(value, column, slot)
    return _comparison(column)(value, operator, slot, compilation)


def _comparison(column: Column | None) -> _Comparison:
    """Return what compiles comparisons: lists and documents have operators of their own."""
    if column is not None and column.type.dimensions:
        return compile_array_comparison
    if column is not None and column.type.kind is ScalarKind.JSON:
        return compile_document_comparison
    return compile_comparison


def compile_comparison(
    column: sa.ColumnElement[Any], operator: Operator, slot: int, compilation: Compilation
) -> _Predicate:
    """Compile the comparison of an expression with the value in a slot."""
    if operator in {Operator.IN, Operator.NOT_IN}:
        is_negated = operator is Operator.NOT_IN
        return compile_in(column, slot_name(slot), compilation.dialect, is_negated=is_negated)
    value = bind_slot(slot, column.type)
    if operator in _COMPARISONS:
        predicate: _Predicate = _COMPARISONS[operator](column, value)
        return predicate
    if operator not in _FOLDING:
        return column.like(value, escape=ESCAPE)
    if compilation.dialect.has_ilike:
        return column.ilike(value, escape=ESCAPE)
    fold = sa.func.gql_casefold if compilation.dialect.name == "sqlite" else sa.func.lower
    return fold(column).like(fold(value), escape=ESCAPE)


def _compile_relationship(
    part: filters.Related, source: Source, compilation: Compilation
) -> _Predicate:
    relationship = source.entity.relationships[part.relationship]
    relatives = visible_relatives(source.entity, relationship, compilation)
    tied = sa.and_(correlate(relatives, source, relationship), relatives.scope)
    condition = compile_filter(part.part, relatives, compilation)
    if not (relationship.is_list or is_kept_single(relationship, relatives.entity)):
        return _compile_first(relationship, relatives, tied, condition)
    match part.quantifier:
        case Quantifier.SOME:
            return _compile_exists(relatives, sa.and_(tied, condition))
        case Quantifier.NONE:
            return ~_compile_exists(relatives, sa.and_(tied, condition))
        case Quantifier.EVERY:
            # a condition that is unknown does not hold
            return ~_compile_exists(relatives, sa.and_(tied, condition.is_not(sa.true())))


def _compile_first(
    relationship: Relationship, relatives: Source, tied: _Predicate, condition: _Predicate
) -> _Predicate:
    """Compile a condition on the one row that a relationship means of those that it leads to."""
    statement = (
        sa.select(sa.case((condition, 1), else_=0))
        .select_from(relatives.from_clause)
        .where(tied)
        .order_by(*first_order(relationship, relatives, relatives.compilation))
        .limit(1)
    )
    first = statement.correlate_except(*relatives.froms).scalar_subquery()
    return sa.func.coalesce(first, 0) == 1


def _compile_exists(relatives: Source, predicate: _Predicate) -> sa.Exists:
    statement = sa.select(sa.literal(1)).select_from(relatives.from_clause).where(predicate)
    return statement.correlate_except(*relatives.froms).exists()
