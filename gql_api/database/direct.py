"""Reads on the driver's own connection: what SQLAlchemy would send and return, without its costs.

Around each statement SQLAlchemy makes a greenlet, a connection, a context and a result: more work
than a short read. Here a statement is compiled once, by SQLAlchemy, and then sent with asyncpg.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import CompileError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util import greenlet_spawn

from gql_api.database.driver_errors import is_outdated_statement
from gql_api.database.kept import KeptStatement
from gql_api.database.pools import CountingPool
from gql_api.database.statements import StatementFeed
from gql_api.database.transactions import note_error

_PREPARED_OPTION = "prepared_statement_cache_size"
_MAX_PREPARED = 100
"""Prepared statements of one connection, as in SQLAlchemy's dialect."""

_MISSING = object()
_STATEMENT_EVENTS = (
    "before_execute",
    "after_execute",
    "before_cursor_execute",
    "after_cursor_execute",
)
_INFO_KEY = "gql_prepared"

Process = Callable[[Any], Any]
_Statement = sa.Select[Any] | KeptStatement
_Compiled = WeakKeyDictionary[_Statement, "DirectStatement | None"]


@dataclass(frozen=True, slots=True, eq=False)
class DirectStatement:
    """A compiled statement. Compared by identity."""

    text: str
    slots: tuple[tuple[str, Any, Process | None], ...]
    """Name, default value and bind processor of each positional parameter."""
    types: tuple[Any, ...]
    """SQLAlchemy's type of each column of the result."""

    def arguments(self, parameters: Mapping[str, Any]) -> list[Any]:
        """Return what the driver is given for the parameters, in their order.

        Raises:
            KeyError: A parameter has no value.
        """
        found = []
        for name, default, process in self.slots:
            value = parameters.get(name, default)
            if value is _MISSING:
                raise KeyError(name)
            found.append(value if process is None else process(value))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    """A statement as one connection knows it."""

    statement: Any
    """Of asyncpg."""
    processors: tuple[tuple[int, Process], ...]
    """Index and result processor of each column whose values are converted."""

    def rows(self, records: list[Any]) -> Sequence[Sequence[Any]]:
        """Convert the driver's records into rows; records are rows where nothing is converted."""
        if not self.processors:
            return records
        rows = list(map(list, records))
        for index, process in self.processors:
            for row in rows:
                row[index] = process(row[index])
        return rows


