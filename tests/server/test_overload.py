"""More requests than connections: they wait in a line that is bounded, or are refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
import sqlalchemy as sa

import gql_api as gql
from tests.fixtures.served import until
from tests.fixtures.statements import count_statements
from tests.server import notes

pytestmark = pytest.mark.parametrize("database_url", ["postgresql", "sqlite"], indirect=True)
QUERY = {"query": "{ folders { nodes { name } } }"}
WRITE = {"query": 'mutation { createFolder(input: {name: "x"}) { folder { name } } }'}
BUSY = (503, "SERVICE_UNAVAILABLE", "The server has too much to do: retry in a moment.")
PATIENCE_S = 8
"""Below the longest wait for a connection: what ends within it was refused for another reason."""


@pytest.fixture
async def small(database_url: str) -> AsyncIterator[gql.Database]:
    """A database with two pools of one connection, in each of which three may wait."""
    options = gql.EngineOptions(pool_size=1, max_overflow=0, pool_max_waiting=3)
    database = gql.open_database(database_url, options)
    yield await notes.create_tables(database)
    await database.dispose()


@asynccontextmanager
async def _client(database: gql.Database) -> AsyncIterator[httpx.AsyncClient]:
    schema = notes.build(dialect=database.dialect.name)
    async with notes.open_client(gql.create_app(schema, database=database)) as client:
        yield client


@asynccontextmanager
async def _held(database: gql.Database) -> AsyncIterator[None]:
    """Hold the connections of both pools."""
    async with AsyncExitStack() as stack:
        for engine in (database.read_engine, database.write_engine):
            await stack.enter_async_context(engine.connect())
        yield


def _refusal(response: httpx.Response) -> tuple[int, str, str]:
    error = response.json()["errors"][0]
    return response.status_code, error["extensions"]["code"], error["message"]


async def test_held_pool(small: gql.Database):
    """Where no connection comes back all are refused soon, without a statement; who lives is served."""
    async with _client(small) as client, asyncio.timeout(PATIENCE_S):
        async with _held(small):
            with count_statements(small) as sent:
                posts = [client.post("/graphql", json=each) for each in (QUERY, WRITE, QUERY)]
                answers = await asyncio.gather(*posts)
                at_once = await client.post("/graphql", json=QUERY)
                health, ready = await client.get("/healthz"), await client.get("/readyz")
        after = await client.post("/graphql", json=QUERY)
        ready_again = await client.get("/readyz")

    assert [_refusal(each) for each in (*answers, at_once)] == [BUSY] * 4
    assert {each.headers["retry-after"] for each in (*answers, at_once)} == {"1"}
    assert sent == []
    assert (health.status_code, ready.status_code) == (200, 503)
    assert "pool" in ready.json()["failed"]
    assert (after.status_code, ready_again.status_code) == (200, 200)
    assert after.json()["data"]["folders"]["nodes"]


async def test_full_line(small: gql.Database):
    """Who comes to a full line is refused at once; who stands in it is served."""
    async with _client(small) as client:
        async with _held(small):
            posts = [asyncio.create_task(client.post("/graphql", json=QUERY)) for _ in range(3)]
            await until(lambda: small.pool_status().read.waiting == 3)
            refused = await client.post("/graphql", json=QUERY)
            assert small.is_overloaded
        served = await asyncio.gather(*posts)

    assert _refusal(refused) == BUSY
    assert [each.status_code for each in served] == [200] * 3


async def test_moving_line(small: gql.Database):
    """As long as connections come back nobody is sent away, however long it takes."""
    small.read_engine.pool.max_waiting = 100

    async def hold() -> None:
        async with small.read_connection() as connection:
            await connection.scalar(sa.select(1))
            await asyncio.sleep(0.1)

    await asyncio.gather(*(hold() for _ in range(15)))

    assert small.pool_status().read.timeouts == 0
    assert not small.pool_status().read.is_stalled
