"""Run migrations: online through an async engine, on a connection passed in, or offline as SQL."""

import asyncio
import logging
from typing import Any

import sqlalchemy as sa
from alembic import context

from gql_api.app.base import SCHEMA
from gql_api.app.migrations_config import (
    URL_OPTION,
    is_compared,
    is_default_changed,
    migration_metadata,
)
from gql_api.database.engines import EngineOptions, open_database
from gql_api.database.urls import normalize_url
from gql_api.errors import DatabaseError
from gql_api.settings import load_settings

# Names the advisory lock that makes a second upgrade wait for the first: any number of our own.
MIGRATION_LOCK = 7_104_917_326


def run_offline() -> None:
    """Write the SQL of the migrations to the configured output."""
    url = database_url()
    dialect = url.get_dialect().name
    context.configure(
        url=url, literal_binds=True, dialect_opts={"paramstyle": "named"}, **options(dialect)
    )
    with context.begin_transaction():
        if dialect == "postgresql":
            context.execute(sa.schema.CreateSchema(SCHEMA, if_not_exists=True))
            context.execute(sa.select(sa.func.set_config("search_path", SCHEMA, sa.true())))
        context.run_migrations()


async def run_online() -> None:
    """Migrate on a connection of its own, in one transaction where the database can; commit."""
    database = open_database(database_url(), EngineOptions(null_pool=True))
    if database.dialect.name == "sqlite":
        sa.event.listen(database.write_engine.sync_engine, "connect", ignore_foreign_keys)
    try:
        async with database.write_engine.begin() as connection:
            await connection.run_sync(migrate)
    finally:
        await database.dispose()


def ignore_foreign_keys(connection: Any, _entry: object) -> None:
    """Let a table be replaced by a changed copy of it without deleting the rows that refer to it."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = OFF")
    cursor.close()


def migrate(connection: sa.Connection) -> None:
    """Run the migrations in the connection's transaction, which the caller commits."""
    if not connection.in_transaction():
        connection.begin()  # else Alembic would begin one, and commit it
    context.configure(connection=connection, **options(connection.dialect.name))
    if connection.dialect.name != "postgresql":
        with context.begin_transaction():
            context.run_migrations()
        return
    search_path = current_path(connection) if is_read_only() else enter_schema(connection)
    set_search_path(connection, SCHEMA)
    with context.begin_transaction():
        context.run_migrations()
    # After an error the transaction is void, and the path goes back with it.
    set_search_path(connection, search_path)


def is_read_only() -> bool:
    """Tell whether the revision is asked for only: nothing is made, nobody waited for."""
    return bool(context.config.attributes.get("is_read_only"))


def enter_schema(connection: sa.Connection) -> str:
    """Take the lock and see to the schema; return the path that was."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
    # IF NOT EXISTS would still ask for the right to create schemas.
    if not sa.inspect(connection).has_schema(SCHEMA):
        connection.execute(sa.schema.CreateSchema(SCHEMA))
    return current_path(connection)


def current_path(connection: sa.Connection) -> str:
    """Return the path in which names without a schema are looked up."""
    return str(connection.execute(sa.select(sa.func.current_setting("search_path"))).scalar_one())


def set_search_path(connection: sa.Connection, search_path: str) -> None:
    """Set the path for the rest of the transaction."""
    connection.execute(sa.select(sa.func.set_config("search_path", search_path, sa.true())))


def options(dialect: str) -> dict[str, Any]:
    """Return what is compared with the database, and how differences are written."""
    return {
        "target_metadata": migration_metadata(dialect),
        "include_object": is_compared,
        "compare_server_default": is_default_changed if dialect == "mysql" else True,
        "render_as_batch": True,  # SQLite alters tables by copying them
    }


def database_url() -> sa.URL:
    """Return the configured address, else that of the settings."""
    url = context.config.get_main_option(URL_OPTION) or load_settings().database_url
    if url is None:
        message = "No database is named."
        raise DatabaseError(message, fix="Set DATABASE_URL, or use the gql-api db commands.")
    return normalize_url(url)


if context.config.config_file_name is not None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")

passed_connection = context.config.attributes.get("connection")
if context.is_offline_mode():
    run_offline()
elif passed_connection is not None:
    migrate(passed_connection)
else:
    asyncio.run(run_online())
