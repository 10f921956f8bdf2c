"""What each supported database can say in SQL, as facts that need no connection.

The facts hold for the oldest supported servers: PostgreSQL 15, SQLite 3.35, MySQL 8.0 and MariaDB
10.6. MySQL and MariaDB are one dialect: only what both have counts.
"""

from dataclasses import dataclass
from typing import Literal

from gql_api.errors import DatabaseError

DialectName = Literal["postgresql", "sqlite", "mysql"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The capabilities of one kind of database."""

    name: DialectName
    """As in SQLAlchemy, ``mysql`` for MariaDB too."""
    has_schemas: bool
    """Tables live in named schemas within one database."""
    has_ilike: bool
    """``ILIKE`` exists; elsewhere case is folded by a function."""
    has_nulls_order: bool
    """``NULLS FIRST`` and ``NULLS LAST`` exist; elsewhere a sort key on ``IS NULL`` stands in."""
    nulls_are_largest: bool
    """Without ``NULLS ...``, nulls come last when ascending."""
    has_arrays: bool
    """Array columns exist, and a list of values binds as one array parameter."""
    has_row_values: bool
    """``(a, b) < (1, 2)`` and ``(a, b) IN ((1, 2), ...)`` exist."""
    has_window: bool
    """Window functions exist."""
    has_lateral: bool
    """``LATERAL`` joins exist."""
    has_distinct_on: bool
    """``DISTINCT ON (...)`` exists."""
    has_filter_clause: bool
    """``sum(x) FILTER (WHERE ...)`` exists."""
    has_json_rendering: bool
    """Whole results can be built as JSON text by the server, equal to what Python would write."""
    has_insert_returning: bool
    """``INSERT ... RETURNING`` exists."""
    has_update_returning: bool
    """``UPDATE`` and ``DELETE ... RETURNING`` exist."""
    has_row_locks: bool
    """``SELECT ... FOR UPDATE`` exists; SQLite locks the whole database instead."""
    has_deferred_constraints: bool
    """Constraints may be checked at commit."""
    has_native_enum: bool
    """Enums are a type of their own or part of the column's type."""
    has_native_uuid: bool
    """UUIDs are a type; elsewhere they are text."""
    has_time_zones: bool
    """Date-times with a time zone are a type; elsewhere they are stored in UTC without one."""
    has_exact_decimals: bool
    """Decimals are exact; SQLite computes in floating point."""
    has_text_search: bool
    """Full-text search over any text expression exists."""
    max_parameters: int
    """Parameters of one statement, at most."""
    max_identifier_bytes: int | None
    """Longer names are cut or refused; None without a limit."""


POSTGRESQL = Dialect(
    name="postgresql",
    has_schemas=True,
    has_ilike=True,
    has_nulls_order=True,
    nulls_are_largest=True,
    has_arrays=True,
    has_row_values=True,
    has_window=True,
    has_lateral=True,
    has_distinct_on=True,
    has_filter_clause=True,
    has_json_rendering=True,
    has_insert_returning=True,
    has_update_returning=True,
    has_row_locks=True,
    has_deferred_constraints=True,
    has_native_enum=True,
    has_native_uuid=True,
    has_time_zones=True,
    has_exact_decimals=True,
    has_text_search=True,
    max_parameters=32_767,
    max_identifier_bytes=63,
)

SQLITE = Dialect(
    name="sqlite",
    has_schemas=False,
    has_ilike=False,
    has_nulls_order=True,
    nulls_are_largest=False,
    has_arrays=False,
    has_row_values=True,
    has_window=True,
    has_lateral=False,
    has_distinct_on=False,
    has_filter_clause=True,
    has_json_rendering=False,
    has_insert_returning=True,
    has_update_returning=True,
    has_row_locks=False,
    has_deferred_constraints=True,
    has_native_enum=False,
    has_native_uuid=False,
    has_time_zones=False,
    has_exact_decimals=False,
    has_text_search=False,
    max_parameters=32_766,
    max_identifier_bytes=None,
)

MYSQL = Dialect(
    name="mysql",
    has_schemas=False,
    has_ilike=False,
    has_nulls_order=False,
    nulls_are_largest=False,
    has_arrays=False,
    has_row_values=True,
    has_window=True,
    has_lateral=False,
    has_distinct_on=False,
    has_filter_clause=False,
    has_json_rendering=False,
    has_insert_returning=False,
    has_update_returning=False,
    has_row_locks=True,
    has_deferred_constraints=False,
    has_native_enum=True,
    has_native_uuid=False,
    has_time_zones=False,
    has_exact_decimals=True,
    has_text_search=False,
    max_parameters=65_535,
    max_identifier_bytes=64,
)

_DIALECTS = {
    "postgresql": POSTGRESQL,
    "sqlite": SQLITE,
    "mysql": MYSQL,
    "mariadb": MYSQL,
}


def dialect_named(name: str) -> Dialect:
    """Find a dialect.

    Args:
        name: As in SQLAlchemy: ``postgresql``, ``sqlite``, ``mysql`` or ``mariadb``.

    Raises:
        DatabaseError: No such dialect is supported.
    """
    dialect = _DIALECTS.get(name)
    if dialect is None:
        message = f"The database dialect {name!r} is not supported."
        raise DatabaseError(message, fix=f"Use one of {', '.join(_DIALECTS)}.")
    return dialect
