"""Clients that leave in the middle of a mutation: it is written whole or not at all."""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from itertools import pairwise

import httpx
import sqlalchemy as sa

import gql_api as gql
from tests.fixtures.models import Tag
from tests.fixtures.schema import Api
from tests.fixtures.served import graphql_request, hang_up, send, served

PATIENCE_S = 30
MUTATION = "mutation { a: addPair { errors { code } } b: addPair { errors { code } } }"
THREE_TAGS = """
mutation($many: [CreateTagInput!]!, $one: CreateTagInput!) {
  a: createTags(inputs: $many) { errors { code } }
  b: createTag(input: $one) { errors { code } }
}
"""


class Pairs:
    """A mutation that takes its time between two rows."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.calls = 0

    def operations(self) -> type[object]:
        """Make the mutation."""
        pairs = self

        class Operations:
            @gql.mutation
            async def add_pair(self, info: gql.Info) -> None:
                session = info.context.session
                pairs.calls += 1
                number = pairs.calls
                session.add(Tag(label=f"first {number}"))
                await session.flush()
                pairs.begun.set()
                await asyncio.sleep(0.05)
                await session.scalar(sa.select(sa.func.count()).select_from(Tag))
                session.add(Tag(label=f"second {number}"))
                await session.flush()

        return Operations


async def _labels(database: gql.Database) -> list[str]:
    async with database.read_connection() as connection:
        return list(await connection.scalars(sa.select(Tag.label)))


def _three_tags(name: str) -> dict[str, object]:
    """Name the rows of one client."""
    labels = [{"label": f"{name} {number}"} for number in (1, 2, 3)]
    return {"many": labels[:2], "one": labels[2]}


async def _stay(port: int, name: str) -> str:
    """Send the mutation, and read the answer."""
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        body = {"query": THREE_TAGS, "variables": _three_tags(name)}
        return (await client.post(f"http://127.0.0.1:{port}/graphql", json=body)).text


async def _leave(port: int, name: str, chance: random.Random) -> None:
    """Send the mutation at some moment, and leave before or after the answer."""
    await asyncio.sleep(chance.uniform(0, 1))
    writer = await send(port, graphql_request(THREE_TAGS, **_three_tags(name)))
    await asyncio.sleep(chance.uniform(0, 0.5))
    if chance.random() < 0.7:
        hang_up(writer)
    else:
        writer.close()


async def _settle(database: gql.Database) -> None:
    """Wait until every connection is back."""
    async with asyncio.timeout(PATIENCE_S):
        while database.pool_status().write.checked_out:  # noqa: ASYNC110 - the pool tells nobody
            await asyncio.sleep(0.01)


async def test_killed_socket(written: Api):
    """The mutation of a client whose socket is reset runs on to its commit; no connection is lost."""
    pairs, database = Pairs(), written.database
    app = gql.create_app(written.of(mutations=[pairs.operations()]).schema, database=database)

    async with served(app) as port:
        for _ in range(5):
            pairs.begun.clear()
            writer = await send(port, graphql_request(MUTATION))
            async with asyncio.timeout(PATIENCE_S):
                await pairs.begun.wait()
            hang_up(writer)
        await asyncio.sleep(0.5)
        await _settle(database)

    assert len(await _labels(database)) == 20


async def test_crowd(written: Api):
    """Of many clients that leave at any moment each is written whole or not at all, and none is in the way."""
    chance = random.Random(5)  # noqa: S311 - not for secrets
    database = written.database
    app = gql.create_app(written.schema, database=database)

    async with served(app) as port:
        leaving = [_leave(port, f"left {at}", chance) for at in range(60)]
        *_, answers = await asyncio.gather(
            *leaving, asyncio.gather(*(_stay(port, f"stayed {at}") for at in range(10)))
        )
        await _settle(database)
        later = await asyncio.gather(*(_stay(port, f"later {at}") for at in range(20)))

    done = '{"data":{"a":{"errors":[]},"b":{"errors":[]}}}'
    assert [*answers, *later] == [done] * 30
    counts = Counter(label.rsplit(maxsplit=1)[0] for label in await _labels(database))
    assert set(counts.values()) == {3}
    assert sum(not name.startswith("left") for name in counts) == 30
    assert database.pool_status().write.waiting == 0


async def test_cancelled(written: Api):
    """A mutation that is cancelled anywhere is written whole or not at all; no connection is lost."""
    database = written.database
    pairs = Pairs()
    schema = written.of(mutations=[pairs.operations()]).schema
    counts = [0]
    for pause_ms in range(0, 180, 12):
        context = gql.Context(database)
        task = asyncio.create_task(schema.execute(MUTATION, context_value=context))
        await asyncio.sleep(pause_ms / 1000)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await _settle(database)
        counts.append(len(await _labels(database)))

    assert {after - before for before, after in pairwise(counts)} <= {0, 4}
