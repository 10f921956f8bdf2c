"""The unit of work: one session and one transaction per operation or request.

The only ``commit()`` of the project stands here.
"""

import asyncio
import inspect
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from gql_api.access.subject_values import LoadValue, SubjectValues, ValueLoaders
from gql_api.access.subjects import Subject
from gql_api.config import Isolation
from gql_api.database.engines import Database
from gql_api.database.sessions import SerialSession
from gql_api.loading.readers import SessionReader

_LOG = logging.getLogger(__name__)

AfterCommit = Callable[[], Any]
"""Work for after the end of a transaction: a function without arguments, async or not."""


class UnitOfWork:
    """One session whose changes are committed together, or not at all.

    Args:
        database: Where the session is opened, when it is first entered.
        isolation: Of its transaction; None for the database's own.
        settings: That PostgreSQL is told for the transaction.
    """

    def __init__(
        self,
        database: Database,
        isolation: Isolation | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._isolation = isolation
        self._stack = AsyncExitStack()
        self._session: SerialSession | None = None
        self._reader: SessionReader | None = None
        self._started_at = 0.0
        self._is_immediate = False
        self._after_commit: list[AfterCommit] = []
        self._after_rollback: list[AfterCommit] = []
        self._values: dict[ValueLoaders, SubjectValues] = {}
        self.has_failed = False
        self.has_committed = False
        self.is_committing = False
        self.failed_field: str | None = None
        self.fields: list[str] = []

    async def __aenter__(self) -> "UnitOfWork":
        """Open the session; its transaction begins with the first statement."""
        await self._stack.enter_async_context(self._database.exclusive())
        session = self._database.session(self._isolation, self._settings)
        self._session = await self._stack.enter_async_context(session)
        self._reader = SessionReader(session, self._database.direct_reads)
        self._started_at = time.perf_counter()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Close the session: what was not committed is rolled back; do what waited for the end."""
        try:
            await self._stack.aclose()
        finally:
            await self._conclude()

    @property
    def session(self) -> AsyncSession:
        """The session; what its users await runs one at a time.

        Raises:
            RuntimeError: The unit has not been entered.
        """
        if self._session is None:
            message = "The unit of work is not open: its session exists within `async with` only."
            raise RuntimeError(message)
        return self._session

    @property
    def reader(self) -> SessionReader:
        """Reads in the session's transaction."""
        if self._reader is None:
            message = "The unit of work is not open: its session exists within `async with` only."
            raise RuntimeError(message)
        return self._reader

    def subject_values(self, loaders: ValueLoaders) -> SubjectValues | None:
        """Return what loads values that policies name, once per unit; None without loaders."""
        if loaders and loaders not in self._values:
            self._values[loaders] = SubjectValues(loaders, self._load_value)
        return self._values.get(loaders)

    async def _load_value(self, load: LoadValue, subject: Subject) -> Any:
        return await load(subject, self.session)

    @property
    def conflict(self) -> DBAPIError | None:
        """The error by which the transaction lost against another one, even if it was caught."""
        return None if self._session is None else self._session.facts.conflict

    def begin(self, name: str) -> None:
        """Note that a root field runs, by its response key."""
        self.fields.append(name)

    def fail(self, name: str | None = None) -> None:
        """Decide that nothing will be committed.

        Args:
            name: Response key of the root field that failed.
        """
        self.has_failed = True
        self.failed_field = self.failed_field or name

    async def require_constraints(self) -> None:
        """Flush, and have deferred constraints checked now rather than at the commit.

        Raises:
            DBAPIError: One is violated.

        Cost:
            One statement.
        """
        await self.session.flush()
        await self._set_constraints("IMMEDIATE")
        self._is_immediate = True

    async def defer_constraints(self) -> None:
        """Let deferred constraints be broken again for a while, if they have been checked.

        Cost:
            One statement after `require_constraints`, else none.
        """
        if self._is_immediate:
            await self._set_constraints("DEFERRED")
            self._is_immediate = False

    async def _set_constraints(self, mode: str) -> None:
        await self.session.run_sync(
            lambda session: session.connection().exec_driver_sql(f"SET CONSTRAINTS ALL {mode}")
        )

    def after_commit(self, work: AfterCommit) -> None:
        """Have something done once the changes are committed; never if they are not.

        Args:
            work: Runs in order, before the answer leaves. It cannot undo anything: what it raises is
                logged.
        """
        self._after_commit.append(work)

    def after_rollback(self, work: AfterCommit) -> None:
        """Have something done once the changes are undone; never if they are committed.

        Args:
            work: Runs in order, before the answer leaves, with no transaction open. What it raises
                is logged.
        """
        self._after_rollback.append(work)

    async def finish(self) -> None:
        """Commit, or roll back after a failure; log how long the transaction took.

        Raises:
            DBAPIError: The commit failed, or a statement before it whose error somebody caught;
                nothing was written.

        Cost:
            One COMMIT or ROLLBACK, if there was any statement.
        """
        outcome = "failed"
        try:
            lost = None if self._session is None else self._session.facts.lost
            if self.has_failed or lost is not None:
                await self.session.rollback()
            else:
                await _uninterrupted(self._commit())
            if lost is not None and not self.has_failed:
                raise lost
            outcome = "committed" if self.has_committed else "rolled back"
        finally:
            duration_ms = (time.perf_counter() - self._started_at) * 1000
            facts = {"outcome": outcome, "duration_ms": round(duration_ms, 2)}
            _LOG.info("transaction %s", outcome, extra=facts)

    async def _conclude(self) -> None:
        """Do what waits for the end that there was: once."""
        works = self._after_commit if self.has_committed else self._after_rollback
        self._after_commit, self._after_rollback = [], []
        for work in works:
            try:
                result = work()
                if inspect.isawaitable(result):
                    await result
            except Exception:  # noqa: BLE001 - what is committed stays, and so does its answer
                _LOG.exception("work after a transaction failed")

    async def _commit(self) -> None:
        self.is_committing = True
        await self.session.commit()
        self.has_committed = True


async def _uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """Await something to its end, even if this task is cancelled meanwhile; then be cancelled.

    Cancelled a second time, it is not waited for any longer.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.cancelled():
            task.exception()  # else asyncio complains that nobody asked for it
        raise


@asynccontextmanager
async def unit_of_work(
    database: Database, isolation: Isolation | None = None, *, told: Subject | None = None
) -> AsyncIterator[UnitOfWork]:
    """Open a unit of work that commits at the end of the block, and rolls back on any exception.

    For plain routes and jobs beside GraphQL: nothing within the block commits. A transaction that
    loses against another one is not repeated here, since the block runs only once.

    Args:
        database: Where the session is opened.
        isolation: Of its transaction; None for the database's own.
        told: Whom row-level security of PostgreSQL is told of; None for nobody.
    """
    settings = None if told is None else told.settings
    async with UnitOfWork(database, isolation, settings) as unit:
        try:
            yield unit
        except BaseException:
            unit.fail()
            await unit.finish()
            raise
        await unit.finish()
