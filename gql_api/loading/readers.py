"""Readers: where statements run. A query reads on connections of its own, a mutation in its session."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from gql_api.access.subject_values import SubjectValues
from gql_api.access.subjects import Subject
from gql_api.database.direct import DirectReads
from gql_api.database.driver_errors import is_disconnect, is_outdated_statement
from gql_api.database.engines import Database
from gql_api.database.kept import KeptStatement
from gql_api.database.sessions import SerialSession


class Reader(Protocol):
    """Runs statements that read."""

    async def fetch(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        """Run a statement and return all its rows.

        Cost:
            One statement.
        """
        ...

    async def fetch_text(
        self, statement: KeptStatement, parameters: Mapping[str, Any]
    ) -> bytes | str | None:
        """Run a statement of one row and one column, of text or of bytes, and return its value.

        Cost:
            One statement.
        """
        ...

    async def fetch_instances(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Run a statement that selects a model and return its instances.

        Cost:
            One statement.
        """
        ...


class RunningReads:
    """The tasks in which the reads of an operation run."""

    __slots__ = ("tasks",)

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[Any]] = set()

    def __enter__(self) -> None:
        """Begin a read in this task."""
        task = asyncio.current_task()
        if task is not None:
            self.tasks.add(task)

    def __exit__(self, *_error: object) -> None:
        """End it."""
        task = asyncio.current_task()
        if task is not None:
            self.tasks.discard(task)


class ConnectionReader:
    """Reads of a query: each takes a connection in autocommit for the time of its statement.

    A read that finds its connection broken is repeated once, on another; so is one whose prepared
    statement no longer fits the tables.
    """

    __slots__ = ("_database", "running")

    def __init__(self, database: Database) -> None:
        self._database = database
        self.running = RunningReads()
        """Those of rows and instances, which loaders run in tasks of their own."""

    async def fetch(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        """Run a statement on a read connection."""
        with self.running:
            try:
                return await self._fetch(statement, parameters)
            except DBAPIError as error:
                if not _may_repeat(error):
                    raise
            return await self._fetch(statement, parameters)

    async def _fetch(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        direct = self._database.direct_reads
        if direct is not None:
            rows = await direct.fetch(statement, parameters)
            if rows is not None:
                return rows
        async with self._database.read_connection() as connection:
            return list((await connection.execute(statement, parameters)).all())

    async def fetch_text(
        self, statement: KeptStatement, parameters: Mapping[str, Any]
    ) -> bytes | str | None:
        """Run a statement on a read connection."""
        direct = self._database.direct_reads
        try:
            value = None if direct is None else await direct.fetch_value(statement, parameters)
            if value is not None:
                found: bytes | str | None = value[0]
                return found
            return await self._fetch_text(statement, parameters)
        except DBAPIError as error:
            if not _may_repeat(error):
                raise
        return await self._fetch_text(statement, parameters)

    async def _fetch_text(
        self, statement: KeptStatement, parameters: Mapping[str, Any]
    ) -> bytes | str | None:
        found: bytes | str | None
        direct = self._database.direct_reads
        if direct is not None:
            value = await direct.fetch_value(statement, parameters)
            if value is not None:
                (found,) = value
                return found
        async with self._database.read_connection() as connection:
            found = await connection.scalar(statement.select, parameters)
            return found

    async def fetch_instances(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Run a statement on a read connection; the instances are detached."""
        with self.running:
            try:
                return await self._fetch_instances(statement, parameters)
            except DBAPIError as error:
                if not _may_repeat(error):
                    raise
            return await self._fetch_instances(statement, parameters)

    async def _fetch_instances(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Any]:
        async with self._database.read_connection() as connection:
            session = session_on(connection)
            return (await session.scalars(statement, parameters)).all()


def _may_repeat(error: DBAPIError) -> bool:
    return is_disconnect(error) or is_outdated_statement(error)


def session_on(connection: AsyncConnection) -> AsyncSession:
    """Make a session whose only job is to turn rows into instances; it owns nothing to close."""
    return AsyncSession(bind=connection, expire_on_commit=False, autoflush=False)


class SessionReader:
    """Reads of a mutation: on the session's own connection, one at a time, after a flush.

    Args:
        session: Of the mutation.
        direct: Sends statements past SQLAlchemy, where the driver has such a way.
    """

    def __init__(self, session: SerialSession, direct: DirectReads | None = None) -> None:
        self._session = session
        self._direct = direct
        self.running = RunningReads()
        """Those of rows and instances, which loaders run in tasks of their own."""

    async def fetch(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        """Run a statement in the session's transaction."""
        session = self._session
        with self.running:
            async with session.turn():
                return await self._fetch(session, statement, parameters)

    async def _fetch(
        self, session: SerialSession, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        if session.has_pending:
            await session.flush()
        if self._direct is not None and (begun := session.begun) is not None:
            rows = await self._direct.fetch_within(begun, statement, parameters)
            if rows is not None:
                return rows
        connection = await session.connection()
        return list((await connection.execute(statement, parameters)).all())

    async def fetch_text(
        self, statement: KeptStatement, parameters: Mapping[str, Any]
    ) -> bytes | str | None:
        """Run a statement in the session's transaction."""
        async with self._session.turn():
            await self._session.flush()
            connection = await self._session.connection()
            found: bytes | str | None = await connection.scalar(statement.select, parameters)
            return found

    async def fetch_instances(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Run a statement in the session's transaction; the instances belong to the session."""
        with self.running:
            async with self._session.turn():
                await self._session.flush()
                return (await self._session.scalars(statement, parameters)).all()


class ValuedReader:
    """A reader that has values of the subject loaded, where a statement's policies name them.

    Args:
        reader: Who runs the statements.
        values: Of the request.
        subject: Whose.
    """

    __slots__ = ("_subject", "_values", "reader")

    def __init__(self, reader: Reader, values: SubjectValues, subject: Subject) -> None:
        self.reader = reader
        self._values = values
        self._subject = subject

    async def fetch(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        """Run a statement with its values."""
        bound = await self._values.bound(statement, parameters, self._subject)
        return await self.reader.fetch(statement, bound)

    async def fetch_text(
        self, statement: KeptStatement, parameters: Mapping[str, Any]
    ) -> bytes | str | None:
        """Run a statement with its values."""
        bound = await self._values.bound(statement, parameters, self._subject)
        return await self.reader.fetch_text(statement, bound)

    async def fetch_instances(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Run a statement with its values."""
        bound = await self._values.bound(statement, parameters, self._subject)
        return await self.reader.fetch_instances(statement, bound)
