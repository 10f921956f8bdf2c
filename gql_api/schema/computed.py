"""Fields that Python computes from columns: for all rows of a level at once, without the executor.

A call is an operand of the plan: it holds its arguments, coerced once, and is made with the rows.
Whatever goes wrong in it is left to the executor of GraphQL, which repeats it field by field.
"""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
)
from graphql.execution.values import get_argument_values
from strawberry.types.arguments import convert_arguments

from gql_api.errors import NoPlainFormError
from gql_api.loading.rows import LoadedRow
from gql_api.loading.wire_values import refuse_value
from gql_api.schema.completions import Complete, completion
from gql_api.schema.declarations import ComputedField
from gql_api.schema.sites import ArgumentReader


class Computation:
    """One call of a computed field.

    Args:
        field: What is called.
        complete: Finishes each of its values.
        arguments: Python's, by name.
    """

    __slots__ = ("_arguments", "_complete", "_field")

    def __init__(
        self, field: ComputedField, complete: Complete, arguments: Mapping[str, Any]
    ) -> None:
        self._field = field
        self._complete = complete
        self._arguments = arguments

    async def __call__(self, rows: Sequence[LoadedRow]) -> list[Any]:
        """Compute the field of each row.

        Raises:
            NoPlainFormError: The resolver failed, or a value is none of the field's type.

        Cost:
            One call per row, or one for all rows of a field with ``batch=True``.
        """
        try:
            return list(map(self._finish, await self._compute(rows)))
        except Exception as error:
            message = "A computed field failed."
            raise NoPlainFormError(message) from error

    def _finish(self, value: Any) -> Any:
        if inspect.isawaitable(value):
            raise refuse_value(value)
        return self._complete(value)

    async def _compute(self, rows: Sequence[LoadedRow]) -> Sequence[Any]:
        field, arguments = self._field, self._arguments
        if field.batch is not None:
            return await field.batch(rows, arguments)
        assert field.base_resolver is not None  # noqa: S101 - a computed field has a method
        method: Any = field.base_resolver.wrapped_func
        return [method(row, **arguments) for row in rows]


def is_computed_apart(defined: GraphQLField) -> bool:
    """Tell whether a field can be computed without the executor.

    It is one of ``gql.computed`` whose method needs nothing but the row and arguments, and whose
    values are scalars, enumerations or lists of them.
    """
    field = defined.extensions["strawberry-definition"]
    if not isinstance(field, ComputedField) or field.extensions or field.permission_classes:
        return False
    if completion(defined.type) is None or field.base_resolver is None:
        return False
    if field.batch is not None:
        return True
    resolver = field.base_resolver
    others = (resolver.info_parameter, resolver.parent_parameter, resolver.root_parameter)
    return resolver.self_parameter is not None and not any(others) and not resolver.is_async


def read_computation(
    reader: ArgumentReader,
    _arguments: Mapping[str, Any],
    *,
    defined: GraphQLField,
    node: FieldNode,
    schema: Any,
) -> int | None:
    """Return the slot of the call of a computed field; None where its arguments are wrong.

    The executor tells then what is wrong with them.

    Args:
        reader: Takes the call.
        defined: The field.
        node: Holds its arguments.
        schema: GraphQL's.
    """
    field, complete = defined.extensions["strawberry-definition"], completion(defined.type)
    assert complete is not None  # noqa: S101 - it can be computed apart
    arguments: dict[str, Any] = {}
    if defined.args:
        own = schema._strawberry_schema  # noqa: SLF001 - Strawberry keeps its own schema there
        try:
            arguments = convert_arguments(
                get_argument_values(defined, node, reader.variables),
                field.arguments,
                scalar_registry=own.schema_converter.scalar_registry,
                config=own.config,
            )
        except (GraphQLError, ValueError, TypeError):
            return None
    return reader.operands.add(Computation(field, complete, arguments))
