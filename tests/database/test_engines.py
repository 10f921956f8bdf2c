"""Engines, sessions and read connections."""

import asyncio
import sys

import pytest
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Table,
    func,
    insert,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, StaticPool

from gql_api.database.engines import Database, EngineOptions, open_database
from gql_api.errors import DatabaseError

METADATA = MetaData()
NUMBERS = Table("numbers", METADATA, Column("id", Integer, primary_key=True))


async def create_tables(database: Database) -> None:
    async with database.exclusive(), database.write_engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)


async def count_numbers(database: Database) -> int:
    async with database.read_connection() as connection:
        statement = select(func.count()).select_from(NUMBERS)
        return await connection.scalar(statement) or 0


async def setting(connection, name: str) -> str:
    return await connection.scalar(select(func.current_setting(name)))


async def test_check(database):
    """A database that answers is fine."""
    await database.check()


async def test_commit(database):
    """What a session commits is read on a read connection."""
    await create_tables(database)

    async with database.session() as session:
        await session.execute(insert(NUMBERS).values(id=1))
        await session.commit()

    assert await count_numbers(database) == 1


async def test_rollback(database):
    """What a session does not commit is gone."""
    await create_tables(database)

    async with database.session() as session:
        await session.execute(insert(NUMBERS).values(id=1))

    assert await count_numbers(database) == 0


async def test_savepoint(database):
    """A savepoint is undone alone, also when it is the first statement."""
    await create_tables(database)

    async with database.session() as session:
        savepoint = await session.begin_nested()
        await session.execute(insert(NUMBERS).values(id=1))
        await savepoint.rollback()
        await session.execute(insert(NUMBERS).values(id=2))
        await session.commit()
        kept = list(await session.scalars(select(NUMBERS.c.id)))

    assert kept == [2]


async def test_read_connection_commits_each_statement(database):
    """A read connection has no transaction that could be left open."""
    await create_tables(database)

    async with database.read_connection() as connection:
        await connection.execute(insert(NUMBERS).values(id=1))

    assert await count_numbers(database) == 1


async def test_dispose(database):
    """A disposed database can be used again."""
    await database.check()

    await database.dispose()

    await database.check()


async def test_one_statement_per_read(postgres_url, embedded_server):
    """A read sends one statement to PostgreSQL: no BEGIN, no ROLLBACK, no reset, no ping."""
    database = open_database(postgres_url + "&log_statement=all")
    await database.check()
    log = embedded_server.log_path
    start = log.stat().st_size

    for _ in range(3):
        async with database.read_connection() as connection:
            await connection.execute(select(literal(7)))

    await database.dispose()
    lines = log.read_text()[start:].splitlines()
    statements = [line for line in lines if "execute" in line or "statement:" in line]
    assert len(statements) == 3
    assert all("SELECT $1::INTEGER AS anon_1" in line for line in statements)


async def test_session_settings(postgres):
    """PostgreSQL knows the application's name, works in UTC and compiles nothing."""
    async with postgres.read_connection() as connection:
        names = ("application_name", "TimeZone", "jit")
        values = [await setting(connection, name) for name in names]

    assert values == ["gql_api", "UTC", "off"]


async def test_settings_of_the_address(postgres_url):
    """Settings in the address reach PostgreSQL; the time zone stays UTC."""
    url = f"{postgres_url}&application_name=reports&work_mem=5MB&TimeZone=Europe/Paris&timeout=5"
    database = open_database(url)

    async with database.read_connection() as connection:
        names = ("application_name", "work_mem", "TimeZone")
        values = [await setting(connection, name) for name in names]

    await database.dispose()
    assert values == ["reports", "5MB", "UTC"]


async def terminate_all(database: Database, postgres_url: str) -> None:
    killer = open_database(postgres_url, EngineOptions(null_pool=True, application_name="killer"))
    async with killer.read_connection() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await killer.dispose()


async def test_pre_ping_of_writes(postgres, postgres_url):
    """A pooled connection that broke is replaced before a session uses it."""
    async with postgres.session() as session:
        first = await session.scalar(select(func.pg_backend_pid()))
    await terminate_all(postgres, postgres_url)

    async with postgres.session() as session:
        second = await session.scalar(select(func.pg_backend_pid()))

    assert first != second


