"""PgBouncer in transaction mode: more clients than connections of the server, and nothing clashes."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gql_api.database.embedded import EmbeddedServer
from gql_api.database.engines import Database, EngineOptions, open_database
from gql_api.loading.readers import ConnectionReader
from tests.fixtures.bouncer import SERVER_CONNECTIONS, start_bouncer, through_bouncer

CLIENTS = 40
COUNTERS = sa.table("counters", sa.column("id"), sa.column("amount"))


@pytest.fixture
async def bounced(embedded_server: EmbeddedServer, tmp_path: Path) -> AsyncIterator[Database]:
    """A database behind PgBouncer, in use by many connections."""
    if shutil.which("pgbouncer") is None:
        if "bouncer" in os.environ.get("GQL_API_TEST_REQUIRE", "").split(","):
            pytest.fail("pgbouncer is missing")
        pytest.skip("pgbouncer is missing")
    folder = embedded_server.socket_dir.parent / "bounced"
    with start_bouncer(embedded_server.socket_dir, folder):
        url = through_bouncer(embedded_server.database_url("bounced"), folder)
        database = open_database(url, EngineOptions(pool_size=CLIENTS))
        yield database
        await database.dispose()
    shutil.rmtree(folder)


async def test_many_clients(bounced: Database):
    """Reads and transactions of many clients share a few connections of the server."""
    async with bounced.write_engine.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE counters (id int, amount int)")
        await connection.exec_driver_sql("INSERT INTO counters VALUES (1, 0)")
    pids = set()

    async def read(number: int) -> None:
        statement = sa.select(sa.func.pg_backend_pid(), sa.bindparam("number", type_=sa.Integer))
        ((pid, found),) = await ConnectionReader(bounced).fetch(statement, {"number": number})
        pids.add(pid)
        assert found == number

    async def write() -> None:
        async with bounced.write_engine.begin() as connection:
            await connection.execute(sa.select(COUNTERS.c.amount).with_for_update())
            await connection.execute(sa.update(COUNTERS).values(amount=COUNTERS.c.amount + 1))

    for start in range(10):
        await asyncio.gather(
            *(read(start * CLIENTS + number) for number in range(CLIENTS)),
            *(write() for _ in range(10)),
        )

    async with bounced.read_connection() as connection:
        assert await connection.scalar(sa.select(COUNTERS.c.amount)) == 100
    assert 1 < len(pids) <= SERVER_CONNECTIONS
