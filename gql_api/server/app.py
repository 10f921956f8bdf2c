"""``create_app``: a FastAPI application that serves a schema, ready to run."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from gql_api.database.engines import Database, EngineOptions, open_database
from gql_api.errors import ConfigurationError
from gql_api.schema.build import Schema
from gql_api.server.application import Authenticate, authenticate_nobody
from gql_api.server.endpoint import Endpoint
from gql_api.server.failures import install_failure_handlers
from gql_api.server.front_door import FrontDoor
from gql_api.server.graphiql import graphiql_router
from gql_api.server.health import Readiness, ReadinessCheck, health_router
from gql_api.server.origins import allow_origins
from gql_api.server.pages import pages_router
from gql_api.server.persisted import PersistedDocuments
from gql_api.server.pools import pools_router
from gql_api.server.rates import RequestRates
from gql_api.server.request_ids import RequestIds
from gql_api.server.router import endpoint_router
from gql_api.server.served import ServedApp

GRAPHQL_PATH = "/graphql"
GRAPHIQL_PATH = "/graphiql"

_DEFAULT_OPTIONS = EngineOptions()
_DEFAULT_DOCUMENTS = PersistedDocuments()
_Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(  # noqa: PLR0913 - the public surface: all but the schema are options
    schema: Schema,
    *,
    database: Database | None = None,
    database_url: str | None = None,
    options: EngineOptions = _DEFAULT_OPTIONS,
    authenticate: Authenticate = authenticate_nobody,
    default_query: str | None = None,
    title: str = "gql_api",
    readiness: Sequence[ReadinessCheck] = (),
    is_development: bool = True,
    documents: PersistedDocuments = _DEFAULT_DOCUMENTS,
    origins: Sequence[str] = (),
    rates: RequestRates | None = None,
    has_graphiql: bool | None = None,
) -> FastAPI:
    """Make an application that serves a schema, GraphiQL, health and the schema's text.

    ```python
    app = create_app(build_schema(Base), database_url="postgresql://localhost/shop")
    ```

    The database is opened and checked when the application starts, and stands in
    ``app.state.database`` from then on. Further routes may be added to the application; those that
    write take a ``WriteSession``.

    Args:
        schema: From ``build_schema``, for the dialect of the database.
        database: An open database, which its owner disposes of; or:
        database_url: Its address: opened at the start, disposed of at the stop.
        options: How connections to ``database_url`` are made and kept.
        authenticate: Finds out who asks; raises ``UnauthenticatedError`` for invalid credentials.
        default_query: What the first tab of GraphiQL holds.
        title: Of the pages.
        readiness: What ``/readyz`` checks beside the database.
        is_development: Whether ``/openapi.json`` exists, ``/readyz`` tells reasons, and every caller
            may see the SQL of an operation.
        documents: Which documents are found by their ids, and whether others are run.
        rates: How much one caller may ask for; None for any amount.
        origins: Of pages that may read answers and open WebSockets, such as ``https://shop.example``.
        has_graphiql: Whether there is GraphiQL; None: in development.

    Raises:
        ConfigurationError: Not exactly one of ``database`` and ``database_url`` is given, a trusted
            document cannot be run, or an origin is none. At the start: the database cannot be used,
            or has another dialect than the schema.
    """
    if (database is None) == (database_url is None):
        message = "create_app takes either database or database_url."
        raise ConfigurationError(message, fix="Pass exactly one of them.")

    def open_ours() -> AbstractAsyncContextManager[Database]:
        if database is not None:
            return _checked(schema, database)
        return opened_database(schema, database_url or "", options)

    checks = Readiness(readiness, is_development=is_development)
    app = ServedApp(
        title=title,
        lifespan=_lifespan(open_ours, checks),
        openapi_url="/openapi.json" if is_development else None,
        docs_url=None,  # FastAPI's pages load scripts from other hosts
        redoc_url=None,
    )
    endpoint = Endpoint(
        schema, authenticate, is_development=is_development, documents=documents, rates=rates
    )
    app.add_middleware(FrontDoor, endpoint=endpoint, path=GRAPHQL_PATH)  # the innermost
    install_failure_handlers(app)
    app.add_middleware(RequestIds)
    shows_graphiql = is_development if has_graphiql is None else has_graphiql
    page_path = GRAPHIQL_PATH if shows_graphiql else None
    app.include_router(
        endpoint_router(endpoint, path=GRAPHQL_PATH, graphiql_path=page_path, origins=origins)
    )
    if page_path is not None:
        app.include_router(
            graphiql_router(endpoint=GRAPHQL_PATH, path=page_path, default_query=default_query)
        )
    app.include_router(health_router(checks))
    app.include_router(
        pages_router(schema, title=title, authenticate=authenticate, has_graphiql=shows_graphiql)
    )
    app.include_router(pools_router(authenticate))
    allow_origins(app, origins)
    return app


@asynccontextmanager
async def opened_database(
    schema: Schema, database_url: str, options: EngineOptions = _DEFAULT_OPTIONS
) -> AsyncIterator[Database]:
    """Open the database that a schema is to be served from, and dispose of it at the end.

    Raises:
        ConfigurationError: It cannot be used, or has another dialect than the schema.

    Cost:
        One statement.
    """
    database = open_database(database_url, options)
    try:
        async with _checked(schema, database):
            yield database
    finally:
        await database.dispose()


@asynccontextmanager
async def _checked(schema: Schema, database: Database) -> AsyncIterator[Database]:
    wanted, found = schema.table.dialect.name, database.dialect.name
    if wanted != found:
        message = f"The schema is built for {wanted}, but the database is {found}."
        raise ConfigurationError(message, fix=f'Build it with dialect="{found}".')
    await database.check(
        needs_time_zones=schema.table.config.has_groups,
        search_configurations=schema.table.registry.search_configurations,
        needs_row_level_security=schema.table.config.has_row_level_security,
    )
    yield database


def _lifespan(
    open_ours: Callable[[], AbstractAsyncContextManager[Database]], checks: Readiness
) -> _Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_ours() as database:
            app.state.database = database
            try:
                yield
            finally:
                await checks.stop()
                app.state.database = None

    return lifespan
