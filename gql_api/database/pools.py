"""A connection pool that knows who waits, and its figures."""

from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, Pool
from sqlalchemy.util.queue import AsyncAdaptedQueue
from typing_extensions import override


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolCounts:
    """The figures of one pool at one moment; all zero where connections are not pooled."""

    size: int = 0
    """Connections kept open, at most."""
    checked_out: int = 0
    """Connections in use, those beyond the size included."""
    checked_in: int = 0
    """Open connections that wait for use."""
    overflow: int = 0
    """Connections beyond the size."""
    waiting: int = 0
    """Tasks that wait for a connection."""
    timeouts: int = 0
    """Tasks that gave up waiting, since the pool was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStatus:
    """The figures of both pools of a database."""

    write: PoolCounts
    read: PoolCounts
    """Equal to ``write`` where both share one connection."""


class _CountingQueue(AsyncAdaptedQueue[ConnectionPoolEntry]):
    """A queue that counts the tasks that wait in it."""

    waiting = 0

    @override
    def get(self, block: bool = True, timeout: float | None = None) -> ConnectionPoolEntry:
        if not block:
            return self.get_nowait()
        self.waiting += 1
        try:
            return super().get(block, timeout)
        finally:
            self.waiting -= 1


class CountingPool(AsyncAdaptedQueuePool):
    """SQLAlchemy's asyncio pool, which also counts waiting tasks and timeouts."""

    _queue_class = _CountingQueue
    timeouts = 0
    """Tasks that gave up waiting, since the pool was made."""

    @property
    def waiting(self) -> int:
        """Tasks that wait for a connection now."""
        queue: Any = self._pool
        return int(queue.waiting)

    @override
    def recreate(self) -> Self:
        """Make the pool that follows this one on disposal; the count of timeouts goes on."""
        successor = super().recreate()
        successor.timeouts = self.timeouts  # type: ignore[attr-defined]  # typed as the base class
        return successor  # type: ignore[return-value]  # made by calling this very class

    @override
    def _do_get(self) -> ConnectionPoolEntry:
        try:
            return super()._do_get()
        except PoolTimeoutError:
            self.timeouts += 1
            raise


def pool_counts(pool: Pool) -> PoolCounts:
    """Read the figures of a pool. No I/O."""
    if not isinstance(pool, CountingPool):
        return PoolCounts()
    return PoolCounts(
        size=pool.size(),
        checked_out=pool.checkedout(),
        checked_in=pool.checkedin(),
        overflow=max(0, pool.overflow()),
        waiting=pool.waiting,
        timeouts=pool.timeouts,
    )
