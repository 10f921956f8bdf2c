"""Turns on a connection that is the only one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


class Turns:
    """Lets one user after the other have the only connection of a database in memory.

    Not reentrant: a task that holds its turn and asks for another would wait for itself, and is
    refused.
    """

    __slots__ = ("_holder", "_lock")

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the connection and hold it until the block ends.

        Raises:
            RuntimeError: This task holds it already.
        """
        task = asyncio.current_task()
        if task is not None and task is self._holder:
            message = (
                "This task holds the only connection already; use the session's own connection."
            )
            raise RuntimeError(message)
        async with self._lock:
            self._holder = task
            try:
                yield
            finally:
                self._holder = None
