"""Connections that are given up: closed beside the work that gave them up, their statements ended.

SQLAlchemy closes such a connection before it goes on, which takes seconds where a server no longer
answers. And only PostgreSQL's driver has the server end a statement whose caller was cancelled.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import greenlet_spawn

_CLOSE_S = 2.0
"""Time for a server to hear of it; then the socket is closed without a word."""


class Closings:
    """Closes the connections that the engines of one database give up."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def follow(self, engine: Engine) -> None:
        """Close the connections that an engine gives up from now on, and end their statements."""
        dialect: Any = engine.dialect
        dialect.do_terminate = self._close

        @event.listens_for(engine, "invalidate")
        def end(connection: Any, _entry: ConnectionPoolEntry, error: BaseException | None) -> None:
            if not isinstance(error, asyncio.CancelledError) or connection is None:
                return
            if dialect.name == "sqlite":
                _interrupt(connection)
            elif dialect.name == "mysql":
                self._begin(_kill(engine, connection.driver_connection.thread_id()))

    async def finished(self) -> None:
        """Wait until all of them are closed."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _close(self, connection: Any) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # collected as garbage, after the loop
            connection.terminate()
            return
        self._begin(_close(connection))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def closings_of(*engines: AsyncEngine) -> Closings:
    """Close what engines give up, as ``Closings`` does."""
    closings = Closings()
    for engine in {each.sync_engine.pool: each for each in engines}.values():
        closings.follow(engine.sync_engine)
    return closings


async def _close(connection: Any) -> None:
    closing = asyncio.ensure_future(_close_gracefully(connection))
    await asyncio.wait([closing], timeout=_CLOSE_S)
    if closing.done() and closing.exception() is None:
        return
    closing.cancel()  # not awaited: a driver may take its time even then
    with suppress(Exception):
        connection._terminate_force_close()  # noqa: SLF001 - see above


async def _close_gracefully(connection: Any) -> None:
    driver = connection.driver_connection
    if isinstance(getattr(driver, "in_transaction", None), bool):
        await driver.rollback()  # SQLite: cursors that somebody holds would keep its lock
    await connection._terminate_graceful_close()  # noqa: SLF001 - of all three drivers


def _interrupt(connection: Any) -> None:
    """End the statement that runs in the driver's thread; it may be called from any other."""
    inner = connection.driver_connection._conn  # noqa: SLF001 - no public twin in use by SQLAlchemy
    if inner is not None:
        inner.interrupt()


async def _kill(engine: Engine, number: int) -> None:
    """End a connection of MySQL from another one: its server notices only then that we are gone."""

    def kill() -> None:
        arguments, options = engine.dialect.create_connect_args(engine.url)
        connection: Any = engine.dialect.connect(*arguments, **options)
        try:
            connection.cursor().execute(f"KILL {number}")
        finally:
            connection.terminate()

    with suppress(Exception):
        await asyncio.wait_for(greenlet_spawn(kill), _CLOSE_S)
