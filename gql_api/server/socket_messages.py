"""Messages of ``graphql-transport-ws``, read strictly, and the codes that sockets are closed with.

Source:
    graphql-ws, "GraphQL over WebSocket Protocol".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal, NoReturn, get_args

import orjson
from starlette.exceptions import HTTPException

from gql_api.config import Limits
from gql_api.errors import LimitExceededError
from gql_api.execution.values import check_values
from gql_api.loading.answers import write_json
from gql_api.server.requests import OperationRequest, operation_of

PROTOCOL = "graphql-transport-ws"

_MOST_REASON_BYTES = 123
"""Of a close frame, says RFC 6455."""

Kind = Literal["connection_init", "ping", "pong", "subscribe", "complete"]
_KINDS = frozenset(get_args(Kind))


class CloseCode(IntEnum):
    """Why a socket is closed."""

    GOING_AWAY = 1001
    TOO_BIG = 1009
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INIT_TIMEOUT = 4408
    SUBSCRIBER_ALREADY_EXISTS = 4409
    TOO_MANY_INITS = 4429
    INTERNAL_ERROR = 4500


class SocketClosedError(Exception):
    """The socket is to be closed.

    Args:
        code: For the client.
        reason: For whoever looks at it; cut to what fits.
    """

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_MOST_REASON_BYTES].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class SocketMessage:
    """What a client sent."""

    kind: Kind
    operation_id: str
    """Of ``subscribe`` and ``complete``; empty elsewhere."""

    payload: Mapping[str, Any] | None


def read_message(text: str | None, limits: Limits) -> SocketMessage:
    """Read a message.

    Args:
        text: Of the frame; None of a binary one.
        limits: ``max_body_bytes``, ``max_json_depth`` and ``max_variable_values``.

    Raises:
        SocketClosedError: 4400 for what the protocol does not know, 1009 for too much.
    """
    if text is None:
        _refuse("Messages are text.")
    if len(text) > limits.max_body_bytes or len(text.encode()) > limits.max_body_bytes:
        reason = f"A message has at most {limits.max_body_bytes} bytes."
        raise SocketClosedError(CloseCode.TOO_BIG, reason)
    content = _parsed(text, limits)
    kind = content.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        _refuse("The message has no known type.")
    payload = content.get("payload")
    if payload is not None and not isinstance(payload, dict):
        _refuse("The payload must be an object.")
    operation_id = ""
    if kind in {"subscribe", "complete"}:
        operation_id = content.get("id", "")
        if not isinstance(operation_id, str) or not operation_id:
            _refuse("The message has no id.")
    named: Any = kind
    return SocketMessage(named, operation_id, payload)


def read_subscribe(message: SocketMessage) -> OperationRequest:
    """Read the operation of a ``subscribe`` message.

    Raises:
        SocketClosedError: 4400 for a malformed one.
    """
    if message.payload is None:
        _refuse("The message has no payload.")
    try:
        operation = operation_of(message.payload)
    except HTTPException as error:
        _refuse(error.detail)
    if not operation.query and not (operation.document_id or operation.extensions):
        _refuse("The payload has no query.")
    return operation


def next_message(operation_id: str, result: bytes) -> str:
    """Write the message of a result that is JSON already."""
    return (b'{"id":%s,"type":"next","payload":%s}' % (write_json(operation_id), result)).decode()


def error_message(operation_id: str, errors: Sequence[Mapping[str, Any]]) -> str:
    """Write the message that ends an operation by errors."""
    return write_json({"id": operation_id, "type": "error", "payload": errors}).decode()


def complete_message(operation_id: str) -> str:
    """Write the message that ends an operation."""
    return write_json({"id": operation_id, "type": "complete"}).decode()


def _parsed(text: str, limits: Limits) -> Mapping[str, Any]:
    try:
        content = orjson.loads(text)
        check_values(content, limits, "The message")
    except orjson.JSONDecodeError:
        _refuse("The message is not valid JSON.")
    except LimitExceededError as error:
        _refuse(error.message)
    if not isinstance(content, dict):
        _refuse("The message must be an object.")
    return content


def _refuse(reason: str) -> NoReturn:
    raise SocketClosedError(CloseCode.BAD_REQUEST, reason)
