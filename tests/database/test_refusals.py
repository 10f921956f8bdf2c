"""Lines for the operator where a database cannot be used."""

import pytest
from sqlalchemy import make_url

from gql_api.database.engines import EngineOptions, open_database
from gql_api.database.refusals import unusable_database
from gql_api.errors import DatabaseError


async def refusal(url: str) -> str:
    database = open_database(url, EngineOptions(null_pool=True))
    with pytest.raises(DatabaseError) as refused:
        await database.check()
    await database.dispose()
    return str(refused.value)


async def test_missing_mariadb_database(mariadb_url):
    """A MariaDB database that does not exist is named, with the fix."""
    message = await refusal(mariadb_url.replace("/test_", "/absent_"))

    assert "Unknown database 'absent_" in message
    assert message.endswith("Create the database, or correct its name in the database URL.")


async def test_wrong_mariadb_password(mariadb_url):
    """A wrong password is told apart, and not shown."""
    url = make_url(mariadb_url).set(password="wr0ng")  # noqa: S106 - an invented one

    message = await refusal(url.render_as_string(hide_password=False))

    assert "Access denied for user" in message
    assert "wr0ng" not in message
    assert message.endswith("Correct the user and password in the database URL.")


@pytest.mark.usefixtures("without_bouncer")
async def test_wrong_postgresql_user(postgres_url):
    """A user that does not exist is told apart."""
    message = await refusal(postgres_url.replace("postgres@", "nobody@"))

    assert 'role "nobody" does not exist' in message
    assert message.endswith("Correct the user and password in the database URL.")


async def test_unknown_host():
    """A host without an address is told apart."""
    message = await refusal("postgresql://u@host.invalid/d")

    assert message.endswith("Start the server, or correct host and port in the database URL.")


def test_no_answer():
    """A silence has words of its own."""
    url = make_url("postgresql+asyncpg://u@h/d")

    assert unusable_database(url, TimeoutError()).message == (
        "Cannot use the database postgresql+asyncpg://u@h/d: no answer in time."
    )


def test_one_line():
    """Only the first line of a cause is shown."""
    url = make_url("postgresql+asyncpg://u@h/d")

    message = unusable_database(url, ValueError("first.\nsecond")).message

    assert message == "Cannot use the database postgresql+asyncpg://u@h/d: first."
