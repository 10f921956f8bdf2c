"""Values of leaf types are finished as the executor of GraphQL does, or refused."""

from collections.abc import Callable
from functools import partial
from typing import Any

from graphql import (
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    Undefined,
    is_leaf_type,
)

from gql_api.errors import NoPlainFormError
from gql_api.loading.wire_values import refuse_value

Complete = Callable[[Any], Any]
"""Turns a value, never an awaitable one, into that on the wire."""


def completion(type_: GraphQLOutputType) -> Complete | None:
    """Return what finishes values of a type as the executor does; None for objects."""
    if isinstance(type_, GraphQLNonNull):
        inner = completion(type_.of_type)
        return None if inner is None else partial(_finish_non_null, inner)
    if isinstance(type_, GraphQLList):
        inner = completion(type_.of_type)
        return None if inner is None else partial(_finish_list, inner)
    return partial(_finish_leaf, type_) if is_leaf_type(type_) else None


def _finish_non_null(complete: Complete, value: Any) -> Any:
    completed = complete(value)
    if completed is None:
        message = "A field that is not null has no value."
        raise NoPlainFormError(message)
    return completed


def _finish_list(complete: Complete, value: Any) -> list[Any] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        raise refuse_value(value)
    return list(map(complete, value))


def _finish_leaf(type_: GraphQLLeafType, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, BaseException):
        raise refuse_value(value)
    written = type_.coerce_output_value(value)
    if written is None or written is Undefined:
        raise refuse_value(value)
    return written
