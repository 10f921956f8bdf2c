"""A database that nobody here designed, served as ``gql-api serve --database`` does: Chinook."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Table, func, select

import gql_api as gql
from gql_api.cli.applications import Source, find_application, mapped_tables
from gql_api.cli.databases import Address, opened
from gql_api.cli.preparing import Plan, prepare
from gql_api.database.engines import Database, EngineOptions
from gql_api.settings import Settings
from tests.cli.conftest import Serving
from tests.fixtures.statements import count_statements
from tests.wild.walks import walk_all


@dataclass(frozen=True, slots=True)
class Chinook:
    """The reflected schema and its database."""

    schema: gql.Schema
    database: Database
    tables: dict[str, Table]

    async def ask(self, query: str) -> tuple[Any, list[str]]:
        """Run a query; give its data and the statements sent."""
        with count_statements(self.database) as sent:
            result = await self.schema.execute(
                query, context_value=gql.Context(self.database, gql.ANONYMOUS)
            )
        assert result.errors is None
        return result.data, sent

    def expected(self, by_rows: int, as_json: int) -> int:
        """Return a number of statements: PostgreSQL writes the JSON of a root field with one."""
        return as_json if self.database.dialect.name == "postgresql" else by_rows

    async def count(self, name: str) -> int:
        """Count the rows of a table, by its name in lower case, without this package."""
        statement = select(func.count()).select_from(self.tables[name])
        async with self.database.read_connection() as connection:
            return int(await connection.scalar(statement) or 0)


@pytest.fixture
async def chinook(chinook_url: str) -> AsyncIterator[Chinook]:
    """Chinook as the command reflects it, once per kind of database."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(opened(chinook_url, EngineOptions()))
        application = await find_application(Source(database=chinook_url), database)
        schema = application.build_schema(
            dialect=database.dialect.name, config=gql.ApiConfig(is_read_only=True)
        )
        tables = {
            table.name.lower().replace("_", ""): table
            for table in mapped_tables(application.models)
        }
        yield Chinook(schema, database, tables)


async def test_customers(chinook: Chinook):
    """Customers come with their support rep: three statements for any number of them."""
    data, sent = await chinook.ask(
        """{
          customers(first: 100, orderBy: [{customerId: ASC}]) {
            totalCount
            nodes { firstName lastName supportRep { firstName title } }
          }
        }"""
    )

    customers = data["customers"]["nodes"]
    assert data["customers"]["totalCount"] == await chinook.count("customer") == 59
    assert len(customers) == 59
    assert customers[0] == {
        "firstName": "Luís",
        "lastName": "Gonçalves",
        "supportRep": {"firstName": "Jane", "title": "Sales Support Agent"},
    }
    assert all(customer["supportRep"] for customer in customers)
    assert len(sent) == chinook.expected(by_rows=3, as_json=1)


async def test_invoices(chinook: Chinook):
    """Invoices come with their lines: the totals are those of the lines."""
    data, sent = await chinook.ask(
        """{
          invoices(first: 100, orderBy: [{invoiceId: ASC}]) {
            totalCount
            nodes {
              total
              invoiceLines(first: 50) {
                totalCount
                nodes { unitPrice quantity track { name } }
              }
            }
          }
          invoiceLines { totalCount }
        }"""
    )

    invoices = data["invoices"]["nodes"]
    assert data["invoices"]["totalCount"] == await chinook.count("invoice") == 412
    lines = await chinook.count("invoiceline")
    assert data["invoiceLines"]["totalCount"] == lines == 2240
    assert len(invoices) == 100
    for invoice in invoices:
        cents = [
            round(float(line["unitPrice"]) * 100) * line["quantity"]
            for line in invoice["invoiceLines"]["nodes"]
        ]
        assert sum(cents) == round(float(invoice["total"]) * 100)
        assert invoice["invoiceLines"]["totalCount"] == len(cents)
    assert len(sent) == chinook.expected(by_rows=6, as_json=2)


