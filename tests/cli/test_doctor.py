"""``gql-api doctor`` from the outside."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.fixture
def migrated(command: Command, postgres_url: str) -> Command:
    """The command, with a PostgreSQL database at the head."""
    assert command("db", "upgrade", "--database", postgres_url).status == 0
    return command


def test_health(migrated: Command, postgres_url: str):
    """Where all is well, each line says so and the status is 0."""
    outcome = migrated("doctor", "--database", postgres_url)

    lines = outcome.out.splitlines()
    assert outcome.status == 0
    assert all(line.startswith("ok   ") for line in lines)
    assert any("PostgreSQL 18." in line for line in lines)
    assert any("migrations at the head, 0007" in line for line in lines)
    assert lines[-1] == (
        "ok   pools      1 workers x 2 pools x 15 = 30 connections, of 100 that the server has"
    )


def test_too_many_connections(migrated: Command, postgres_url: str):
    """Pools that may take more than four fifths of the server's connections are a problem."""
    outcome = migrated("doctor", "--database", postgres_url, GQL_API_WORKERS="3")

    assert outcome.status == 1
    assert outcome.out.splitlines()[-1] == (
        "BAD  pools      3 workers x 2 pools x 15 = 90 connections, of 100 that the server has; "
        "more than 80%: lower GQL_API_POOL_SIZE or workers"
    )


def test_behind(command: Command):
    """A database behind the head is a problem; SQLite has no limit of connections."""
    command("db", "upgrade", "0002", "--database", "sqlite:///test.db")

    outcome = command("doctor", "--database", "sqlite:///test.db")

    problems = [line for line in outcome.out.splitlines() if line.startswith("BAD")]
    assert outcome.status == 1
    assert len(problems) == 1
    assert problems[0].endswith("is at revision 0002; the head is 0007. Run gql-api db upgrade.")
    assert "pools" not in outcome.out


def test_unreachable(command: Command):
    """A database that does not answer is a problem among the findings."""
    outcome = command("doctor", "--database", "postgresql://127.0.0.1:1/none")

    assert (outcome.status, outcome.err) == (1, "")
    assert outcome.out.splitlines()[-1].startswith("BAD  database   Cannot use the database ")


def test_nothing_yet(command: Command):
    """Before the first start there is no database, and that is fine."""
    outcome = command("doctor")

    assert outcome.status == 0
    assert outcome.out.splitlines()[-1] == (
        "ok   database   none yet: gql-api serve makes an embedded PostgreSQL"
    )
    assert not Path(".data").exists()


def test_open_secret(command: Command):
    """A key that others may read is a problem."""
    Path(".data").mkdir()
    Path(".data/secret_key").write_text("x")
    Path(".data/secret_key").chmod(0o644)

    outcome = command("doctor")

    assert outcome.status == 1
    assert (
        "BAD  data       .data/secret_key has mode 0644; others may read it: "
        "chmod go= .data/secret_key" in outcome.out
    )
