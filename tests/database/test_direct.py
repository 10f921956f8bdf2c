"""Reads on the driver's own connection give what SQLAlchemy gives, and leave nothing behind."""

import asyncio
import datetime as dt
import enum
import gc
import uuid
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from typing_extensions import override

import gql_api as gql
from gql_api.database.direct import DirectReads
from gql_api.database.engines import Database, EngineOptions, open_database
from gql_api.database.kept import KeptStatement
from gql_api.database.pools import PoolCounts
from gql_api.loading.readers import ConnectionReader
from tests.fixtures.statements import count_statements

METADATA = sa.MetaData()


class Color(enum.Enum):
    """An enumeration whose names differ from its values."""

    RED = "r"
    BLUE = "b"


class Doubled(sa.TypeDecorator[int]):
    """A type that converts on both ways."""

    impl = sa.Integer
    cache_ok = True

    @override
    def process_bind_param(self, value: int | None, dialect: Any) -> int | None:
        return None if value is None else value * 2

    @override
    def process_result_value(self, value: int | None, dialect: Any) -> int | None:
        return None if value is None else value // 2


THINGS = sa.Table(
    "things",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("color", sa.Enum(Color, name="color")),
    sa.Column("doubled", Doubled),
    sa.Column("price", sa.Numeric(10, 2)),
    sa.Column("ratio", sa.Float),
    sa.Column("loose", sa.Numeric(10, 2, asdecimal=False)),
    sa.Column("key", sa.Uuid),
    sa.Column("made_at", sa.DateTime(timezone=True)),
    sa.Column("span", sa.Interval),
    sa.Column("document", sa.JSON),
    sa.Column("documents", pg.JSONB),
    sa.Column("labels", pg.ARRAY(sa.String)),
    sa.Column("raw", sa.LargeBinary),
)
FULL: dict[str, Any] = {
    "id": 1,
    "color": Color.BLUE,
    "doubled": 21,
    "price": Decimal("1.50"),
    "ratio": 0.1,
    "loose": 2.25,
    "key": uuid.UUID(int=7),
    "made_at": dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
    "span": dt.timedelta(days=1, microseconds=2),
    "document": {"a": [1, None]},
    "documents": [1.5, "x"],
    "labels": ["a", "ä"],
    "raw": b"\x00\xff",
}
BY_COLOR = sa.select(THINGS).where(
    THINGS.c.color == sa.bindparam("color", type_=THINGS.c.color.type)
)
SLEEP = sa.select(sa.func.pg_sleep(sa.bindparam("seconds", type_=sa.Float)))
ONE = sa.select(sa.literal(1))


async def make_things(database: Database) -> None:
    """Create the table, with a full row and one of nulls."""
    async with database.write_engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
        await connection.execute(sa.insert(THINGS).values(FULL))
        await connection.execute(
            sa.insert(THINGS).values(id=2, document=sa.null(), documents=sa.null())
        )


@pytest.fixture
async def single(postgres_url: str) -> AsyncIterator[Database]:
    """A database with one read connection, which is open."""
    options = EngineOptions(pool_size=1, max_overflow=0, pool_timeout_s=0.05)
    database = open_database(postgres_url, options)
    await make_things(database)
    async with database.read_connection() as connection:
        await connection.scalar(ONE)
    yield database
    await database.dispose()


def direct_reads(database: Database) -> DirectReads:
    """Return the direct way of a database that has one."""
    assert database.direct_reads is not None
    return database.direct_reads


async def own_pid(database: Database) -> int:
    """Return the process of the server that direct reads talk to."""
    rows = await direct_reads(database).fetch(sa.select(sa.func.pg_backend_pid()), {})
    assert rows is not None
    return int(rows[0][0])


async def test_types(single):
    """Values of all types, nulls too, are those that SQLAlchemy gives."""
    statement = sa.select(THINGS).order_by(THINGS.c.id)

    rows = await direct_reads(single).fetch(statement, {})

    async with single.read_connection() as connection:
        expected = (await connection.execute(statement)).all()
    assert rows is not None
    assert [tuple(row) for row in rows] == [tuple(row) for row in expected]
    assert [[type(v) for v in row] for row in rows] == [[type(v) for v in row] for row in expected]


