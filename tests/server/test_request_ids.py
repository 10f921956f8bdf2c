import re

import pytest
from fastapi import Request
from structlog.contextvars import get_contextvars

import gql_api as gql
from tests.server import notes

HEADER = "x-request-id"


@pytest.mark.parametrize("sent", ["a", "7f-3.B_9", "x" * 64])
async def test_from_the_caller(client, sent):
    """A sane reference of the caller is kept, in the answer and in its errors."""
    response = await client.post("/graphql", json={"query": "{"}, headers={HEADER: sent})

    assert response.headers[HEADER] == sent
    assert response.json()["errors"][0]["extensions"]["requestId"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a\tb", "{}", "a;b", "ü"])
async def test_replaced(client, sent):
    """Anything else never enters answers or logs."""
    response = await client.get("/healthz", headers={HEADER: sent.encode()})

    assert re.fullmatch("[0-9a-f]{32}", response.headers[HEADER])


async def test_made(client):
    """Each request without a reference gets one of its own."""
    first, second = [(await client.get("/healthz")).headers[HEADER] for _ in range(2)]

    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second


async def test_once_per_answer(client):
    """The header stands once, whoever sets it."""
    response = await client.post("/graphql", json={"query": "{ __typename }"})

    assert len(response.headers.get_list(HEADER)) == 1


async def test_known_to_plain_routes(notes_database):
    """A plain route finds the reference in its request."""
    app = gql.create_app(notes.build(), database=notes_database)

    @app.get("/mine")
    async def show_mine(request: Request) -> str:
        return request.state.request_id

    async with notes.open_client(app) as client:
        response = await client.get("/mine", headers={HEADER: "mine"})

    assert response.json() == "mine"


async def test_known_to_log_lines(notes_database):
    """Log lines of a request can name it, and nothing is left for the next one."""
    app = gql.create_app(notes.build(), database=notes_database)

    @app.get("/bound")
    async def show_bound() -> dict[str, str]:
        return get_contextvars()

    async with notes.open_client(app) as client:
        response = await client.get("/bound", headers={HEADER: "mine"})

    assert response.json() == {"request_id": "mine"}
    assert get_contextvars() == {}
