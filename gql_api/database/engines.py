"""The engines of one database: one for writes in sessions, one for reads in autocommit."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, NullPool, StaticPool
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    create_async_engine,
)

from gql_api.config import Isolation
from gql_api.database.closings import closings_of
from gql_api.database.connections import (
    READS_OPTION,
    ConnectionTimeouts,
    begin_deferred,
    connect_options,
    prepare_connections,
)
from gql_api.database.dialects import Dialect, dialect_named
from gql_api.database.direct import DirectReads
from gql_api.database.driver_errors import is_disconnect
from gql_api.database.pings import ping_idle_connections
from gql_api.database.pools import CountingPool, PoolStatus, is_overloaded, pool_counts
from gql_api.database.refusals import missing_driver, unusable_database
from gql_api.database.servers import ServerFacts, read_server, require_server
from gql_api.database.sessions import SerialSession
from gql_api.database.statements import StatementFeed
from gql_api.database.transactions import watch_transactions
from gql_api.database.turns import Turns
from gql_api.database.urls import is_memory_database, normalize_url


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """How connections are made and kept. What a database or pool lacks is left out."""

    pool_size: int = 5
    """Connections kept open by each engine, at most."""
    max_overflow: int = 10
    """Connections beyond the size, closed when none was lacking for half a minute."""
    pool_timeout_s: float = 10.0
    """Wait for a connection, at most; none is waited for when none came back for most of a second."""
    pool_max_waiting: int = 1000
    """Tasks that may wait for a connection of an engine; others are refused at once."""
    pool_recycle_s: int = 1800
    """Age at which a connection is replaced; -1 for never."""
    pool_pre_ping: bool | None = None
    """Test each connection before use. None: for writes only, as a failed read can be repeated, and
    on PostgreSQL only after a second without use."""
    echo: bool = False
    """Log every statement."""
    echo_pool: bool = False
    """Log what the pools do."""
    application_name: str = "gql_api"
    """Shown by the server beside each connection."""
    jit: bool = False
    """Let PostgreSQL compile statements."""
    statement_timeout_s: float | None = None
    """Longest run of a statement; None for the server's own setting. SQLite has none."""
    lock_timeout_s: float | None = None
    """Longest wait for a lock; None for the server's own setting, on SQLite for 30 seconds."""
    idle_in_transaction_timeout_s: float | None = None
    """Longest pause within a transaction, after which the server ends it; None for its own setting.
    SQLite has none."""
    schema_translate_map: Mapping[str | None, str | None] | None = None
    """Schema in the models to schema in the database; None is the default schema."""
    null_pool: bool = False
    """Make each connection anew: for engines used from several event loops."""


_DEFAULTS = EngineOptions()
_READS = {
    "isolation_level": "AUTOCOMMIT",
    "skip_autocommit_rollback": True,
    "pool_reset_on_return": None,
}
_SESSION: Mapping[str, Any] = {
    "expire_on_commit": False,
    "autoflush": False,
    "close_resets_only": False,
}
_SNAPSHOT = "snapshot"


