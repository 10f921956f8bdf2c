"""Where the data is: a database with an address, or the embedded server."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from gql_api.cli.applications import mapped_tables
from gql_api.database.dialects import dialect_named
from gql_api.database.embedded import start_embedded
from gql_api.database.engines import Database, EngineOptions, open_database
from gql_api.database.refusals import unusable_database
from gql_api.database.urls import is_memory_database, masked_url, normalize_url
from gql_api.errors import DatabaseError
from gql_api.server.application import Application
from gql_api.settings import Settings

_SHOWN_TABLES = 3


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is."""

    url: str
    """As given; may hold a password."""

    is_embedded: bool = False
    """Whether it belongs to the embedded server."""

    @property
    def dialect(self) -> str:
        """Name of its dialect, as in SQLAlchemy.

        Raises:
            DatabaseError: The address cannot be used.
        """
        return dialect_named(normalize_url(self.url).get_backend_name()).name

    @property
    def label(self) -> str:
        """How it is called in messages: without its password."""
        if self.is_embedded:
            return "the embedded PostgreSQL"
        return masked_url(normalize_url(self.url))


@contextmanager
def database_address(settings: Settings, given: str | None) -> Iterator[Address]:
    """Find the database; start the embedded server where none is named, and let go of it at the end.

    Args:
        settings: Name the database, or the folder of the embedded server.
        given: Address on the command line; it wins.

    Raises:
        DatabaseError: The embedded server cannot be started.
    """
    url = given or settings.database_url
    if url is not None:
        yield Address(url)
        return
    with start_embedded(settings.data_dir) as server:
        yield Address(server.database_url(), is_embedded=True)


def engine_options(
    settings: Settings, application: Application | None = None, *, dialect: str = "postgresql"
) -> EngineOptions:
    """Say how to connect: as the settings say, with the application's names of database schemas."""
    translated = application is not None and not dialect_named(dialect).has_schemas
    schemas = dict(application.schema_translate_map) if translated and application else {}
    return EngineOptions(
        pool_size=settings.pool_size,
        max_overflow=settings.max_overflow,
        pool_timeout_s=settings.pool_timeout,
        pool_max_waiting=settings.pool_max_waiting,
        pool_recycle_s=settings.pool_recycle,
        pool_pre_ping=settings.pool_pre_ping,
        echo=settings.echo,
        echo_pool=settings.echo_pool,
        application_name=settings.application_name,
        jit=settings.jit,
        statement_timeout_s=settings.statement_timeout_s or None,
        lock_timeout_s=settings.lock_timeout_s or None,
        idle_in_transaction_timeout_s=settings.idle_in_transaction_timeout_s or None,
        schema_translate_map=schemas or None,
    )


@asynccontextmanager
async def opened(url: str, options: EngineOptions) -> AsyncIterator[Database]:
    """Open a database, find out that it answers, and dispose of it at the end.

    Raises:
        DatabaseError: It cannot be used.

    Cost:
        One statement.
    """
    database = open_database(url, options)
    try:
        await database.check()
        yield database
    finally:
        await database.dispose()


def require_file(address: Address) -> None:
    """Refuse an SQLite file that is not there, which connecting would make.

    Raises:
        DatabaseError: It is not.
    """
    url = normalize_url(address.url)
    if address.dialect != "sqlite" or is_memory_database(url) or "uri" in url.query:
        return
    if not Path(url.database or "").exists():
        message = f"The database file {url.database} does not exist."
        fix = "Correct the path, or make it with gql-api db upgrade or db create."
        raise DatabaseError(message, fix=fix)


async def require_tables(application: Application, database: Database, *, fix: str) -> None:
    """Find out that the tables of an application's models exist.

    Raises:
        DatabaseError: Some do not; the message names them.

    Cost:
        A few statements per database schema.
    """
    translation = application.schema_translate_map if not database.dialect.has_schemas else {}
    wanted = {
        (translation.get(table.schema, table.schema), table.name)
        for table in mapped_tables(application.models)
    }
    try:
        async with database.read_connection() as connection:
            found = await connection.run_sync(_relations, {schema for schema, _ in wanted})
    except SQLAlchemyError as error:
        raise unusable_database(database.url, error) from error
    missing = sorted(name for schema, name in wanted if (schema, name) not in found)
    if missing:
        names = ", ".join(missing[:_SHOWN_TABLES])
        more = f" and {len(missing) - _SHOWN_TABLES} more" if len(missing) > _SHOWN_TABLES else ""
        message = f"The database {masked_url(database.url)} lacks the tables {names}{more}."
        raise DatabaseError(message, fix=fix)


def _relations(connection: Connection, schemas: set[Any]) -> set[tuple[Any, str]]:
    inspector: Any = inspect(connection)
    known = set(inspector.get_schema_names()) | {None}
    found: set[tuple[Any, str]] = set()
    for schema in schemas & known:
        names = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
        if connection.dialect.name == "postgresql":
            names += inspector.get_materialized_view_names(schema)
        found |= {(schema, name) for name in names}
    return found
