"""What each driver is told when it connects, and what is set up on each new connection."""

import math
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import URL, AdaptedConnection, Connection, Dialect, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState

from gql_api.database.sqlite_functions import AGGREGATES, SCALARS
from gql_api.database.sqlite_types import COLSPECS
from gql_api.database.urls import is_memory_database
from gql_api.errors import DatabaseError

CONNECT_TIMEOUT_S = 10.0
BUSY_TIMEOUT_S = 30.0
READS_OPTION = "gql_reads"
"""Execution option of an engine whose connections begin no transaction."""

# Numbers in an address are text; asyncpg takes them as numbers only.
_ASYNCPG_NUMBERS: dict[str, type[int] | type[float]] = {
    "timeout": float,
    "command_timeout": float,
    "statement_cache_size": int,
    "max_cached_statement_lifetime": int,
    "max_cacheable_statement_size": int,
}
_ASYNCPG_TEXTS = frozenset(
    {
        "host",
        "port",
        "passfile",
        "user",
        "password",
        "database",
        "service",
        "servicefile",
        "ssl",
        "direct_tls",
        "target_session_attrs",
        "krbsrvname",
        "gsslib",
        "prepared_statement_cache_size",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTimeouts:
    """What a server is told to end by itself, in seconds; None leaves its own setting."""

    statement_s: float | None = None
    """Longest run of a statement."""
    lock_s: float | None = None
    """Longest wait for a lock."""
    idle_in_transaction_s: float | None = None
    """Longest pause within a transaction."""


_NO_TIMEOUTS = ConnectionTimeouts()
_MYSQL_SETTINGS = (
    "SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
)
_SQLITE_SETTINGS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA case_sensitive_like = ON",
)


def connect_options(
    url: URL, *, application_name: str, jit: bool, timeouts: ConnectionTimeouts = _NO_TIMEOUTS
) -> tuple[URL, dict[str, Any]]:
    """Give the address and the driver's own options to connect with.

    On PostgreSQL, options of the address that the driver does not know become settings of the
    server, as in libpq.

    Args:
        url: As from `normalize_url`.
        application_name: Shown by the server beside each connection, where it can.
        jit: Whether PostgreSQL may compile statements; not worth it for short ones.
        timeouts: What the server ends by itself. A setting in the address wins.

    Raises:
        DatabaseError: An option of the address is not the number that it must be.
    """
    match url.get_backend_name():
        case "postgresql":
            settings = {"application_name": application_name, "jit": "on" if jit else "off"}
            return _postgresql_options(url, {**settings, **_postgresql_timeouts(timeouts)})
        case "mysql":
            options = {
                "charset": "utf8mb4",
                "init_command": _MYSQL_SETTINGS + _mysql_timeouts(timeouts),
                "program_name": application_name,
            }
            return url.difference_update_query(["charset"]), options
        case _:
            return url, {"timeout": timeouts.lock_s or BUSY_TIMEOUT_S}


def prepare_connections(engine: Engine, *, is_autocommit: bool) -> None:
    """Set up the engine's dialect and every new connection of its pool."""
    event.listen(engine, "do_connect", _connect)
    if engine.dialect.name != "sqlite":
        return
    engine.dialect.colspecs = {**engine.dialect.colspecs, **COLSPECS}
    in_memory = is_memory_database(engine.url)

    @event.listens_for(engine, "connect")
    def set_up(connection: AdaptedConnection, _entry: ConnectionPoolEntry) -> None:
        connection.run_async(partial(_set_up_sqlite, in_memory=in_memory))

    if not is_autocommit:
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "reset", _end_sqlite)


def _connect(
    dialect: Dialect,
    _entry: ConnectionPoolEntry,
    arguments: tuple[Any, ...],
    options: dict[str, Any],
) -> Any:
    """Connect; what keeps from it is told apart from other errors of the system.

    Raises:
        ConnectionError: No server is there: its socket is missing, its name is unknown, or it does
            not answer.
    """
    try:
        return dialect.connect(*arguments, **options)
    except ConnectionError:
        raise
    except OSError as error:
        raise ConnectionError(*(error.args or ("no answer in time",))) from error