class DirectReads:
    """Sends statements that read on idle connections of a pool, in autocommit.

    Args:
        engine: Of asyncpg, for reads.
        feed: Is told about each statement.
    """

    __slots__ = ("_engine", "_feed", "_max_prepared", "_statements")

    def __init__(self, engine: Engine, feed: StatementFeed) -> None:
        self._engine = engine
        self._feed = feed
        self._max_prepared = int(str(engine.url.query.get(_PREPARED_OPTION, _MAX_PREPARED)))
        self._statements: _Compiled = WeakKeyDictionary()

    @classmethod
    def of(cls, engine: Engine, feed: StatementFeed) -> "DirectReads | None":
        """Make them for an engine; None where its driver or its pool has no such way.

        Behind PgBouncer, which is told by the options of the address, nothing is prepared.
        """
        pool = engine.pool
        if engine.dialect.driver != "asyncpg" or not isinstance(pool, CountingPool):
            return None
        if engine.url.query.get(_PREPARED_OPTION) == "0" or pool._pre_ping:  # noqa: SLF001 - as set
            return None
        return cls(engine, feed)

    async def fetch(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]] | None:
        """Run a statement.

        Returns:
            The rows, or None where the statement must take the usual way, and nothing was sent.

        Cost:
            One statement; on a connection that does not know it, one more round trip.

        Raises:
            DBAPIError: As the usual way would raise it.
            sqlalchemy.exc.TimeoutError: No connection became free in time.
        """
        found = await self._run(statement, parameters)
        return None if found is None else found[0].rows(found[1])

    async def fetch_value(
        self, statement: KeptStatement, parameters: Mapping[str, Any]
    ) -> tuple[Any] | None:
        """Run a statement of one column, and return its first value as the driver gives it.

        Returns:
            A tuple of the value (None without rows); or None as in `fetch`.

        Cost:
            As of `fetch`.
        """
        found = await self._run(statement, parameters)
        if found is None:
            return None
        records = found[1]
        return (records[0][0] if records else None,)

    async def fetch_within(
        self, connection: Connection, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]] | None:
        """Run a statement in the transaction that a connection of SQLAlchemy is in.

        Args:
            connection: Of the same database; nobody else uses it meanwhile.
            statement: That reads.
            parameters: By name.

        Returns:
            As of `fetch`.

        Cost:
            As of `fetch`.
        """
        proxy: Any = connection.connection
        listeners = connection.engine.dispatch
        if (
            proxy.dbapi_connection._transaction is None  # noqa: SLF001 - SQLAlchemy begins it late
            or connection.engine._should_log_info()  # noqa: SLF001 - no public twin
            or any(getattr(listeners, name) for name in _STATEMENT_EVENTS)
        ):
            return None
        asked = self._asked(statement, parameters)
        if asked is None:
            return None
        direct, arguments = asked
        try:
            prepared, records = await self._send(proxy, direct, arguments)
        except Exception as error:
            raised = self._translated(proxy, error, direct, arguments)
            if getattr(raised, "connection_invalidated", False):
                await greenlet_spawn(connection.invalidate, error)
            elif isinstance(raised, DBAPIError):
                note_error(connection, raised)
            raise raised from error
        except BaseException as error:  # cancelled in mid-statement: nobody knows what comes next
            await asyncio.shield(greenlet_spawn(connection.invalidate, error))
            raise
        return prepared.rows(records)

    async def _run(
        self, statement: _Statement, parameters: Mapping[str, Any]
    ) -> tuple[_Prepared, list[Any]] | None:
        engine = self._engine
        pool: Any = engine.pool
        # whoever listens or logs is told by SQLAlchemy's own objects
        if engine._has_events or engine._should_log_info() or pool.dispatch.checkout:  # noqa: SLF001 - no public twins
            return None
        asked = self._asked(statement, parameters)
        if asked is None:
            return None
        entry = pool.lease_idle() or await pool.lease()
        if entry is None:
            return None
        return await self._run_on(entry, pool, *asked)

    def _asked(
        self, statement: _Statement, parameters: Mapping[str, Any]
    ) -> tuple[DirectStatement, list[Any]] | None:
        """Return the statement and its arguments; None where it must take the usual way."""
        direct = self._direct(statement)
        if direct is None:
            return None
        try:
            return direct, direct.arguments(parameters)
        except Exception:  # noqa: BLE001 - the usual way fails too, with SQLAlchemy's own error
            return None

    async def _run_on(
        self,
        entry: ConnectionPoolEntry,
        pool: CountingPool,
        direct: DirectStatement,
        arguments: list[Any],
    ) -> tuple[_Prepared, list[Any]]:
        try:
            try:
                found = await self._send(entry, direct, arguments)
            except Exception as error:
                if not is_outdated_statement(error):
                    raise
                await self._forget_types(entry)
                found = await self._send(entry, direct, arguments)
        except Exception as error:
            raised = self._translated(entry, error, direct, arguments)
            if getattr(raised, "connection_invalidated", False):
                pool.distrust(error)
                await pool.discard(entry, error)
            else:
                await pool.give_back(entry)
            raise raised from error
        except BaseException as error:  # cancelled in mid-statement: nobody knows what comes next
            await asyncio.shield(pool.discard(entry, error))
            raise
        if not pool.take_back(entry):
            await pool.give_back(entry)
        return found

    async def _send(
        self, entry: Any, direct: DirectStatement, arguments: list[Any]
    ) -> tuple[_Prepared, list[Any]]:
        known: dict[DirectStatement, _Prepared] = entry.info.setdefault(_INFO_KEY, {})
        prepared = known.pop(direct, None)
        if prepared is None:
            prepared = await self._prepare(entry, direct)
            if len(known) >= self._max_prepared:
                del known[next(iter(known))]
        known[direct] = prepared
        self._feed.tell(direct.text)
        return prepared, await prepared.statement.fetch(*arguments)

    async def _prepare(self, entry: ConnectionPoolEntry, direct: DirectStatement) -> _Prepared:
        driver: Any = entry.driver_connection
        statement = await driver.prepare(direct.text)
        dialect = self._engine.dialect
        processors = []
        attributes = statement.get_attributes()
        for index, (type_, attribute) in enumerate(zip(direct.types, attributes, strict=True)):
            process = type_._cached_result_processor(dialect, attribute.type.oid)  # noqa: SLF001 - as results do
            if process is not None:
                processors.append((index, process))
        return _Prepared(statement, tuple(processors))

    async def _forget_types(self, entry: Any) -> None:
        """Forget what was known of tables and types: they have changed."""
        entry.info.pop(_INFO_KEY, None)
        await entry.driver_connection.reload_schema_state()

    def _translated(
        self, entry: Any, error: Exception, direct: DirectStatement, arguments: list[Any]
    ) -> Exception:
        """Return the error that SQLAlchemy would raise."""
        dialect: Any = self._engine.dialect
        is_closed = entry.driver_connection.is_closed()
        translated = error
        try:
            entry.dbapi_connection._handle_exception(error)  # noqa: SLF001 - translates, and raises
        except Exception as raised:  # noqa: BLE001 - see above
            translated = raised
        if not isinstance(translated, dialect.loaded_dbapi.Error):
            return translated  # of the network, or a defect
        wrapped: Exception = DBAPIError.instance(
            direct.text,
            tuple(arguments),
            translated,
            dialect.loaded_dbapi.Error,
            hide_parameters=self._engine.hide_parameters,
            connection_invalidated=is_closed,
            dialect=dialect,
        )
        return wrapped

    def _direct(self, statement: _Statement) -> DirectStatement | None:
        """Return what is known of a statement: a look-up, as plans and caches keep statements."""
        try:
            return self._statements[statement]
        except KeyError:
            if not isinstance(statement, KeptStatement):
                direct = self._statements[statement] = _compile(statement, self._engine)
                return direct
            direct = self._statements[statement] = _compile(statement.select, self._engine)
            if direct is not None:
                statement.forget()
            return direct


