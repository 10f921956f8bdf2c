"""Database addresses as people write them, turned into addresses of the supported async drivers."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from gql_api.errors import DatabaseError

_BACKENDS = {
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
}
_DRIVERS = {"postgresql": "asyncpg", "mysql": "asyncmy", "sqlite": "aiosqlite"}
_EQUIVALENT_DRIVERS = {"aiomysql": "asyncmy"}
# Options of libpq that providers put into their addresses, under asyncpg's names.
_POSTGRESQL_OPTIONS = {"sslmode": "ssl", "connect_timeout": "timeout"}
_SECRET_OPTIONS = frozenset({"password", "passwd", "sslpassword", "ssl_password"})
_SCHEMES = "postgresql://, sqlite:// or mysql://"


def normalize_url(text: str) -> URL:
    """Turn a database address into one for the driver that is used.

    ``postgres://`` and ``postgresql://`` get asyncpg, ``mysql://``, ``mysql+aiomysql://`` and
    ``mariadb://`` get asyncmy, ``sqlite://`` gets aiosqlite. The libpq options ``sslmode`` and
    ``connect_timeout`` are translated.

    Args:
        text: The address; percent-escapes in user name and password are decoded.

    Raises:
        DatabaseError: It cannot be read, or names another database or driver. The message hides the
            password.
    """
    url = _parse(text)
    backend_name, _, driver_name = url.drivername.partition("+")
    backend = _BACKENDS.get(backend_name)
    if backend is None:
        message = f"The database URL {masked_url(url)} has an unknown scheme."
        raise DatabaseError(message, fix=f"It must begin with {_SCHEMES}.")
    driver = _DRIVERS[backend]
    if driver_name and _EQUIVALENT_DRIVERS.get(driver_name, driver_name) != driver:
        message = f"The database URL {masked_url(url)} names the unsupported driver {driver_name}."
        raise DatabaseError(message, fix=f"Use {backend}+{driver}:// or just {backend}://.")
    if backend == "postgresql":
        url = _translate_options(url)
    return url.set(drivername=f"{backend}+{driver}")


def masked_url(url: URL) -> str:
    """Render an address for messages and logs, without its secrets."""
    hidden = {name: "***" for name in url.query if name.lower() in _SECRET_OPTIONS}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def is_memory_database(url: URL) -> bool:
    """Tell whether the address is that of an SQLite database in memory."""
    if url.get_backend_name() != "sqlite":
        return False
    database = url.database or ":memory:"
    return ":memory:" in database or url.query.get("mode") == "memory" or "mode=memory" in database


def _parse(text: str) -> URL:
    if not text.strip():
        message = "The database URL is empty."
        raise DatabaseError(message, fix=f"It must begin with {_SCHEMES}.")
    try:
        return make_url(text.strip())
    except (ArgumentError, ValueError):
        # The text is not shown, and not chained: without a parse, its password cannot be found and
        # hidden.
        message = "The database URL cannot be read."
        example = "postgresql://user:password@host:5432/name"
        fix = f"It must look like {example} and begin with {_SCHEMES}."
        raise DatabaseError(message, fix=fix) from None


def _translate_options(url: URL) -> URL:
    renamed = {
        new: url.query[old]
        for old, new in _POSTGRESQL_OPTIONS.items()
        if old in url.query and new not in url.query
    }
    return url.difference_update_query(_POSTGRESQL_OPTIONS).update_query_dict(renamed)
