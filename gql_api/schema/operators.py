"""Operators: the inputs that compare a value, one per scalar and never one per column."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import strawberry

from gql_api.mapping.descriptors import Column
from gql_api.mapping.values import ScalarKind
from gql_api.plan.filters import Operator
from gql_api.schema.definitions import TypedField, add_fields, list_of, new_input, nullable
from gql_api.schema.scalars import scalar_type
from gql_api.schema.table import TypeTable

_EQUALITY = (Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN)
_ORDER = (Operator.LT, Operator.LTE, Operator.GT, Operator.GTE)
_TEXT = (
    Operator.LIKE,
    Operator.ILIKE,
    Operator.CONTAINS,
    Operator.ICONTAINS,
    Operator.STARTS_WITH,
    Operator.ISTARTS_WITH,
    Operator.ENDS_WITH,
    Operator.IENDS_WITH,
)
LISTS = frozenset({Operator.IN, Operator.NOT_IN})
"""Operators that take a list."""

_UNORDERED = frozenset({ScalarKind.BOOLEAN, ScalarKind.ENUM, ScalarKind.BASE64})
_INCOMPARABLE = frozenset({ScalarKind.JSON, ScalarKind.OPAQUE})

_DESCRIPTIONS: Mapping[Operator, str] = MappingProxyType(
    {
        Operator.EQ: "Equal.",
        Operator.NE: "Not equal; does not match null.",
        Operator.IN: "Among the values; an empty list matches nothing.",
        Operator.NOT_IN: "Not among the values; an empty list matches everything.",
        Operator.LT: "Less than.",
        Operator.LTE: "Less than or equal.",
        Operator.GT: "Greater than.",
        Operator.GTE: "Greater than or equal.",
        Operator.LIKE: "Matches a pattern: % any text, _ any character, \\ escapes.",
        Operator.ILIKE: "Matches a pattern, ignoring case.",
        Operator.CONTAINS: "Contains the text.",
        Operator.ICONTAINS: "Contains the text, ignoring case.",
        Operator.STARTS_WITH: "Starts with the text.",
        Operator.ISTARTS_WITH: "Starts with the text, ignoring case.",
        Operator.ENDS_WITH: "Ends with the text.",
        Operator.IENDS_WITH: "Ends with the text, ignoring case.",
    }
)


def is_sortable(column: Column) -> bool:
    """Tell whether rows can be compared and ordered by a column."""
    return column.type.kind not in _INCOMPARABLE and not column.type.dimensions


def column_operators(column: Column, table: TypeTable) -> type[Any]:
    """Return the operator input of a column's type."""
    if column.type.dimensions or column.type.kind in _INCOMPARABLE:
        return _operator_input(column.type.kind.value, None, (), table)
    if column.type.enum is not None:
        type_ = table.enum_type(column.type.enum)
        return _operator_input(column.type.enum.name, type_, _EQUALITY, table)
    return scalar_operators(column.type.kind, table)


def scalar_operators(kind: ScalarKind, table: TypeTable) -> type[Any]:
    """Return the operator input of a scalar."""
    operators = _EQUALITY if kind in _UNORDERED else (*_EQUALITY, *_ORDER)
    if kind is ScalarKind.STRING:
        operators = (*operators, *_TEXT)
    return _operator_input(kind.value, scalar_type(kind), operators, table)


def id_operators(table: TypeTable) -> type[Any]:
    """Return the operator input of global ids."""
    return _operator_input("ID", strawberry.ID, _EQUALITY, table, has_null=False)


def _operator_input(
    name: str,
    type_: Any,
    operators: Sequence[Operator],
    table: TypeTable,
    *,
    has_null: bool = True,
) -> type[Any]:
    name = table.inflector.filter_type(name if operators else f"{name}Null")
    if name in table.operators:
        return table.operators[name]
    made = new_input(name, description="Conditions on a value; all that are given must hold.")
    fields = [
        _optional(each.value, list_of(type_) if each in LISTS else type_, _DESCRIPTIONS[each])
        for each in operators
    ]
    if has_null:
        fields.append(_optional("isNull", bool, "Is null, or is not."))
    add_fields(made, fields)
    table.operators[name] = made
    return made


def _optional(name: str, type_: Any, description: str | None) -> TypedField:
    return TypedField(name, nullable(type_), description=description, default=strawberry.UNSET)
