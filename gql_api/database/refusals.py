"""One line for the operator where a database cannot be used: the cause and the fix."""

from typing import Any

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from gql_api.database.urls import masked_url
from gql_api.errors import DatabaseError

_START = "Start the server, or correct host and port in the database URL."
_SIGN_IN = "Correct the user and password in the database URL."
_CREATE = "Create the database, or correct its name in the database URL."
_FIXES = {
    "28P01": _SIGN_IN,
    "28000": _SIGN_IN,
    "3D000": _CREATE,
    1044: _SIGN_IN,
    1045: _SIGN_IN,
    1698: _SIGN_IN,
    1049: _CREATE,
    2002: _START,
    2003: _START,
}
_FILE_FIX = "Correct the path in the database URL, or create its folder and make it writable."
_OTHER_FIX = "Check the database URL."


def unusable_database(url: URL, error: BaseException) -> DatabaseError:
    """Tell why a database cannot be used.

    Args:
        url: The address; its password is not shown.
        error: What connecting or the first statement raised.
    """
    cause: Any = error.driver_exception if isinstance(error, DBAPIError) else error
    message = f"Cannot use the database {masked_url(url)}: {_one_line(cause)}."
    return DatabaseError(message, fix=_fix(url, cause))


def missing_driver(url: URL, error: ImportError) -> DatabaseError:
    """Tell which extra installs the driver of a database."""
    extra = {"sqlite": "sqlite", "mysql": "mysql"}.get(url.get_backend_name(), "all")
    driver = error.name or url.get_driver_name()
    message = f"The driver {driver} of {url.get_backend_name()} is not installed."
    return DatabaseError(message, fix=f"Install gql-api[{extra}].")


def _one_line(cause: BaseException) -> str:
    if isinstance(cause, TimeoutError) and not str(cause):
        return "no answer in time"
    texts = [str(argument) for argument in cause.args if isinstance(argument, str)]
    text = " ".join(texts) or str(cause) or type(cause).__name__
    return text.splitlines()[0].rstrip(" .")


def _fix(url: URL, cause: Any) -> str:
    if url.get_backend_name() == "sqlite":
        return _FILE_FIX
    if isinstance(cause, OSError):
        return _START
    number = cause.args[0] if cause.args and isinstance(cause.args[0], int) else None
    return _FIXES.get(number or getattr(cause, "sqlstate", None) or 0, _OTHER_FIX)