def _compile(statement: sa.Select[Any], engine: Engine) -> DirectStatement | None:
    """Compile a statement; None where its text depends on values, or columns have no order."""
    schemas = engine.get_execution_options().get("schema_translate_map")
    options = {"schema_translate_map": schemas, "render_schema_translate": True} if schemas else {}
    try:
        compiled: Any = statement.compile(dialect=engine.dialect, **options)
    except CompileError:
        return None
    if not isinstance(compiled, SQLCompiler) or _is_unusual(compiled):
        return None
    slots = []
    for name in compiled.positiontup or ():
        parameter = compiled.binds[name]
        default = _MISSING if parameter.required else parameter.value
        process: Any = compiled._bind_processors.get(name)  # noqa: SLF001 - as executions do
        slots.append((parameter.key, default, process))
    types = tuple(each.type for each in compiled._result_columns)  # noqa: SLF001 - as results do
    return DirectStatement(str(compiled.string), tuple(slots), types)


def _is_unusual(compiled: Any) -> bool:
    return bool(
        compiled.post_compile_params
        or compiled.literal_execute_params
        or compiled.escaped_bind_names
        or compiled._collected_params  # noqa: SLF001 - as executions do
        or not compiled._ordered_columns  # noqa: SLF001 - as results do
        or any(each.callable for each in compiled.binds.values())
    )
