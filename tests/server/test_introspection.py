"""Introspection over HTTP: worked out once, while other requests are served."""

import asyncio
from typing import Any

import httpx
import pytest
from graphql import execute_sync, get_introspection_query, parse

import gql_api as gql
from tests.fixtures.held import Held
from tests.server import notes

QUERY = {"query": get_introspection_query()}


async def test_others_are_served(notes_database: gql.Database):
    """While the first answer is worked out, once for all who ask, other requests are served."""
    schema = notes.build()
    held = Held(schema.graphql_schema, "Folder")
    app = gql.create_app(schema, database=notes_database)
    async with notes.open_client(app) as client:
        asked = [asyncio.create_task(client.post("/graphql", json=QUERY)) for _ in range(2)]
        await held.reached()

        health = await client.get("/healthz")
        data = await client.post("/graphql", json={"query": "{ folders { totalCount } }"})
        were_done = [each.done() for each in asked]
        held.let_go.set()
        answers = [await each for each in asked]

    assert (health.status_code, data.json()) == (200, {"data": {"folders": {"totalCount": 1}}})
    assert were_done == [False, False]
    assert answers[0].content == answers[1].content
    assert held.visits == 1


async def test_same_bytes(client: httpx.AsyncClient):
    """The answer is graphql-core's, and the same to the byte the second time."""
    schema = notes.build().graphql_schema
    expected = execute_sync(schema, parse(QUERY["query"])).data

    first = await client.post("/graphql", json=QUERY)
    second = await client.post("/graphql", json=QUERY)

    assert first.json() == {"data": expected}
    assert first.content == second.content
    assert first.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            {"query": "query A { __typename } query B { b: __typename }", "operationName": name},
            {"data": {key: "Query"}},
            id=f"operation {name}",
        )
        for name, key in (("A", "__typename"), ("B", "b"))
    ],
)
async def test_operations(client: httpx.AsyncClient, content: Any, expected: Any):
    """Each operation of a document has its own answer."""
    assert (await client.post("/graphql", json=content)).json() == expected


async def test_invalid(client: httpx.AsyncClient):
    """Introspection is validated like any other operation."""
    response = await client.post("/graphql", json={"query": "{ __schema { nothing } }"})

    error = notes.only_error(response)
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert error["message"] == "Cannot query field 'nothing' on type '__Schema'."
