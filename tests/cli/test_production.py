"""``gql-api doctor --production`` from the outside: what is open, and what closes it."""

import re

import pytest

from tests.cli.conftest import Command

CLOSED = {"GQL_API_MODE": "production", "GQL_API_SECRET_KEY": "k" * 32}


def open_lines(out: str) -> dict[str, str]:
    """Return what is open, by subject."""
    found = re.findall(r"^BAD  (\w+) +(.*)$", out, re.MULTILINE)
    return dict(found)


def test_development(command: Command):
    """In development much is open; each line ends with the setting that closes it."""
    outcome = command("doctor", "--production")

    found = open_lines(outcome.out)
    assert outcome.status == 1
    assert {name: text.rpartition(": ")[2] for name, text in found.items()} == {
        "mode": "GQL_API_MODE=production",
        "secret": "GQL_API_SECRET_KEY",
        "schema": "GQL_API_INTROSPECTION=admins, own or none",
        "hints": "GQL_API_SUGGESTIONS=false",
        "graphiql": "GQL_API_GRAPHIQL=false",
    }


def test_production(command: Command):
    """The preset and a key close everything in the bundled application."""
    outcome = command("doctor", "--production", **CLOSED)

    assert (outcome.status, open_lines(outcome.out)) == (0, {})
    assert outcome.out.count("ok   ") == len(outcome.out.splitlines()) == 10


@pytest.mark.parametrize(
    ("settings", "subject", "closes"),
    [
        ({"GQL_API_INTROSPECTION": "all"}, "schema", "GQL_API_INTROSPECTION"),
        ({"GQL_API_SUGGESTIONS": "true"}, "hints", "GQL_API_SUGGESTIONS=false"),
        ({"GQL_API_GRAPHIQL": "true"}, "graphiql", "GQL_API_GRAPHIQL=false"),
        ({"GQL_API_CORS_ORIGINS": "*"}, "origins", "GQL_API_CORS_ORIGINS"),
        ({"GQL_API_ECHO": "true"}, "logs", "GQL_API_ECHO=false"),
        ({"GQL_API_LOG_LEVEL": "debug"}, "logs", "GQL_API_LOG_LEVEL=info"),
        ({"GQL_API_WORKERS": "4"}, "attempts", "GQL_API_REDIS_URL"),
        (
            {"GQL_API_JWKS_URL": "https://id.test/keys", "GQL_API_JWT_ISSUER": "https://id.test/"},
            "provider",
            "GQL_API_JWT_AUDIENCE",
        ),
    ],
)
def test_one_thing_open(command: Command, settings: dict[str, str], subject: str, closes: str):
    """What is opened by a setting is found, with the setting."""
    outcome = command("doctor", "--production", **CLOSED, **settings)

    found = open_lines(outcome.out)
    assert (outcome.status, list(found)) == (1, [subject])
    assert closes in found[subject]


def test_own_models(command: Command):
    """Models without policies, for callers whom nobody asks, are open."""
    outcome = command("doctor", "--production", "--models", "tests.server.notes:Base", **CLOSED)

    found = open_lines(outcome.out)
    assert outcome.status == 1
    assert list(found) == ["callers", "models"]
    assert found["models"].startswith("Folder, Note may be read and written by everybody: ")
