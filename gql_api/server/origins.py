"""Cross-origin requests: which other origins' pages may read answers."""

import re
from collections.abc import Sequence

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from typing_extensions import override

from gql_api.errors import ConfigurationError

ANY_ORIGIN = "*"

_ORIGIN = re.compile(r"https?://[^\s/?#@,]+")
_METHODS = ("GET", "POST")
_SENT = ("Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id", "X-GQL-Explain")
_SHOWN = ("X-Request-Id", "Retry-After")
_MAX_AGE_S = 7200
"""How long browsers remember what is allowed; none does for longer."""


def allow_origins(app: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of other origins read the answers of an application; without origins, nothing.

    Cookies are never allowed: credentials are what a page sends in ``Authorization``.

    Args:
        app: The application; to be called last, so that failures can be read as well.
        origins: Such as ``https://shop.example``, or ``*`` alone for all.

    Raises:
        ConfigurationError: One is no origin.
    """
    if not origins:
        return
    wrong = [each for each in origins if each != ANY_ORIGIN and not _ORIGIN.fullmatch(each)]
    if wrong or (ANY_ORIGIN in origins and len(origins) > 1):
        message = f"{(wrong or [ANY_ORIGIN])[0]!r} is no origin that can be allowed beside others."
        fix = "Write scheme, host and port, such as https://shop.example, or * alone."
        raise ConfigurationError(message, fix=fix)
    app.add_middleware(
        _CrossOrigin,
        allow_origins=list(origins),
        allow_methods=_METHODS,
        allow_headers=_SENT,
        expose_headers=_SHOWN,
        max_age=_MAX_AGE_S,
    )


def is_allowed_origin(headers: Headers, origins: Sequence[str]) -> bool:
    """Tell whether whoever opens a socket may: browsers ask nobody before they do.

    Args:
        headers: Of the handshake. Programs that are no browsers send no ``Origin``, and may.
        origins: That are allowed beside pages of the same host and port; ``*`` alone for all.
    """
    origin = headers.get("origin")
    if origin is None or ANY_ORIGIN in origins or origin in origins:
        return True
    return origin.partition("://")[2].lower() == headers.get("host", "").lower()


class _CrossOrigin(CORSMiddleware):
    """Starlette's middleware, whose refusals are JSON too."""

    @override
    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code < 400:  # noqa: PLR2004 - HTTP
            return response
        reason = bytes(response.body).decode()
        content = {"errors": [{"message": f"{reason}.", "extensions": {"code": "FORBIDDEN"}}]}
        return JSONResponse(content, 403, {"Vary": "Origin"})
