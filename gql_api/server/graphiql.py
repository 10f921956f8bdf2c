"""GraphiQL served from the package: a page that contacts no other host.

The page and its assets are built by `clients/graphiql` and shipped inside `gql_api.server.static`.
Only files that exist when the router is made can be asked for; no request text becomes a path.
"""

import gzip
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from gql_api.errors import ConfigurationError

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load: this origin only. The editor injects styles, never scripts."""

_NOTICES_NAME = "THIRD_PARTY_LICENSES.txt"
_EMPTY_CONFIG = '<script type="application/json" id="gql-config">{}</script>'
_STATIC = files("gql_api.server") / "static" / "graphiql"
_SAFE_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_GZIP = re.compile(r"gzip(;q=(1|1\.0*|0\.0*[1-9]\d*))?")  # weight 0 means "not this one"

_COMMON_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PAGE_HEADERS = {
    **_COMMON_HEADERS,
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-cache",
}
# An asset's name holds a hash of its content, so a copy never grows old.
_ASSET_HEADERS = {
    **_COMMON_HEADERS,
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept-Encoding",
}
# Not `mimetypes`: its answers depend on the machine.
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}


def graphiql_router(
    *, endpoint: str = "/graphql", path: str = "/graphiql", default_query: str | None = None
) -> APIRouter:
    """Make the routes of GraphiQL: the page, its assets and their licences.

    Args:
        endpoint: Path of the GraphQL endpoint on this origin, below the application's root path.
        path: Path of the page, without a slash at its end.
        default_query: Document of the first tab; without it GraphiQL shows its own welcome.

    Raises:
        ConfigurationError: ``endpoint`` or ``path`` is not a plain absolute path, or the package
            holds no built GraphiQL.

    Cost:
        No SQL. Each asset is compressed once per process, in a worker thread.
    """
    _require_path("endpoint", endpoint)
    _require_path("path", path)
    graphiql = _GraphiQL(endpoint, default_query, _read_page(), _list_assets())
    router = APIRouter(include_in_schema=False)
    for route_path, answer in (
        (path, graphiql.add_slash),
        (f"{path}/", graphiql.show_page),
        (f"{path}/assets/{{name:path}}", graphiql.send_asset),
        (f"{path}/{_NOTICES_NAME}", graphiql.send_notices),
    ):
        router.add_api_route(route_path, answer, methods=["GET", "HEAD"])
    return router


@dataclass(frozen=True, slots=True)
class _GraphiQL:
    """What the routes of one GraphiQL answer with."""

    endpoint: str
    """Path of the GraphQL endpoint, below the application's root path."""
    default_query: str | None
    """Document of the first tab."""
    page: str
    """The built page, its data block still empty."""
    asset_names: frozenset[str]
    """Every asset there is; nothing else is ever read."""

    def show_page(self, request: Request) -> Response:
        """Answer with the page, configured for the root path of this request."""
        root_path = request.scope.get("root_path", "")
        config = {"endpoint": f"{root_path}{self.endpoint}", "defaultQuery": self.default_query}
        block = _EMPTY_CONFIG.replace("{}", _present_config(config))
        return HTMLResponse(self.page.replace(_EMPTY_CONFIG, block), headers=_PAGE_HEADERS)

    def add_slash(self, request: Request) -> Response:
        """Redirect to the page; relative, so it holds behind any prefix and names no host."""
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{request.url.path.rpartition('/')[2]}/{query}")

    def send_asset(self, name: str, request: Request) -> Response:
        """Answer with an asset, compressed where the client takes gzip, or with a JSON 404."""
        if name not in self.asset_names:
            error = {"message": "There is no such file.", "extensions": {"code": "NOT_FOUND"}}
            return JSONResponse({"errors": [error]}, status_code=404, headers=_COMMON_HEADERS)
        media_type = _MEDIA_TYPES[PurePosixPath(name).suffix]
        if _takes_gzip(request.headers.get("accept-encoding", "")):
            headers = {**_ASSET_HEADERS, "Content-Encoding": "gzip"}
            return Response(_compress_asset(name), media_type=media_type, headers=headers)
        return Response(_read("assets", name), media_type=media_type, headers=_ASSET_HEADERS)

    def send_notices(self) -> Response:
        """Answer with the licences of everything in the assets."""
        return Response(_read(_NOTICES_NAME), media_type="text/plain", headers=_COMMON_HEADERS)


def _require_path(option: str, value: str) -> None:
    """Refuse what could name another host or break out of the page."""
    if not _SAFE_PATH.fullmatch(value):
        message = f"The GraphiQL {option} {value!r} is not a path."
        raise ConfigurationError(message, fix='Write it like "/graphql".')


def _read(*names: str) -> bytes:
    """Read one file of the built GraphiQL."""
    return _STATIC.joinpath(*names).read_bytes()


def _read_page() -> str:
    """Read the built page; its data block is still empty."""
    try:
        page = _read("index.html").decode()
    except FileNotFoundError as error:
        message = "The package holds no built GraphiQL."
        raise ConfigurationError(message, fix="Run `npm run build` in clients/graphiql.") from error
    if _EMPTY_CONFIG not in page:
        message = "The built GraphiQL has no place for its configuration."
        raise ConfigurationError(message, fix="Run `npm run build` in clients/graphiql.")
    return page


def _list_assets() -> frozenset[str]:
    """Name every asset of the built GraphiQL."""
    return frozenset(asset.name for asset in _STATIC.joinpath("assets").iterdir())


def _present_config(config: dict[str, str | None]) -> str:
    """Write JSON that cannot end the script element it stands in."""
    text = json.dumps(config)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _takes_gzip(accept_encoding: str) -> bool:
    """Tell whether an Accept-Encoding header lists gzip and does not refuse it."""
    codings = accept_encoding.lower().replace(" ", "").split(",")
    return any(_GZIP.fullmatch(coding) for coding in codings)


@cache
def _compress_asset(name: str) -> bytes:
    """Compress an asset; all of them take about 2 MB of memory."""
    return gzip.compress(_read("assets", name), mtime=0)
