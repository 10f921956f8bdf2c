"""What servers end by themselves: statements, waits for locks, and pauses in transactions."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from gql_api.database.driver_errors import (
    is_disconnect,
    is_serialization_failure,
    is_statement_ended,
)
from gql_api.database.engines import Database, EngineOptions, open_database

TIMEOUTS = EngineOptions(
    statement_timeout_s=1.5, lock_timeout_s=0.2, idle_in_transaction_timeout_s=2
)
SLOW = {
    "postgresql": "SELECT pg_sleep(30)",
    "mysql": "SELECT count(*) FROM information_schema.columns a, information_schema.columns b, "
    "information_schema.columns c",
}


pytestmark = pytest.mark.usefixtures("without_bouncer")


@pytest.fixture
async def impatient(database_url: str):
    """A database whose server waits for nothing."""
    database = open_database(database_url, TIMEOUTS)
    async with database.write_engine.begin() as connection:
        await connection.execute(sa.text("CREATE TABLE t (a INT PRIMARY KEY)"))
        await connection.execute(sa.text("INSERT INTO t VALUES (1)"))
    yield database
    await database.dispose()


async def test_statement(impatient: Database):
    """A statement that runs too long is ended, and the connection is as good as before."""
    slow = SLOW.get(impatient.dialect.name)
    if slow is None:
        pytest.skip("SQLite has no such timeout")
    async with impatient.read_connection() as connection:
        with pytest.raises(DBAPIError) as raised:
            await connection.execute(sa.text(slow))
        assert is_statement_ended(raised.value)
        assert await connection.scalar(sa.text("SELECT 1")) == 1


async def test_lock(impatient: Database):
    """Who waits too long for a lock has lost against another transaction."""
    update = sa.text("UPDATE t SET a = a + 1")
    async with impatient.write_engine.begin() as holder:
        await holder.execute(update)
        async with impatient.write_engine.connect() as waiter:
            with pytest.raises(DBAPIError) as raised:
                await waiter.execute(update)

    assert is_serialization_failure(raised.value)


async def test_pause(impatient: Database):
    """A transaction that nobody goes on with is ended, and its locks are free."""
    if impatient.dialect.name == "sqlite":
        pytest.skip("SQLite has no such timeout")
    async with impatient.write_engine.connect() as connection:
        await connection.execute(sa.text("SELECT a FROM t"))
        await asyncio.sleep(2.6)  # MariaDB counts whole seconds
        with pytest.raises(DBAPIError) as raised:
            await connection.execute(sa.text("SELECT a FROM t"))
        assert is_disconnect(raised.value)
