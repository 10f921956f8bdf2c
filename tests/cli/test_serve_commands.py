"""Why ``gql-api serve`` refuses: one line each, and nothing half done."""

import socket
from pathlib import Path

import pytest

from gql_api.cli.sockets import listen
from tests.cli.conftest import SHOP, Command

NO_TABLES = "has no tables or views in the schema"


def refusal(command: Command, *arguments: str, **environment: str) -> str:
    """Let the command refuse to serve, and give its only line."""
    outcome = command("serve", "--port", "0", *arguments, **environment)

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.count("\n") == 1
    return outcome.err.rstrip("\n")


def test_taken_port(command: Command):
    """A taken port is noticed before anything is started or made."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        outcome = command("serve", PORT=str(port))

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == (
        f"Error: Port {port} of 127.0.0.1 is taken. "
        "Stop what listens there, or choose another with --port or PORT.\n"
    )
    assert not Path(".data").exists()


def test_port_is_given_back(command: Command):
    """After a refusal the port is free."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    refusal(command, "--port", str(port), "--database", "sqlite:///none.db")

    listen("127.0.0.1", port).close()


@pytest.mark.parametrize(
    ("url", "line"),
    [
        pytest.param(
            "mysqll://db/shop",
            "Error: The database URL mysqll://db/shop has an unknown scheme. "
            "It must begin with postgresql://, sqlite:// or mysql://.",
            id="scheme",
        ),
        pytest.param(
            "sqlite:///none.db",
            "Error: The database file none.db does not exist. "
            "Correct the path, or make it with gql-api db upgrade or db create.",
            id="file",
        ),
        pytest.param(
            "sqlite://",
            "Error: A database in memory is empty at each start, so that it cannot be migrated. "
            "Use a file: sqlite:///gql_api.db.",
            id="memory",
        ),
    ],
)
def test_wrong_address(command: Command, url: str, line: str):
    """An address that cannot be used is refused with the fix."""
    assert refusal(command, DATABASE_URL=url) == line
    assert not Path("none.db").exists()


def test_unreachable_server(command: Command):
    """A server that does not answer is named without its password."""
    line = refusal(command, DATABASE_URL="postgresql://ada:secret@127.0.0.1:1/shop")

    assert "secret" not in line
    assert line.endswith("Start the server, or correct host and port in the database URL.")


def test_missing_database(command: Command, postgres_url: str):
    """A database that does not exist on a server that does is told apart."""
    line = refusal(command, DATABASE_URL=postgres_url.replace("/test_", "/none_"))

    assert line.endswith("Create the database, or correct its name in the database URL.")


def test_behind(command: Command, postgres_url: str):
    """A database behind the head is not touched; the line has both revisions and the command."""
    command("db", "upgrade", "0002", "--database", postgres_url)

    line = refusal(command, DATABASE_URL=postgres_url)

    assert line.endswith(" is at revision 0002; the head is 0007. Run gql-api db upgrade.")
    assert command("db", "current", "--database", postgres_url).out == "0002\n"


def test_never_migrated(command: Command, postgres_url: str):
    """An empty database is not set up behind its owner's back."""
    line = refusal(command, DATABASE_URL=postgres_url)

    assert line.endswith(" is not set up; the head is 0007. Run gql-api db upgrade.")


def test_no_tables(command: Command, postgres_url: str):
    """A database without tables has nothing to reflect."""
    line = refusal(command, "--database", postgres_url)

    assert f"{NO_TABLES} public. Create them." in line


def test_unknown_schema(command: Command, postgres_url: str):
    """A database schema that does not exist is refused with those that do."""
    line = refusal(command, "--database", postgres_url, "--schema", "nix")

    assert line == "Error: The database has no schema 'nix'. Choose from: public."


def test_missing_tables(command: Command, postgres_url: str):
    """Tables of models are not made by serving."""
    command.write_module("shop")

    line = refusal(command, "--models", "shop:Base", "--database", postgres_url)

    assert line.endswith(
        " lacks the tables customers, orders. Make them with gql-api db create --models shop:Base."
    )


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        pytest.param(
            SHOP.replace('ForeignKey("customers.id")', "").replace("(ForeignKey", "("),
            "The models cannot be mapped: Could not determine join condition",
            id="relationship",
        ),
        pytest.param(
            SHOP.replace("mapped_column(primary_key=True)", "mapped_column()"),
            "could not assemble any primary key columns",
            id="key",
        ),
        pytest.param(
            SHOP.replace("    name: Mapped[str]\n", "    name: Mapped[object]\n"),
            "Could not locate SQLAlchemy Core type",
            id="type",
        ),
    ],
)
def test_unmappable_model(command: Command, text: str, cause: str):
    """A model that cannot be mapped is one line with SQLAlchemy's cause."""
    Path("shop.db").touch()
    command.write_module("shop", text)

    line = refusal(command, "--models", "shop:Base", "--database", "sqlite:///shop.db")

    assert cause in line


def test_memory_of_workers(command: Command):
    """Several processes cannot share a database in memory."""
    line = refusal(command, "--workers", "2", "--database", "sqlite://")

    assert line == (
        "Error: A database in memory is not shared between processes. Leave out --workers."
    )


def test_missing_secret(command: Command, sqlite_url: str):
    """In production the application asks for a key of the operator's own."""
    command("db", "upgrade", "--database", sqlite_url)

    line = refusal(command, DATABASE_URL=sqlite_url, GQL_API_MODE="production")

    assert line == "Error: GQL_API_SECRET_KEY is not set. Set it to at least 32 random characters."
