"""Where the data is."""

from pathlib import Path

import pytest

from gql_api.app.main import application
from gql_api.cli.databases import (
    Address,
    database_address,
    engine_options,
    require_file,
    require_tables,
)
from gql_api.cli.tables import create_tables
from gql_api.database.engines import Database, EngineOptions, open_database
from gql_api.errors import DatabaseError
from gql_api.settings import Settings


def test_given_address_wins():
    """An address on the command line beats that of the settings."""
    settings = Settings(database_url="sqlite:///a.db")

    with database_address(settings, "sqlite:///b.db") as given:
        assert given == Address("sqlite:///b.db")
    with database_address(settings, None) as found:
        assert found == Address("sqlite:///a.db")


def test_label_hides_password():
    """Messages name the database without its password."""
    address = Address("postgres://ada:secret@db/shop")

    assert address.label == "postgresql+asyncpg://ada:***@db/shop"
    assert address.dialect == "postgresql"


def test_engine_options():
    """The settings say how to connect; schemas of the models vanish where there are none."""
    settings = Settings(pool_size=7, pool_timeout=3, jit=True)

    assert engine_options(settings, application).schema_translate_map is None
    assert engine_options(settings, application, dialect="sqlite") == EngineOptions(
        pool_size=7,
        pool_timeout_s=3,
        jit=True,
        statement_timeout_s=60,
        lock_timeout_s=10,
        idle_in_transaction_timeout_s=60,
        schema_translate_map={"app": None},
    )


def test_missing_file(tmp_path: Path):
    """An SQLite file that does not exist is refused, and not made."""
    path = tmp_path / "none.db"

    with pytest.raises(DatabaseError) as refused:
        require_file(Address(f"sqlite:///{path}"))

    assert str(refused.value) == (
        f"The database file {path} does not exist. "
        "Correct the path, or make it with gql-api db upgrade or db create."
    )
    assert not path.exists()


async def test_missing_tables(postgres_url: str):
    """Tables that do not exist are named, up to three; then they are found."""
    database = open_database(postgres_url)

    with pytest.raises(DatabaseError) as refused:
        await require_tables(application, database, fix="Make them.")
    await create_tables(application, database)
    await require_tables(application, database, fix="Make them.")

    await database.dispose()
    assert " lacks the tables api_key_roles, api_keys, categories and 13 more. Make them." in str(
        refused.value
    )


async def test_tables_are_made_once(database: Database, database_url: str, settings: Settings):
    """Missing tables are made with their schemas; a second call makes none."""
    options = engine_options(settings, application, dialect=database.dialect.name)
    target = open_database(database_url, options)

    made = await create_tables(application, target)
    again = await create_tables(application, target)

    await target.dispose()
    assert {"users", "posts", "post_tags"} <= set(made)
    assert again == []