async def test_parameters(single):
    """Parameters are converted as SQLAlchemy converts them, literals in the statement too."""
    statement = BY_COLOR.where(THINGS.c.doubled == 21, THINGS.c.labels == sa.bindparam("labels"))

    rows = await direct_reads(single).fetch(
        statement, {"color": Color.BLUE, "labels": ["a", "ä"], "unused": 1}
    )

    assert rows is not None
    assert [row[0] for row in rows] == [1]


def kept(select: sa.Select[Any]) -> KeptStatement:
    """Return a statement that can be built again."""
    return KeptStatement(select, lambda: select)


async def test_forgotten(single):
    """A statement is built again when somebody asks for more than its value."""
    built = 0

    def build() -> sa.Select[Any]:
        nonlocal built
        built += 1
        return sa.select(sa.literal(b"x"))

    statement = KeptStatement(build(), build)
    for _ in range(3):
        assert await direct_reads(single).fetch_value(statement, {}) == (b"x",)
    assert built == 1

    assert "SELECT" in str(statement.select)
    assert built == 2


async def test_value(single):
    """The only value of a statement is returned as the driver gives it; None without rows."""
    found = kept(sa.select(THINGS.c.raw).where(THINGS.c.id == sa.bindparam("id")))

    assert await direct_reads(single).fetch_value(found, {"id": 1}) == (b"\x00\xff",)
    assert await direct_reads(single).fetch_value(found, {"id": 9}) == (None,)


async def test_schemas(postgres_url):
    """Schemas of the models are translated."""
    options = EngineOptions(schema_translate_map={"shop": "other"})
    database = open_database(postgres_url, options)
    table = sa.Table("goods", sa.MetaData(schema="shop"), sa.Column("id", sa.Integer))
    async with database.write_engine.begin() as connection:
        await connection.exec_driver_sql("CREATE SCHEMA other")
        await connection.run_sync(table.metadata.create_all)
    async with database.read_connection():
        pass

    rows = await direct_reads(database).fetch(sa.select(table), {})
    await database.dispose()

    assert rows == []


async def test_counted(single):
    """Each statement is told of once."""
    reader = ConnectionReader(single)

    with count_statements(single) as sent:
        await reader.fetch(ONE, {})
        await reader.fetch_text(kept(sa.select(sa.literal("x"))), {})

    assert [text.split()[0] for text in sent] == ["SELECT", "SELECT"]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(
            sa.select(THINGS.c.id).where(THINGS.c.id.in_(sa.bindparam("ids", expanding=True))),
            id="text depends on values",
        ),
        pytest.param(
            sa.select(THINGS.c.id).where(THINGS.c.id == sa.bindparam("gone")), id="absent"
        ),
    ],
)
async def test_unusual(single, statement):
    """What only SQLAlchemy can run, or refuse, is left to it."""
    with count_statements(single) as sent:
        assert await direct_reads(single).fetch(statement, {"ids": [1]}) is None

    assert sent == []


async def test_listeners(single):
    """Whoever listens to the engine hears of every read."""
    heard: list[str] = []
    sa.event.listen(
        single.read_engine.sync_engine,
        "before_cursor_execute",
        lambda *arguments: heard.append(arguments[2]),
    )

    rows = await ConnectionReader(single).fetch(ONE, {})

    assert ([tuple(row) for row in rows], len(heard)) == ([(1,)], 1)


@pytest.mark.parametrize(
    ("query", "options"),
    [
        pytest.param("&prepared_statement_cache_size=0", EngineOptions(), id="PgBouncer"),
        pytest.param("", EngineOptions(pool_pre_ping=True), id="pings"),
        pytest.param("", EngineOptions(null_pool=True), id="no pool"),
    ],
)
async def test_without(postgres_url, query, options):
    """Where nothing may be prepared, tested or kept open, there are no direct reads."""
    database = open_database(f"{postgres_url}{query}", options)

    rows = await ConnectionReader(database).fetch(ONE, {})
    await database.dispose()

    assert database.direct_reads is None
    assert [tuple(row) for row in rows] == [(1,)]


