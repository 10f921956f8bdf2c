"""The migrations: up, down and up again on populated tables, equal to the models, as SQL too."""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from gql_api.app import models
from gql_api.app.migrations_config import URL_OPTION, alembic_config, migrations_folder
from gql_api.app.seeding import seed
from gql_api.database.engines import Database, EngineOptions, open_database

# SQLite cannot list indexes on expressions; `test_equal_to_the_models` compares their text instead.
pytestmark = pytest.mark.filterwarnings("ignore:.*expression-based index")

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")

# What the server itself says about indexes, constraints, defaults. Alembic compares no checks.
FACTS = {
    "postgresql": """
        SELECT indexdef FROM pg_indexes WHERE schemaname = 'app'
        UNION ALL
        SELECT conrelid::regclass::text || conname || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'app'::regnamespace
        UNION ALL
        SELECT table_name || column_name || coalesce(column_default, is_identity)
        FROM information_schema.columns WHERE table_schema = 'app'
        """,
    "sqlite": """
        SELECT replace(sql, ' main.', ' ') FROM sqlite_master WHERE type = 'index'
        UNION ALL
        SELECT m.name || f."from" || f."table" || f.on_delete
        FROM sqlite_master m, pragma_foreign_key_list(m.name) f
        UNION ALL
        SELECT m.name || c.name || c.type || c."notnull" || coalesce(c.dflt_value, '')
        FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'
        UNION ALL
        SELECT name || (length(sql) - length(replace(sql, 'CONSTRAINT ck_', 'CONSTRAINT ')))
            || (sql LIKE '%AUTOINCREMENT%') FROM sqlite_master WHERE type = 'table'
        """,
    "mysql": """
        SELECT concat(table_name, index_name, seq_in_index, column_name, non_unique)
        FROM information_schema.statistics WHERE table_schema = database()
        UNION ALL
        SELECT concat(table_name, constraint_name, check_clause)
        FROM information_schema.check_constraints WHERE constraint_schema = database()
        UNION ALL
        SELECT concat(table_name, column_name, column_type, extra, coalesce(column_default, '-'))
        FROM information_schema.columns WHERE table_schema = database()
        """,
}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An empty database, seen through the schema of the application."""
    is_postgresql = database_url.startswith("postgresql")
    translation = None if is_postgresql else models.SCHEMA_TRANSLATE_MAP
    options = EngineOptions(schema_translate_map=translation, null_pool=True)
    database = open_database(database_url, options)
    yield database
    await database.dispose()


async def run(action: Callable[..., Any], database: Database, *arguments: Any) -> None:
    """Run an Alembic command, which has an event loop of its own."""
    await asyncio.to_thread(action, alembic_config(database.url), *arguments)


async def tables(database: Database) -> set[str]:
    """List the tables of the application."""
    schema = "app" if database.dialect.has_schemas else None
    async with database.read_connection() as connection:
        return set(await connection.run_sync(lambda each: sa.inspect(each).get_table_names(schema)))


async def current(database: Database) -> str | None:
    """Read the revision that the database is at."""
    version = first_columns("alembic_version", "version_num")
    async with database.read_connection() as connection:
        return await connection.scalar(sa.select(version.c.version_num))


async def facts(database: Database) -> list[str]:
    """List indexes, constraints and defaults as the server writes them."""
    async with database.read_connection() as connection:
        found = (await connection.exec_driver_sql(FACTS[database.dialect.name])).scalars()
        return sorted(each for each in found if each and "alembic_version" not in each)


def first_columns(table: str, *names: str) -> sa.Table:
    """Describe a table by the columns that it has had from the first revision on."""
    return sa.Table(table, sa.MetaData(schema="app"), *(sa.Column(name) for name in names))


async def write_users_and_posts(database: Database) -> None:
    """Write two users with a post each, naming only columns of the first revision."""
    users = first_columns("users", "email", "username", "hashed_password")
    posts = first_columns("posts", "title", "content", "author_id")
    async with database.write_engine.begin() as connection:
        for name in ("ada", "grace"):
            row = {"email": f"{name}@example.org", "username": name, "hashed_password": "hash"}
            await connection.execute(sa.insert(users).values(row))
        for author_id in (1, 2):
            row = {"title": f"Post {author_id}", "content": "Text.", "author_id": author_id}
            await connection.execute(sa.insert(posts).values(row))


async def read_users_and_posts(database: Database) -> list[Any]:
    """Read who wrote what."""
    statement = (
        sa.select(models.User.id, models.User.username, models.Post.title, models.Post.is_published)
        .join(models.Post, models.Post.author_id == models.User.id)
        .order_by(models.User.id)
    )
    async with database.read_connection() as connection:
        return [tuple(row) for row in await connection.execute(statement)]


WRITTEN = [(1, "ada", "Post 1", False), (2, "grace", "Post 2", False)]


def test_story():
    """The revisions are in the order in which the story is told, in one line."""
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))

    assert tuple(each.revision for each in script.walk_revisions())[::-1] == REVISIONS
    assert script.get_heads() == ["0007"]


@pytest.mark.parametrize("revision", REVISIONS[1:])
async def test_down_and_up_keeps_rows(database: Database, revision: str):
    """Each revision can be undone and done again; users and posts stay as they were."""
    await run(command.upgrade, database, "0001")
    await write_users_and_posts(database)
    await run(command.upgrade, database, revision)
    assert await read_users_and_posts(database) == WRITTEN

    await run(command.downgrade, database, "-1")
    assert await current(database) == REVISIONS[REVISIONS.index(revision) - 1]
    assert await read_users_and_posts(database) == WRITTEN

    await run(command.upgrade, database, "+1")
    assert await current(database) == revision
    assert await read_users_and_posts(database) == WRITTEN


async def test_down_and_up_with_every_table_populated(database: Database):
    """From the head with demo data in all tables down to nothing, and up to the models again."""
    await run(command.upgrade, database, "head")
    await seed(database.write_engine)

    await run(command.downgrade, database, "base")
    assert await tables(database) == {"alembic_version"}

    await run(command.upgrade, database, "head")
    assert await tables(database) == {each.name for each in models.Base.metadata.sorted_tables} | {
        "alembic_version"
    }


async def test_last_revision_undone_leaves_its_forerunner(database: Database):
    """Undoing the last revision on full tables leaves what was there before it."""
    await run(command.upgrade, database, "head")
    await seed(database.write_engine)

    await run(command.downgrade, database, "0003")

    assert await tables(database) == {"alembic_version", "users", "posts"}
    async with database.read_connection() as connection:
        assert await connection.scalar(sa.select(sa.func.count(models.Post.id))) == 60


async def test_no_drift(database: Database):
    """Alembic finds nothing to migrate after the head: types, defaults, indexes, keys."""
    await run(command.upgrade, database, "head")

    await run(command.check, database)


async def test_equal_to_the_models(
    database: Database, request: pytest.FixtureRequest, database_url: str
):
    """Migrated tables have the indexes, checks and defaults of tables made from the models."""
    await run(command.upgrade, database, "head")
    migrated = await facts(database)
    await run(command.downgrade, database, "base")

    async with database.write_engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.create_all)

    assert len(migrated) > 60
    assert await facts(database) == migrated


def offline(action: Callable[..., Any], database: Database, revisions: str) -> str:
    """Let Alembic write SQL instead of running it."""
    config = alembic_config(database.url)
    config.output_buffer = io.StringIO()
    action(config, revisions, sql=True)
    return config.output_buffer.getvalue()


async def load(database: Database, script: str) -> None:
    """Load a script as the database's own client would."""
    async with database.read_connection() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        match database.dialect.name:
            case "postgresql":
                await driver.execute(script)
            case "sqlite":
                await driver.executescript(script)
            case _:
                for statement in script.split(";\n"):
                    if statement.strip():
                        await connection.exec_driver_sql(statement)


