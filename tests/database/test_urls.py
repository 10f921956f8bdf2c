"""Database addresses."""

import pytest
from sqlalchemy import make_url

from gql_api.database.urls import is_memory_database, masked_url, normalize_url
from gql_api.errors import DatabaseError


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("postgres://u@h/d", "postgresql+asyncpg"),
        ("postgresql://u@h/d", "postgresql+asyncpg"),
        ("postgresql+asyncpg://u@h/d", "postgresql+asyncpg"),
        ("mysql://u@h/d", "mysql+asyncmy"),
        ("mysql+aiomysql://u@h/d", "mysql+asyncmy"),
        ("mysql+asyncmy://u@h/d", "mysql+asyncmy"),
        ("mariadb://u@h/d", "mysql+asyncmy"),
        ("mariadb+asyncmy://u@h/d", "mysql+asyncmy"),
        ("sqlite://", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:///d", "sqlite+aiosqlite"),
        (" postgresql://u@h/d\n", "postgresql+asyncpg"),
    ],
)
def test_driver(text, driver):
    """An address gets the async driver of its database."""
    assert normalize_url(text).drivername == driver


@pytest.mark.parametrize(
    ("scheme", "driver", "advice"),
    [
        ("postgresql+psycopg2", "psycopg2", "postgresql+asyncpg:// or just postgresql://"),
        ("postgresql+psycopg", "psycopg", "postgresql+asyncpg:// or just postgresql://"),
        ("mysql+pymysql", "pymysql", "mysql+asyncmy:// or just mysql://"),
        ("mariadb+mariadbconnector", "mariadbconnector", "mysql+asyncmy:// or just mysql://"),
        ("sqlite+pysqlite", "pysqlite", "sqlite+aiosqlite:// or just sqlite://"),
    ],
)
def test_other_driver(scheme, driver, advice):
    """Another driver is refused in one line that names the right one and hides the password."""
    with pytest.raises(DatabaseError) as refused:
        normalize_url(f"{scheme}://user:secret@host/name")

    assert str(refused.value) == (
        f"The database URL {scheme}://user:***@host/name names the unsupported driver {driver}. "
        f"Use {advice}."
    )


def test_unknown_scheme():
    """Another database is refused."""
    with pytest.raises(DatabaseError) as refused:
        normalize_url("mssql://user:secret@host/name")

    assert str(refused.value) == (
        "The database URL mssql://user:***@host/name has an unknown scheme. "
        "It must begin with postgresql://, sqlite:// or mysql://."
    )


@pytest.mark.parametrize("text", ["localhost", "postgresql://u:secret@h:port/d", "//secret"])
def test_unreadable(text):
    """A text that is no address is refused and not repeated: a password may be in it."""
    with pytest.raises(DatabaseError, match=r"^The database URL cannot be read\.") as refused:
        normalize_url(text)

    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("text", ["", "  "])
def test_empty(text):
    """An empty text is refused."""
    with pytest.raises(DatabaseError, match=r"^The database URL is empty\. It must begin with "):
        normalize_url(text)


def test_password():
    """A percent-escaped password arrives decoded."""
    password = normalize_url("postgresql://u:p%25%40%2Fs@h/d").password

    assert password == "p%@/s"  # noqa: S105 - an invented one


def test_libpq_options():
    """Options of libpq get the driver's names."""
    url = normalize_url("postgres://u@h/d?sslmode=require&connect_timeout=3&x=1")

    assert dict(url.query) == {"ssl": "require", "timeout": "3", "x": "1"}


def test_masked():
    """No secret of an address is rendered, wherever it stands."""
    text = masked_url(make_url("mysql+asyncmy://u:secret@h/d?passwd=secret&charset=utf8mb4"))

    assert "secret" not in text
    assert text.startswith("mysql+asyncmy://u:***@h/d?")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sqlite://", True),
        ("sqlite:///:memory:", True),
        ("sqlite:///file:x?mode=memory&cache=shared&uri=true", True),
        ("sqlite:///file.db", False),
        ("postgresql://u@h/:memory:", False),
    ],
)
def test_memory(text, expected):
    """A database in memory is known by its address."""
    assert is_memory_database(normalize_url(text)) is expected
