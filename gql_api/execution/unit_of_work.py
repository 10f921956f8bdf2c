"""The unit of work: one session and one transaction per operation or request.

The only ``commit()`` of the project stands here.
"""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from gql_api.database.engines import Database
from gql_api.loading.readers import SessionReader

_LOG = logging.getLogger(__name__)


class UnitOfWork:
    """One session whose changes are committed together, or not at all.

    Args:
        database: Where the session is opened, when it is first entered.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stack = AsyncExitStack()
        self._session: AsyncSession | None = None
        self._reader: SessionReader | None = None
        self._started_at = 0.0
        self.has_failed = False
        self.failed_field: str | None = None
        self.fields: list[str] = []

    async def __aenter__(self) -> "UnitOfWork":
        """Open the session; its transaction begins with the first statement."""
        await self._stack.enter_async_context(self._database.exclusive())
        self._session = await self._stack.enter_async_context(self._database.session())
        self._reader = SessionReader(self._session)
        self._started_at = time.perf_counter()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Close the session: what was not committed is rolled back."""
        await self._stack.aclose()

    @property
    def session(self) -> AsyncSession:
        """The session.

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

    async def finish(self) -> None:
        """Commit, or roll back after a failure; log how long the transaction took.

        Raises:
            DBAPIError: The commit failed; nothing was written.

        Cost:
            One COMMIT or ROLLBACK, if there was any statement.
        """
        outcome = "rolled back" if self.has_failed else "committed"
        try:
            if self.has_failed:
                await self.session.rollback()
            else:
                await self.session.commit()
        except BaseException:
            outcome = "failed"
            raise
        finally:
            duration_ms = (time.perf_counter() - self._started_at) * 1000
            facts = {"outcome": outcome, "duration_ms": round(duration_ms, 2)}
            _LOG.info("transaction %s", outcome, extra=facts)


@asynccontextmanager
async def unit_of_work(database: Database) -> AsyncIterator[UnitOfWork]:
    """Open a unit of work that commits at the end of the block, and rolls back on any exception.

    For plain routes and jobs beside GraphQL: nothing within the block commits.
    """
    async with UnitOfWork(database) as unit:
        try:
            yield unit
        except BaseException:
            unit.fail()
            await unit.finish()
            raise
        await unit.finish()