async def test_refused(single):
    """An error of the database is that of SQLAlchemy, and the connection stays."""
    missing = sa.select(sa.column("a")).select_from(sa.table("missing"))
    pid = await own_pid(single)

    with pytest.raises(ProgrammingError) as caught:
        await direct_reads(single).fetch(missing, {})

    assert (caught.value.driver_exception.sqlstate, caught.value.statement) == (
        "42P01",
        "SELECT a \nFROM missing",
    )
    assert not caught.value.connection_invalidated
    assert await own_pid(single) == pid


async def test_cut(single):
    """A connection that is cut in mid-statement is replaced, and the read fails as a lost one."""
    pid = await own_pid(single)
    task = asyncio.create_task(direct_reads(single).fetch(SLEEP, {"seconds": 20.0}))
    await asyncio.sleep(0.1)

    async with single.write_engine.connect() as connection:
        await connection.execute(sa.select(sa.func.pg_terminate_backend(pid)))
    with pytest.raises(DBAPIError) as caught:
        await task

    assert caught.value.connection_invalidated
    assert single.pool_status().read.checked_out == 0
    rows = await ConnectionReader(single).fetch(sa.select(sa.func.pg_backend_pid()), {})
    assert rows[0][0] != pid


async def test_cancelled(single):
    """A cancelled read stops in the database, and its connection is not used again."""
    pid = await own_pid(single)
    task = asyncio.create_task(direct_reads(single).fetch(SLEEP, {"seconds": 20.0}))
    await asyncio.sleep(0.1)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert single.pool_status().read.checked_out == 0
    await single._closings.finished()
    running = sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
    async with single.write_engine.connect() as connection:
        for _ in range(50):
            left = await connection.scalar(running, {"pid": pid})
            if not left:
                break
            await asyncio.sleep(0.05)
    assert left == 0
    rows = await ConnectionReader(single).fetch(ONE, {})
    assert [tuple(row) for row in rows] == [(1,)]


async def test_exhausted(single):
    """A read that gets no connection in time fails as SQLAlchemy's own would, and is counted."""
    async with single.read_connection():
        with pytest.raises(PoolTimeoutError, match="QueuePool limit of size 1 overflow 0 reached"):
            await direct_reads(single).fetch(ONE, {})

    counts = single.pool_status().read
    assert (counts.timeouts, counts.waiting, counts.checked_out) == (1, 0, 0)


async def test_waits(postgres_url):
    """Reads that wait for a connection get it in their turn."""
    database = open_database(postgres_url, EngineOptions(pool_size=1, max_overflow=0))
    reader = ConnectionReader(database)

    found = await asyncio.gather(
        *(reader.fetch(sa.select(sa.literal(number)), {}) for number in range(5))
    )
    counts = database.pool_status().read
    await database.dispose()

    assert [rows[0][0] for rows in found] == [0, 1, 2, 3, 4]
    assert (counts.checked_out, counts.waiting) == (0, 0)


async def test_overflow(postgres_url):
    """A connection beyond the size is kept while there are too few, and closed some time after."""
    database = open_database(postgres_url, EngineOptions(pool_size=1, max_overflow=1))
    reader = ConnectionReader(database)
    queue: Any = database.read_engine.sync_engine.pool._pool

    for _ in range(2):
        await asyncio.gather(*(reader.fetch(SLEEP, {"seconds": 0.05}) for _ in range(2)))
    busy = database.pool_status().read
    queue.kept_s = 0.0
    await reader.fetch(ONE, {})
    quiet = database.pool_status().read
    await database.dispose()

    assert busy == PoolCounts(size=1, checked_in=2, overflow=1)
    assert quiet == PoolCounts(size=1, checked_in=1)


