"""Tests of pooled connections before their use, by the server only where they have been idle."""

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

IDLE_S = 1.0
"""A connection that was used this recently is not tested by a round trip."""

_USED_AT = "gql_used_at"


def ping_idle_connections(engine: Engine) -> None:
    """Have an engine of asyncpg replace connections that are broken before they are used.

    The driver knows of a connection that the server has closed. One that broke without a word is
    found by a ping, which costs three round trips: hence only after `IDLE_S` without use.
    """
    dialect: Any = engine.dialect

    @event.listens_for(engine, "checkin")
    def note(_connection: object, entry: ConnectionPoolEntry) -> None:
        entry.info[_USED_AT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def test(connection: Any, entry: ConnectionPoolEntry, _proxy: object) -> None:
        if connection.driver_connection.is_closed():
            raise DisconnectionError
        used_at: float | None = entry.info.get(_USED_AT)
        if used_at is None or time.monotonic() - used_at < IDLE_S:
            return
        if not dialect._do_ping_w_event(connection):  # noqa: SLF001 - as the pool's own pre-ping
            raise DisconnectionError
