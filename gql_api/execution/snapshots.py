"""Queries that read one moment of the database, whatever others write meanwhile."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from gql_api.database.engines import Database
from gql_api.loading.readers import SessionReader


class Snapshot:
    """The session of a query, in a transaction that only reads.

    Args:
        session: Its statements run one at a time.
        reader: Reads in that session.
    """

    __slots__ = ("reader", "session")

    def __init__(self, session: AsyncSession, reader: SessionReader) -> None:
        self.session = session
        self.reader = reader


@asynccontextmanager
async def open_snapshot(
    database: Database, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Snapshot]:
    """Open a snapshot; the moment is that of the first statement.

    Args:
        database: That is read.
        settings: That PostgreSQL is told for the transaction.

    Cost:
        One connection for as long as the block lasts, BEGIN and ROLLBACK; one statement for settings.
    """
    async with database.exclusive(), database.snapshot_session(settings) as session:
        yield Snapshot(session, SessionReader(session, database.direct_reads))
