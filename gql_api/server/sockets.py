"""GraphQL over WebSockets: the protocol ``graphql-transport-ws``.

Source:
    graphql-ws, "GraphQL over WebSocket Protocol".
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Scope
from starlette.websockets import WebSocket, WebSocketDisconnect
from typing_extensions import override

from gql_api.errors import LimitExceededError
from gql_api.server.answers import refusal
from gql_api.server.api_keys import HEADER as API_KEY_HEADER
from gql_api.server.endpoint import Endpoint
from gql_api.server.origins import is_allowed_origin
from gql_api.server.request_ids import new_request_id
from gql_api.server.requests import OperationRequest
from gql_api.server.socket_messages import (
    PROTOCOL,
    CloseCode,
    SocketClosedError,
    SocketMessage,
    complete_message,
    error_message,
    next_message,
    read_message,
    read_subscribe,
)
from gql_api.server.streams import StreamedOperation, explain_failure
from gql_api.server.watch import ClientLeftError

_LOG = logging.getLogger(__name__)

_CREDENTIALS = frozenset({"authorization", API_KEY_HEADER})
"""Headers that a client may send as parameters of the connection. No others: a proxy may have set
those, and is believed."""

_CODES = {
    "UNAUTHENTICATED": CloseCode.FORBIDDEN,
    "FORBIDDEN": CloseCode.FORBIDDEN,
    "SERVICE_UNAVAILABLE": CloseCode.TRY_AGAIN_LATER,
    "RATE_LIMITED": CloseCode.TRY_AGAIN_LATER,
}
"""Of a connection that is not admitted, by the code of the error; else 4500."""


def socket_route(
    endpoint: Endpoint, origins: Sequence[str]
) -> Callable[[WebSocket], Awaitable[None]]:
    """Make what serves the sockets of an endpoint.

    Args:
        endpoint: Runs the operations.
        origins: Of pages that may open sockets, beside those of the same host; ``*`` for all.
    """

    async def serve(websocket: WebSocket) -> None:
        if not is_allowed_origin(websocket.headers, origins):
            message = "Pages of this origin may open no sockets here."
            await websocket.send_denial_response(refusal(websocket.scope, 403, message))
            return
        await Socket(websocket, endpoint).serve()

    return serve


class Socket:
    """One connection, with the operations that run on it.

    Args:
        websocket: Not accepted yet.
        endpoint: Runs the operations.
    """

    def __init__(self, websocket: WebSocket, endpoint: Endpoint) -> None:
        self._websocket = websocket
        self._endpoint = endpoint
        self._operations: dict[str, _SocketOperation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._scope: Scope | None = None
        self._listener: asyncio.Task[Any] | None = None
        self._is_stuck = False

    async def serve(self) -> None:
        """Serve the connection until either side ends it.

        Queries and subscriptions end with it; a mutation runs on to its end.
        """
        self._listener = asyncio.current_task()
        try:
            await self._listen()
        except SocketClosedError as closing:
            await self._close(closing.code, closing.reason)
        except (WebSocketDisconnect, ClientLeftError):
            pass
        except asyncio.CancelledError:
            if not self._is_stuck or self._listener is None:
                raise
            self._listener.uncancel()
        except Exception:  # noqa: BLE001 - the edge: what nobody caught is masked here
            _LOG.exception("a socket failed")
            await self._close(CloseCode.INTERNAL_ERROR, "Something went wrong on the server.")
        finally:
            await self._end()

    async def send(self, text: str) -> None:
        """Send a message; who does not read for too long is left.

        Raises:
            ClientLeftError: The client is gone, or reads nothing.
        """
        seconds = self._endpoint.config.socket_send_timeout_s
        try:
            async with asyncio.timeout(seconds):
                await self._websocket.send_text(text)
        except TimeoutError as error:
            self._leave()
            raise ClientLeftError from error
        except (RuntimeError, WebSocketDisconnect, OSError) as error:
            raise ClientLeftError from error  # closed meanwhile

    def forget(self, operation_id: str) -> None:
        """Let the id of an operation that has ended be used again."""
        self._operations.pop(operation_id, None)

    async def _listen(self) -> None:
        if PROTOCOL not in self._websocket.scope["subprotocols"]:
            await self._websocket.accept()
            reason = f"This server speaks {PROTOCOL}."
            raise SocketClosedError(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, reason)
        await self._websocket.accept(PROTOCOL)
        patience = asyncio.timeout(self._endpoint.config.socket_init_timeout_s)
        try:
            async with patience:
                while True:
                    message = await self._receive()
                    if message.kind == "connection_init":
                        patience.reschedule(None)
                    await self._handle(message)
        except TimeoutError as error:
            if not patience.expired():
                raise
            reason = "Connection initialisation timeout"
            raise SocketClosedError(CloseCode.INIT_TIMEOUT, reason) from error

    async def _receive(self) -> SocketMessage:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        return read_message(message.get("text"), self._endpoint.limits)

    async def _handle(self, message: SocketMessage) -> None:
        match message.kind:
            case "connection_init":
                await self._admit(message.payload or {})
            case "ping":
                await self.send('{"type":"pong"}')
            case "pong":
                pass
            case "subscribe":
                await self._start(message)
            case "complete":
                self._stop(message.operation_id)

    async def _admit(self, parameters: Mapping[str, Any]) -> None:
        """Find out who asks.

        Raises:
            SocketClosedError: 4429 for a second time; 4403 for invalid credentials; 1013 where that
                cannot be found out now.
        """
        if self._scope is not None:
            reason = "Too many initialisation requests"
            raise SocketClosedError(CloseCode.TOO_MANY_INITS, reason)
        scope = {**self._websocket.scope, "headers": _headers(self._websocket, parameters)}
        try:
            await self._endpoint.admit(HTTPConnection(scope))
        except Exception as error:
            errors, _ = explain_failure(error, new_request_id())
            code = _CODES.get(errors[0]["extensions"]["code"], CloseCode.INTERNAL_ERROR)
            raise SocketClosedError(code, errors[0]["message"]) from error
        self._scope = scope
        await self.send('{"type":"connection_ack"}')

    async def _start(self, message: SocketMessage) -> None:
        """Run an operation beside the others.

        Raises:
            SocketClosedError: 4401 before the connection is acknowledged, 4409 for an id in use.
        """
        if self._scope is None:
            raise SocketClosedError(CloseCode.UNAUTHORIZED, "Unauthorized")
        operation_id = message.operation_id
        if operation_id in self._operations:
            reason = f"Subscriber for {operation_id} already exists"
            raise SocketClosedError(CloseCode.SUBSCRIBER_ALREADY_EXISTS, reason)
        operation = read_subscribe(message)
        most = self._endpoint.limits.max_socket_operations
        request_id = new_request_id()
        if len(self._operations) >= most:
            reason = f"At most {most} operations may run on one socket: complete some first."
            error = LimitExceededError(reason, limit="max_socket_operations")
            errors, _ = explain_failure(error, request_id)
            await self.send(error_message(operation_id, errors))
            return
        scope = {**self._scope, "state": {**self._scope["state"], "request_id": request_id}}
        asked = _SocketOperation(self, operation_id, HTTPConnection(scope), operation)
        task = asked.task = asyncio.create_task(self._endpoint.stream(asked))
        self._operations[operation_id] = asked
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _stop(self, operation_id: str) -> None:
        """End an operation at the client's wish; one that has ended already is none."""
        asked = self._operations.pop(operation_id, None)
        if asked is not None:
            asked.stop()

    def _leave(self) -> None:
        """Let the connection go, without a word that would not be read."""
        if not self._is_stuck and self._listener is not None:
            self._is_stuck = True
            self._listener.cancel()

    async def _close(self, code: CloseCode, reason: str) -> None:
        try:
            async with asyncio.timeout(self._endpoint.config.socket_send_timeout_s):
                await self._websocket.close(code, reason)
        except (TimeoutError, RuntimeError, WebSocketDisconnect, OSError):
            pass  # the client was faster, or is gone

    async def _end(self) -> None:
        """End what runs, and wait for it."""
        for asked in self._operations.values():
            asked.stop()
        self._operations.clear()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)


