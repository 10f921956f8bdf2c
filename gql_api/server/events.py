"""GraphQL over server-sent events, in distinct mode: one request, one operation, a stream of results.

Source:
    graphql-sse, "GraphQL over Server-Sent Events Protocol", distinct connections mode.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from gql_api.loading.answers import write_json
from gql_api.server.answers import VARY, errors_response
from gql_api.server.endpoint import Endpoint
from gql_api.server.health import STOPPING
from gql_api.server.negotiation import EVENT_STREAM
from gql_api.server.request_ids import HEADER
from gql_api.server.requests import OperationRequest
from gql_api.server.streams import StreamedOperation
from gql_api.server.watch import ClientLeftError

KEEP_ALIVE_S = 12.0
"""A comment is sent this often, so that nobody on the way takes the connection for dead."""

_COMMENT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"
_NOT_ALLOWED = 405


class EventResponse(Response):
    """The answer of an operation as events; JSON where nothing can be run.

    Args:
        endpoint: Runs the operation.
        request: Whose body was read.
        operation: What is asked.
    """

    def __init__(self, endpoint: Endpoint, request: Request, operation: OperationRequest) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._request = request
        self._operation = operation

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the operation until it ends, its client leaves or, for a subscription, the server stops."""
        seconds = self._endpoint.config.socket_send_timeout_s
        asked = _EventOperation(self._request, self._operation, send, seconds)
        stream = asked.task = asyncio.create_task(self._endpoint.stream(asked))
        others = [asyncio.create_task(_left(receive)), asyncio.create_task(asked.keep_alive())]
        stopping: asyncio.Event | None = scope.get("state", {}).get(STOPPING)
        if stopping is not None:
            others.append(asyncio.create_task(asked.end_at(stopping)))
        try:
            await asyncio.wait({stream, others[0]}, return_when=asyncio.FIRST_COMPLETED)
            if not stream.done():
                asked.stop()
            await asyncio.gather(stream, return_exceptions=True)
        finally:
            for each in (stream, *others):
                each.cancel()
        await asked.close()


class _EventOperation(StreamedOperation):
    """An operation whose results are events of a response.

    Args:
        request: Who asks.
        operation: What is asked.
        send: Of the response.
        timeout_s: How long a client may read nothing.
    """

    def __init__(
        self, request: Request, operation: OperationRequest, send: Send, timeout_s: float
    ) -> None:
        super().__init__(request, operation)
        self._send = send
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()
        self._has_begun = False
        self._is_closed = False

    async def keep_alive(self) -> None:
        """Send comments."""
        while True:
            await asyncio.sleep(KEEP_ALIVE_S)
            try:
                await self._write(_COMMENT)
            except ClientLeftError:
                return

    async def end_at(self, stopping: asyncio.Event) -> None:
        """End a subscription when the server stops; without a word, so that its client comes again."""
        await stopping.wait()
        self.end_events()

    async def close(self) -> None:
        """End the response."""
        if self._has_begun and not self._is_closed and not self.is_stopped:
            self._is_closed = True
            await self._send({"type": "http.response.body", "body": b""})

    @override
    async def begin(self) -> None:
        async with self._lock:
            await self._begin()

    @override
    async def tell(self, result: bytes) -> None:
        # raw line ends stand between tokens of JSON, never within its texts
        line = result.replace(b"\n", b" ").replace(b"\r", b" ")
        await self._write(b"event: next\ndata: %s\n\n" % line)

    @override
    async def complete(self) -> None:
        await self._write(_COMPLETE)

    @override
    async def tell_errors(self, errors: Sequence[Mapping[str, Any]]) -> None:
        await self.tell(write_json({"errors": errors}))

    @override
    async def refuse(self, errors: Sequence[Mapping[str, Any]], status: int) -> None:
        async with self._lock:
            if not self._has_begun:
                self._has_begun = self._is_closed = True
                headers = {**VARY, **({"Allow": "POST"} if status == _NOT_ALLOWED else {})}
                response = errors_response(self.connection.scope, status, errors, headers=headers)
                await response(self.connection.scope, _nothing, self._send)
                return
        await self.tell_errors(errors)
        await self.complete()

    async def _begin(self) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        headers = {
            **VARY,
            "Content-Type": f"{EVENT_STREAM}; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Accel-Buffering": "no",  # nginx would wait for more
            HEADER: self.request_id,
        }
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": 200, "headers": raw})

    async def _write(self, body: bytes) -> None:
        if self.is_stopped or self._is_closed:
            raise ClientLeftError
        try:
            async with asyncio.timeout(self._timeout_s), self._lock:
                await self._begin()
                await self._send({"type": "http.response.body", "body": body, "more_body": True})
        except TimeoutError as error:
            self.stop()
            raise ClientLeftError from error
        except OSError as error:
            raise ClientLeftError from error


async def _left(receive: Receive) -> None:
    """Wait until the client leaves."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _nothing() -> dict[str, Any]:
    return {"type": "http.disconnect"}