async def test_offline_upgrade(database: Database):
    """The SQL of all upgrades loads into a real server and leads to the models."""
    script = offline(command.upgrade, database, "head")

    await load(database, script)

    assert await current(database) == "0007"
    await run(command.check, database)


async def test_offline_downgrade(database: Database):
    """The SQL of all downgrades removes every table."""
    await run(command.upgrade, database, "head")
    script = offline(command.downgrade, database, "head:base")

    await load(database, script)

    assert await tables(database) - {"alembic_version"} == set()


async def test_failed_upgrade_leaves_nothing(database: Database):
    """An upgrade that fails halfway is undone as a whole, where the database can."""
    if database.dialect.name == "mysql":
        pytest.skip("MariaDB commits before each DDL statement")
    await run(command.upgrade, database, "0002")
    blocking = sa.Table("tags", sa.MetaData(schema="app"), sa.Column("id", sa.Integer))
    async with database.write_engine.begin() as connection:
        await connection.run_sync(blocking.create)

    with pytest.raises(DBAPIError, match="already exists"):
        await run(command.upgrade, database, "head")

    assert await current(database) == "0002"
    assert await tables(database) == {"alembic_version", "users", "posts", "tags"}


async def test_passed_connection(database: Database):
    """On a connection passed in, migrations run in its transaction and commit nothing."""
    if database.dialect.name == "mysql":
        pytest.skip("MariaDB commits before each DDL statement")

    def upgrade(connection: sa.Connection) -> None:
        config = alembic_config("sqlite://")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with database.write_engine.connect() as connection:
        await connection.run_sync(upgrade)
        assert await connection.scalar(sa.select(sa.func.count(models.User.id))) == 0
        await connection.rollback()

    assert await tables(database) == set()


async def test_search_path_comes_back(postgres: Database):
    """A connection passed in finds its tables where it found them before."""

    def upgrade(connection: sa.Connection) -> None:
        config = alembic_config("sqlite://")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    show = sa.select(sa.func.current_setting("search_path"))
    async with postgres.write_engine.begin() as connection:
        before = await connection.scalar(show)
        await connection.run_sync(upgrade)
        assert await connection.scalar(show) == before