class _SocketOperation(StreamedOperation):
    """An operation of a socket.

    Args:
        socket: Told of results.
        operation_id: The client's.
        connection: Who asks.
        operation: What is asked.
    """

    def __init__(
        self,
        socket: Socket,
        operation_id: str,
        connection: HTTPConnection,
        operation: OperationRequest,
    ) -> None:
        super().__init__(connection, operation)
        self._socket = socket
        self._id = operation_id

    @override
    async def tell(self, result: bytes) -> None:
        await self._send(next_message(self._id, result))

    @override
    async def complete(self) -> None:
        if not self.is_stopped:
            self._socket.forget(self._id)
            await self._send(complete_message(self._id))

    @override
    async def tell_errors(self, errors: Sequence[Mapping[str, Any]]) -> None:
        if not self.is_stopped:
            self._socket.forget(self._id)
            await self._send(error_message(self._id, errors))
        raise ClientLeftError  # the message ends the operation

    @override
    async def refuse(self, errors: Sequence[Mapping[str, Any]], status: int) -> None:
        await self.tell_errors(errors)

    async def _send(self, text: str) -> None:
        if self.is_stopped:
            raise ClientLeftError
        await self._socket.send(text)


def _headers(websocket: WebSocket, parameters: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """Return the headers of a connection, with the credentials that browsers can only send later."""
    sent: list[tuple[bytes, bytes]] = websocket.scope["headers"]
    given = {
        name.lower().encode(): value.encode("latin-1", errors="replace")
        for name, value in parameters.items()
        if name.lower() in _CREDENTIALS and isinstance(value, str)
    }
    return [*(each for each in sent if each[0].lower() not in given), *given.items()]
