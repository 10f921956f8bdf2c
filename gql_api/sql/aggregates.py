"""Aggregates become expressions: exact sums, averages in double, nulls left out.

Each has a form that compares and orders, and a form that is read. They differ on SQLite alone,
whose exact sums of decimals are texts.
"""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from gql_api.database.dialects import Dialect
from gql_api.database.sqlite_types import normal_form
from gql_api.mapping.descriptors import Column, Entity, Relationship, ValueType
from gql_api.mapping.values import ScalarKind
from gql_api.plan.aggregates import Aggregate, AggregateFunction
from gql_api.sql.sources import Compilation, Source, correlate, visible_relatives

NUMBERS = frozenset({ScalarKind.INT, ScalarKind.BIG_INT, ScalarKind.DECIMAL, ScalarKind.FLOAT})
"""Kinds that have a sum, an average and a deviation."""

_SUMS = {
    ScalarKind.INT: ScalarKind.BIG_INT,
    ScalarKind.BIG_INT: ScalarKind.DECIMAL,
    ScalarKind.DECIMAL: ScalarKind.DECIMAL,
    ScalarKind.FLOAT: ScalarKind.FLOAT,
}
_COUNTS = frozenset({AggregateFunction.COUNT, AggregateFunction.COUNT_DISTINCT})


def aggregate_column(aggregate: Aggregate, entity: Entity) -> Column:
    """Describe the values of an aggregate as if they were a column's."""
    if aggregate.column is None:
        type_ = ValueType(ScalarKind.INT)
        return Column(aggregate.function, aggregate.function, type_, is_nullable=False)
    column = known_column(entity, aggregate.column)
    kind = aggregate_kind(aggregate.function, column.type.kind)
    is_nullable = aggregate.function not in _COUNTS
    return replace(column, type=ValueType(kind), is_nullable=is_nullable)


def aggregate_kind(function: AggregateFunction, kind: ScalarKind) -> ScalarKind:
    """Return the kind of an aggregate's values: sums of whole numbers are wide enough."""
    match function:
        case AggregateFunction.COUNT | AggregateFunction.COUNT_DISTINCT:
            return ScalarKind.INT
        case AggregateFunction.SUM:
            return _SUMS[kind]
        case AggregateFunction.AVG | AggregateFunction.STDDEV:
            return ScalarKind.FLOAT
        case AggregateFunction.MIN | AggregateFunction.MAX:
            return kind


def known_column(entity: Entity, key: str) -> Column:
    """Return a column of an entity, those of the primary key included."""
    known = {column.key: column for column in entity.primary_key}
    return entity.columns.get(key) or known[key]


def compile_aggregate(
    aggregate: Aggregate, source: Source, dialect: Dialect, *, is_read: bool = False
) -> sa.ColumnElement[Any]:
    """Compile an aggregate of the rows of a source.

    Args:
        aggregate: Function and column.
        source: The rows.
        dialect: Of the database.
        is_read: Whether the value is read, not compared: sums of decimals on SQLite.
    """
    if aggregate.column is None:
        return sa.func.count()
    column = known_column(source.entity, aggregate.column)
    value = source.column(aggregate.column)
    return compile_function(aggregate.function, value, column, dialect, is_read=is_read)


def compile_function(
    function: AggregateFunction,
    value: sa.ColumnElement[Any],
    column: Column,
    dialect: Dialect,
    *,
    is_read: bool = False,
) -> sa.ColumnElement[Any]:
    """Compile a function over an expression that holds a column's values."""
    compiled: sa.ColumnElement[Any]
    match function:
        case AggregateFunction.COUNT | AggregateFunction.COUNT_DISTINCT:
            compiled = sa.func.count(sa.distinct(normal_form(value)))
        case AggregateFunction.SUM:
            compiled = _sum(value, column.type.kind, dialect, is_read=is_read)
        case AggregateFunction.AVG:
            compiled = _average(_double(value, dialect), dialect)
        case AggregateFunction.STDDEV:
            name = "gql_stddev" if dialect.name == "sqlite" else "stddev_samp"
            deviation: Any = getattr(sa.func, name)
            compiled = sa.type_coerce(deviation(_double(value, dialect)), sa.Double())
        case AggregateFunction.MIN:
            compiled = sa.func.min(normal_form(value), type_=value.type)
        case AggregateFunction.MAX:
            compiled = sa.func.max(normal_form(value), type_=value.type)
    return compiled


def _sum(
    value: sa.ColumnElement[Any], kind: ScalarKind, dialect: Dialect, *, is_read: bool
) -> sa.ColumnElement[Any]:
    if kind is ScalarKind.FLOAT:
        return _finite(sa.func.sum(_double(value, dialect), type_=sa.Double()), dialect)
    type_: sa.types.TypeEngine[Any] = sa.BigInteger() if kind is ScalarKind.INT else sa.Numeric()
    if dialect.name != "sqlite":
        return sa.type_coerce(sa.func.sum(value), type_)
    # SQLite's own sum fails beyond 64 bits and adds decimals as floating-point numbers
    exact = sa.func.gql_sum(value)
    if is_read:
        # a decimal has the digits of its column, as on other databases
        return sa.type_coerce(exact, value.type if kind is ScalarKind.DECIMAL else type_)
    # NUMERIC is a whole number up to 64 bits, else a floating-point one
    number = sa.cast(exact, sa.BigInteger() if kind is ScalarKind.INT else sa.Numeric())
    return sa.type_coerce(number, type_)


def _average(value: sa.ColumnElement[Any], dialect: Dialect) -> sa.ColumnElement[Any]:
    if dialect.name == "postgresql":
        # its own average adds squares too, which go beyond what a double holds
        total = sa.func.sum(value, type_=sa.Double())
        return total / sa.cast(sa.func.count(value), sa.Double())
    return _finite(sa.func.avg(value, type_=sa.Double()), dialect)


def _finite(value: sa.ColumnElement[Any], dialect: Dialect) -> sa.ColumnElement[Any]:
    """Have MySQL and MariaDB fail at an infinite total, as PostgreSQL does: they would send 0."""
    if dialect.name != "mysql":
        return value
    return sa.type_coerce(value + sa.literal_column("0e0"), sa.Double())


def _double(value: sa.ColumnElement[Any], dialect: Dialect) -> sa.ColumnElement[Any]:
    """Return a number in double precision, which all databases average alike."""
    return value if dialect.name == "sqlite" else sa.cast(value, sa.Double())


def compile_related_aggregate(
    relationship: Relationship, aggregate: Aggregate, source: Source, compilation: Compilation
) -> sa.ScalarSelect[Any]:
    """Compile an aggregate of the visible relatives of an enclosing row."""
    relatives = visible_relatives(source.entity, relationship, compilation)
    statement = (
        sa.select(compile_aggregate(aggregate, relatives, compilation.dialect))
        .select_from(relatives.from_clause)
        .where(correlate(relatives, source, relationship), relatives.scope)
    )
    return statement.correlate_except(*relatives.froms).scalar_subquery()