async def test_playlists(chinook: Chinook):
    """Playlists come with their tracks through the table between them."""
    data, sent = await chinook.ask(
        """{
          playlists(orderBy: [{playlistId: ASC}]) {
            totalCount
            nodes { name tracks(first: 2, orderBy: [{trackId: ASC}]) { totalCount nodes { name } } }
          }
          tracks { totalCount }
          playlistTracks { totalCount }
        }"""
    )

    playlists = data["playlists"]["nodes"]
    assert data["playlists"]["totalCount"] == len(playlists) == 18
    assert data["tracks"]["totalCount"] == await chinook.count("track") == 3503
    memberships = await chinook.count("playlisttrack")
    assert data["playlistTracks"]["totalCount"] == memberships == 8715
    per_playlist = [playlist["tracks"]["totalCount"] for playlist in playlists]
    assert sum(per_playlist) == 8715
    assert per_playlist[0] == 3290
    assert playlists[0]["tracks"]["nodes"] == [
        {"name": "For Those About To Rock (We Salute You)"},
        {"name": "Balls to the Wall"},
    ]
    assert len(sent) == chinook.expected(by_rows=6, as_json=3)


async def test_employees(chinook: Chinook):
    """The tree of employees is walked down and up, one statement a level."""
    data, sent = await chinook.ask(
        """{
          employees(where: {reportsTo: {isNull: true}}) {
            nodes {
              firstName
              employeesByReportsTo(orderBy: [{employeeId: ASC}]) {
                nodes {
                  firstName
                  employeesByReportsTo(orderBy: [{employeeId: ASC}]) {
                    nodes { firstName reportsToEmployee { firstName } }
                  }
                }
              }
            }
          }
        }"""
    )

    def tree(nodes: Sequence[Any]) -> dict[str, Any]:
        return {
            node["firstName"]: tree(node.get("employeesByReportsTo", {}).get("nodes", ()))
            for node in nodes
        }

    top = data["employees"]["nodes"]
    assert tree(top) == {
        "Andrew": {
            "Nancy": {"Jane": {}, "Margaret": {}, "Steve": {}},
            "Michael": {"Robert": {}, "Laura": {}},
        }
    }
    below = top[0]["employeesByReportsTo"]["nodes"][0]["employeesByReportsTo"]["nodes"]
    assert below[0]["reportsToEmployee"] == {"firstName": "Nancy"}
    assert len(sent) == chinook.expected(by_rows=4, as_json=1)


async def test_whole_tables(chinook: Chinook):
    """Every table is walked to its end by cursor, and its totals are those of SQL."""
    assert await walk_all(chinook.database, chinook.schema) == 15_607


async def test_dates(chinook: Chinook):
    """A condition on date-times finds the rows, the texts of the SQLite file too."""
    data, sent = await chinook.ask(
        """{
          invoices(
            where: {invoiceDate: {gte: "2021-01-02T00:00:00", lt: "2021-01-06T00:00:00"}}
            orderBy: [{invoiceDate: DESC}]
          ) { totalCount nodes { invoiceId invoiceDate } }
        }"""
    )

    assert data["invoices"] == {
        "totalCount": 2,
        "nodes": [
            {"invoiceId": 3, "invoiceDate": "2021-01-03T00:00:00"},
            {"invoiceId": 2, "invoiceDate": "2021-01-02T00:00:00"},
        ],
    }
    assert len(sent) == chinook.expected(by_rows=2, as_json=1)


async def test_no_mutations(chinook: Chinook):
    """Tables that were only found cannot be written."""
    assert chinook.schema.graphql_schema.mutation_type is None
    assert "Input " not in chinook.schema.as_str()


async def test_plan(chinook_url: str, settings: Settings):
    """The command prepares reflected tables read-only, with no migrations to wait for."""
    source = Source(database=chinook_url)

    prepared = await prepare(Plan(source=source, settings=settings, address=Address(chinook_url)))

    assert prepared.application.alembic_config is None
    assert prepared.app.title == prepared.application.name


@pytest.mark.parametrize("workers", ["1", "2"])
def test_command(chinook_url: str, start_serving: Callable[..., Serving], workers: str):
    """The command serves a database by its address alone, in several processes too."""
    serving = start_serving("serve", "--database", chinook_url, "--workers", workers)

    data = serving.wait_until_ready().ask(
        """{
          tracks(first: 1, where: {playlists: {some: {name: {eq: "Grunge"}}}}) { totalCount }
          __schema { mutationType { name } }
        }"""
    )

    assert data == {"tracks": {"totalCount": 15}, "__schema": {"mutationType": None}}
