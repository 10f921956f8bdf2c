"""Dialects by name."""

import pytest

from gql_api.database.dialects import MYSQL, POSTGRESQL, SQLITE, dialect_named
from gql_api.errors import DatabaseError


@pytest.mark.parametrize(
    ("name", "dialect"),
    [
        pytest.param("postgresql", POSTGRESQL, id="postgresql"),
        pytest.param("sqlite", SQLITE, id="sqlite"),
        pytest.param("mysql", MYSQL, id="mysql"),
        pytest.param("mariadb", MYSQL, id="mariadb"),
    ],
)
def test_known(name, dialect):
    """A dialect goes by its SQLAlchemy name; MariaDB counts as MySQL."""
    assert dialect_named(name) is dialect


def test_unknown():
    """Another database is refused with the list of those that work."""
    with pytest.raises(DatabaseError) as refused:
        dialect_named("mssql")

    assert str(refused.value) == (
        "The database dialect 'mssql' is not supported. "
        "Use one of postgresql, sqlite, mysql, mariadb."
    )
