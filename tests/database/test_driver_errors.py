"""Facts from the exceptions of real drivers."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from gql_api.database.driver_errors import (
    ConstraintFacts,
    constraint_facts,
    is_disconnect,
    is_serialization_failure,
)
from gql_api.database.engines import Database, EngineOptions, open_database

METADATA = MetaData()
USERS = Table(
    "users",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("email", String(10), nullable=False, unique=True),
    Column("age", Integer),
    CheckConstraint("age >= 0", name="age_positive"),
)
POSTS = Table(
    "posts",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("author_id", ForeignKey("users.id", name="posts_author")),
    Column("slug", String(20)),
    Column("language", String(5)),
    UniqueConstraint("slug", "language", name="posts_slug"),
)


@pytest.fixture
async def filled(database: Database) -> Database:
    """Two users, of whom one has a post."""
    async with database.write_engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
        await connection.execute(insert(USERS).values(id=1, email="a@x", age=1))
        await connection.execute(insert(POSTS).values(id=1, author_id=1, slug="one", language="en"))
    return database


async def error_of(database: Database, statement: Any) -> DBAPIError:
    with pytest.raises(DBAPIError) as caught:
        async with database.read_connection() as connection:
            await connection.execute(statement)
    return caught.value


async def facts_of(database: Database, statement: Any) -> ConstraintFacts | None:
    return constraint_facts(await error_of(database, statement))


def facts(**given: Any) -> ConstraintFacts:
    return ConstraintFacts(**given)


async def test_unique(filled):
    """A unique column: its table and column, or at least the constraint."""
    found = await facts_of(filled, insert(USERS).values(id=2, email="a@x"))

    assert (
        found
        == {
            "postgresql": facts(
                kind="unique",
                constraint="users_email_key",
                table="users",
                schema="public",
                columns=("email",),
            ),
            "sqlite": facts(kind="unique", table="users", columns=("email",)),
            "mysql": facts(kind="unique", constraint="email"),
        }[filled.dialect.name]
    )


async def test_unique_together(filled):
    """Columns that are unique together are all named, where the database names columns."""
    found = await facts_of(filled, insert(POSTS).values(id=2, slug="one", language="en"))

    assert (
        found
        == {
            "postgresql": facts(
                kind="unique",
                constraint="posts_slug",
                table="posts",
                schema="public",
                columns=("slug", "language"),
            ),
            "sqlite": facts(kind="unique", table="posts", columns=("slug", "language")),
            "mysql": facts(kind="unique", constraint="posts_slug"),
        }[filled.dialect.name]
    )


async def test_primary_key(filled):
    """A primary key that is taken is a unique constraint."""
    found = await facts_of(filled, insert(USERS).values(id=1, email="b@x"))

    assert (
        found
        == {
            "postgresql": facts(
                kind="unique",
                constraint="users_pkey",
                table="users",
                schema="public",
                columns=("id",),
            ),
            "sqlite": facts(kind="unique", table="users", columns=("id",)),
            "mysql": facts(kind="unique", constraint="PRIMARY"),
        }[filled.dialect.name]
    )


async def test_missing_row(filled):
    """A reference to a row that is not there."""
    found = await facts_of(filled, insert(POSTS).values(id=2, author_id=99))

    assert (
        found
        == {
            "postgresql": facts(
                kind="foreign_key",
                constraint="posts_author",
                table="posts",
                schema="public",
                columns=("author_id",),
            ),
            "sqlite": facts(kind="foreign_key"),
            "mysql": facts(
                kind="foreign_key",
                constraint="posts_author",
                table="posts",
                schema=filled.url.database,
                columns=("author_id",),
            ),
        }[filled.dialect.name]
    )


async def test_referenced_row(filled):
    """A row that is still referenced cannot go."""
    found = await facts_of(filled, delete(USERS))

    assert (
        found
        == {
            "postgresql": facts(
                kind="still_referenced",
                constraint="posts_author",
                table="posts",
                schema="public",
                columns=("id",),
            ),
            "sqlite": facts(kind="foreign_key"),
            "mysql": facts(
                kind="still_referenced",
                constraint="posts_author",
                table="posts",
                schema=filled.url.database,
                columns=("author_id",),
            ),
        }[filled.dialect.name]
    )


async def test_check(filled):
    """A check is named."""
    found = await facts_of(filled, insert(USERS).values(id=2, email="b@x", age=-1))

    assert (
        found
        == {
            "postgresql": facts(
                kind="check", constraint="age_positive", table="users", schema="public"
            ),
            "sqlite": facts(kind="check", constraint="age_positive"),
            "mysql": facts(
                kind="check", constraint="age_positive", table="users", schema=filled.url.database
            ),
        }[filled.dialect.name]
    )


async def test_null(filled):
    """A null where none may be: the column is named."""
    found = await facts_of(filled, update(USERS).values(email=None))

    assert (
        found
        == {
            "postgresql": facts(
                kind="not_null", table="users", schema="public", columns=("email",)
            ),
            "sqlite": facts(kind="not_null", table="users", columns=("email",)),
            "mysql": facts(kind="not_null", columns=("email",)),
        }[filled.dialect.name]
    )


async def test_too_long(filled):
    """A text that is too long is refused; SQLite takes any length."""
    if filled.dialect.name == "sqlite":
        pytest.skip("SQLite has no limit of length")

    found = await facts_of(filled, insert(USERS).values(id=2, email="x" * 11))

    assert (
        found
        == {
            "postgresql": facts(kind="too_long"),
            "mysql": facts(kind="too_long", columns=("email",)),
        }[filled.dialect.name]
    )


async def test_out_of_range(filled):
    """A number that is too large for its column; SQLite takes 64 bits."""
    if filled.dialect.name == "sqlite":
        pytest.skip("SQLite has no smaller integers")

    found = await facts_of(filled, insert(USERS).values(id=2, email="b@x", age=2**31))

    assert (
        found
        == {
            "postgresql": facts(kind="out_of_range"),
            "mysql": facts(kind="out_of_range", columns=("age",)),
        }[filled.dialect.name]
    )


async def test_out_of_range_at_the_server(postgres):
    """PostgreSQL itself tells of an overflow, too."""
    statement = select(literal(2**31 - 1, Integer) + literal(1, Integer))

    assert await facts_of(postgres, statement) == facts(kind="out_of_range")


async def test_zero_character(postgres):
    """A character that PostgreSQL cannot store is an invalid value."""
    assert await facts_of(postgres, select(literal("a\0b"))) == facts(kind="invalid")


async def test_exclusion(postgres):
    """A row that overlaps another one is named by the constraint."""
    async with postgres.read_connection() as connection:
        await connection.execute(
            text("CREATE TABLE stays (days int4range, EXCLUDE USING gist (days WITH &&))")
        )
        await connection.execute(text("INSERT INTO stays VALUES ('[1,5)')"))

    found = await facts_of(postgres, text("INSERT INTO stays VALUES ('[4,6)')"))

    assert found == facts(
        kind="exclusion",
        constraint="stays_days_excl",
        table="stays",
        schema="public",
        columns=("days",),
    )


async def test_restrict(postgres):
    """ON DELETE RESTRICT means that the row is still referenced."""
    async with postgres.read_connection() as connection:
        await connection.execute(text("CREATE TABLE a (id int PRIMARY KEY)"))
        await connection.execute(
            text("CREATE TABLE b (a_id int CONSTRAINT b_a REFERENCES a ON DELETE RESTRICT)")
        )
        await connection.execute(text("INSERT INTO a VALUES (1)"))
        await connection.execute(text("INSERT INTO b VALUES (1)"))

    found = await facts_of(postgres, text("DELETE FROM a"))

    assert found is not None
    assert (found.kind, found.constraint, found.table) == ("still_referenced", "b_a", "b")


async def test_expression_index(database):
    """A unique index over an expression is known by its name, without columns."""
    if database.dialect.name == "mysql":
        pytest.skip("MariaDB has no indexes over expressions")
    async with database.read_connection() as connection:
        await connection.execute(text("CREATE TABLE words (word text)"))
        await connection.execute(text("CREATE UNIQUE INDEX folded ON words (lower(word))"))
        await connection.execute(text("INSERT INTO words VALUES ('a')"))

    found = await facts_of(database, text("INSERT INTO words VALUES ('A')"))

    assert found is not None
    assert (found.kind, found.constraint, found.columns) == ("unique", "folded", ())
    is_told = database.dialect.name == "postgresql"
    assert found.expression == ("lower(word)" if is_told else None)


async def test_quoted_names(postgres):
    """Names that need quotes arrive without them."""
    async with postgres.read_connection() as connection:
        await connection.execute(
            text('CREATE TABLE "a b" ("x y" int, "q""r" int, z int, UNIQUE ("x y", "q""r", z))')
        )
        await connection.execute(text('INSERT INTO "a b" VALUES (1, 1, 1)'))

    found = await facts_of(postgres, text('INSERT INTO "a b" VALUES (1, 1, 1)'))

    assert found is not None
    assert (found.table, found.columns) == ("a b", ("x y", 'q"r', "z"))


async def test_deferred(postgres):
    """A deferred constraint fails at commit with the same facts."""
    metadata = MetaData()
    table = Table(
        "nodes",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("parent_id", Integer),
        ForeignKeyConstraint(
            ["parent_id"], ["nodes.id"], name="parent", deferrable=True, initially="DEFERRED"
        ),
    )
    async with postgres.write_engine.begin() as connection:
        await connection.run_sync(metadata.create_all)

    async with postgres.session() as session:
        await session.execute(insert(table).values(id=1, parent_id=2))
        with pytest.raises(DBAPIError) as caught:
            await session.commit()

    found = constraint_facts(caught.value)
    assert found is not None
    assert (found.kind, found.constraint) == ("foreign_key", "parent")


async def test_strict_table(sqlite):
    """A strict table of SQLite refuses values of another type."""
    async with sqlite.read_connection() as connection:
        await connection.execute(text("CREATE TABLE t (n INTEGER) STRICT"))

    found = await facts_of(sqlite, text("INSERT INTO t VALUES ('x')"))

    assert found == facts(kind="invalid", table="t", columns=("n",))


async def test_enum_value(mariadb):
    """A label that an enum lacks is an invalid value of its column."""
    async with mariadb.read_connection() as connection:
        await connection.execute(text("CREATE TABLE t (mood ENUM('good', 'bad'))"))

    found = await facts_of(mariadb, text("INSERT INTO t VALUES ('none')"))

    assert found == facts(kind="invalid", columns=("mood",))


async def test_other_error(database):
    """An error of another kind has no facts, and is neither a disconnect nor a conflict."""
    error = await error_of(database, text("SELECT nonsense FROM nowhere"))

    assert constraint_facts(error) is None
    assert not is_disconnect(error)
    assert not is_serialization_failure(error)


async def conflict(database: Database) -> DBAPIError:
    """Let two transactions lock two rows in opposite orders."""

    async def lock(first: int, second: int, ready: asyncio.Event, other: asyncio.Event) -> None:
        async with database.session() as session:
            await session.execute(update(USERS).where(USERS.c.id == first).values(age=5))
            ready.set()
            await other.wait()
            await session.execute(update(USERS).where(USERS.c.id == second).values(age=5))
            await session.commit()

    left, right = asyncio.Event(), asyncio.Event()
    results = await asyncio.gather(
        lock(1, 2, left, right), lock(2, 1, right, left), return_exceptions=True
    )
    errors = [result for result in results if result is not None]
    assert len(errors) == 1
    assert isinstance(errors[0], DBAPIError)
    return errors[0]


async def test_deadlock(filled):
    """A deadlock is gone on the next attempt."""
    if filled.dialect.name == "sqlite":
        pytest.skip("SQLite has one lock, and so no deadlocks")
    async with filled.read_connection() as connection:
        await connection.execute(insert(USERS).values(id=2, email="b@x"))

    error = await conflict(filled)

    assert is_serialization_failure(error)
    assert constraint_facts(error) is None


async def test_serialization(postgres):
    """A snapshot that is too old is gone on the next attempt."""
    async with postgres.write_engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
        await connection.execute(insert(USERS).values(id=1, email="a@x", age=1))

    async with postgres.session() as session:
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        await session.scalar(select(func.count()).select_from(USERS))
        async with postgres.read_connection() as connection:
            await connection.execute(update(USERS).values(age=2))
        with pytest.raises(DBAPIError) as caught:
            await session.execute(update(USERS).values(age=3))

    assert is_serialization_failure(caught.value)


async def test_locked_file(sqlite, sqlite_url):
    """A file that stays locked is a conflict."""
    impatient = open_database(sqlite_url)
    async with sqlite.session() as session:
        await session.execute(text("CREATE TABLE t (n INTEGER)"))
        async with impatient.read_connection() as connection:
            await connection.execute(text("PRAGMA busy_timeout = 1"))
            with pytest.raises(DBAPIError) as caught:
                await connection.execute(text("CREATE TABLE u (n INTEGER)"))
    await impatient.dispose()

    assert is_serialization_failure(caught.value)


async def test_terminated(postgres):
    """A backend that was terminated is a disconnect."""
    error = await error_of(postgres, text("SELECT pg_terminate_backend(pg_backend_pid())"))

    assert is_disconnect(error)
    assert not is_serialization_failure(error)


async def test_killed(mariadb):
    """A connection that was killed is a disconnect."""
    async with mariadb.read_connection() as connection:
        number = await connection.scalar(text("SELECT connection_id()"))
        async with mariadb.read_connection() as other:
            await other.execute(text(f"KILL {number}"))
        with pytest.raises(DBAPIError) as caught:
            await connection.execute(select(literal(1)))

    assert is_disconnect(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u@127.0.0.1:1/d",
        "postgresql://u@/d?host=/nowhere",
        "postgresql://u@nowhere.invalid/d",
        "mysql://u@127.0.0.1:1/d",
    ],
)
async def test_nobody_listens(url):
    """A server that cannot be reached is a disconnect, and no other error of the system."""
    database = open_database(url, EngineOptions(null_pool=True))

    with pytest.raises((ConnectionError, DBAPIError)) as caught:
        async with database.read_connection():
            pass

    assert is_disconnect(caught.value)


@pytest.mark.parametrize("error", [KeyError(), ValueError()])
def test_not_of_a_driver(error):
    """Errors of another origin are neither disconnects nor conflicts."""
    assert not is_disconnect(error)
    assert not is_serialization_failure(error)
