"""What each supported database can say in SQL, as facts that need no connection.

The facts hold for the oldest supported servers. MySQL and MariaDB are one dialect: only what both
have counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from gql_api.errors import DatabaseError

DialectName = Literal["postgresql", "sqlite", "mysql"]

OLDEST_VERSIONS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"PostgreSQL": (15, 0), "SQLite": (3, 35), "MariaDB": (10, 6), "MySQL": (8, 0)}
)
"""The oldest supported version of each product."""


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
    has_enums: bool
    """Enumerations are types that refuse other values."""
    has_infinity: bool
    """A column of floating-point numbers may hold infinity, or what is no number."""
    has_text_search: bool
    """Texts are searched by words, with ranks, without an index of their own."""
    has_json_containment: bool
    """Containment in JSON documents means what ``@>`` of PostgreSQL means."""
    has_row_values: bool
    """``(a, b) < (1, 2)`` and ``(a, b) IN ((1, 2), ...)`` exist."""
    has_lateral: bool
    """``LATERAL`` exists, and ``unnest`` of array parameters to join it to."""
    has_row_locks: bool
    """``SELECT ... FOR UPDATE`` exists; SQLite locks the whole database instead."""
    has_deferral: bool
    """``SET CONSTRAINTS`` exists."""
    max_parameters: int
    """Parameters of one statement, at most."""


POSTGRESQL = Dialect(
    name="postgresql",
    has_schemas=True,
    has_ilike=True,
    has_nulls_order=True,
    nulls_are_largest=True,
    has_arrays=True,
    has_enums=True,
    has_infinity=True,
    has_text_search=True,
    has_json_containment=True,
    has_row_values=True,
    has_lateral=True,
    has_row_locks=True,
    has_deferral=True,
    max_parameters=32_767,
)

SQLITE = Dialect(
    name="sqlite",
    has_schemas=False,
    has_ilike=False,
    has_nulls_order=True,
    nulls_are_largest=False,
    has_arrays=False,
    has_enums=False,
    has_infinity=True,
    has_text_search=False,
    has_json_containment=True,
    has_row_values=True,
    has_lateral=False,
    has_row_locks=False,
    has_deferral=False,
    max_parameters=32_766,
)

MYSQL = Dialect(
    name="mysql",
    has_schemas=False,
    has_ilike=False,
    has_nulls_order=False,
    nulls_are_largest=False,
    has_arrays=False,
    has_enums=True,
    has_infinity=False,
    has_text_search=False,
    has_json_containment=False,
    has_row_values=True,
    has_lateral=False,
    has_row_locks=True,
    has_deferral=False,
    max_parameters=65_535,
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
