"""What a database server says about itself, and whether that is enough."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, literal_column, null, select

from gql_api.database.dialects import OLDEST_VERSIONS
from gql_api.errors import DatabaseError

_UNICODE = frozenset({"UTF8", "UTF-8", "UTF8MB4"})

_SEARCHES = """ARRAY(
    SELECT cfgname::text FROM pg_ts_config WHERE pg_ts_config_is_visible(oid)
    UNION
    SELECT nspname || '.' || cfgname
    FROM pg_ts_config JOIN pg_namespace ON pg_namespace.oid = cfgnamespace
)"""
_BYPASSES = (
    "(SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """One server, at one moment."""

    product: str
    """``PostgreSQL``, ``MariaDB``, ``MySQL`` or ``SQLite``."""
    numbers: tuple[int, ...]
    """Numbers of the version, most significant first."""
    encoding: str
    """Of the texts that are sent and stored, as the server calls it."""
    max_connections: int | None
    """Connections of all clients together, at most; None without a limit."""
    has_time_zones: bool = True
    """Whether it knows time zones by name: MySQL and MariaDB do once their tables are filled."""
    search_configurations: frozenset[str] | None = None
    """Of text search, with and without their schemas; None where there is no such search."""
    bypasses_row_level_security: bool = False
    """Whether no policy of the database holds for the role that is signed in."""

    @property
    def version(self) -> str:
        """Numbers with dots."""
        return ".".join(map(str, self.numbers))


def read_server(connection: Connection) -> ServerFacts:
    """Ask a server about itself.

    Cost:
        One statement.
    """
    known = connection.dialect.server_version_info or ()
    numbers = tuple(number for number in known if isinstance(number, int))
    zones: ColumnElement[Any] = literal(value=True)
    searches: ColumnElement[Any] = null()
    bypasses: ColumnElement[Any] = literal(value=False)
    encoding: ColumnElement[Any]
    limit: ColumnElement[Any]
    match connection.dialect.name:
        case "postgresql":
            product, encoding = "PostgreSQL", func.current_setting("server_encoding")
            limit = func.current_setting("max_connections")
            searches, bypasses = literal_column(_SEARCHES), literal_column(_BYPASSES)
        case "sqlite":
            # the encoding of a file takes a PRAGMA, and is Unicode always
            product, encoding, limit = "SQLite", literal("UTF-8"), literal(None)
        case _:
            is_mariadb = getattr(connection.dialect, "is_mariadb", False)
            product = "MariaDB" if is_mariadb else "MySQL"
            encoding = literal_column("@@character_set_connection")
            limit = literal_column("@@max_connections")
            zones = func.convert_tz("2000-01-01 00:00:00", "+00:00", "Europe/Paris").is_not(None)
    asked = select(encoding, limit, zones, searches, bypasses)
    encoded, limited, is_zoned, found, is_exempt = connection.execute(asked).one()
    return ServerFacts(
        product=product,
        numbers=numbers,
        encoding=str(encoded),
        max_connections=None if limited is None else int(limited),
        has_time_zones=bool(is_zoned),
        search_configurations=None if found is None else frozenset(found),
        bypasses_row_level_security=bool(is_exempt),
    )


def require_server(
    facts: ServerFacts,
    *,
    needs_time_zones: bool = False,
    search_configurations: Collection[str] = (),
    needs_row_level_security: bool = False,
) -> None:
    """Refuse a server that lacks what statements are made for.

    Args:
        facts: What it says about itself.
        needs_time_zones: Whether rows are grouped by spans of time in zones.
        search_configurations: Those that columns name; where there is text search they must exist.
        needs_row_level_security: Whether policies of the database must hold.

    Raises:
        DatabaseError: It is too old, its texts cannot hold every character, it knows no zones,
            lacks a text search configuration, or lets the role see every row.
    """
    if needs_row_level_security and facts.bypasses_row_level_security:
        message = "Row-level security does not hold for the role that signs in to the database."
        fix = "Sign in with a role that has neither SUPERUSER nor BYPASSRLS."
        raise DatabaseError(message, fix=fix)
    oldest = OLDEST_VERSIONS[facts.product]
    if facts.numbers[: len(oldest)] < oldest:
        wanted = ".".join(map(str, oldest)).removesuffix(".0")
        message = (
            f"The server is {facts.product} {facts.version}; the oldest supported is {wanted}."
        )
        raise DatabaseError(message, fix="Use a newer server.")
    if facts.encoding.upper() not in _UNICODE:
        message = f"The database holds texts as {facts.encoding}, which lacks most characters."
        raise DatabaseError(message, fix="Move the data to a database made with ENCODING 'UTF8'.")
    if needs_time_zones and not facts.has_time_zones:
        message = "The server's time-zone tables are empty, and groups by time zone need them."
        fix = (
            "Fill them with mariadb-tzinfo-to-sql (mysql_tzinfo_to_sql), or turn groups off: "
            "GQL_API_GROUPS=false, ApiConfig(has_groups=False)."
        )
        raise DatabaseError(message, fix=fix)
    known = facts.search_configurations
    # the server folds the names in the statements
    searches = {name.lower() for name in search_configurations}
    lacking = () if known is None else sorted(searches - known)
    if lacking:
        message = f"The database has no text search configuration {', '.join(lacking)}."
        fix = 'Create it, or name another: info={"gql": {"search": "simple"}}.'
        raise DatabaseError(message, fix=fix)
