"""Comparisons of array columns; only PostgreSQL has them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from gql_api.plan.filters import Operator
from gql_api.sql.operands import bind_slot
from gql_api.sql.sources import Compilation

_SYMBOLS: Mapping[Operator, str] = MappingProxyType(
    {
        Operator.EQ: "=",
        Operator.NE: "<>",
        Operator.CONTAINS: "@>",
        Operator.CONTAINED_BY: "<@",
        Operator.OVERLAPS: "&&",
    }
)


def compile_array_comparison(
    column: sa.ColumnElement[Any], operator: Operator, slot: int, _compilation: Compilation
) -> sa.ColumnElement[bool]:
    """Compile the comparison of an array with the list in a slot.

    A null item equals a null item, but is contained in nothing and shared with nothing.

    Source:
        PostgreSQL manual, "Array Functions and Operators".
    """
    if isinstance(column.type, sa.ARRAY) and isinstance(column.type.item_type, sa.SmallInteger):
        # operands may have 32 bits, and no operator compares arrays of different types
        column = sa.cast(column, sa.ARRAY(sa.Integer()))
    return column.bool_op(_SYMBOLS[operator])(bind_slot(slot, column.type))
