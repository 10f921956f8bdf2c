"""Statements on the driver's own connection within the transaction of a session."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from gql_api.database.direct import DirectReads
from gql_api.database.engines import Database
from gql_api.database.sessions import SerialSession
from gql_api.loading.readers import SessionReader
from tests.database.test_direct import ONE, SLEEP, THINGS, direct_reads, make_things


@pytest.fixture
async def session(postgres: Database) -> AsyncIterator[SerialSession]:
    """A session whose transaction has changed a row."""
    await make_things(postgres)
    async with postgres.session() as session:
        await session.execute(sa.update(THINGS).where(THINGS.c.id == 1).values(ratio=7.5))
        yield session


@pytest.fixture
def direct(postgres: Database) -> DirectReads:
    """The direct way of the database."""
    return direct_reads(postgres)


async def _fetch(direct: DirectReads, session: SerialSession, statement: sa.Select) -> object:
    assert session.begun is not None
    return await direct.fetch_within(session.begun, statement, {"seconds": 20.0})


async def test_own_changes(direct, session):
    """A statement sees what its transaction has written, in the types of the models."""
    statement = sa.select(THINGS).where(THINGS.c.id == 1)

    (row,) = await _fetch(direct, session, statement)

    expected = (await session.execute(statement)).one()
    assert tuple(row) == tuple(expected)
    assert row[4] == 7.5


async def test_before_begin(postgres, direct):
    """A session without a transaction begins one by the usual way."""
    async with postgres.session() as session:
        assert session.begun is None
        rows = await SessionReader(session, direct).fetch(ONE, {})
        begun = session.begun
        await session.commit()

        assert [tuple(row) for row in rows] == [(1,)]
        assert begun is not None
        assert session.begun is None


async def test_failure(direct, session):
    """A statement that fails is noted: the server would commit nothing any more."""
    missing = sa.select(sa.column("a")).select_from(sa.table("missing"))

    with pytest.raises(DBAPIError) as caught:
        await _fetch(direct, session, missing)

    assert session.facts.lost is caught.value
    assert caught.value.driver_exception.sqlstate == "42P01"


async def test_listeners(postgres, direct, session):
    """Whoever listens to statements hears of each."""
    heard = []
    sa.event.listen(
        postgres.write_engine.sync_engine,
        "before_cursor_execute",
        lambda *arguments: heard.append(arguments[2]),
    )

    rows = await SessionReader(session, direct).fetch(ONE, {})

    assert ([tuple(row) for row in rows], len(heard)) == ([(1,)], 1)


async def test_cancelled(postgres, direct, session):
    """A cancelled statement leaves no connection whose state nobody knows."""
    task = asyncio.create_task(_fetch(direct, session, SLEEP))
    await asyncio.sleep(0.1)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await session.rollback()
    assert postgres.pool_status().write.checked_out == 0
    async with postgres.session() as other:
        assert await other.scalar(sa.select(THINGS.c.ratio).where(THINGS.c.id == 1)) == 0.1


async def test_cut(postgres, direct, session):
    """A connection that is cut in mid-statement is not used again."""
    pid = await session.scalar(sa.select(sa.func.pg_backend_pid()))
    task = asyncio.create_task(_fetch(direct, session, SLEEP))
    await asyncio.sleep(0.1)

    async with postgres.read_connection() as connection:
        await connection.execute(sa.select(sa.func.pg_terminate_backend(pid)))
    with pytest.raises(DBAPIError) as caught:
        await task

    assert caught.value.connection_invalidated
    await session.close()
    async with postgres.session() as other:
        assert await other.scalar(sa.select(sa.func.pg_backend_pid())) != pid
