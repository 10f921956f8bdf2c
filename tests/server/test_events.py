"""GraphQL over server-sent events, in distinct mode, over real sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

import gql_api as gql
from gql_api.cli.draining import DrainingServer
from tests.server import notes, ticks
from tests.server.ticks import Watched, until

EVENTS = {"Accept": "text/event-stream"}
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
async def client(
    notes_database: gql.Database, watched: Watched
) -> AsyncIterator[httpx.AsyncClient]:
    app = gql.create_app(
        ticks.build(watched), database=notes_database, authenticate=notes.authenticate
    )
    async with (
        ticks.served(app) as (port, _server),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=EVENTS) as client,
    ):
        yield client


@asynccontextmanager
async def subscribed(
    client: httpx.AsyncClient, query: str
) -> AsyncIterator[tuple[httpx.Response, AsyncIterator[str]]]:
    async with client.stream("POST", "/graphql", json={"query": query}) as response:
        yield response, response.aiter_lines()


async def test_query(client: httpx.AsyncClient):
    """A query is one event, and the end."""
    response = await client.post("/graphql", json={"query": "{ folders { totalCount } }"})

    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["vary"] == "Accept"
    assert response.text == (
        'event: next\ndata: {"data":{"folders":{"totalCount":1}}}\n\nevent: complete\ndata:\n\n'
    )


async def test_subscription(client: httpx.AsyncClient):
    """Each event of a subscription is one event, and then the end; by GET as well."""
    response = await client.get("/graphql", params={"query": "subscription { count(to: 2) }"})

    assert response.status_code == 200
    assert response.text == (
        'event: next\ndata: {"data":{"count":1}}\n\nevent: next\ndata: {"data":{"count":2}}\n\n'
        "event: complete\ndata:\n\n"
    )


async def test_mutation(client: httpx.AsyncClient, notes_database: gql.Database):
    """A mutation is committed before its event."""
    mutation = 'mutation { createNote(input: {text: "milk"}) { errors { code } } }'

    response = await client.post("/graphql", json={"query": mutation})

    assert '"errors":[]' in response.text
    assert await notes.note_texts(notes_database) == ["milk"]


async def test_mutation_by_get(client: httpx.AsyncClient):
    """A mutation by GET is refused as JSON, as without events."""
    response = await client.get("/graphql", params={"query": "mutation { addSlowly(text: 1) }"})

    assert notes.refusal(response)[:2] == (405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "POST"


async def test_invalid_document(client: httpx.AsyncClient):
    """Errors of a document are an event."""
    response = await client.post("/graphql", json={"query": "subscription { nothing }"})

    assert response.status_code == 200
    assert '"code":"GRAPHQL_VALIDATION_FAILED"' in response.text
    assert response.text.endswith("event: complete\ndata:\n\n")


async def test_invalid_credentials(client: httpx.AsyncClient):
    """Who is not let in gets JSON and a status."""
    response = await client.post(
        "/graphql", json={"query": "subscription { ticks }"}, headers={"x-user": "expired"}
    )

    assert notes.refusal(response)[:2] == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"] == "Bearer"


async def test_malformed_request(client: httpx.AsyncClient):
    """What is no request gets JSON and a status."""
    response = await client.post("/graphql", content=b"{", headers={"content-type": "text/plain"})

    assert notes.refusal(response)[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_defect(client: httpx.AsyncClient):
    """What a subscription raises is masked, and ends it."""
    response = await client.post("/graphql", json={"query": "subscription { broken }"})

    assert "secret" not in response.text
    assert '"code":"INTERNAL_SERVER_ERROR"' in response.text
    assert response.text.endswith("event: complete\ndata:\n\n")


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        pytest.param(URQL, True, id="urql"),
        pytest.param("application/json, text/event-stream", True, id="json-first"),
        pytest.param("text/event-stream;q=0.5, application/json;q=0.9", True, id="weights"),
        pytest.param("*/*", True, id="any"),
        pytest.param("text/event-stream, multipart/mixed", False, id="urql-subscription"),
        pytest.param("text/event-stream, application/json;q=0.9", False, id="events-first"),
        pytest.param("Text/Event-Stream", False, id="case"),
    ],
)
async def test_negotiation(client: httpx.AsyncClient, accept: str, is_json: bool):  # noqa: FBT001
    """Events are sent where they are wanted more than JSON; clients that take both get JSON."""
    response = await client.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"accept": accept}
    )

    assert response.headers["content-type"].startswith("application/") == is_json


async def test_begin(client: httpx.AsyncClient, watched: Watched):
    """A subscription answers at once, before its first event, and is cancelled with its client."""
    async with subscribed(client, "subscription { silence }") as (response, _lines):
        assert response.status_code == 200
        await until(lambda: watched.running == 1)

    await until(lambda: watched.running == 0)


async def test_keep_alive(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch):
    """A silent stream has comments."""
    monkeypatch.setattr("gql_api.server.events.KEEP_ALIVE_S", 0.05)

    async with subscribed(client, "subscription { silence }") as (_response, lines):
        assert [await anext(lines) for _ in range(4)] == [":", "", ":", ""]


async def test_shutdown(
    notes_database: gql.Database, watched: Watched, monkeypatch: pytest.MonkeyPatch
):
    """A server that stops ends subscriptions without the event of the end: clients come again."""
    monkeypatch.setattr(ticks.uvicorn, "Server", DrainingServer)
    app = gql.create_app(ticks.build(watched), database=notes_database)
    async with (
        ticks.served(app) as (port, server),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=EVENTS) as client,
        subscribed(client, "subscription { silence }") as (_response, lines),
    ):
        await until(lambda: watched.running == 1)
        server.should_exit = True

        assert [line async for line in lines] == []
        await until(lambda: watched.running == 0)
