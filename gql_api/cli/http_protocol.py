"""HTTP as uvicorn speaks it, with a bound of heads, and JSON for what never reaches the application."""

from starlette.types import Scope
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gql_api.server.answers import refusal

MAX_HEAD_BYTES = 65_536
"""Of the address and the headers of a request, and of what a parser may keep to itself."""

_MALFORMED = "The request is no valid HTTP/1.1."
_TOO_LARGE = f"The address and headers have more than {MAX_HEAD_BYTES} bytes: shorten them."


class HttpProtocol(HttpToolsProtocol):
    """Refuses what is no request, and one whose head is too large, in GraphQL's form."""

    _pending_bytes = 0
    """Received since the parser last told of a whole head or of a part of a body."""

    _is_too_large = False

    @override
    def data_received(self, data: bytes) -> None:
        self._pending_bytes += len(data)
        super().data_received(data)
        if self._pending_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._is_too_large = True
            self.send_400_response(_TOO_LARGE)

    @override
    def on_headers_complete(self) -> None:
        if self._pending_bytes > MAX_HEAD_BYTES:
            # perhaps a small head and a part of the body
            sizes = (len(name) + len(value) for name, value in self.headers)
            self._is_too_large = len(self.url) + sum(sizes) > MAX_HEAD_BYTES
            if self._is_too_large:
                raise ValueError(_TOO_LARGE)  # the parser gives up
        self._pending_bytes = 0
        super().on_headers_complete()

    @override
    def on_body(self, body: bytes) -> None:
        self._pending_bytes = 0
        super().on_body(body)

    @override
    def send_400_response(self, msg: str) -> None:
        """Refuse what was received, and end the connection."""
        status, message = (431, _TOO_LARGE) if self._is_too_large else (400, _MALFORMED)
        scope: Scope = {"type": "http", "headers": self.headers or []}
        response = refusal(scope, status, message, headers={"connection": "close"})
        head = [
            STATUS_LINE[status],
            *(b"%s: %s\r\n" % each for each in response.raw_headers),
            b"\r\n",
        ]
        self.transport.write(b"".join([*head, bytes(response.body)]))
        self.transport.close()
