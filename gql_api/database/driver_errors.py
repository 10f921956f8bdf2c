"""What an exception of a driver says, as plain facts: constraint, columns, disconnect, conflict.

Pure. Facts come from codes where there are codes; texts are read only for names, and not in one
language alone.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.exc import DBAPIError

ConstraintKind = Literal[
    "unique",
    "foreign_key",
    "still_referenced",
    "check",
    "not_null",
    "exclusion",
    "too_long",
    "out_of_range",
    "invalid",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintFacts:
    """Why the database refused a row. What it did not say is None or empty."""

    kind: ConstraintKind
    """``foreign_key``: the referenced row is missing; ``still_referenced``: it cannot go. SQLite
    always says ``foreign_key``. ``invalid``: a value that the type cannot hold."""
    constraint: str | None = None
    """Name in the database; for unnamed checks of SQLite their expression."""
    table: str | None = None
    """Table of the constraint: the referencing one for foreign keys."""
    schema: str | None = None
    """Schema of the table; the database on MySQL."""
    columns: tuple[str, ...] = ()
    """Names in the database: columns of the key, or the one column that is wrong."""
    expression: str | None = None
    """Text of a key over expressions; PostgreSQL's alone."""


_POSTGRESQL_KINDS: Mapping[str, ConstraintKind] = {
    "23505": "unique",
    "23503": "foreign_key",
    "23001": "still_referenced",
    "23514": "check",
    "23502": "not_null",
    "23P01": "exclusion",
    "22001": "too_long",
    "22003": "out_of_range",
    "22008": "out_of_range",
    "22000": "invalid",
    "22007": "invalid",
    "22021": "invalid",
    "22P02": "invalid",
    "22P05": "invalid",
}
_MYSQL_KINDS: Mapping[int, ConstraintKind] = {
    1062: "unique",
    1451: "still_referenced",
    1452: "foreign_key",
    1048: "not_null",
    1364: "not_null",
    3819: "check",
    4025: "check",
    1406: "too_long",
    1264: "out_of_range",
    1265: "invalid",
    1292: "invalid",
    1366: "invalid",
}
_SQLITE_MESSAGE = re.compile(
    r"(?P<kind>UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: (?P<rest>.*))?", re.DOTALL
)
_SQLITE_KINDS: Mapping[str, ConstraintKind] = {
    "UNIQUE": "unique",
    "NOT NULL": "not_null",
    "CHECK": "check",
    "FOREIGN KEY": "foreign_key",
}
_SQLITE_STORAGE = re.compile(
    r"cannot store \w+ value in \w+ column (?P<table>.+)\.(?P<column>[^.]+)$"
)

# Three quoted names in the first line, whatever the language and its quotes: both tables and the
# constraint.
_STILL_REFERENCED = re.compile(r'\A.*?(?:["«„][^"»“\n]+["»“][^"«„\n]*){3}')

# Serialization failure, deadlock, lock wait timeout.
_SERIALIZATION_STATES = frozenset({"40001", "40P01", "55P03"})
# Deadlock, lock wait timeout, row changed since it was read.
_SERIALIZATION_NUMBERS = frozenset({1213, 1205, 1020})
_NO_SUCH_TABLE = 1146
_OVERFLOW_STATE = "22003"
_DENIED_STATE = "42501"
_OVERFLOW_NUMBER = 1690
_STATEMENT_ENDED_STATE = "57014"
# The longest run of a statement on MySQL and MariaDB, and one that was ended by KILL QUERY.
_STATEMENT_ENDED_NUMBERS = frozenset({3024, 1969, 1317})
_SQLITE_BUSY = frozenset({5, 6})
# Data exceptions, values that a function does not take, and those beyond a limit.
_DATA_STATES = re.compile(r"22...|0A000|54...")
# A mismatch, no such cast, no such operator or function.
_TYPE_STATES = frozenset({"42804", "42846", "42883"})
# Connection exceptions, and a server that stops, crashed or starts.
_DISCONNECT_STATES = re.compile(r"08...|57P0[123]")
# Too many connections, and a server that is gone, cannot be reached or stops.
_DISCONNECT_NUMBERS = frozenset({1040, 1053, 2002, 2003, 2006, 2013, 2055})

# asyncpg's; also the name of SQLAlchemy's stand-in, which has no code
_OUTDATED_STATEMENTS = frozenset({"InvalidCachedStatementError", "OutdatedSchemaCacheError"})


def constraint_facts(error: DBAPIError) -> ConstraintFacts | None:
    """Read the facts of a refused row; None where the error is of another kind."""
    driver_error = _driver_error(error)
    if _number(driver_error) is not None:
        return _mysql_facts(driver_error)
    if isinstance(_sqlstate(driver_error), str):
        return _postgresql_facts(driver_error)
    return _sqlite_facts(str(driver_error))


