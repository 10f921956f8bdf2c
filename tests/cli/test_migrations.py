"""The migrations of the bundled application, run by the command."""

import re

import pytest
from sqlalchemy import func, inspect, select

from gql_api.app.main import application
from gql_api.cli.databases import Address
from gql_api.cli.migrations import HeadCheck, Migrations, migrations_of, require_migrations
from gql_api.database.engines import Database, open_database
from gql_api.errors import ConfigurationError, DatabaseError
from gql_api.server.application import Application
from tests.fixtures.statements import count_statements


def migrations_for(url: str) -> Migrations:
    """Give the bundled migrations for a database."""
    return require_migrations(application, Address(url))


async def test_ways(database_url: str):
    """A database goes to the head, back, and tells where it is."""
    migrations = migrations_for(database_url)

    assert await migrations.current() == ()
    await migrations.upgrade()
    assert await migrations.current() == migrations.heads
    await migrations.downgrade("0002")
    assert await migrations.current() == ("0002",)


async def test_asking_makes_nothing(postgres: Database, postgres_url: str):
    """Reading the revision of an empty database leaves it empty."""
    assert await migrations_for(postgres_url).current() == ()

    async with postgres.read_connection() as connection:
        names = await connection.run_sync(lambda each: inspect(each).get_schema_names())
    assert "app" not in names


async def test_behind(postgres_url: str):
    """A database behind the head is refused with both revisions and the command to run."""
    migrations = migrations_for(postgres_url)
    await migrations.upgrade("0002")

    with pytest.raises(DatabaseError) as refused:
        await migrations.require_head()

    head = migrations.heads[0]
    assert str(refused.value).endswith(
        f" is at revision 0002; the head is {head}. Run gql-api db upgrade."
    )


async def test_never_migrated(sqlite_url: str):
    """A database without any revision is refused as not set up."""
    with pytest.raises(DatabaseError, match=r"is not set up; the head is \d+\. Run gql-api db"):
        await migrations_for(sqlite_url).require_head()


async def test_newer_database(sqlite_url: str):
    """A database that is newer than the program passes: old processes go on during a release."""
    migrations = migrations_for(sqlite_url)
    await migrations.upgrade()
    database = open_database(sqlite_url)
    async with database.read_connection() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    await database.dispose()

    await migrations.require_head()

    assert await migrations.current() == ("9999",)
    assert not migrations.known(("9999",))


async def test_memory():
    """A database in memory cannot be migrated, and is refused."""
    with pytest.raises(DatabaseError, match="A database in memory is empty at each start"):
        await migrations_for("sqlite://").require_head()


async def test_unknown_revision(sqlite_url: str):
    """A revision that does not exist is one line."""
    with pytest.raises(DatabaseError) as refused:
        await migrations_for(sqlite_url).upgrade("7777")

    assert str(refused.value) == (
        "The migrations cannot run: Can't locate revision identified by '7777'. "
        "See gql-api db history."
    )


async def test_failing_migration(postgres: Database, postgres_url: str):
    """A migration that fails is one line with the cause, and leaves nothing of itself."""
    async with postgres.write_engine.begin() as connection:
        await connection.exec_driver_sql("CREATE SCHEMA app")
        await connection.exec_driver_sql("CREATE TABLE app.posts (id int)")

    with pytest.raises(DatabaseError, match=r'The migration of .* failed: .*"posts" already exist'):
        await migrations_for(postgres_url).upgrade()

    async with postgres.read_connection() as connection:
        names = await connection.run_sync(lambda each: inspect(each).get_table_names("app"))
    assert names == ["posts"]


async def test_check_is_remembered(postgres: Database, postgres_url: str):
    """The readiness check asks the database once in a while, not for each caller."""
    migrations = migrations_for(postgres_url)
    await migrations.upgrade()
    check = HeadCheck(migrations)
    await check(postgres)
    await migrations.downgrade("0003")

    with count_statements(postgres) as sent:
        await check(postgres)

    assert sent == []
    with pytest.raises(DatabaseError):
        await HeadCheck(migrations)(postgres)


async def test_next_number(sqlite_url: str):
    """New revisions count on."""
    migrations = migrations_for(sqlite_url)

    assert migrations._next_number() == f"{int(migrations.heads[0]) + 1:04d}"


def test_statements(capsys: pytest.CaptureFixture[str]):
    """The statements of an upgrade are printed without a connection."""
    migrations_for("postgresql://nowhere.invalid/none").show_sql("0001")

    text = capsys.readouterr().out
    assert re.search(r"CREATE TABLE users", text)
    assert text.rstrip().endswith("COMMIT;")


def test_application_without_migrations():
    """An application without migrations is told apart."""
    bare = Application(
        name="bare", models=application.models, build_schema=application.build_schema
    )

    assert migrations_of(bare, Address("sqlite://")) is None
    with pytest.raises(ConfigurationError, match=r"bare has no migrations\. Make its tables"):
        require_migrations(bare, Address("sqlite://"))


async def test_rows_survive(postgres: Database, postgres_url: str):
    """A second upgrade changes nothing."""
    migrations = migrations_for(postgres_url)
    await migrations.upgrade()
    async with postgres.write_engine.begin() as connection:
        await connection.exec_driver_sql("INSERT INTO app.tags (name) VALUES ('kept')")

    await migrations.upgrade()

    async with postgres.read_connection() as connection:
        table = application.models.metadata.tables["app.tags"]
        assert await connection.scalar(select(func.count()).select_from(table)) == 1
