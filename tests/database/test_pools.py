"""The figures of pools."""

import asyncio

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gql_api.database.engines import EngineOptions, open_database
from gql_api.database.pools import PoolCounts


async def test_counts(postgres_url):
    """Connections in use, beyond the size, and waiting tasks are counted."""
    database = open_database(postgres_url, EngineOptions(pool_size=1, max_overflow=1))

    async def wait() -> None:
        async with database.read_connection():
            pass

    async with database.read_connection():
        async with database.read_connection():
            waiter = asyncio.create_task(wait())
            await asyncio.sleep(0.01)
            full = database.pool_status().read
        await waiter
    empty = database.pool_status()
    await database.dispose()

    assert full == PoolCounts(size=1, checked_out=2, overflow=1, waiting=1)
    assert empty.read == PoolCounts(size=1, checked_in=2, overflow=1)
    assert empty.write == PoolCounts(size=1)


async def test_timeouts(postgres_url):
    """Tasks that gave up are counted, and the count outlives a disposal."""
    options = EngineOptions(pool_size=1, max_overflow=0, pool_timeout_s=0.01)
    database = open_database(postgres_url, options)

    async with database.read_connection():
        with pytest.raises(PoolTimeoutError):
            async with database.read_connection():
                pass
    counts = database.pool_status().read
    await database.dispose()

    assert counts == PoolCounts(size=1, checked_in=1, timeouts=1)
    assert database.pool_status().read == PoolCounts(size=1, timeouts=1)


async def test_cancelled_wait(postgres_url):
    """A task that is cancelled while it waits no longer counts."""
    database = open_database(postgres_url, EngineOptions(pool_size=1, max_overflow=0))

    async def wait() -> None:
        async with database.read_connection():
            pass

    async with database.read_connection():
        waiter = asyncio.create_task(wait())
        await asyncio.sleep(0.01)
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
        counts = database.pool_status().read
    await database.dispose()

    assert counts == PoolCounts(size=1, checked_out=1)


async def test_without_pool(postgres_url):
    """Without a pool there is nothing to count."""
    database = open_database(postgres_url, EngineOptions(null_pool=True))

    async with database.read_connection():
        status = database.pool_status()
    await database.dispose()

    assert status.read == PoolCounts()
