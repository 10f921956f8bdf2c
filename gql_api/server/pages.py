"""What a visitor finds beside GraphQL: the first page, and the schema as text."""

import hashlib
import html
from functools import cache

from fastapi import APIRouter, Request, Response

from gql_api.schema.build import Schema
from gql_api.server.answers import json_response
from gql_api.server.negotiation import prefers_page

_LINKS = {
    "graphiql": ("/graphiql/", "GraphiQL: explore the API and try queries"),
    "graphql": ("/graphql", "the GraphQL endpoint, for POST and GET"),
    "schema": ("/schema.graphql", "the schema as text"),
    "health": ("/healthz", "whether the process lives"),
    "readiness": ("/readyz", "whether requests can be served"),
}
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
</head>
<body>
<h1>{title}</h1>
<ul>
{links}
</ul>
</body>
</html>
"""
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "Vary": "Accept",
}


def pages_router(schema: Schema, *, title: str) -> APIRouter:
    """Make the routes ``/`` and ``/schema.graphql``.

    Args:
        schema: Whose text is shown; printed once, when first asked for.
        title: Heading of the first page.
    """
    router = APIRouter(include_in_schema=False)

    @cache
    def print_schema() -> tuple[bytes, str]:
        text = schema.as_str().encode()
        return text, f'"{hashlib.sha256(text).hexdigest()[:32]}"'

    @router.get("/")
    async def show_links(request: Request) -> Response:
        """Answer with links: a page for browsers, JSON for others."""
        prefix = request.scope.get("root_path", "")
        if not prefers_page(request.headers.get("accept", "")):
            links = {name: f"{prefix}{path}" for name, (path, _) in _LINKS.items()}
            content = {"title": title, "links": links}
            return json_response(request.scope, content, headers={"Vary": "Accept"})
        page = _PAGE.format(title=html.escape(title), links=_list(prefix))
        return Response(page, headers=_PAGE_HEADERS, media_type="text/html")

    # Not a coroutine: FastAPI runs it in a worker thread, as printing a large schema takes seconds.
    @router.get("/schema.graphql")
    def show_schema(request: Request) -> Response:
        """Answer with the sorted schema; 304 for a copy that is current."""
        text, tag = print_schema()
        headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        if _is_current(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        return Response(text, headers=headers, media_type="text/plain")

    return router


def _list(prefix: str) -> str:
    return "\n".join(
        f'<li><a href="{html.escape(prefix)}{path}">{path}</a>: {html.escape(text)}</li>'
        for path, text in _LINKS.values()
    )


def _is_current(if_none_match: str, tag: str) -> bool:
    tags = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return tag in tags or "*" in tags
