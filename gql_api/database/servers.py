"""What a database server says about itself, and whether that is enough."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, literal_column, select

from gql_api.database.dialects import OLDEST_VERSIONS
from gql_api.errors import DatabaseError

_UNICODE = frozenset({"UTF8", "UTF-8", "UTF8MB4"})


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
    encoding: ColumnElement[Any]
    limit: ColumnElement[Any]
    match connection.dialect.name:
        case "postgresql":
            product, encoding = "PostgreSQL", func.current_setting("server_encoding")
            limit = func.current_setting("max_connections")
        case "sqlite":
            # the encoding of a file takes a PRAGMA, and is Unicode always
            product, encoding, limit = "SQLite", literal("UTF-8"), literal(None)
        case _:
            is_mariadb = getattr(connection.dialect, "is_mariadb", False)
            product = "MariaDB" if is_mariadb else "MySQL"
            encoding = literal_column("@@character_set_connection")
            limit = literal_column("@@max_connections")
    encoded, limited = connection.execute(select(encoding, limit)).one()
    return ServerFacts(
        product=product,
        numbers=numbers,
        encoding=str(encoded),
        max_connections=None if limited is None else int(limited),
    )


def require_server(facts: ServerFacts) -> None:
    """Refuse a server that lacks what statements are made for.

    Raises:
        DatabaseError: It is too old, or its texts cannot hold every character.
    """
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
