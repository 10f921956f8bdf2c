"""How errors are presented: expected ones as they are, defects masked and logged with a reference."""

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gql_api.database.driver_errors import (
    is_disconnect,
    is_overflow,
    is_serialization_failure,
    is_statement_ended,
)
from gql_api.errors import (
    ApiError,
    ConflictError,
    DeadlineExceededError,
    RateLimitedError,
    UnavailableError,
    UnreadableValueError,
)
from gql_api.execution.masking import is_about_value, without_values

_LOG = logging.getLogger(__name__)

MASKED_MESSAGE = "Something went wrong on the server."
CONFLICT_MESSAGE = "Other changes were in the way: retry in a moment."
OVERFLOW_MESSAGE = "The database computed a number that is beyond its type."
STATEMENT_ENDED_MESSAGE = "The database took longer than it may: ask for less."
BUSY_MESSAGE = "The server has too much to do: retry in a moment."
_CONNECTION_LOST = "8s2b"
"""What SQLAlchemy calls any further use of a transaction whose connection broke."""

UNAVAILABLE_MESSAGE = "The database cannot be reached: retry in a moment."


def present_error(
    error: GraphQLError,
    *,
    request_id: str | None,
    is_early: bool,
    shows_suggestions: bool = True,
) -> GraphQLError:
    """Return the error that a client sees.

    Args:
        error: As graphql-core collected it.
        request_id: Reference of the request; one is made for a masked error without.
        is_early: Whether it was found before the execution, by parser or validation.
        shows_suggestions: Whether names of the schema that are alike may be told.

    Returns:
        An error with ``extensions.code``, in Apollo's vocabulary where that has one.
    """
    original = _original(error)
    if isinstance(original, ApiError):
        extensions: dict[str, Any] = {"code": original.code}
        if original.path:
            extensions["argumentPath"] = ".".join(original.path)
        if isinstance(original, RateLimitedError):
            extensions["retryAfterS"] = original.retry_after_s
        return _with(error, original.message, extensions, request_id)
    if original is None or isinstance(original, GraphQLError) or _is_of_value(error, original):
        message = error.message
        if error.path is None:  # the request itself is wrong: what it holds is not repeated
            message = without_values(message, shows_suggestions=shows_suggestions)
        return _with(error, message, {**_graphql_code(error, is_early=is_early)}, request_id)
    if (condition := _database_condition(original)) is not None:
        message, code = condition
        _LOG.warning("%s: %s", code, original, extra={"request_id": request_id})
        return _with(error, message, {"code": code}, request_id)
    reference = request_id or uuid.uuid4().hex
    facts = {"request_id": reference, "response_path": error.path}
    _LOG.error("unexpected error", extra=facts, exc_info=original)
    return _with(error, MASKED_MESSAGE, {"code": "INTERNAL_SERVER_ERROR"}, reference)


def _original(error: GraphQLError) -> BaseException | None:
    original: BaseException | None = error.original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    return original


def _is_of_value(error: GraphQLError, original: BaseException) -> bool:
    """Tell whether a scalar refused a value of the request, rather than a resolver failed."""
    is_refusal = isinstance(original, ValueError | TypeError)
    return is_refusal and error.path is None and is_about_value(error.message)


def _graphql_code(error: GraphQLError, *, is_early: bool) -> Mapping[str, Any]:
    """Return the extensions of an error that GraphQL itself or a resolver raised on purpose."""
    if error.extensions and "code" in error.extensions:
        return error.extensions
    if isinstance(error, GraphQLSyntaxError):
        code = "GRAPHQL_PARSE_FAILED"
    elif is_early:
        code = "GRAPHQL_VALIDATION_FAILED"
    else:
        # without a path it is a variable, with one a resolver's or scalar's own refusal
        code = "BAD_USER_INPUT" if error.path is None else "INTERNAL_SERVER_ERROR"
    return {**(error.extensions or {}), "code": code}


def _database_condition(error: BaseException) -> tuple[str, str] | None:
    """Return message and code of what befalls a database without a defect."""
    for is_so, message, code in _CONDITIONS:
        if is_so(error):
            return message, code
    return None


def _is_unavailable(error: BaseException) -> bool:
    if isinstance(error, ConnectionError):
        return True
    if isinstance(error, PendingRollbackError):
        return error.code == _CONNECTION_LOST
    # asyncpg tells a server that starts, or a connection that broke, by no narrower class
    return isinstance(error, DBAPIError) and is_disconnect(error)


_CONDITIONS: Sequence[tuple[Callable[[BaseException], bool], str, str]] = (
    (is_serialization_failure, CONFLICT_MESSAGE, ConflictError.code),
    (is_overflow, OVERFLOW_MESSAGE, UnreadableValueError.code),
    (is_statement_ended, STATEMENT_ENDED_MESSAGE, DeadlineExceededError.code),
    (lambda error: isinstance(error, PoolTimeoutError), BUSY_MESSAGE, UnavailableError.code),
    (_is_unavailable, UNAVAILABLE_MESSAGE, UnavailableError.code),
)


def _with(
    error: GraphQLError, message: str, extensions: Mapping[str, Any], request_id: str | None
) -> GraphQLError:
    reference = {} if request_id is None else {"requestId": request_id}
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={**extensions, **reference},
    )