def begin_deferred(engine: Engine) -> None:
    """Let transactions of an engine of SQLite read one moment, and lock nothing."""

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")


def _postgresql_timeouts(timeouts: ConnectionTimeouts) -> dict[str, str]:
    """Return the settings, in milliseconds."""
    asked = {
        "statement_timeout": timeouts.statement_s,
        "lock_timeout": timeouts.lock_s,
        "idle_in_transaction_session_timeout": timeouts.idle_in_transaction_s,
    }
    return {name: str(round(each * 1000)) for name, each in asked.items() if each is not None}


def _mysql_timeouts(timeouts: ConnectionTimeouts) -> str:
    """Return further assignments; comments hold what only MariaDB or only MySQL knows.

    MySQL ends statements that read, and has no limit of pauses.
    """
    pieces = []
    if timeouts.statement_s is not None:
        pieces.append(
            f" /*M! , max_statement_time = {timeouts.statement_s:g} */"
            f" /*!50708 , max_execution_time = {round(timeouts.statement_s * 1000)} */"
        )
    if timeouts.lock_s is not None:
        # whole seconds, 1 at least
        pieces.append(f", innodb_lock_wait_timeout = {math.ceil(timeouts.lock_s)}")
    if timeouts.idle_in_transaction_s is not None:
        seconds = math.ceil(timeouts.idle_in_transaction_s)
        pieces.append(f" /*M!100300 , idle_transaction_timeout = {seconds} */")
    return "".join(pieces)


def _postgresql_options(url: URL, given: dict[str, str]) -> tuple[URL, dict[str, Any]]:
    settings: dict[str, Any] = {**given, "TimeZone": "UTC"}
    options: dict[str, Any] = {"timeout": CONNECT_TIMEOUT_S, "server_settings": settings}
    moved = [name for name in url.query if name not in _ASYNCPG_TEXTS]
    for name in moved:
        value = url.query[name]
        if name in _ASYNCPG_NUMBERS:
            options[name] = _number(name, str(value))
        elif name != "TimeZone":
            settings[name] = value
    return url.difference_update_query(moved), options


def _number(name: str, text: str) -> float:
    try:
        return _ASYNCPG_NUMBERS[name](text)
    except ValueError:
        message = f"The option {name}={text} of the database URL is not a number."
        raise DatabaseError(message, fix=f"Correct {name}, or leave it out.") from None


async def _set_up_sqlite(driver: Any, *, in_memory: bool) -> None:
    """Run the set-up on the driver's own thread, in one go."""

    def set_up() -> None:
        connection = driver._conn  # noqa: SLF001 - aggregates: inner only
        # The driver's own transactions begin late, and not at all before savepoints:
        # `_begin_sqlite` begins them.
        connection.isolation_level = None
        for statement in _SQLITE_SETTINGS:
            connection.execute(statement)
        if not in_memory:
            with suppress(
                sqlite3.OperationalError
            ):  # a file that cannot be written keeps its journal
                connection.execute("PRAGMA journal_mode = WAL")
        for name, count, function in SCALARS:
            connection.create_function(name, count, function, deterministic=True)
        for name, class_ in AGGREGATES:
            connection.create_aggregate(name, 1, class_)

    await driver._execute(set_up)  # noqa: SLF001 - see above


def _begin_sqlite(connection: Connection) -> None:
    if READS_OPTION not in connection.get_execution_options():
        # Not deferred: a transaction that reads and then writes would fail where another one wrote
        # in between.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _end_sqlite(connection: Any, _entry: ConnectionPoolEntry, state: PoolResetState) -> None:
    # A COMMIT that a deferred constraint refuses leaves the transaction open, and its lock held;
    # SQLAlchemy takes it for done.
    if state.asyncio_safe and connection.driver_connection.in_transaction:
        connection.rollback()
