"""``gql-api db`` from the outside, on SQLite files."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command

URL = "sqlite:///test.db"
HEAD, FORERUNNER = "0007", "0006"


def rows(statement: str, file: str = "test.db") -> list[Any]:
    """Read the file as it is."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(statement).fetchall()


@pytest.fixture
def migrated(command: Command) -> Command:
    """The command, with a file at the head."""
    assert command("db", "upgrade", "--database", URL).status == 0
    return command


def test_upgrade(command: Command):
    """An upgrade says from where to where; the next one has nothing to do."""
    first = command("db", "upgrade", "0002", "--database", URL)
    second = command("db", "upgrade", "--database", URL)
    third = command("db", "upgrade", "--database", URL)

    assert first.out == "base -> 0002\n"
    assert second.out == f"0002 -> {HEAD}\n"
    assert third.out == f"The database is at {HEAD} already.\n"


def test_upgrade_by_setting(command: Command):
    """The database of the environment is used."""
    outcome = command("db", "upgrade", DATABASE_URL=URL)

    assert (outcome.status, outcome.out) == (0, f"base -> {HEAD}\n")


def test_downgrade(migrated: Command):
    """A downgrade goes one step, or to the revision named."""
    step = migrated("db", "downgrade", "--database", URL)
    rest = migrated("db", "downgrade", "base", "--database", URL)
    again = migrated("db", "downgrade", "--database", URL)

    assert step.out == f"{HEAD} -> {FORERUNNER}\n"
    assert rest.out == f"{FORERUNNER} -> base\n"
    assert (again.status, again.out) == (1, "")
    assert again.err == "Error: No migration has run on sqlite+aiosqlite:///test.db.\n"


def test_current(migrated: Command):
    """The revision is printed, and whether it is the newest."""
    assert migrated("db", "current", "--database", URL).out == f"{HEAD} (head)\n"

    migrated("db", "downgrade", "--database", URL)

    assert migrated("db", "current", "--database", URL).out == f"{FORERUNNER}\n"


def test_history(command: Command):
    """Revisions are printed newest first, without a database."""
    outcome = command("db", "history")

    lines = outcome.out.splitlines()
    assert lines[0].startswith(f"{FORERUNNER} -> {HEAD} (head), ")
    assert lines[-1] == "<base> -> 0001, Users and their posts."


def test_seed(migrated: Command):
    """Demo data is written once."""
    first = migrated("db", "seed", "--database", URL)
    users = rows("SELECT count(*) FROM users")
    second = migrated("db", "seed", "--database", URL)

    assert first.out == "Wrote the demo data.\n"
    assert second.out == "There is data already; nothing was done.\n"
    assert rows("SELECT count(*) FROM users") == users == [(12,)]


def test_unknown_size(migrated: Command):
    """A size that does not exist is refused with those that do."""
    outcome = migrated("db", "seed", "--size", "big", "--database", URL)

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.endswith(
        "Error: There is no demo data of the size 'big'. Choose demo or load.\n"
    )
    assert rows("SELECT count(*) FROM users") == [(0,)]


def test_seed_behind(command: Command):
    """A database behind the head gets no demo data."""
    command("db", "upgrade", "0002", "--database", URL)

    outcome = command("db", "seed", "--database", URL)

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.endswith(f"the head is {HEAD}. Run gql-api db upgrade.\n")


def test_reset(migrated: Command):
    """A reset deletes all rows and leaves a database at the head."""
    migrated("db", "seed", "--database", URL)

    outcome = migrated("db", "reset", "--yes", "--database", URL)

    assert (outcome.status, outcome.out) == (0, f"base -> {HEAD}\n")
    assert rows("SELECT count(*) FROM users") == [(0,)]


def test_reset_without_consent(migrated: Command):
    """Where nobody can be asked, nothing is deleted."""
    migrated("db", "seed", "--database", URL)

    outcome = migrated("db", "reset", "--database", URL)

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.endswith(
        "Error: All rows of sqlite+aiosqlite:///test.db would be lost. Say --yes if that is wanted.\n"
    )
    assert rows("SELECT count(*) FROM users") == [(12,)]


def test_create(shop_url: str, command: Command):
    """Tables of models are made once, and never dropped."""
    with closing(sqlite3.connect("shop.db")) as connection, connection:
        connection.execute("INSERT INTO customers (name) VALUES ('Ada')")

    outcome = command("db", "create", "--models", "shop:Base", "--database", shop_url)

    assert (outcome.status, outcome.out) == (0, "All tables exist; nothing was done.\n")
    assert rows("SELECT name FROM customers", "shop.db") == [("Ada",)]


def test_create_names_tables(command: Command):
    """What was made is named, referred tables first."""
    command.write_module("shop")

    outcome = command("db", "create", "--models", "shop:Base", "--database", URL)

    assert (outcome.status, outcome.out) == (0, "Made customers, orders, gql_idempotency_keys.\n")


def test_create_where_migrations_do(command: Command):
    """Tables of an application with migrations are not made behind their back."""
    outcome = command("db", "create", "--database", URL)

    assert outcome.status == 1
    assert outcome.err == (
        "Error: The tables of gql_api are made by migrations. "
        "Run gql-api db upgrade, or name your --models.\n"
    )
    assert not Path("test.db").exists()


def test_unreachable(command: Command):
    """A server that does not answer is one line with address, cause and fix."""
    outcome = command("db", "upgrade", "--database", "postgresql://ada:secret@127.0.0.1:1/shop")

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith(
        "Error: Cannot use the database postgresql+asyncpg://ada:***@127.0.0.1:1/shop: "
    )
    assert outcome.err.endswith("Start the server, or correct host and port in the database URL.\n")
    assert outcome.err.count("\n") == 1


def test_revision_behind(command: Command):
    """A revision is written at the head only."""
    command("db", "upgrade", "0002", "--database", URL)

    outcome = command("db", "revision", "-m", "Something", "--database", URL)

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.endswith(
        "Error: The migrations cannot run: Target database is not up to date. "
        "See gql-api db history.\n"
    )


def test_sql(command: Command):
    """The statements of an upgrade are printed, and the database stays untouched."""
    outcome = command("db", "upgrade", "--sql", "--database", URL)

    assert outcome.status == 0
    assert "CREATE TABLE users" in outcome.out
    assert not Path("test.db").exists()
