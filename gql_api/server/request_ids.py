"""The reference of a request: taken from the caller or made, in the answer, in errors and logs."""

import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

HEADER = "X-Request-Id"

_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STATE_KEY = "request_id"


def request_id_of(scope: Scope) -> str:
    """Return the reference of a request; found once, then kept in ``request.state.request_id``.

    The caller's own is kept if it is 1 to 64 letters, digits, dots, dashes or underscores: nothing
    else may enter logs and answers.
    """
    state = scope.setdefault("state", {})
    if _STATE_KEY not in state:
        sent = Headers(scope=scope).get(HEADER, "")
        state[_STATE_KEY] = sent if _TOKEN.fullmatch(sent) else uuid.uuid4().hex
    request_id: str = state[_STATE_KEY]
    return request_id


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
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_named)
