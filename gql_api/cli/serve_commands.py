"""``gql-api serve`` and ``gql-api dev``."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

import typer

from gql_api.cli.applications import Source
from gql_api.cli.banner import show_banner
from gql_api.cli.databases import database_address
from gql_api.cli.options import AppOption, DatabaseOption, ModelsOption, SchemaOption, start
from gql_api.cli.preparing import Plan, prepare
from gql_api.cli.serving import run_here, run_reloading, run_workers, stop_on_sigterm
from gql_api.cli.sockets import base_url, listen
from gql_api.database.urls import is_memory_database, normalize_url
from gql_api.errors import ConfigurationError
from gql_api.settings import Settings

HostOption = Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 by default.")]
PortOption = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Port; 8000 by default, 0 for any free one.")
]
ReadOnlyOption = Annotated[bool, typer.Option("--read-only", help="Leave out all mutations.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manner:
    """How to serve."""

    is_read_only: bool
    is_reloading: bool


def serve(  # noqa: PLR0913 - one parameter per option
    *,
    database: DatabaseOption = None,
    models: ModelsOption = None,
    app: AppOption = None,
    schema: SchemaOption = None,
    host: HostOption = None,
    port: PortOption = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; 1 by default.")] = None,
    read_only: ReadOnlyOption = False,
) -> None:
    """Serve a GraphQL API.

    Without options: the bundled application, on DATABASE_URL or on an embedded PostgreSQL with demo
    data. With --database alone: the tables of that database, read-only. With --models: your own
    models.
    """
    source = Source(application=app, models=models, database=database, schemas=tuple(schema or ()))
    settings = start(host=host, port=port, workers=workers)
    _serve(source, settings, _Manner(is_read_only=read_only, is_reloading=False))


def dev(  # noqa: PLR0913 - one parameter per option
    *,
    database: DatabaseOption = None,
    models: ModelsOption = None,
    app: AppOption = None,
    schema: SchemaOption = None,
    host: HostOption = None,
    port: PortOption = None,
    read_only: ReadOnlyOption = False,
) -> None:
    """Serve in development mode, and start again when a Python file below this folder changes."""
    source = Source(application=app, models=models, database=database, schemas=tuple(schema or ()))
    settings = start(host=host, port=port, workers=1, mode="dev")
    _serve(source, settings, _Manner(is_read_only=read_only, is_reloading=True))


def _serve(source: Source, settings: Settings, manner: _Manner) -> None:
    stop_on_sigterm()
    with (
        listen(settings.host, settings.port) as listener,
        database_address(settings, source.database) as address,
    ):
        plan = Plan(
            source=source,
            settings=settings,
            address=address,
            is_read_only=manner.is_read_only,
            is_development=settings.mode == "dev",
        )
        if settings.workers > 1 and is_memory_database(normalize_url(address.url)):
            message = "A database in memory is not shared between processes."
            raise ConfigurationError(message, fix="Leave out --workers.")
        prepared = asyncio.run(prepare(plan))
        has_graphiql = plan.is_development if settings.graphiql is None else settings.graphiql
        show_banner(prepared.application, address, base_url(listener), has_graphiql=has_graphiql)
        if manner.is_reloading:
            run_reloading(plan, listener)
        elif settings.workers > 1:
            run_workers(plan, listener, count=settings.workers)
        else:
            run_here(prepared.app, listener)