async def test_distrusted_overflow(postgres_url):
    """A connection beyond the size that must be replaced is, however long none was lacking."""
    database = open_database(postgres_url, EngineOptions(pool_size=1, max_overflow=1))
    reader = ConnectionReader(database)
    pool: Any = database.read_engine.sync_engine.pool
    for _ in range(2):
        await asyncio.gather(*(reader.fetch(SLEEP, {"seconds": 0.05}) for _ in range(2)))

    pool._pool.kept_s = 0.0
    pool.distrust(ConnectionError("cut"))
    found = await reader.fetch(ONE, {})
    await database.dispose()

    assert len(found) == 1


async def test_burst(postgres_url):
    """Many reads at once make no more connections than the pool may hold."""
    database = open_database(postgres_url, EngineOptions(pool_size=2, max_overflow=2))
    reader = ConnectionReader(database)
    made: list[Any] = []
    sa.event.listen(
        database.read_engine.sync_engine.pool, "connect", lambda *facts: made.append(facts)
    )

    for _ in range(3):
        await asyncio.gather(*(reader.fetch(SLEEP, {"seconds": 0.01}) for _ in range(12)))
    await database.dispose()

    assert len(made) <= 4


async def test_changed_table(single):
    """A statement that was prepared before its table changed is prepared anew."""
    every = sa.select(sa.text("*")).select_from(sa.table("things"))
    prices = sa.select(THINGS.c.id, sa.column("price")).select_from(THINGS).order_by(THINGS.c.id)
    await direct_reads(single).fetch(prices, {})

    async with single.write_engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE things ALTER price TYPE text")
    rows = await direct_reads(single).fetch(prices, {})

    assert [tuple(row) for row in rows or ()] == [(1, "1.50"), (2, None)]
    assert await direct_reads(single).fetch(every, {}) is None


async def test_changed_table_usual_way(single):
    """The usual way repeats a read whose prepared statement no longer fits, too."""
    prices = sa.select(THINGS.c.id, sa.column("price")).select_from(THINGS).order_by(THINGS.c.id)
    sa.event.listen(single.read_engine.sync_engine, "before_cursor_execute", lambda *_: None)
    reader = ConnectionReader(single)
    await reader.fetch(prices, {})

    async with single.write_engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE things ALTER price TYPE text")

    assert [tuple(row) for row in await reader.fetch(prices, {})] == [(1, "1.50"), (2, None)]


async def test_stale(single):
    """A connection that has grown old, or was cut while idle, is replaced before its use."""
    pid = await own_pid(single)
    async with single.write_engine.connect() as connection:
        await connection.execute(sa.select(sa.func.pg_terminate_backend(pid)))
    await asyncio.sleep(0.1)

    assert await direct_reads(single).fetch(ONE, {}) is None
    assert [tuple(row) for row in await ConnectionReader(single).fetch(ONE, {})] == [(1,)]


async def test_many_statements(single):
    """A connection keeps as many prepared statements as it may, those that were used last."""
    reads = direct_reads(single)
    for number in range(120):
        await reads.fetch(sa.select(sa.literal(number)), {})

    names = sa.select(sa.func.count()).select_from(sa.table("pg_prepared_statements"))
    rows = await reads.fetch(names, {})

    assert rows is not None
    assert rows[0][0] <= 110


async def test_large_statement(single):
    """A statement of any size is prepared once, and forgotten with whoever kept it."""
    reads = direct_reads(single)
    large = sa.select(*(sa.literal(number).label(f"column_{number}") for number in range(1500)))
    for _ in range(3):
        await reads.fetch(large, {})

    names = sa.table("pg_prepared_statements", sa.column("statement"))
    like = sa.select(sa.func.count()).where(names.c.statement.like("%column_1499%"))
    rows = await reads.fetch(like, {})
    del large
    gc.collect()

    assert [tuple(row) for row in rows or ()] == [(1,)]
    assert len(reads._statements) == 1


async def test_subject_of_context(single):
    """The reader of a context takes the direct way."""
    context = gql.Context(single)

    rows = await context.reader.fetch(sa.select(THINGS.c.color).where(THINGS.c.id == 1), {})

    assert [list(row) for row in rows] == [[Color.BLUE]]
