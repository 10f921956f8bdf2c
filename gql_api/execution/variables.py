"""Variables of a known operation: what graphql-core finds out of their definitions is kept."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
    type_from_ast,
)
from graphql.execution.values import get_variable_values
from graphql.utilities.coerce_input_value import coerce_input_literal

_MAX_ERRORS = 50
_MISSING = object()


class VariableReader:
    """Coerces the variables of one operation, as graphql-core does.

    Args:
        schema: Of the types.
        definitions: Of the operation, in a valid document.
    """

    __slots__ = ("_definitions", "_leaves", "_others", "_schema")

    def __init__(
        self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]
    ) -> None:
        self._schema = schema
        self._definitions = definitions
        self._leaves: list[tuple[str, bool, Any, Callable[[Any], Any]]] = []
        self._others: list[VariableDefinitionNode] = []
        for each in definitions:
            type_: Any = type_from_ast(schema, each.type)
            named = get_nullable_type(type_)
            if not is_leaf_type(named):
                self._others.append(each)
                continue
            default = each.default_value
            value = _MISSING if default is None else coerce_input_literal(default, type_)
            name = each.variable.name.value
            self._leaves.append((name, is_non_null_type(type_), value, named.coerce_input_value))

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the coerced variables; those without value and default are missing.

        Args:
            given: As sent.

        Raises:
            GraphQLError: A value is of another type.
        """
        try:
            found = self._read_leaves(given)
        except Exception:  # noqa: BLE001 - a scalar may raise anything: graphql-core makes the error
            return self._coerce(self._definitions, given)
        return {**found, **self._coerce(self._others, given)} if self._others else found

    def _read_leaves(self, given: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, is_required, default, coerce in self._leaves:
            value = given.get(name, _MISSING)
            if value is _MISSING:
                if default is Undefined or (default is _MISSING and is_required):
                    raise KeyError(name)
                if default is not _MISSING:
                    found[name] = default
            elif value is None:
                if is_required:
                    raise KeyError(name)
                found[name] = None
            else:
                found[name] = coerced = coerce(value)
                if coerced is Undefined:
                    raise KeyError(name)
        return found

    def _coerce(
        self, definitions: Sequence[VariableDefinitionNode], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        coerced = get_variable_values(self._schema, definitions, {**given}, _MAX_ERRORS)
        if isinstance(coerced, list):
            raise coerced[0]
        return coerced.coerced
