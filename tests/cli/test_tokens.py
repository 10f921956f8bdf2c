"""``gql-api token`` from the outside."""

import pytest

from gql_api.app.tokens import read_token
from tests.cli.conftest import Command

URL = "sqlite:///test.db"
SECRET = "only-for-the-tests-of-this-suite-0123456789"  # noqa: S105 - signs nothing but tokens of tests


@pytest.fixture
def seeded(command: Command) -> Command:
    """The command, with a key and a database with demo data."""
    assert command("db", "upgrade", "--database", URL, GQL_API_SECRET_KEY=SECRET).status == 0
    assert command("db", "seed", "--database", URL).status == 0
    return command


def test_of_user(seeded: Command):
    """A user's token is printed, signed with the key of the settings."""
    outcome = seeded("token", "--user", "ada", "--database", URL)

    assert (outcome.status, outcome.out.count("\n")) == (0, 1)
    assert read_token(outcome.out.strip(), SECRET).user_id == 1


def test_of_role(seeded: Command):
    """Somebody who holds a role is found."""
    outcome = seeded("token", "--role", "admin", "--database", URL)

    assert "admin" in read_token(outcome.out.strip(), SECRET).roles


def test_unknown_user(seeded: Command):
    """A user who does not exist is one line."""
    outcome = seeded("token", "--user", "nobody", "--database", URL)

    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert outcome.err.startswith("Error: There is no active user named 'nobody'.")


def test_of_nobody(command: Command):
    """Whose token must be said."""
    outcome = command("token", "--database", URL)

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == (
        "Error: Whose token is not said. Name one with --user, or a role with --role.\n"
    )


def test_behind(command: Command):
    """A database behind the head is refused before it is asked for users."""
    command("db", "upgrade", "0002", "--database", URL)

    outcome = command("token", "--user", "ada", "--database", URL)

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.endswith("the head is 0007. Run gql-api db upgrade.\n")
