"""Answers of the edge: JSON in every case, errors in GraphQL's form with a code and a reference."""

import functools
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from graphql import GraphQLError
from starlette.responses import Response
from starlette.types import Scope

from gql_api.errors import WriteRefusedError
from gql_api.execution.presenting import present_error
from gql_api.loading.answers import write_json
from gql_api.server.negotiation import JSON
from gql_api.server.request_ids import HEADER, request_id_of

_RAW_REQUEST_ID = HEADER.lower().encode()
_CODE_BY_STATUS = {
    400: "BAD_REQUEST",
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "VALIDATION_FAILED",
    429: "RATE_LIMITED",
    431: "HEADERS_TOO_LARGE",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
# Of an error that is the whole answer; within a GraphQL result it does not decide the status.
_STATUS_BY_CODE = {
    "PERSISTED_QUERY_NOT_FOUND": 200,  # as Apollo's protocol has it: the client asks again
    "PERSISTED_QUERY_NOT_SUPPORTED": 200,
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "UNIQUE_VIOLATION": 409,
    "FOREIGN_KEY_VIOLATION": 409,
    "CHECK_VIOLATION": 409,
    "CONFLICT": 409,
    "VALIDATION_FAILED": 422,
    "RATE_LIMITED": 429,
    "INTERNAL_SERVER_ERROR": 500,
    "SERVICE_UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_OUTAGES = frozenset({"SERVICE_UNAVAILABLE", "DEADLINE_EXCEEDED"})
_CONSEQUENCES = frozenset({"NOT_RUN", "ROLLED_BACK"})
_HEADERS_BY_STATUS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}
VARY = {"Vary": "Accept"}
"""Headers of every answer of the endpoint: its media type follows the caller's wish."""
_COMMON_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def json_response(
    scope: Scope,
    content: Any,
    *,
    status: int = 200,
    media_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer a request with JSON that nobody keeps."""
    named = {**_COMMON_HEADERS, HEADER: request_id_of(scope), **(headers or {})}
    content_type = f"{media_type}; charset=utf-8"
    return Response(write_json(content), status, named, media_type=content_type)


class EncodedAnswer(Response):
    """The answer to an operation that was run: JSON in bytes, under headers that are made once.

    Args:
        scope: Of the request.
        body: JSON.
        media_type: Of the answer.
    """

    def __init__(self, scope: Scope, body: bytes, media_type: str) -> None:
        # not Starlette's constructor, which writes all headers anew
        self.status_code = 200
        self.body = body
        self.background = None
        self.raw_headers = [
            *_raw_headers(media_type),
            (_RAW_REQUEST_ID, request_id_of(scope).encode()),
            (b"content-length", b"%d" % len(body)),
        ]


@functools.cache
def _raw_headers(media_type: str) -> list[tuple[bytes, bytes]]:
    named = {**_COMMON_HEADERS, **VARY, "Content-Type": f"{media_type}; charset=utf-8"}
    return [(name.lower().encode(), value.encode()) for name, value in named.items()]


def refusal(
    scope: Scope,
    status: int,
    message: str,
    *,
    media_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with one error whose code follows from the status.

    Args:
        scope: Of the request.
        status: 400 or above.
        message: Safe to show.
        media_type: Of the answer.
        headers: Further ones, such as ``Allow``.
    """
    errors = [refused(status, message, request_id_of(scope))]
    return errors_response(scope, status, errors, media_type=media_type, headers=headers)


def refused(status: int, message: str, request_id: str) -> dict[str, Any]:
    """Return the error of a request that is refused with a status."""
    default = "BAD_REQUEST" if status < HTTPStatus.INTERNAL_SERVER_ERROR else _CODE_BY_STATUS[500]
    code = _CODE_BY_STATUS.get(status, default)
    return {"message": message, "extensions": {"code": code, "requestId": request_id}}


def present_exception(
    scope: Scope,
    error: Exception,
    *,
    media_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with an exception that ended a request: shown if expected, else masked and logged.

    Args:
        scope: Of the request.
        error: ``ApiError`` is shown as it is; anything else becomes a 500 or, where the database
            is out of reach, a 503.
        media_type: Of the answer.
        headers: Further ones.
    """
    errors = presented(error, request_id_of(scope))
    status = status_of(errors)
    return errors_response(scope, status, errors, media_type=media_type, headers=headers)


def presented(error: Exception, request_id: str) -> list[dict[str, Any]]:
    """Return the errors that stand for an exception: one, or those of a write that was refused."""
    causes: Sequence[Exception] = error.errors if isinstance(error, WriteRefusedError) else [error]
    return [
        dict(
            present_error(
                GraphQLError(str(cause), original_error=cause),
                request_id=request_id,
                is_early=False,
            ).formatted
        )
        for cause in causes
    ]


def status_of(errors: Sequence[Mapping[str, Any]]) -> int:
    """Return the HTTP status of errors that are the whole answer: that of the first one."""
    code = errors[0].get("extensions", {}).get("code")
    return _STATUS_BY_CODE.get(code, 400)


def outage_status(data: Mapping[str, Any] | None, errors: Sequence[Mapping[str, Any]]) -> int:
    """Return the HTTP status of a result: 503 or 504 where nothing came of it but an outage."""
    codes = [error.get("extensions", {}).get("code") for error in errors]
    outages = [code for code in codes if code in _OUTAGES]
    is_all = bool(outages) and _CONSEQUENCES.issuperset({*codes} - _OUTAGES)
    if not is_all or any(each is not None for each in (data or {}).values()):
        return 200
    return _STATUS_BY_CODE[outages[0]]


def _retry_after(errors: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    wait_s = errors[0].get("extensions", {}).get("retryAfterS") if errors else None
    return {} if wait_s is None else {"Retry-After": str(wait_s)}


def errors_response(
    scope: Scope,
    status: int,
    errors: Sequence[Mapping[str, Any]],
    *,
    media_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with errors and no data."""
    named = {**_HEADERS_BY_STATUS.get(status, {}), **_retry_after(errors), **(headers or {})}
    return json_response(
        scope, {"errors": errors}, status=status, media_type=media_type, headers=named
    )
