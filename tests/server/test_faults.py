"""A database that crashes, hangs, or is far away: what clients get, and when they are served again."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

import gql_api as gql
from tests.fixtures.faults import FaultyProxy, faulty
from tests.server import notes

QUERY = {"query": "{ folders { totalCount } }"}
UNREACHABLE = "The database cannot be reached: retry in a moment."


class Mutations:
    @gql.mutation
    async def add_slowly(self, info: gql.Info, name: str) -> notes.Folder:
        folder = notes.Folder(name=name)
        info.context.session.add(folder)
        await info.context.session.flush()
        await info.context.session.execute(sa.text("SELECT pg_sleep(0.3)"))
        return folder

    @gql.mutation
    async def lose(self, info: gql.Info, name: str) -> notes.Folder:
        folder = notes.Folder(name=name)
        info.context.session.add(folder)
        await info.context.session.flush()
        end = sa.text("SELECT pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(DBAPIError):
            await info.context.session.execute(end)
        return folder


def _write(name: str, field: str = "createFolder") -> dict[str, str]:
    argument = f'name: "{name}"' if field == "addSlowly" else f'input: {{name: "{name}"}}'
    return {
        "query": f"mutation {{ {field}({argument}) {{ folder {{ name }} errors {{ code }} }} }}"
    }


@pytest.fixture
async def proxy_and_client(
    postgres: gql.Database,
) -> AsyncIterator[tuple[FaultyProxy, httpx.AsyncClient]]:
    """A client of an application that reaches its database through a proxy."""
    await notes.create_tables(postgres)
    url = postgres.url.render_as_string(hide_password=False)
    schema = notes.build(
        dialect="postgresql", mutations=[Mutations], config=gql.ApiConfig(request_timeout_s=2)
    )
    async with faulty(url) as (proxy, address):
        options = gql.EngineOptions(pool_size=2)
        app = gql.create_app(schema, database_url=address, options=options)
        async with notes.open_client(app) as client:
            assert (await client.post("/graphql", json=QUERY)).status_code == 200
            assert (await client.post("/graphql", json=_write("first"))).status_code == 200
            yield proxy, client


async def _names(database: gql.Database) -> list[str]:
    async with database.read_connection() as connection:
        return list(await connection.scalars(sa.select(notes.Folder.name)))


def _facts(response: httpx.Response) -> tuple[int, list[tuple[str, str]]]:
    errors = response.json().get("errors", [])
    return response.status_code, [(each["extensions"]["code"], each["message"]) for each in errors]


async def test_reset(proxy_and_client, postgres: gql.Database):
    """Connections that were cut while nobody used them fail no request."""
    proxy, client = proxy_and_client

    for number in range(3):
        proxy.cut()
        await asyncio.sleep(0.05)
        read, written = (
            await client.post("/graphql", json=QUERY),
            await client.post("/graphql", json=_write(f"again {number}")),
        )
        assert (_facts(read), _facts(written)) == ((200, []), (200, []))

    names = await _names(postgres)
    assert sorted(name for name in names if "again" in name) == ["again 0", "again 1", "again 2"]


async def test_outage(proxy_and_client):
    """While the database is down all is 503, in words of our own; the first request after it is served."""
    proxy, client = proxy_and_client

    proxy.go_down()
    down = [await client.post("/graphql", json=each) for each in (QUERY, _write("x"), QUERY)]
    health, ready = await client.get("/healthz"), await client.get("/readyz")
    proxy.come_back()
    up = [await client.post("/graphql", json=each) for each in (QUERY, _write("y"))]

    assert [_facts(each) for each in down] == [(503, [("SERVICE_UNAVAILABLE", UNREACHABLE)])] * 3
    assert {each.headers["retry-after"] for each in down} == {"1"}
    assert (health.status_code, ready.status_code) == (200, 503)
    assert [_facts(each) for each in up] == [(200, [])] * 2


async def test_silence(proxy_and_client, postgres: gql.Database):
    """A database that says nothing makes no answer later than the deadline; then it serves at once."""
    proxy, client = proxy_and_client

    proxy.fall_silent()
    async with asyncio.timeout(10):
        silent = [await client.post("/graphql", json=each) for each in (QUERY, _write("lost"))]
    proxy.come_back()
    up = [await client.post("/graphql", json=each) for each in (QUERY, _write("y"))]

    assert [each.status_code for each in silent] == [504, 504]
    assert {code for each in silent for code, _ in _facts(each)[1]} == {"DEADLINE_EXCEEDED"}
    assert [_facts(each) for each in up] == [(200, [])] * 2
    assert "lost" not in await _names(postgres)


async def test_cut_mutation(proxy_and_client, postgres: gql.Database):
    """A mutation that is cut off is not repeated: the client hears of it, and nothing is written."""
    proxy, client = proxy_and_client
    running = sa.text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
    async with asyncio.timeout(10), postgres.read_connection() as connection:
        await connection.scalar(running)  # once, so that the next time is soon enough
        task = asyncio.create_task(client.post("/graphql", json=_write("cut", "addSlowly")))
        while not await connection.scalar(running):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)

    proxy.cut()
    response = await task
    await asyncio.sleep(0.5)

    assert _facts(response) == (503, [("SERVICE_UNAVAILABLE", UNREACHABLE)])
    assert "cut" not in await _names(postgres)


async def test_lost_connection(proxy_and_client, postgres: gql.Database):
    """What uses a transaction whose connection broke says so, even if somebody caught the error."""
    _, client = proxy_and_client
    text = 'mutation { lose(name: "a") { folder { name } } createFolder(input: {name: "b"}) { folder { name } } }'

    response = await client.post("/graphql", json={"query": text})

    not_run = "createFolder was not run, because a field before it failed."
    errors = [("SERVICE_UNAVAILABLE", UNREACHABLE), ("NOT_RUN", not_run)]
    assert _facts(response) == (503, errors)
    assert response.json()["data"] == {"lose": None, "createFolder": None}
    assert not {"a", "b"} & {*await _names(postgres)}


async def test_latency(proxy_and_client):
    """A database that is far away is only slow."""
    proxy, client = proxy_and_client
    proxy.latency_s = 0.03

    answers = await asyncio.gather(*(client.post("/graphql", json=QUERY) for _ in range(5)))

    assert [_facts(each) for each in answers] == [(200, [])] * 5
