"""A connection pool that knows who waits, hands out idle connections at once, and its figures."""

import asyncio
import math
import time
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, Pool
from sqlalchemy.util import greenlet_spawn, memoized_property
from sqlalchemy.util.concurrency import await_
from sqlalchemy.util.queue import AsyncAdaptedQueue, Empty, Full
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
    """Tasks that gave up waiting or were refused, since the pool was made."""
    is_stalled: bool = False
    """Whether all connections are in use and none came back lately: nobody may wait then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStatus:
    """The figures of both pools of a database."""

    write: PoolCounts
    read: PoolCounts
    """Equal to ``write`` where both share one connection."""


_NO_CONNECTION: Any = object()
_LOOK_S = 0.25
_STALLED_LOOKS = 3
"""Looks without a connection that came back; counted, as the process may have been busy itself."""


class _CountingQueue(AsyncAdaptedQueue[ConnectionPoolEntry]):
    """A queue that bounds the tasks that wait in it, and holds more for a while after a lack.

    Those who wait are sent away at once when nothing comes back for most of a second.
    """

    waiting = 0
    max_waiting = 1000
    is_stalled = False
    """Whether nothing came back for a while; until something does, nobody may wait."""
    _returns = 0
    _still = 0
    _timer: asyncio.TimerHandle | None = None
    lacked_at = -math.inf
    """When somebody found it empty, by the monotonic clock."""
    kept_s = 30.0
    """How long entries beyond the size are kept after that."""

    @memoized_property
    @override
    def _queue(self) -> asyncio.Queue[ConnectionPoolEntry]:
        return asyncio.Queue()  # its own limit is checked below

    @override
    def put(
        self, item: ConnectionPoolEntry, block: bool = True, timeout: float | None = None
    ) -> None:
        self.put_nowait(item)

    @override
    def put_nowait(self, item: ConnectionPoolEntry) -> None:
        is_beyond = self._queue.qsize() >= self.maxsize
        if is_beyond and time.monotonic() - self.lacked_at > self.kept_s:
            raise Full
        super().put_nowait(item)
        self._returns += 1
        self.is_stalled = False

    def put_again(self, item: ConnectionPoolEntry) -> None:
        """Put back what was just taken, unused: it had its place, beyond the size too."""
        super().put_nowait(item)

    @override
    def get(self, block: bool = True, timeout: float | None = None) -> ConnectionPoolEntry:
        if self.empty():
            self.lacked_at = time.monotonic()
        if not block:
            return self.get_nowait()
        try:
            return await_(self.get_soon(math.inf if timeout is None else timeout))
        except TimeoutError as error:
            raise Empty from error

    async def get_soon(self, timeout_s: float) -> ConnectionPoolEntry:
        """Wait for an entry, in one line with those who wait in `get`.

        Raises:
            TimeoutError: None came back in time, or it is not worth waiting.
        """
        if self.is_stalled or self.waiting >= self.max_waiting:
            raise TimeoutError
        self.waiting += 1
        if self._timer is None:
            self._still = 0
            self._look_later()
        limit = asyncio.timeout(None if timeout_s == math.inf else timeout_s)
        self._limits.add(limit)
        try:
            async with limit:
                return await self._queue.get()
        finally:
            self.waiting -= 1
            self._limits.discard(limit)

    @memoized_property
    def _limits(self) -> set[asyncio.Timeout]:
        return set()

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_LOOK_S, self._look, self._returns)

    def _look(self, returns: int) -> None:
        """Look whether something came back; send everybody away when nothing did."""
        self._timer = None
        if not self.waiting:
            return
        self._still = self._still + 1 if returns == self._returns else 0
        if self._still < _STALLED_LOOKS:
            self._look_later()
            return
        self.is_stalled = True
        now = asyncio.get_running_loop().time()
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(now)


class CountingPool(AsyncAdaptedQueuePool):
    """SQLAlchemy's asyncio pool, which also counts waiting tasks and timeouts.

    Connections beyond the size are not closed after each use, but when none was lacking for a
    while: to make one costs as much as many reads.
    """

    _queue_class = _CountingQueue
    timeouts = 0
    """Tasks that gave up waiting, since the pool was made."""

    @property
    def waiting(self) -> int:
        """Tasks that wait for a connection now."""
        queue: Any = self._pool
        return int(queue.waiting)

    @property
    def is_stalled(self) -> bool:
        """Whether all connections are in use, and none came back for a while."""
        queue: Any = self._pool
        return bool(queue.is_stalled)

    @property
    def max_waiting(self) -> int:
        """Tasks that may wait for a connection, at most; others are refused at once."""
        queue: Any = self._pool
        return int(queue.max_waiting)

    @max_waiting.setter
    def max_waiting(self, value: int) -> None:
        queue: Any = self._pool
        queue.max_waiting = value

    def lease_idle(self) -> ConnectionPoolEntry | None:
        """Take the entry of an open connection that nobody uses, as `lease` does; None without."""
        queue: Any = self._pool
        if queue.waiting or queue.empty():
            return None
        return self._usable(queue.get_nowait())

    async def lease(self) -> ConnectionPoolEntry | None:
        """Take the entry of an open connection, without SQLAlchemy's own objects around it.

        The caller gives it back. Neither events of the pool nor tests of the connection are run.

        Returns:
            None where a connection must be made first: connect through the engine.

        Raises:
            sqlalchemy.exc.TimeoutError: All connections stayed in use.
        """
        queue: Any = self._pool
        if not queue.waiting and not queue.empty():
            return self.lease_idle()
        queue.lacked_at = time.monotonic()
        if self._overflow < self._max_overflow:
            return None
        try:
            return self._usable(await queue.get_soon(self._timeout))
        except TimeoutError:
            self.timeouts += 1
            message = (
                f"QueuePool limit of size {self.size()} overflow {self.overflow()} reached, "
                f"connection timed out, timeout {self._timeout:.2f}"
            )
            raise PoolTimeoutError(message, code="3o7r") from None

    def take_back(self, entry: ConnectionPoolEntry) -> bool:
        """Take back what was leased, where there is room; False where it is one too many."""
        try:
            self._pool.put_nowait(entry)
        except Full:
            return False
        return True

    async def give_back(self, entry: ConnectionPoolEntry) -> None:
        """Take back what `lease` gave; a connection too many is closed."""
        if not self.take_back(entry):
            await greenlet_spawn(self._do_return_conn, entry)

    async def discard(self, entry: ConnectionPoolEntry, reason: BaseException) -> None:
        """Take back what `lease` gave, and close its connection, whose state nobody knows."""
        try:
            await greenlet_spawn(entry.invalidate, reason)
        finally:
            await self.give_back(entry)

    def distrust(self, reason: BaseException) -> None:
        """Have all connections that are open now replaced before their next use: one was cut."""
        self._invalidate(_NO_CONNECTION, reason, _checkin=False)

    def _usable(self, entry: Any) -> ConnectionPoolEntry | None:
        """Return an entry that needs no new connection; another one goes back."""
        is_usable = (
            entry.dbapi_connection is not None
            and not entry.dbapi_connection.driver_connection.is_closed()
            and self._invalidate_time <= entry.starttime
            and not 0 <= self._recycle < time.time() - entry.starttime
        )
        if is_usable:
            leased: ConnectionPoolEntry = entry
            return leased
        queue: Any = self._pool
        queue.put_again(entry)
        return None

    @override
    def recreate(self) -> Self:
        """Make the pool that follows this one on disposal; the count of timeouts goes on."""
        successor = super().recreate()
        successor.max_waiting = self.max_waiting  # type: ignore[attr-defined]  # see below
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
        is_stalled=pool.is_stalled,
    )


def is_overloaded(pool: Pool) -> bool:
    """Tell whether nobody may wait for a connection of a pool. No I/O."""
    if not isinstance(pool, CountingPool):
        return False
    return pool.is_stalled or pool.waiting >= pool.max_waiting > 0
