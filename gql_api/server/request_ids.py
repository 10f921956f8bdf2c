"""The reference of a request: taken from the caller or made, in the answer, in errors and logs."""

import random
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from gql_api.server.headers import header_of

HEADER = "X-Request-Id"
_RAW_HEADER = HEADER.lower().encode()

_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STATE_KEY = "request_id"


def request_id_of(scope: Scope) -> str:
    """Return the reference of a request; found once, then kept in ``request.state.request_id``.

    The caller's own is kept if it is 1 to 64 letters, digits, dots, dashes or underscores: nothing
    else may enter logs and answers.
    """
    state = scope.setdefault("state", {})
    if _STATE_KEY not in state:
        sent = header_of(scope, _RAW_HEADER)
        state[_STATE_KEY] = sent if sent and _TOKEN.fullmatch(sent) else new_request_id()
    request_id: str = state[_STATE_KEY]
    return request_id


def new_request_id() -> str:
    """Make a reference of 32 hexadecimal digits."""
    return f"{random.getrandbits(128):032x}"  # it guards nothing


class RequestIds:
    """ASGI middleware: every answer names its request, and so does every log line on its way.

    Args:
        app: The application within.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; anything but HTTP passes unchanged."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(scope)

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                _name(message, request_id)
            await send(message)

        tokens = bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, send_named)
        finally:
            reset_contextvars(**tokens)


def _name(message: Message, request_id: str) -> None:
    """Have an answer name its request, once."""
    value = request_id.encode()
    headers: list[tuple[bytes, bytes]] = message.get("headers", [])
    if (_RAW_HEADER, value) not in headers:
        kept = [each for each in headers if each[0].lower() != _RAW_HEADER]
        message["headers"] = [*kept, (_RAW_HEADER, value)]