async def test_only_the_schema_app_is_touched(postgres: Database):
    """Tables, versions and types are in ``app``; ``public`` stays empty."""
    await run(command.upgrade, postgres, "head")

    statement = "SELECT DISTINCT relnamespace::regnamespace::text FROM pg_class WHERE oid > 16383"
    async with postgres.read_connection() as connection:
        schemas = set((await connection.exec_driver_sql(statement)).scalars())
    assert schemas - {"pg_toast"} == {"app"}
    assert "alembic_version" in await tables(postgres)


async def test_enum_types_go(postgres: Database):
    """A downgrade drops the enum type that its revision created."""
    statement = "SELECT typname FROM pg_type WHERE typtype = 'e'"
    await run(command.upgrade, postgres, "head")
    async with postgres.read_connection() as connection:
        assert list((await connection.exec_driver_sql(statement)).scalars()) == ["product_status"]

    await run(command.downgrade, postgres, "0003")

    async with postgres.read_connection() as connection:
        assert list((await connection.exec_driver_sql(statement)).scalars()) == []


async def test_schema_that_exists_is_used(postgres: Database):
    """A role that may not create schemas can migrate into one that is there."""
    async with postgres.write_engine.begin() as connection:
        for statement in (
            "DROP ROLE IF EXISTS tenant",
            "CREATE ROLE tenant LOGIN",
            "CREATE SCHEMA app AUTHORIZATION tenant",
        ):
            await connection.exec_driver_sql(statement)
    tenant = open_database(postgres.url.set(username="tenant"), EngineOptions(null_pool=True))

    await run(command.upgrade, tenant, "head")

    assert await current(tenant) == "0007"
    await run(command.downgrade, tenant, "base")
    async with postgres.write_engine.begin() as connection:
        await connection.exec_driver_sql("DROP OWNED BY tenant")
        await connection.exec_driver_sql("DROP ROLE tenant")
    await tenant.dispose()


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql+asyncpg://u:50%25%40home@host/name", id="percent and at"),
        pytest.param("postgresql+asyncpg://u:%2540@host/name", id="percent 40"),
        pytest.param("postgresql+asyncpg://u:%(here)s@host/name", id="reference"),
    ],
)
def test_percent_in_password(url: str):
    """A percent sign in a password is no reference to another option."""
    config = alembic_config(url)

    assert config.get_main_option(URL_OPTION) == url


async def test_percent_in_password_connects(postgres: Database):
    """Such a password gets through to the server."""
    postgres.url = postgres.url.set(password="50% @home")  # noqa: S106 - the server trusts all

    await run(command.upgrade, postgres, "0001")

    assert await current(postgres) == "0001"


def test_configuration_file_is_enough(sqlite_url: str, monkeypatch: pytest.MonkeyPatch):
    """Alembic's own command works in the project's folder, with the address from the environment."""
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    file = migrations_folder().parent / "alembic.ini"
    output = io.StringIO()

    command.upgrade(Config(file), "head")
    command.current(Config(file, stdout=output))

    assert output.getvalue() == "0007 (head)\n"


async def test_new_revision_serves_every_database(postgres: Database):
    """What autogeneration writes names no schema, and alters tables in batches."""
    await run(command.upgrade, postgres, "head")
    async with postgres.write_engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE app.users DROP COLUMN bio")
        await connection.exec_driver_sql("DROP TABLE app.ml_models")
    found: list[Any] = []

    def keep(_context: Any, _revision: Any, directives: list[Any]) -> None:
        found.extend(directives.pop().upgrade_ops.ops)

    config = alembic_config(postgres.url)
    await asyncio.to_thread(
        command.revision, config, autogenerate=True, process_revision_directives=keep
    )

    changes = sorted({type(each).__name__ for each in found})
    assert changes == ["CreateTableOp", "ModifyTableOps"]
    assert {each.schema for each in found} == {None}


COPYING_REVISION = """
from alembic import op

revision = "copy"
down_revision = "0007"
branch_labels = depends_on = None


def upgrade():
    with op.batch_alter_table("users", recreate="always") as users:
        users.alter_column("full_name", new_column_name="name")
"""


async def test_copied_table_keeps_what_refers_to_it(sqlite_url: str, tmp_path: Path):
    """Where SQLite must copy a table, rows of other tables that refer to it stay."""
    config = alembic_config(sqlite_url)
    (tmp_path / "copied.py").write_text(COPYING_REVISION)
    folders = f"{migrations_folder() / 'versions'}{os.pathsep}{tmp_path}"
    config.set_main_option("version_locations", folders)
    database = open_database(
        sqlite_url, EngineOptions(schema_translate_map=models.SCHEMA_TRANSLATE_MAP)
    )
    await asyncio.to_thread(command.upgrade, config, "0007")
    await write_users_and_posts(database)

    await asyncio.to_thread(command.upgrade, config, "copy")

    assert await read_users_and_posts(database) == WRITTEN
    await database.dispose()