def is_policy_refusal(error: DBAPIError) -> bool:
    """Tell whether a policy of PostgreSQL's row-level security refused a row.

    A missing privilege has the same code: only the text tells them apart, in English.
    """
    driver_error = _driver_error(error)
    is_denied = _sqlstate(driver_error) == _DENIED_STATE
    return is_denied and "row-level security" in str(driver_error)


def is_data_fault(error: DBAPIError) -> bool:
    """Tell whether a value, not the statement or the server, made PostgreSQL fail."""
    state = _sqlstate(_driver_error(error))
    return isinstance(state, str) and _DATA_STATES.fullmatch(state) is not None


def is_type_fault(error: DBAPIError) -> bool:
    """Tell whether PostgreSQL's columns are of other types than the models say."""
    return _sqlstate(_driver_error(error)) in _TYPE_STATES


def is_overflow(error: BaseException) -> bool:
    """Tell whether a number was computed that is beyond its type: a sum of floats, say."""
    if not isinstance(error, DBAPIError):
        return False
    driver_error = _driver_error(error)
    return _sqlstate(driver_error) == _OVERFLOW_STATE or _number(driver_error) == _OVERFLOW_NUMBER


def is_disconnect(error: BaseException) -> bool:
    """Tell whether the connection is gone or could not be made: another attempt may succeed."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, OSError | TimeoutError)
    driver_error = _driver_error(error)
    state = _sqlstate(driver_error)
    return (
        error.connection_invalidated
        or isinstance(driver_error, OSError)
        or (isinstance(state, str) and _DISCONNECT_STATES.fullmatch(state) is not None)
        or _number(driver_error) in _DISCONNECT_NUMBERS
    )


def is_statement_ended(error: BaseException) -> bool:
    """Tell whether the server ended a statement: it ran too long, or somebody asked for it."""
    if not isinstance(error, DBAPIError):
        return False
    driver_error = _driver_error(error)
    return (
        _sqlstate(driver_error) == _STATEMENT_ENDED_STATE
        or _number(driver_error) in _STATEMENT_ENDED_NUMBERS
    )


def is_outdated_statement(error: BaseException) -> bool:
    """Tell whether a prepared statement no longer fits its tables: a new one will.

    Args:
        error: Of SQLAlchemy or of asyncpg.
    """
    driver_error = _driver_error(error) if isinstance(error, DBAPIError) else error
    return type(driver_error).__name__ in _OUTDATED_STATEMENTS


def is_serialization_failure(error: BaseException) -> bool:
    """Tell whether the transaction lost against another one, and may succeed when repeated."""
    if not isinstance(error, DBAPIError):
        return False
    driver_error = _driver_error(error)
    code = getattr(driver_error, "sqlite_errorcode", None)
    return (
        _sqlstate(driver_error) in _SERIALIZATION_STATES
        or _number(driver_error) in _SERIALIZATION_NUMBERS
        # Extended codes of SQLite hold the plain one in their last byte.
        or (isinstance(code, int) and code & 0xFF in _SQLITE_BUSY)
    )


def _driver_error(error: DBAPIError) -> BaseException:
    """Return the driver's exception; SQLAlchemy's stand-in for the few that carry none."""
    try:
        return error.driver_exception
    except ValueError:
        return error.orig or error


def is_missing_table(error: DBAPIError) -> bool:
    """Tell whether a statement names a table that does not exist."""
    driver_error = error.driver_exception
    return (
        _sqlstate(driver_error) == "42P01"
        or _number(driver_error) == _NO_SUCH_TABLE
        or "no such table" in str(driver_error)
    )


def _sqlstate(driver_error: BaseException) -> object:
    return getattr(driver_error, "sqlstate", None)


def _number(driver_error: BaseException) -> int | None:
    first = driver_error.args[0] if driver_error.args else None
    return first if isinstance(first, int) else None


def _postgresql_facts(driver_error: Any) -> ConstraintFacts | None:
    kind = _POSTGRESQL_KINDS.get(driver_error.sqlstate)
    if kind is None:
        return None
    message = str(driver_error)
    if kind == "foreign_key" and _STILL_REFERENCED.search(message):
        # The message names the referenced table, too.
        kind = "still_referenced"
    if kind == "invalid" and "out of" in message:
        kind = "out_of_range"
    column = getattr(driver_error, "column_name", None)
    detail = getattr(driver_error, "detail", None)
    columns = (column,) if column else _key_columns(detail)
    has_expression = not columns and kind in {"unique", "exclusion"}
    return ConstraintFacts(
        kind=kind,
        constraint=getattr(driver_error, "constraint_name", None),
        table=getattr(driver_error, "table_name", None),
        schema=getattr(driver_error, "schema_name", None),
        columns=columns,
        expression=_key_expression(detail) if has_expression else None,
    )


def _key_expression(detail: str | None) -> str | None:
    """Read ``lower(a)`` from ``Key (lower(a))=(x) ...``; a key's values may look like anything."""
    match = re.search(r"\((?P<key>.+?)\)=\(", detail or "", re.DOTALL)
    return match["key"] if match else None


