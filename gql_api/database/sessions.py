"""The session of an operation: whoever shares it, its statements run one at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, Protocol

from sqlalchemy import Connection, event, func, select
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction
from sqlalchemy.orm import Session, SessionTransaction  # noqa: TID251 - half of an AsyncSession
from typing_extensions import override

from gql_api.database.transactions import TransactionFacts, transaction_facts

_METHODS = (
    "refresh",
    "run_sync",
    "execute",
    "scalar",
    "scalars",
    "get",
    "get_one",
    "stream",
    "stream_scalars",
    "delete",
    "delete_all",
    "merge",
    "merge_all",
    "flush",
    "connection",
    "rollback",
    "commit",
    "close",
    "reset",
    "invalidate",
)
"""What a session awaits."""


class _WatchedSession(Session):
    """A session that knows the connection of its transaction, and what befell it."""

    begun: Connection | None = None
    """Of the last transaction; closed after it."""

    facts: TransactionFacts | None = None
    """Of the last transaction."""

    settings: Mapping[str, str] | None = None
    """That PostgreSQL is told at the begin of each transaction, for as long as it lasts."""


@event.listens_for(_WatchedSession, "after_begin")
def _note_begin(
    session: _WatchedSession, _transaction: SessionTransaction, connection: Connection
) -> None:
    session.begun = connection
    if not connection.in_nested_transaction():
        session.facts = transaction_facts(connection)
        if session.settings is not None:
            calls = (func.set_config(*each, True) for each in session.settings.items())  # noqa: FBT003 - of PostgreSQL
            connection.execute(select(*calls))


class SerialSession(AsyncSession):
    """A session that resolvers of one operation use at the same time.

    Each of its methods waits for the one before to end. A task that calls one method from within
    another does not wait for itself.
    """

    sync_session: _WatchedSession

    def __init__(
        self, *arguments: Any, settings: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        super().__init__(*arguments, sync_session_class=_WatchedSession, **options)
        self.sync_session.settings = settings
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold the session for several steps that belong together."""
        task = asyncio.current_task()
        if self._holder is task:
            yield
            return
        async with self._lock:
            self._holder = task
            try:
                yield
            finally:
                self._holder = None

    @property
    def facts(self) -> TransactionFacts:
        """What the last transaction has suffered."""
        return self.sync_session.facts or TransactionFacts()

    @property
    def begun(self) -> Connection | None:
        """The connection of the transaction that is open; None without one."""
        begun = self.sync_session.begun
        return None if begun is None or begun.closed else begun

    @property
    def has_pending(self) -> bool:
        """Whether a flush would send something."""
        return bool(self.new or self.dirty or self.deleted)

    @override
    def begin_nested(self) -> AsyncSessionTransaction:
        return _Savepoint(self, nested=True)


class _Savepoint(AsyncSessionTransaction):
    """A savepoint that is set and released in turn. Others may use the session in between."""

    def turn(self) -> Any:
        """Hold the session."""
        session: Any = self.session
        return session.turn()


class _TakesTurns(Protocol):
    def turn(self) -> Any: ...


def _in_turn(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @wraps(method)
    async def run(self: _TakesTurns, *arguments: Any, **options: Any) -> Any:
        async with self.turn():
            return await method(self, *arguments, **options)

    return run


for _name in _METHODS:
    setattr(SerialSession, _name, _in_turn(getattr(AsyncSession, _name)))
for _name in ("start", "commit", "rollback", "__aexit__"):
    setattr(_Savepoint, _name, _in_turn(getattr(AsyncSessionTransaction, _name)))
