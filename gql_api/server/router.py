"""The GraphQL route: GraphQL over HTTP, as events and over WebSockets, in any FastAPI application.

Uploads are not served: an operation is one JSON object, or one of a batch of them.
"""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gql_api.schema.build import Schema
from gql_api.server.answers import VARY
from gql_api.server.application import Authenticate, authenticate_nobody
from gql_api.server.batches import answer_batch
from gql_api.server.endpoint import Endpoint, failure
from gql_api.server.events import EventResponse
from gql_api.server.negotiation import prefers_events, prefers_page, response_media_type
from gql_api.server.persisted import PersistedDocuments
from gql_api.server.rates import RequestRates
from gql_api.server.requests import read_operations
from gql_api.server.sockets import socket_route

_DEFAULT_DOCUMENTS = PersistedDocuments()


def graphql_router(  # noqa: PLR0913 - the public surface: all but the schema are options
    schema: Schema,
    *,
    authenticate: Authenticate = authenticate_nobody,
    path: str = "/graphql",
    graphiql_path: str | None = None,
    is_development: bool = False,
    documents: PersistedDocuments = _DEFAULT_DOCUMENTS,
    rates: RequestRates | None = None,
    origins: Sequence[str] = (),
) -> APIRouter:
    """Make the route of a schema, to be included in any FastAPI application.

    That application must set ``app.state.database`` before it serves, as ``create_app`` does.

    Args:
        schema: From ``build_schema``.
        authenticate: Finds out who asks; raises ``UnauthenticatedError`` for invalid credentials.
        path: Of the endpoint.
        graphiql_path: Where browsers that open the endpoint are sent, if anywhere: the path of
            GraphiQL below the application's root path.
        is_development: Whether every caller may see the SQL of an operation; else administrators.
        documents: Which documents are found by their ids, and whether others are run.
        rates: How much one caller may ask for; None for any amount.
        origins: Of pages that may open WebSockets, beside those of the same host; ``*`` for all.

    Raises:
        ConfigurationError: A trusted document cannot be run.
    """
    endpoint = Endpoint(
        schema, authenticate, is_development=is_development, documents=documents, rates=rates
    )
    return endpoint_router(endpoint, path=path, graphiql_path=graphiql_path, origins=origins)


def endpoint_router(
    endpoint: Endpoint, *, path: str, graphiql_path: str | None, origins: Sequence[str]
) -> APIRouter:
    """Make the route of an endpoint, as ``graphql_router`` does."""
    router = APIRouter(include_in_schema=False)
    route = _Route(endpoint, graphiql_path)
    router.add_api_route(path, route.answer, methods=["GET", "POST"], response_model=None)
    router.add_websocket_route(path, socket_route(endpoint, origins))
    return router


class _Route:
    """Answers the requests of a route."""

    def __init__(self, endpoint: Endpoint, graphiql_path: str | None) -> None:
        self._endpoint = endpoint
        self._graphiql_path = graphiql_path

    async def answer(self, request: Request) -> Response:
        """Answer a request, whatever happens, with GraphQL's JSON."""
        accept = ",".join(request.headers.getlist("accept"))
        if self._graphiql_path and request.method == "GET" and prefers_page(accept):
            return self._show_page(request)
        media_type = response_media_type(accept)
        try:
            operation = await read_operations(request, self._endpoint.limits)
        except Exception as error:  # noqa: BLE001 - the edge: what nobody caught is masked here
            return failure(request, error, media_type)
        if isinstance(operation, list):
            return await answer_batch(self._endpoint, request, operation)
        if prefers_events(accept):
            return EventResponse(self._endpoint, request, operation)
        return await self._endpoint.answer(request, operation, media_type)

    def _show_page(self, request: Request) -> Response:
        """Send a browser to GraphiQL, which reads a query from the same parameters."""
        query = f"?{request.url.query}" if request.url.query else ""
        root_path = request.scope.get("root_path", "")
        return RedirectResponse(f"{root_path}{self._graphiql_path}/{query}", headers=VARY)