class Database:
    """A database in use: its engines, and the ways to its connections.

    An SQLite database in memory is one connection. Whoever works with a session there holds
    `exclusive` for as long as the session lives; `read_connection` waits for it. Reads that belong
    to the session's work use the session's own connection.
    """

    __slots__ = (
        "_closings",
        "_engines",
        "_turns",
        "dialect",
        "direct_reads",
        "read_engine",
        "statements",
        "url",
        "write_engine",
    )

    def __init__(
        self, url: URL, write_engine: AsyncEngine, read_engine: AsyncEngine, turns: Turns | None
    ) -> None:
        self.url = url
        self.dialect: Dialect = dialect_named(write_engine.dialect.name)
        self.write_engine = write_engine
        self.read_engine = read_engine
        self.statements = StatementFeed()
        self.statements.follow(write_engine.sync_engine)
        if turns is None:  # else both engines share one dialect
            self.statements.follow(read_engine.sync_engine)
        self.direct_reads = DirectReads.of(read_engine.sync_engine, self.statements)
        self._turns = turns
        self._closings = closings_of(write_engine, read_engine)
        self._engines: dict[str | None, AsyncEngine] = {None: write_engine}

    def session(
        self, isolation: Isolation | None = None, settings: Mapping[str, str] | None = None
    ) -> SerialSession:
        """Make a session for writes. No I/O; the caller closes it, and cannot use it afterwards.

        On SQLite its transaction holds the write lock of the database from its first statement on.

        Args:
            isolation: Of its transaction; None for the database's own. SQLite has only one.
            settings: That PostgreSQL is told for each transaction, by one more statement.
        """
        return SerialSession(self._engine_of(isolation), settings=settings, **_SESSION)

    def snapshot_session(self, settings: Mapping[str, str] | None = None) -> SerialSession:
        """Make a session for reads of one moment: a transaction that only reads.

        No I/O; the caller closes it. On SQLite in a file it waits for no writer and stops none.

        Args:
            settings: As of ``session``.
        """
        return SerialSession(self._snapshot_engine(), settings=settings, **_SESSION)

    def read_connection(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Take a connection for reads out of the pool: autocommit, no BEGIN, no ROLLBACK, no reset.

        Cost:
            No statement of its own.
        """
        if self._turns is None:
            return self.read_engine.connect()
        return self._only_connection(self._turns)

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        """Hold the only connection of a database in memory; of no effect elsewhere.

        Raises:
            RuntimeError: This task holds it already, and would wait for itself.
        """
        return nullcontext() if self._turns is None else self._turns.turn()

    async def check(
        self,
        *,
        needs_time_zones: bool = False,
        search_configurations: Collection[str] = (),
        needs_row_level_security: bool = False,
    ) -> None:
        """Find out whether the database answers, and can do what is asked of it.

        Args:
            needs_time_zones: Whether rows are grouped by spans of time in zones.
            search_configurations: Of text search, those that columns name.
            needs_row_level_security: Whether policies of the database must hold.

        Cost:
            One statement; two after a lost connection.

        Raises:
            DatabaseError: It cannot be used; the message names it, the cause and the fix.
        """
        require_server(
            await self.server(),
            needs_time_zones=needs_time_zones,
            search_configurations=search_configurations,
            needs_row_level_security=needs_row_level_security,
        )

    async def server(self) -> ServerFacts:
        """Ask the server about itself.

        Cost:
            One statement; two after a lost connection.

        Raises:
            DatabaseError: It cannot be used.
        """
        try:
            try:
                return await self._read_server()
            except DBAPIError as error:
                if not is_disconnect(error):
                    raise
                return await self._read_server()
        # TypeError, ValueError: the driver refuses an option of the address.
        except (SQLAlchemyError, OSError, TypeError, ValueError) as error:
            raise unusable_database(self.url, error) from error

    def pool_status(self) -> PoolStatus:
        """Read the figures of both pools. No I/O."""
        return PoolStatus(
            write=pool_counts(self.write_engine.pool), read=pool_counts(self.read_engine.pool)
        )

    @property
    def is_overloaded(self) -> bool:
        """Whether who wants a connection of one of the pools is refused at once."""
        return any(is_overloaded(each.pool) for each in (self.write_engine, self.read_engine))

    @property
    def may_cancel(self) -> bool:
        """Whether a statement may be cut off: a database in memory is gone with its connection."""
        return self._turns is None

    async def dispose(self) -> None:
        """Close the connections of both pools; those in use close when they come back."""
        await self._closings.finished()
        await self.read_engine.dispose()
        await self.write_engine.dispose()

    def _engine_of(self, isolation: Isolation | None) -> AsyncEngine:
        """Return a view of the engine for writes; all of them share its pool."""
        if self.dialect.name == "sqlite":
            isolation = None
        if isolation not in self._engines:
            view = self.write_engine.execution_options(isolation_level=isolation)
            self._engines[isolation] = view
        return self._engines[isolation]

    def _snapshot_engine(self) -> AsyncEngine:
        """Return a view of an engine whose transactions see one moment."""
        if _SNAPSHOT not in self._engines:
            if self.dialect.name == "sqlite":
                view = self.write_engine.execution_options(**{READS_OPTION: True})
                begin_deferred(view.sync_engine)
            else:
                view = self.read_engine.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                watch_transactions(view.sync_engine)
            self._engines[_SNAPSHOT] = view
        return self._engines[_SNAPSHOT]

    async def _read_server(self) -> ServerFacts:
        async with self.read_connection() as connection:
            return await connection.run_sync(read_server)

    @asynccontextmanager
    async def _only_connection(self, turns: Turns) -> AsyncIterator[AsyncConnection]:
        async with turns.turn(), self.read_engine.connect() as connection:
            yield connection


def open_database(url: str | URL, options: EngineOptions = _DEFAULTS) -> Database:
    """Make the engines of a database. No I/O: the first use connects.

    Args:
        url: As for `normalize_url`.
        options: How connections are made and kept.

    Raises:
        DatabaseError: The address cannot be used, or its driver is not installed.
    """
    normal = normalize_url(
        url if isinstance(url, str) else url.render_as_string(hide_password=False)
    )
    try:
        if is_memory_database(normal):
            write_engine = _engine(normal, options, {"poolclass": StaticPool})
            reads = write_engine.execution_options(**{READS_OPTION: True})
            return Database(normal, write_engine, reads, Turns())
        pool = _pool_settings(options)
        ping_reads = options.pool_pre_ping is True
        write_engine = _write_engine(normal, options, pool)
        reads = _engine(normal, options, {**pool, **_READS, "pool_pre_ping": ping_reads})
    except ImportError as error:
        raise missing_driver(normal, error) from error
    return Database(normal, write_engine, reads, None)


def _write_engine(url: URL, options: EngineOptions, pool: dict[str, Any]) -> AsyncEngine:
    if options.pool_pre_ping is None and url.get_backend_name() == "postgresql":
        engine = _engine(url, options, pool)
        ping_idle_connections(engine.sync_engine)
        return engine
    return _engine(url, options, {**pool, "pool_pre_ping": options.pool_pre_ping is not False})


def _engine(url: URL, options: EngineOptions, settings: dict[str, Any]) -> AsyncEngine:
    address, connect_args = connect_options(
        url,
        application_name=options.application_name,
        jit=options.jit,
        timeouts=ConnectionTimeouts(
            statement_s=options.statement_timeout_s,
            lock_s=options.lock_timeout_s,
            idle_in_transaction_s=options.idle_in_transaction_timeout_s,
        ),
    )
    schemas = options.schema_translate_map
    execution_options = {} if schemas is None else {"schema_translate_map": dict(schemas)}
    engine = create_async_engine(
        address,
        connect_args=connect_args,
        echo=options.echo,
        echo_pool=options.echo_pool,
        execution_options=execution_options,
        **settings,
    )
    if isinstance(engine.pool, CountingPool):
        engine.pool.max_waiting = options.pool_max_waiting
    is_autocommit = "isolation_level" in settings
    prepare_connections(engine.sync_engine, is_autocommit=is_autocommit)
    if not is_autocommit:  # `DirectReads` steps aside for listeners of its engine
        watch_transactions(engine.sync_engine)
    return engine


def _pool_settings(options: EngineOptions) -> dict[str, Any]:
    if options.null_pool:
        return {"poolclass": NullPool}
    return {
        "poolclass": CountingPool,
        "pool_size": options.pool_size,
        "max_overflow": options.max_overflow,
        "pool_timeout": options.pool_timeout_s,
        "pool_recycle": options.pool_recycle_s,
    }
