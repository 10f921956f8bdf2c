"""The session that resolvers of one operation share."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError

import gql_api as gql
from gql_api.database.sessions import SerialSession

ONE = sa.select(sa.literal(1))


async def test_concurrent_statements(database: gql.Database):
    """Fifty tasks use one session at the same time; its connection is one."""
    async with database.session() as session:
        found = await asyncio.gather(*(session.scalar(ONE) for _ in range(50)))
        in_use = database.pool_status().write.checked_out

    assert found == [1] * 50
    assert in_use == 1
    assert database.pool_status().write.checked_out == 0


async def test_concurrent_savepoints(database: gql.Database):
    """Savepoints of several tasks are set and released in turn."""

    async def work(session: SerialSession) -> None:
        async with session.begin_nested():
            assert await session.scalar(ONE) == 1

    async with database.session() as session:
        await work(session)
        await asyncio.gather(*(session.scalar(ONE) for _ in range(5)), work(session))


async def test_turn_of_several_steps(database: gql.Database):
    """Who holds the session does several steps; the others wait."""
    order: list[str] = []

    async def other() -> None:
        await session.scalar(ONE)
        order.append("other")

    async with database.session() as session:
        async with session.turn():
            waiting = asyncio.create_task(other())
            await session.scalar(ONE)
            await asyncio.sleep(0.01)
            await session.scalars(ONE)
            order.append("holder")
        await waiting

    assert order == ["holder", "other"]


async def test_after_close(database: gql.Database):
    """A resolver that outlives its operation gets no connection."""
    async with database.session() as session:
        await session.scalar(ONE)

    with pytest.raises(InvalidRequestError):
        await session.scalar(ONE)
    assert database.pool_status().write.checked_out == 0
