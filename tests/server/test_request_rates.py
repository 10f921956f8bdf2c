"""How much one caller may ask for: beyond it nothing is sent to the database."""

import httpx
import pytest

import gql_api as gql
from tests.fixtures.statements import count_statements
from tests.server import notes

QUERY = "{ folders(first: 10) { nodes { name } } }"
OPERATIONS = {
    "bypass": QUERY,
    "executor": "{ folders(first: 10) { nodes { name } } broken { text } }",
    "mutation": 'mutation { createFolder(input: {name: "x"}) { errors { code } } }',
}


def _client(database: gql.Database, **rates: gql.Rate):
    counted = gql.RequestRates(counter=gql.RateCounter(), **rates)
    app = gql.create_app(
        notes.build(), database=database, authenticate=notes.authenticate, rates=counted
    )
    return notes.open_client(app)


def _refused(response: httpx.Response) -> bool:
    if response.status_code != 429:
        return False
    (error,) = response.json()["errors"]
    wait_s = error["extensions"]["retryAfterS"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["message"] == f"Too much was asked for. Try again in {wait_s} seconds."
    assert response.headers["retry-after"] == str(wait_s)
    assert 1 <= wait_s <= 60
    return True


async def _ask(client: httpx.AsyncClient, query: str = QUERY, user: str = "1") -> httpx.Response:
    return await client.post("/graphql", json={"query": query}, headers={"x-user": user})


async def test_requests(notes_database):
    """Each user has so many requests of their own; beyond them there is no statement."""
    async with _client(notes_database, requests=gql.Rate(3, 60)) as client:
        first = [await _ask(client) for _ in range(3)]
        with count_statements(notes_database) as sent:
            beyond = await _ask(client)
        other = await _ask(client, user="2")
        anonymous = await client.post("/graphql", json={"query": QUERY})

    assert [each.status_code for each in first] == [200] * 3
    assert _refused(beyond)
    assert sent == []
    assert (other.status_code, anonymous.status_code) == (200, 200)


@pytest.mark.parametrize("name", OPERATIONS)
async def test_cost(notes_database, name):
    """Operations are counted by what they cost, each once, on every path."""
    cost = await _cost(notes_database, OPERATIONS[name])
    rate = gql.Rate(3 * cost, 60)

    async with _client(notes_database, cost=rate) as client:
        first = [await _ask(client, OPERATIONS[name]) for _ in range(3)]
        with count_statements(notes_database) as sent:
            beyond = await _ask(client, OPERATIONS[name])

    assert not any(map(_refused, first))
    assert _refused(beyond)
    assert sent == []


async def _cost(database: gql.Database, query: str) -> int:
    schema = notes.build(config=gql.ApiConfig(shows_cost=True))
    result = await schema.execute(query, context_value=gql.Context(database))
    cost = result.extensions["cost"]
    return cost["requested"]
