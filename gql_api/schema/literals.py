"""Literals that hold variables, compiled: what is constant in them is coerced once.

graphql-core walks all fields of an input type for each value of it: a filter of one condition costs
more than the rest of a short read. Whatever is out of the ordinary is left to graphql-core.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

LiteralReader = Callable[[Mapping[str, Any]], Any]
"""Takes coerced variables by name."""

_MISSING = object()


class UnusualValueError(Exception):
    """A variable is missing, or null where null may not be: graphql-core says what it means."""


def has_variables(value: ValueNode) -> bool:
    """Tell whether a literal holds variables, or is one."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, VariableNode):
            return True
        if isinstance(each, ListValueNode):
            pending += each.values
        elif isinstance(each, ObjectValueNode):
            pending += (field.value for field in each.fields)
    return False


def compile_literal(node: ValueNode, type_: GraphQLInputType) -> LiteralReader:
    """Compile a literal of a valid document.

    Returns:
        What graphql-core's ``coerce_input_literal`` would return for some variables. Raises
        ``UnusualValueError`` where that is left to graphql-core.

    Cost:
        Linear in the size of the literal; of reading, in the number of its variables.
    """
    if isinstance(node, VariableNode):
        return _variable(node.name.value, is_required=is_non_null_type(type_))
    if not has_variables(node):
        return _constant(coerce_input_literal(node, type_))
    named: Any = get_nullable_type(type_)
    if is_list_type(named):
        items = node.values if isinstance(node, ListValueNode) else (node,)
        return _list([compile_literal(each, named.of_type) for each in items])
    if is_input_object_type(named) and isinstance(node, ObjectValueNode):
        return _object(node, named)
    return _constant(Undefined)  # of a scalar whose values are objects


def _variable(name: str, *, is_required: bool) -> LiteralReader:
    def read(variables: Mapping[str, Any]) -> Any:
        value = variables.get(name, _MISSING)
        if value is _MISSING or (is_required and value is None):
            raise UnusualValueError
        return value

    return read


def _constant(value: Any) -> LiteralReader:
    def read(_variables: Mapping[str, Any]) -> Any:
        if value is Undefined:
            raise UnusualValueError
        return value

    return read


def _list(items: Sequence[LiteralReader]) -> LiteralReader:
    def read(variables: Mapping[str, Any]) -> list[Any]:
        return [item(variables) for item in items]

    return read


def _object(node: ObjectValueNode, type_: GraphQLInputObjectType) -> LiteralReader:
    given = {each.name.value: each.value for each in node.fields}
    if not given.keys() <= type_.fields.keys() or (type_.is_one_of and len(given) != 1):
        return _constant(Undefined)
    made: dict[str, Any] = {}
    varying: list[tuple[str, LiteralReader]] = []
    for name, field in type_.fields.items():  # answers have the order of the type
        out_name = field.out_name or name
        value = given.get(name)
        if value is None:
            default = coerce_default_value(field)
            if is_required_input_field(field):
                return _constant(Undefined)
            if default is not Undefined:
                made[out_name] = default
        elif has_variables(value):
            made[out_name] = None
            varying.append((out_name, compile_literal(value, field.type)))
        else:
            made[out_name] = coerce_input_literal(value, field.type)
    if any(value is Undefined for value in made.values()) or (type_.is_one_of and len(made) != 1):
        return _constant(Undefined)
    return _filled(made, varying, type_)


def _filled(
    made: Mapping[str, Any],
    varying: Sequence[tuple[str, LiteralReader]],
    type_: GraphQLInputObjectType,
) -> LiteralReader:
    is_one_of, out_type = type_.is_one_of, type_.out_type

    def read(variables: Mapping[str, Any]) -> Any:
        found = {**made}
        for name, value in varying:
            found[name] = part = value(variables)
            if part is None and is_one_of:
                raise UnusualValueError
        return out_type(found)

    return read
