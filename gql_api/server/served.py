"""The application that ``create_app`` makes: requests of GraphQL reach the front door at once.

FastAPI, Starlette and our own middleware stand between a server and the front door: a dozen calls,
each of which a plain request passes unchanged.
"""

import time
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars
from typing_extensions import override

from gql_api.server.front_door import FrontDoor
from gql_api.server.request_ids import request_id_of

_PASSED = frozenset(
    {
        ("starlette", "ServerErrorMiddleware"),
        ("fastapi", "ExceptionTelemetryMiddleware"),
        ("fastapi", "AppBodyLimitMiddleware"),
        ("gql_api", "RequestIds"),
        ("gql_api", "DefectMask"),
    }
)
"""What stands before the front door where nobody has added anything: package and class."""

_TELEMETRY_S = 1.0
"""How long telemetry that is switched on meanwhile may go unnoticed."""


class ServedApp(FastAPI):
    """A FastAPI application with a front door.

    Whatever is added, middleware, a limit of bodies, a root path or telemetry, sees all requests:
    they take the usual way then.
    """

    _seen: ASGIApp | None = None
    _door: FrontDoor | None = None
    _watched_until = 0.0
    _is_watched = False

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._open_door(scope)
        headers = None if door is None else door.headers_of(scope)
        if door is None or headers is None:
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        tokens = bind_contextvars(request_id=request_id_of(scope))
        try:
            left = await door.answer(headers, scope, receive, send)
        finally:
            reset_contextvars(**tokens)
        if left is not None:
            await super().__call__(scope, left, send)

    def _open_door(self, scope: Scope) -> FrontDoor | None:
        """Return the front door, if nobody else wants to see a request before it."""
        if scope["type"] != "http" or self.root_path or "fastapi.telemetry" in scope:
            return None
        if self.middleware_stack is not self._seen:
            self._seen = self.middleware_stack
            self._door = _door_behind(self._seen)
        now = time.monotonic()
        if now >= self._watched_until:
            self._watched_until = now + _TELEMETRY_S
            native = getattr(self, "_native_telemetry", None)
            self._is_watched = native is not None and native.enabled()
        return None if self._is_watched else self._door


def _door_behind(stack: Any) -> FrontDoor | None:
    """Return the front door, if nothing stands before it but what always does."""
    while stack is not None and type(stack) is not FrontDoor:
        made_by = type(stack).__module__.partition(".")[0]
        if (made_by, type(stack).__name__) not in _PASSED:
            return None
        stack = vars(stack).get("app") or vars(stack).get("_app")
    return stack
