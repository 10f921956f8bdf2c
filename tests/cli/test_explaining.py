"""``gql-api explain`` on an SQLite file."""

import json

import pytest

from tests.cli.conftest import Command

QUERY = "query Orders($n: Int) { orders(first: $n) { nodes { customer { name } } } }"


@pytest.fixture
def explain(command: Command, shop_url: str):
    """The command, on the tables of the module ``shop``."""

    def run(*arguments: str):
        return command("explain", *arguments, "--models", "shop:Base", "--database", shop_url)

    return run


def test_statements(explain):
    """Each statement is printed, with its parameters, after the path of each field."""
    outcome = explain(QUERY, "--variables", '{"n": 4}')

    assert outcome.status == 0, outcome.err
    first, _, summary, *rest = outcome.out.splitlines()
    assert first == "orders: rows (sqlite writes no JSON as PostgreSQL does)"
    assert summary.startswith("-- 1. orders, 0 rows, ")
    assert rest[0].startswith("SELECT")
    assert rest[-1] == "-- parameters: [5, 0]"


def test_plan(explain):
    """With ``--plan`` the database says how it runs each read."""
    outcome = explain("{ orders { totalCount } }", "--plan")

    assert outcome.out.splitlines()[-1].startswith("--   SCAN")


def test_json(explain):
    """The same as in an answer's extensions, for programs."""
    outcome = explain(QUERY, "--json")

    told = json.loads(outcome.out)
    assert told.keys() == {"fields", "statements"}
    assert len(told["statements"]) == 1


def test_invalid_query(explain):
    """Errors of the document are lines on standard error, and the command fails."""
    outcome = explain("{ nothing }")

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == "Error: Cannot query field 'nothing' on type 'Query'.\n"


def test_mutation(explain):
    """A mutation is not run."""
    outcome = explain('mutation { createCustomer(input: {name: "x"}) { customer { name } } }')

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == (
        "Error: The document names no query to explain: a mutation would write. "
        "Choose one with --operation.\n"
    )


@pytest.mark.parametrize("variables", ["[]", "x"])
def test_variables(explain, variables: str):
    """Variables are an object."""
    outcome = explain(QUERY, "--variables", variables)

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith("Error: --variables is no JSON object. Write it like")


OWNED = """
import sqlalchemy as sa

import gql_api as gql
from shop import Base, Customer


class Own(gql.Policy[Customer]):
    def visible(self, row, subject):
        return sa.true() if subject.has_role("clerk") else row.id == subject.user_id


def build_schema(*, dialect, config):
    return gql.build_schema(Base, dialect=dialect, config=config, policies=[Own()])


application = gql.Application(name="owned", models=Base, build_schema=build_schema)
"""


def test_subject(command: Command, shop_url: str):
    """The query runs for the subject that is named, with its roles."""
    command.write_module("owned", OWNED)
    common = ("{ customers { nodes { name } } }", "--app", "owned:application")

    as_user = command("explain", *common, "--subject", "4711", "--database", shop_url)
    as_clerk = command("explain", *common, "--role", "clerk", "--database", shop_url)

    assert "customers_1.id = " in as_user.out
    assert "-- parameters: [4711, 21, 0]" in as_user.out
    assert "customers_1.id = " not in as_clerk.out


def test_missing_tables(command: Command, shop_url: str):
    """Tables that are missing are named before anything is run."""
    text = (command.folder / "shop.py").read_text().replace("customers", "clients")
    command.write_module("other", text)

    outcome = command(
        "explain", "{ customers { totalCount } }", "--models", "other:Base", "--database", shop_url
    )

    assert (outcome.status, outcome.out) == (1, "")
    assert "lacks the tables" in outcome.err
