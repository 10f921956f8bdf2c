"""What a visitor finds beside GraphQL: the first page, and the schema as text."""

import hashlib
import html
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from gql_api.access.subjects import ANONYMOUS, RoleSet
from gql_api.errors import ForbiddenError, UnauthenticatedError
from gql_api.execution.disclosing import told_part
from gql_api.execution.role_schemas import RoleSchemas
from gql_api.schema.build import Schema
from gql_api.server.answers import json_response, present_exception
from gql_api.server.application import Authenticate
from gql_api.server.negotiation import prefers_page
from gql_api.server.session import database_of

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


def pages_router(
    schema: Schema, *, title: str, authenticate: Authenticate, has_graphiql: bool = True
) -> APIRouter:
    """Make the routes ``/`` and ``/schema.graphql``.

    Args:
        schema: Whose text is shown to those who are told it; printed once, when first asked for.
        title: Heading of the first page.
        authenticate: Finds out who asks, where not everybody is told the schema.
        has_graphiql: Whether there is GraphiQL to link to.
    """
    router = APIRouter(include_in_schema=False)
    shown = _ShownSchema(schema, authenticate)
    links = {name: each for name, each in _LINKS.items() if has_graphiql or name != "graphiql"}

    @router.get("/")
    async def show_links(request: Request) -> Response:
        """Answer with links: a page for browsers, JSON for others."""
        prefix = request.scope.get("root_path", "")
        if not prefers_page(request.headers.get("accept", "")):
            paths = {name: f"{prefix}{path}" for name, (path, _) in links.items()}
            content = {"title": title, "links": paths}
            return json_response(request.scope, content, headers={"Vary": "Accept"})
        page = _PAGE.format(title=html.escape(title), links=_list(links, prefix))
        return Response(page, headers=_PAGE_HEADERS, media_type="text/html")

    @router.get("/schema.graphql")
    async def show_schema(request: Request) -> Response:
        """Answer with the sorted schema; 304 for a copy that is current."""
        try:
            text, tag = await shown.text_for(request)
        except (UnauthenticatedError, ForbiddenError) as error:
            return present_exception(request.scope, error)
        headers = {"ETag": tag, "X-Content-Type-Options": "nosniff", **shown.headers}
        if _is_current(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        return Response(text, headers=headers, media_type="text/plain")

    return router


class _ShownSchema:
    """The schema as text, for those who are told it."""

    def __init__(self, schema: Schema, authenticate: Authenticate) -> None:
        self._schema = schema
        self._authenticate = authenticate
        self._roles = RoleSchemas()
        self._whole: str | None = None
        is_open = schema.table.config.introspection == "all"
        self.headers = {
            "Cache-Control": "no-cache" if is_open else "private, no-cache",
            **({} if is_open else {"Vary": "Authorization, X-API-Key"}),
        }

    async def text_for(self, request: Request) -> tuple[bytes, str]:
        """Return what the caller is told, with its tag.

        Raises:
            UnauthenticatedError: Nobody asks, and administrators only are told.
            ForbiddenError: The caller is told nothing.

        Cost:
            No SQL but that of authentication, where it decides.
        """
        config = self._schema.table.config
        subject = ANONYMOUS
        if config.introspection not in {"all", "none"}:
            subject = await self._authenticate(request, database_of(request))
        part = told_part(subject, config)
        if part == "none":
            if config.introspection == "none" or subject.user_id is not None or subject.roles:
                message = "The schema is not told."
                raise ForbiddenError(message)
            message = "Sign in as an administrator to see the schema."
            raise UnauthenticatedError(message)
        # in a thread, as printing a large schema takes seconds
        text = await run_in_threadpool(self._print, subject.role_set if part == "own" else None)
        return text.encode(), f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'

    def _print(self, roles: RoleSet | None) -> str:
        if roles is not None:
            return self._roles.get(self._schema, roles).text
        if self._whole is None:
            self._whole = self._schema.as_str()
        return self._whole


def _list(links: Mapping[str, tuple[str, str]], prefix: str) -> str:
    return "\n".join(
        f'<li><a href="{html.escape(prefix)}{path}">{path}</a>: {html.escape(text)}</li>'
        for path, text in links.values()
    )


def _is_current(if_none_match: str, tag: str) -> bool:
    tags = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return tag in tags or "*" in tags