def _key_columns(detail: str | None) -> tuple[str, ...]:
    """Read ``a`` and ``b`` from ``Key (a, b)=(1, 2) ...``; nothing from keys over expressions."""
    match = re.search(r'\((?P<names>(?:"(?:[^"]|"")+"|[^()"])+)\)=\(', detail or "")
    if match is None:
        return ()
    names = re.findall(r'"((?:[^"]|"")+)"|([^",\s]+)', match["names"])
    return tuple(quoted.replace('""', '"') or plain for quoted, plain in names)


def _mysql_facts(driver_error: BaseException) -> ConstraintFacts | None:
    number = _number(driver_error)
    kind = _MYSQL_KINDS.get(number) if number is not None else None
    if kind is None:
        return None
    message = str(driver_error.args[1]) if len(driver_error.args) > 1 else ""
    return _MYSQL_READERS.get(kind, _mysql_column)(kind, message)


def _mysql_key(kind: ConstraintKind, message: str) -> ConstraintFacts:
    # Duplicate entry '1' for key 'users.email'; MariaDB leaves the table out.
    match = re.search(r"'(?:(?P<table>[^'.]+)\.)?(?P<name>[^']+)'\s*$", message)
    return ConstraintFacts(
        kind=kind,
        constraint=match["name"] if match else None,
        table=match["table"] if match else None,
    )


def _mysql_foreign_key(kind: ConstraintKind, message: str) -> ConstraintFacts:
    # ... (`db`.`posts`, CONSTRAINT `fk` FOREIGN KEY (`author_id`) REFERENCES `users` (`id`))
    match = re.search(
        r"`(?P<schema>[^`]+)`\.`(?P<table>[^`]+)`, CONSTRAINT `(?P<name>[^`]+)` "
        r"FOREIGN KEY \((?P<columns>[^)]+)\)",
        message,
    )
    if match is None:
        return ConstraintFacts(kind=kind)
    return ConstraintFacts(
        kind=kind,
        constraint=match["name"],
        table=match["table"],
        schema=match["schema"],
        columns=tuple(re.findall(r"`([^`]+)`", match["columns"])),
    )


def _mysql_check(kind: ConstraintKind, message: str) -> ConstraintFacts:
    # CONSTRAINT `positive` failed for `db`.`posts`; MySQL: Check constraint 'positive' is violated.
    names: list[str | None] = [*re.findall(r"[`']([^`']+)[`']", message), None, None, None]
    constraint, schema, table = names[:3]
    return ConstraintFacts(kind=kind, constraint=constraint, schema=schema, table=table)


def _mysql_column(kind: ConstraintKind, message: str) -> ConstraintFacts:
    # Column 'x' cannot be null; Data too long for column 'x' at row 1; MariaDB: `db`.`t`.`x`
    match = re.search(r"(?:[Cc]olumn|[Ff]ield) (?P<names>(?:[`'][^`']+[`']\.?)+)", message)
    found: list[str] = re.findall(r"[`']([^`']+)[`']", match["names"]) if match else []
    names: list[str | None] = [*reversed(found), None, None, None]
    column, table, schema = names[:3]
    return ConstraintFacts(
        kind=kind, schema=schema, table=table, columns=() if column is None else (column,)
    )


_MYSQL_READERS: Mapping[ConstraintKind, Callable[[ConstraintKind, str], ConstraintFacts]] = {
    "unique": _mysql_key,
    "foreign_key": _mysql_foreign_key,
    "still_referenced": _mysql_foreign_key,
    "check": _mysql_check,
}


def _sqlite_facts(message: str) -> ConstraintFacts | None:
    if storage := _SQLITE_STORAGE.search(message):
        return ConstraintFacts(kind="invalid", table=storage["table"], columns=(storage["column"],))
    match = _SQLITE_MESSAGE.match(message)
    if match is None:
        return None
    kind = _SQLITE_KINDS[match["kind"]]
    rest = match["rest"] or ""
    if kind == "check":
        return ConstraintFacts(kind=kind, constraint=rest or None)
    if index := re.fullmatch(r"index '(?P<name>.+)'", rest):
        return ConstraintFacts(kind=kind, constraint=index["name"])
    # posts.author_id, posts.slug
    names = [name.rpartition(".") for name in rest.split(", ")] if rest else []
    return ConstraintFacts(
        kind=kind,
        table=names[0][0] if names else None,
        columns=tuple(column for _, _, column in names),
    )
