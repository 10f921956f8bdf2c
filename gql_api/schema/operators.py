"""Operators: the inputs that compare a value, one per scalar and never one per column."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import strawberry

from gql_api.mapping.descriptors import Column, ValueType
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
_SEARCHED = (Operator.SEARCH,)
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
        Operator.SEARCH: 'Has the words, as in a web search: "a phrase", or, -without.',
    }
)
_ARRAY_DESCRIPTIONS: Mapping[Operator, str] = MappingProxyType(
    {
        Operator.EQ: "Has these items in this order.",
        Operator.NE: "Has not these items in this order; does not match null.",
        Operator.CONTAINS: "Has all of the items; true for none.",
        Operator.CONTAINED_BY: "Has no other items than these.",
        Operator.OVERLAPS: "Has at least one of the items.",
    }
)
DOCUMENT_VALUES: Mapping[str, tuple[ScalarKind, str]] = MappingProxyType(
    {
        "text": (ScalarKind.STRING, "The text at the path"),
        "number": (ScalarKind.FLOAT, "The number at the path"),
        "boolean": (ScalarKind.BOOLEAN, "The boolean at the path"),
    }
)
"""Name, kind and description of each kind of value that is compared in documents."""


def is_sortable(column: Column) -> bool:
    """Tell whether rows can be compared and ordered by a column."""
    return column.type.kind not in _INCOMPARABLE and not column.type.dimensions


def is_searchable(column: Column, table: TypeTable) -> bool:
    """Tell whether a column is searched by words: texts, and vectors made of them."""
    type_ = column.type
    is_plain = type_.own is None and not type_.dimensions
    is_text = type_.kind is ScalarKind.STRING and is_plain
    return table.dialect.has_text_search and (is_text or column.type.is_text_vector)


def column_operators(column: Column, table: TypeTable) -> type[Any]:
    """Return the operator input of a column's type; what the dialect lacks is left out."""
    type_ = column.type
    if type_.own is not None and (type_.is_refused or type_.kind in _INCOMPARABLE):
        return _null_operators(type_.kind.value, table)
    if type_.dimensions:
        return _list_operators(type_, table)
    if type_.kind in _INCOMPARABLE:
        return (
            _document_operators(table)
            if type_.kind is ScalarKind.JSON
            else _opaque_operators(column, table)
        )
    if type_.enum is not None:
        name, values = type_.enum.name, table.enum_type(type_.enum)
        return _operator_input(name, table, lambda: [*_compared(values, _EQUALITY), _is_null()])
    is_plain = type_.own is None or type_.kind is not ScalarKind.STRING
    return scalar_operators(type_.kind, table) if is_plain else _exact_operators(table)


def _exact_operators(table: TypeTable) -> type[Any]:
    """Return the operators of texts that are no plain ones: a pattern would go round their type."""
    name = table.inflector.exact_type(ScalarKind.STRING.value)
    return _operator_input(
        name, table, lambda: [*_compared(str, (*_EQUALITY, *_ORDER)), _is_null()]
    )


def scalar_operators(kind: ScalarKind, table: TypeTable) -> type[Any]:
    """Return the operator input of a scalar."""
    operators = _EQUALITY if kind in _UNORDERED else (*_EQUALITY, *_ORDER)
    if kind is ScalarKind.STRING:
        operators = (*operators, *_TEXT, *(_SEARCHED if table.dialect.has_text_search else ()))
    fields = [*_compared(scalar_type(kind), operators), _is_null()]
    return _operator_input(kind.value, table, lambda: fields)


def id_operators(table: TypeTable) -> type[Any]:
    """Return the operator input of global ids."""
    return _operator_input("ID", table, lambda: _compared(strawberry.ID, _EQUALITY))


def _null_operators(name: str, table: TypeTable) -> type[Any]:
    return _operator_input(f"{name}Null", table, lambda: [_is_null()])


def _opaque_operators(column: Column, table: TypeTable) -> type[Any]:
    if not is_searchable(column, table):
        return _null_operators(column.type.kind.value, table)
    fields = [*_compared(str, _SEARCHED), _is_null()]
    return _operator_input("TSVector", table, lambda: fields)


def _list_operators(type_: ValueType, table: TypeTable) -> type[Any]:
    """Return the operators of an array; only of one dimension, and of items that compare."""
    name = type_.kind.value if type_.enum is None else type_.enum.name
    is_compared = table.dialect.has_arrays and type_.kind not in _INCOMPARABLE
    if not is_compared or type_.dimensions > 1:
        return _null_operators(name, table)
    item = scalar_type(type_.kind) if type_.enum is None else table.enum_type(type_.enum)

    def fields() -> list[TypedField]:
        whole = [
            _optional(each.value, list_of(nullable(item)), _ARRAY_DESCRIPTIONS[each])
            for each in (Operator.EQ, Operator.NE)
        ]
        parts = [
            _optional(each.value, list_of(item), _ARRAY_DESCRIPTIONS[each])
            for each in (Operator.CONTAINS, Operator.CONTAINED_BY, Operator.OVERLAPS)
        ]
        return [*whole, *parts, _is_null()]

    return _operator_input(table.inflector.list_filter_type(name), table, fields, is_named=True)


def _document_operators(table: TypeTable) -> type[Any]:
    def fields() -> list[TypedField]:
        contains = _optional(
            Operator.CONTAINS.value,
            scalar_type(ScalarKind.JSON),
            "Contains the value: all keys of an object, all items of an array, anywhere in order.",
        )
        return [
            *([contains] if table.dialect.has_json_containment else []),
            _optional(Operator.HAS_KEY.value, str, "Is an object with the key."),
            _optional("path", _path_operators(table), "Conditions on the value at a path."),
            _optional("isNull", bool, "Is null, in SQL or in JSON, or is not."),
        ]

    return _operator_input(ScalarKind.JSON.value, table, fields)


def _path_operators(table: TypeTable) -> type[Any]:
    def fields() -> list[TypedField]:
        at = "Keys that lead to the value; in arrays, indexes in digits, from 0."
        return [
            TypedField("at", list_of(str), description=at),
            *(
                _optional(name, scalar_operators(kind, table), f"{text}; null for other values.")
                for name, (kind, text) in DOCUMENT_VALUES.items()
            ),
            _optional("isNull", bool, "Is absent or null, or is not."),
        ]

    return _operator_input(f"{ScalarKind.JSON.value}Path", table, fields)


def _operator_input(
    name: str,
    table: TypeTable,
    fields: Callable[[], Sequence[TypedField]],
    *,
    is_named: bool = False,
) -> type[Any]:
    """Return the operator input of a name, made when it is first asked for."""
    name = name if is_named else table.inflector.filter_type(name)
    if name not in table.operators:
        made = new_input(name, description="Conditions on a value; all that are given must hold.")
        table.operators[name] = made
        add_fields(made, fields())
    return table.operators[name]


def _compared(type_: Any, operators: Sequence[Operator]) -> list[TypedField]:
    return [
        _optional(each.value, list_of(type_) if each in LISTS else type_, _DESCRIPTIONS[each])
        for each in operators
    ]


def _is_null() -> TypedField:
    return _optional("isNull", bool, "Is null, or is not.")


def _optional(name: str, type_: Any, description: str | None) -> TypedField:
    return TypedField(name, nullable(type_), description=description, default=strawberry.UNSET)
