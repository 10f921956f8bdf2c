"""Operands: how a slot of a plan is bound, and what a value looks like when it is."""

import functools
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from gql_api.database.dialects import Dialect
from gql_api.plan.filters import Operator
from gql_api.sql.columns import compared_type

ESCAPE = "\\"
"""Escape character of LIKE patterns."""

_PATTERNS = {
    Operator.CONTAINS: "%{}%",
    Operator.ICONTAINS: "%{}%",
    Operator.STARTS_WITH: "{}%",
    Operator.ISTARTS_WITH: "{}%",
    Operator.ENDS_WITH: "%{}",
    Operator.IENDS_WITH: "%{}",
}


def operand_value(operator: Operator, value: Any) -> Any:
    """Return what an operator binds: for ``contains`` and kin a pattern of the literal text."""
    pattern = _PATTERNS.get(operator)
    if pattern is None:
        return value
    literal = (
        value.replace(ESCAPE, ESCAPE * 2).replace("%", ESCAPE + "%").replace("_", ESCAPE + "_")
    )
    return pattern.format(literal)


def bind_slot(slot: int, type_: sa.types.TypeEngine[Any]) -> sa.BindParameter[Any]:
    """Compile the parameter that holds the value of a slot."""
    return sa.bindparam(slot_name(slot), type_=compared_type(type_))


@functools.cache  # as many as the largest plan has slots
def slot_name(slot: int) -> str:
    """Return the name of the parameter of a slot."""
    return f"v{slot}"


def compile_in(
    column: sa.ColumnElement[Any], name: str, dialect: Dialect, *, is_negated: bool = False
) -> sa.ColumnElement[bool]:
    """Compile ``column IN (list)``: one array parameter where there are arrays.

    An empty list matches nothing, a negated empty list everything, NULL included.
    """
    if dialect.has_arrays:
        array = sa.bindparam(name, type_=sa.ARRAY(compared_type(column.type)))
        negated: sa.ColumnElement[bool] = column != sa.all_(array)
        return negated if is_negated else column == sa.any_(array)
    values = sa.bindparam(name, expanding=True, type_=compared_type(column.type))
    return column.not_in(values) if is_negated else column.in_(values)


def compile_keys_in(
    columns: Sequence[sa.ColumnElement[Any]], name: str, dialect: Dialect
) -> sa.ColumnElement[bool]:
    """Compile ``(column, …) IN (list)``; the list holds values for one column, else tuples."""
    if len(columns) == 1:
        return compile_in(columns[0], name, dialect)
    return sa.tuple_(*columns).in_(sa.bindparam(name, expanding=True))
