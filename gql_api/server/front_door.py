"""The front door: plain POST requests of operations are answered before FastAPI sees them.

FastAPI's routing, dependencies and responses cost more than a short read. Whatever is out of the
ordinary goes on to the route, which answers everything.
"""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gql_api.server.endpoint import Endpoint, failure
from gql_api.server.negotiation import prefers_events, response_media_type
from gql_api.server.requests import parse_operations

_JSON_TYPES = frozenset(
    {b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"}
)


class FrontDoor:
    """ASGI middleware, the innermost: answers what the route would answer, with less work.

    Args:
        app: The application within, with the route of the same endpoint.
        endpoint: Runs the operations.
        path: Of the endpoint, below the application's root path.
    """

    def __init__(self, app: ASGIApp, endpoint: Endpoint, path: str) -> None:
        self._app = app
        self._endpoint = endpoint
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it pass, its body to be read from the beginning."""
        headers = self.headers_of(scope)
        left = receive if headers is None else await self.answer(headers, scope, receive, send)
        if left is not None:
            await self._app(scope, left, send)

    async def answer(
        self, headers: Mapping[bytes, bytes], scope: Scope, receive: Receive, send: Send
    ) -> Receive | None:
        """Answer a request.

        Args:
            headers: From ``headers_of``.
            scope: Of the request.
            receive: Gives its body.
            send: Takes the answer.

        Returns:
            None; for a request that is left to the route, where its body is to be read from.
        """
        message = await receive()
        messages = await self._read_on(message, receive) if message.get("more_body") else [message]
        body = message.get("body", b"") if len(messages) == 1 else _joined(messages)
        is_whole = messages[-1]["type"] == "http.request" and not messages[-1].get("more_body")
        if not is_whole or len(body) > self._endpoint.limits.max_body_bytes:
            return _again(messages, receive)
        request = Request(scope, receive)
        media_type = response_media_type(headers.get(b"accept", b"").decode("latin-1"))
        try:
            operation = parse_operations(body, self._endpoint.limits)
        except Exception as error:  # noqa: BLE001 - the edge: what nobody caught is masked here
            response = failure(request, error, media_type)
        else:
            if isinstance(operation, list):
                return _again(messages, receive)
            response = await self._endpoint.answer(request, operation, media_type)
        await response(scope, receive, send)
        return None

    async def _read_on(self, message: Message, receive: Receive) -> list[Message]:
        """Read the body to its end, or a little further than is allowed."""
        messages, size = [message], len(message.get("body", b""))
        while message.get("more_body") and size <= self._endpoint.limits.max_body_bytes:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
        return messages

    def headers_of(self, scope: Scope) -> Mapping[bytes, bytes] | None:
        """Return the headers of a request that is answered here; None for all others."""
        if scope["type"] != "http" or scope["method"] != "POST" or not self._is_ours(scope):
            return None
        sent: list[tuple[bytes, bytes]] = scope["headers"]
        headers = dict(sent)
        if (
            len(headers) != len(sent)  # a header stands twice
            or headers.get(b"content-type", b"").lower() not in _JSON_TYPES
            or b"content-encoding" in headers
            or _wants_events(headers)
        ):
            return None
        return headers

    def _is_ours(self, scope: Scope) -> bool:
        path: str = scope["path"]
        root_path: str = scope.get("root_path", "")
        if path.startswith(root_path):
            return path == root_path + self._path
        return path == self._path  # a proxy has taken the root path away


def _wants_events(headers: Mapping[bytes, bytes]) -> bool:
    accept = headers.get(b"accept", b"")
    return b"event-stream" in accept.lower() and prefers_events(accept.decode("latin-1"))


def _joined(messages: Iterable[Message]) -> bytes:
    return b"".join([each.get("body", b"") for each in messages])


def _again(messages: Iterable[Message], receive: Receive) -> Receive:
    """Return a channel that gives the messages that were taken from it once more."""
    taken = iter(messages)

    async def receive_again() -> Message:
        message = next(taken, None)
        return await receive() if message is None else message

    return receive_again
