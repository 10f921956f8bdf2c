"""Operations that take too long, and queries whose clients leave: nothing of them goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import sqlalchemy as sa
import strawberry

import gql_api as gql
from tests.fixtures.models import Book, Tag
from tests.fixtures.schema import Api
from tests.fixtures.served import graphql_request, hang_up, send, served, until
from tests.server.notes import open_client

PATIENCE_S = 20
SLOW = {
    "postgresql": "SELECT pg_sleep(60)",
    "mysql": "SELECT sleep(60)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
}
RUNNING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND state <> 'idle' AND pid <> pg_backend_pid()",
    "mysql": "SELECT count(*) FROM information_schema.processlist WHERE db = database() "
    "AND command <> 'Sleep' AND id <> connection_id()",
}


class Slow:
    """Operations that take a minute in the database."""

    def __init__(self) -> None:
        self.begun = 0

    def queries(self) -> type[object]:
        slow = self

        class Queries:
            @strawberry.field
            async def wait(self, info: gql.Info) -> int:
                async with info.context.read_session() as session:
                    slow.begun += 1
                    await session.execute(sa.text(SLOW[info.context.database.dialect.name]))
                return 1

        return Queries

    def mutations(self) -> type[object]:
        slow = self

        class Mutations:
            @gql.mutation
            async def write(self, info: gql.Info, pause: float = 0) -> None:
                session = info.context.session
                slow.begun += 1
                session.add(Tag(label=f"{slow.begun}"))
                await session.flush()
                await asyncio.sleep(pause)
                if not pause:
                    await session.execute(sa.text(SLOW[info.context.database.dialect.name]))

        return Mutations


@pytest.fixture
def slow() -> Slow:
    """Slow operations."""
    return Slow()


def _app(api: Api, slow: Slow, **config):
    schema = api.of(
        queries=[slow.queries()],
        mutations=[slow.mutations()],
        config=gql.ApiConfig(**{"request_timeout_s": 1.2, **config}),
    ).schema
    return gql.create_app(schema, database=api.database)


async def _settle(database: gql.Database) -> None:
    """Wait until every connection is back, and no statement runs at the server."""
    async with asyncio.timeout(PATIENCE_S):
        await until(lambda: not _checked_out(database))
        await database._closings.finished()
        while await _running(database):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)


def _checked_out(database: gql.Database) -> int:
    status = database.pool_status()
    return status.read.checked_out + status.write.checked_out


async def _running(database: gql.Database) -> int:
    """Count the statements that run at the server; SQLite has none."""
    asked = RUNNING.get(database.dialect.name)
    if asked is None:
        return 0
    async with database.read_connection() as connection:
        return await connection.scalar(sa.text(asked)) or 0


async def _tags(database: gql.Database) -> int:
    async with database.read_connection() as connection:
        return await connection.scalar(sa.select(sa.func.count()).select_from(Tag)) or 0


@asynccontextmanager
async def _locked(database: gql.Database) -> AsyncIterator[None]:
    """Keep everybody from reading books, on PostgreSQL."""
    async with database.write_engine.begin() as connection:
        await connection.execute(sa.text("LOCK TABLE book IN ACCESS EXCLUSIVE MODE"))
        yield


def _refused(response: httpx.Response) -> tuple[int, str, str]:
    (error,) = response.json()["errors"]
    return response.status_code, error["extensions"]["code"], error["message"]


DEADLINE = (504, "DEADLINE_EXCEEDED", "The request took longer than 1.2 s.")


async def test_query(written: Api, slow: Slow):
    """A query at its deadline is refused, its statement is ended, and the connection is lost to nobody."""
    async with open_client(_app(written, slow)) as client:
        response = await client.post("/graphql", json={"query": "{ wait }"})
        await _settle(written.database)
        after = await client.post("/graphql", json={"query": "{ __typename }"})

    assert _refused(response) == DEADLINE
    assert response.json()["errors"][0]["extensions"]["requestId"]
    assert after.status_code == 200


async def test_mutation(written: Api, slow: Slow):
    """A mutation at its deadline is rolled back whole, in mid-statement or between two."""
    query = "mutation ($p: Float!) { a: write(pause: 0.01) { errors { code } } b: write(pause: $p) { errors { code } } }"
    async with open_client(_app(written, slow)) as client:
        for pause in (0, 30):
            sent = {"query": query, "variables": {"p": pause}}
            response = await client.post("/graphql", json=sent)
            assert _refused(response) == DEADLINE
        await _settle(written.database)

    assert slow.begun >= 2
    assert await _tags(written.database) == 0


async def test_get(written: Api, slow: Slow):
    """What does not take the front door has the deadline too."""
    async with open_client(_app(written, slow)) as client:
        response = await client.get("/graphql", params={"query": "{ wait }"})
        await _settle(written.database)

    assert _refused(response) == DEADLINE


@pytest.mark.usefixtures("without_bouncer")
@pytest.mark.parametrize("has_json_path", [True, False])
async def test_generated_reads(written: Api, slow: Slow, has_json_path):
    """Reads that wait for a lock are ended on each path: of the bypass, the executor and loaders."""
    database = written.database
    if database.dialect.name != "postgresql":
        pytest.skip("locks whole tables")
    queries = (
        "{ books { nodes { title } } a: books { totalCount } }",
        "{ books { nodes { title } } loaded }",
        'mutation { updateTags(where: {books: {some: {title: {eq: "b"}}}}, set: {label: "b"}, atMost: 1) { tags { rowId } } }',
        'mutation { createTag(input: {label: "c"}) { tag { books { nodes { title } } } errors { code } } }',
    )
    config = gql.ApiConfig(request_timeout_s=1.2, has_json_path=has_json_path)

    class Queries:
        @strawberry.field
        async def loaded(self, info: gql.Info) -> int:
            return (await info.context.load(Book, 1)).id

    schema = written.of(queries=[Queries], config=config).schema
    async with open_client(gql.create_app(schema, database=database)) as client, _locked(database):
        for query in queries:
            response = await client.post("/graphql", json={"query": query})
            assert _refused(response) == DEADLINE
        await database._closings.finished()
        assert database.pool_status().read.checked_out == 0
        assert await _running(database) == 1  # who holds the lock


async def test_clients_that_leave(written: Api, slow: Slow):
    """The queries of clients that hang up end at the server within a second; nothing is left behind."""
    database = written.database
    count = 500 if database.dialect.name == "postgresql" else 100
    async with served(_app(written, slow, request_timeout_s=60)) as port:
        writers = [await send(port, graphql_request("{ wait }")) for _ in range(count)]
        await until(lambda: slow.begun >= 15)
        for writer in reversed(writers):  # those that wait for a connection first
            hang_up(writer)
        await _settle(database)

    assert slow.begun < count
    assert database.pool_status().read.waiting == 0


async def test_mutation_of_a_client_that_leaves(written: Api, slow: Slow):
    """A mutation whose client has left runs on to its commit."""
    query = "mutation { write(pause: 0.3) { errors { code } } }"
    async with served(_app(written, slow, request_timeout_s=60)) as port:
        writer = await send(port, graphql_request(query))
        await until(lambda: slow.begun)
        hang_up(writer)
        await asyncio.sleep(0.1)
        await _settle(written.database)

    assert await _tags(written.database) == 1