async def test_no_pre_ping_of_reads(postgres, postgres_url):
    """A read finds out by itself that its connection broke; the next one has a new connection."""
    await postgres.check()
    await terminate_all(postgres, postgres_url)

    with pytest.raises(DBAPIError) as error:
        async with postgres.read_connection() as connection:
            await connection.execute(select(literal(1)))

    assert error.value.connection_invalidated
    async with postgres.read_connection() as connection:
        assert await connection.scalar(select(literal(1))) == 1


async def test_pre_ping_forced(postgres_url):
    """Reads are pinged, too, where it is asked for."""
    database = open_database(postgres_url, EngineOptions(pool_pre_ping=True))
    await database.check()
    await terminate_all(database, postgres_url)

    async with database.read_connection() as connection:
        answer = await connection.scalar(select(literal(1)))

    await database.dispose()
    assert answer == 1


async def test_check_after_a_lost_connection(postgres, postgres_url):
    """A check does not fail for a pooled connection that broke."""
    await postgres.check()
    await terminate_all(postgres, postgres_url)

    await postgres.check()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param(
            "postgresql://u:secret@127.0.0.1:1/d",
            "Cannot use the database postgresql+asyncpg://u:***@127.0.0.1:1/d: "
            "Connect call failed ('127.0.0.1', 1). "
            "Start the server, or correct host and port in the database URL.",
            id="nobody listens",
        ),
        pytest.param(
            "sqlite:////nowhere/at/all.db",
            "Cannot use the database sqlite+aiosqlite:////nowhere/at/all.db: "
            "unable to open database file. Correct the path in the database URL, "
            "or create its folder and make it writable.",
            id="no folder",
        ),
    ],
)
async def test_unusable(url, message):
    """An unusable database is refused in one line with cause and fix."""
    database = open_database(url)

    with pytest.raises(DatabaseError) as refused:
        await database.check()

    await database.dispose()
    assert str(refused.value) == message


async def test_missing_database(postgres_url):
    """A database that does not exist is named, with the fix."""
    database = open_database(postgres_url.replace("/test_", "/absent_"))

    with pytest.raises(DatabaseError) as refused:
        await database.check()

    await database.dispose()
    assert "does not exist. Create the database, or correct its name" in str(refused.value)


async def test_unknown_option(postgres_url):
    """An option that the server refuses is named."""
    database = open_database(postgres_url + "&nonsense=1")

    with pytest.raises(DatabaseError, match='unrecognized configuration parameter "nonsense"'):
        await database.check()

    await database.dispose()


async def test_wrong_number(postgres_url):
    """An option that is no number is refused at once."""
    with pytest.raises(DatabaseError, match="timeout"):
        open_database(postgres_url + "&timeout=soon")


def test_missing_driver(monkeypatch):
    """A driver that is not installed is named with the extra that brings it."""
    monkeypatch.setitem(sys.modules, "asyncmy", None)

    with pytest.raises(DatabaseError) as refused:
        open_database("mysql://u@h/d")

    assert str(refused.value).endswith("Install gql-api[mysql].")


async def test_translated_schemas(sqlite_url):
    """Schemas of the models are translated away."""
    database = open_database(sqlite_url, EngineOptions(schema_translate_map={"app": None}))
    items = Table("items", MetaData(schema="app"), Column("id", Integer, primary_key=True))
    async with database.write_engine.begin() as connection:
        await connection.run_sync(items.create)

    async with database.read_connection() as connection:
        total = await connection.scalar(select(func.count()).select_from(items))

    await database.dispose()
    assert total == 0


def test_pool_options(postgres_url, sqlite_url):
    """Each engine has a pool of its own, made as asked."""
    options = EngineOptions(pool_size=2, max_overflow=3, pool_timeout_s=4, pool_recycle_s=5)

    for url in (postgres_url, sqlite_url):
        database = open_database(url, options)
        pools = [database.write_engine.pool, database.read_engine.pool]

        assert pools[0] is not pools[1]
        assert [(pool.size(), pool.timeout()) for pool in pools] == [(2, 4), (2, 4)]


def test_kinds_of_pool(postgres_url):
    """Connections are not pooled where that is asked for; memory is one connection."""
    unpooled = open_database(postgres_url, EngineOptions(null_pool=True))
    memory = open_database("sqlite://", EngineOptions(null_pool=True))

    assert isinstance(unpooled.write_engine.pool, NullPool)
    assert isinstance(memory.write_engine.pool, StaticPool)
    assert memory.read_engine.pool is memory.write_engine.pool


