"""Pings of connections that have been idle."""

from typing import Any

import pytest
import sqlalchemy as sa

from gql_api.database import pings
from gql_api.database.engines import Database


async def _sent(database: Database) -> list[str]:
    """Open a session again, and return what its connection is sent from its checkout on."""
    sent: list[str] = []
    async with database.session() as session:
        connection = await session.connection()
        raw = await connection.get_raw_connection()
        driver: Any = raw.driver_connection
    driver.add_query_logger(lambda record: sent.append(record.query))
    async with database.session() as session:
        await session.execute(sa.text("SELECT 1"))
    return sent


async def test_recent(postgres: Database):
    """A connection that was just used is not pinged."""
    assert ";" not in await _sent(postgres)


async def test_idle(postgres: Database, monkeypatch: pytest.MonkeyPatch):
    """A connection that has been idle is."""
    monkeypatch.setattr(pings, "IDLE_S", 0.0)

    assert (await _sent(postgres)).count(";") == 1
