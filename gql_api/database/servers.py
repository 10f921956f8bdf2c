"""What a database server says about itself."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, literal_column, select
from sqlalchemy.exc import SQLAlchemyError

from gql_api.database.engines import Database
from gql_api.database.refusals import unusable_database


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """One server, at one moment."""

    product: str
    """``PostgreSQL``, ``MariaDB``, ``MySQL`` or ``SQLite``."""
    version: str
    """Numbers with dots."""
    max_connections: int | None
    """Connections of all clients together, at most; None without a limit."""


async def read_server(database: Database) -> ServerFacts:
    """Ask a server about itself.

    Raises:
        DatabaseError: It cannot be used.

    Cost:
        One statement, none on SQLite.
    """
    try:
        async with database.read_connection() as connection:
            return await connection.run_sync(_read)
    except (SQLAlchemyError, OSError) as error:
        raise unusable_database(database.url, error) from error


def _read(connection: Connection) -> ServerFacts:
    numbers = connection.dialect.server_version_info or ()
    version = ".".join(str(number) for number in numbers if isinstance(number, int))
    match connection.dialect.name:
        case "postgresql":
            limit = connection.scalar(select(func.current_setting("max_connections")))
            return ServerFacts(
                product="PostgreSQL", version=version, max_connections=int(str(limit))
            )
        case "sqlite":
            return ServerFacts(product="SQLite", version=version, max_connections=None)
        case _:
            is_mariadb = getattr(connection.dialect, "is_mariadb", False)
            limit = connection.scalar(select(literal_column("@@max_connections")))
            return ServerFacts(
                product="MariaDB" if is_mariadb else "MySQL",
                version=version,
                max_connections=int(str(limit)),
            )