async def test_memory_is_shared(sqlite_memory):
    """What a session commits in memory is read on a read connection."""
    await create_tables(sqlite_memory)

    async with sqlite_memory.exclusive(), sqlite_memory.session() as session:
        await session.execute(insert(NUMBERS).values(id=1))
        await session.commit()

    assert await count_numbers(sqlite_memory) == 1


async def test_memory_read_waits_for_the_session(sqlite_memory):
    """A read in memory waits until the session is done, and never sees half of its work."""
    await create_tables(sqlite_memory)

    async with sqlite_memory.exclusive(), sqlite_memory.session() as session:
        await session.execute(insert(NUMBERS).values(id=1))
        reading = asyncio.create_task(count_numbers(sqlite_memory))
        await asyncio.sleep(0.01)
        was_waiting = not reading.done()
        await session.rollback()

    assert was_waiting
    assert await reading == 0


async def test_memory_read_leaves_no_transaction(sqlite_memory):
    """A read in memory begins no transaction."""
    await create_tables(sqlite_memory)

    async with sqlite_memory.read_connection() as connection:
        await connection.execute(insert(NUMBERS).values(id=1))

    assert await count_numbers(sqlite_memory) == 1


@pytest.mark.parametrize(
    ("pragma", "value"), [("foreign_keys", 1), ("journal_mode", "wal"), ("busy_timeout", 30000)]
)
async def test_sqlite_settings(sqlite, pragma, value):
    """SQLite checks foreign keys, lets readers and one writer work at once, and waits for locks."""
    for engine in (sqlite.write_engine, sqlite.read_engine):
        async with engine.connect() as connection:
            assert await connection.scalar(text(f"PRAGMA {pragma}")) == value


async def test_sqlite_like(sqlite):
    """LIKE tells capitals apart on SQLite, as it does on PostgreSQL."""
    async with sqlite.read_connection() as connection:
        assert await connection.scalar(select(literal("A").like("a"))) == 0


async def test_sqlite_writers_wait(sqlite):
    """Two sessions that read and then write on SQLite do not fail one another."""
    await create_tables(sqlite)

    async def add_next() -> None:
        async with sqlite.session() as session:
            last = await session.scalar(select(func.coalesce(func.max(NUMBERS.c.id), 0)))
            await session.execute(insert(NUMBERS).values(id=last + 1))
            await session.commit()

    await asyncio.gather(*(add_next() for _ in range(4)))

    assert await count_numbers(sqlite) == 4


async def test_read_only_file(sqlite, sqlite_url):
    """A file that must not be written can be read."""
    await create_tables(sqlite)
    await sqlite.dispose()
    path = sqlite_url.partition("///")[2]
    database = open_database(f"sqlite:///file:{path}?mode=ro&uri=true")

    total = await count_numbers(database)

    await database.dispose()
    assert total == 0


async def test_mariadb_settings(mariadb_url):
    """MariaDB works in UTC, strictly, with full Unicode."""
    database = open_database(mariadb_url)
    statement = text("SELECT @@time_zone, @@sql_mode, @@character_set_connection")

    async with database.read_connection() as connection:
        row = (await connection.execute(statement)).one()

    await database.dispose()
    assert row[0] == "+00:00"
    assert "STRICT_ALL_TABLES" in row[1]
    assert row[2] == "utf8mb4"


async def test_mariadb_read_sends_no_rollback(mariadb):
    """A read on MariaDB ends without a ROLLBACK."""
    for _ in range(3):
        await mariadb.check()

    async with mariadb.read_connection() as connection:
        row = (await connection.execute(text("SHOW SESSION STATUS LIKE 'Com_rollback'"))).one()

    assert row[1] == "0"


async def test_chinook(chinook_url):
    """Chinook is loaded whole."""
    database = open_database(chinook_url)
    name = "PlaylistTrack" if database.dialect.name == "sqlite" else "playlist_track"

    async with database.read_connection() as connection:
        statement = select(func.count()).select_from(table(name))
        total = await connection.scalar(statement)

    await database.dispose()
    assert total == 8715
