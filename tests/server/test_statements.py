import asyncio

import pytest
import sqlalchemy as sa

import gql_api as gql
from gql_api.server.statements import counted_statements, watch_statements
from tests.fixtures.statements import count_statements
from tests.server import notes


@pytest.fixture(params=["postgres_url", "sqlite_url", "sqlite://"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database: one of a fixture, or in memory."""
    url: str = request.param
    return url if "://" in url else request.getfixturevalue(url)


@pytest.fixture
async def watched(database: gql.Database) -> gql.Database:
    """A watched database, once per kind."""
    await notes.create_tables(database)
    watch_statements(database)
    watch_statements(database)
    return database


async def write_and_read(database: gql.Database) -> None:
    """Send one INSERT and one SELECT."""
    async with gql.unit_of_work(database) as unit:
        unit.session.add(notes.Note(text="new"))
    await notes.note_texts(database)


async def test_both_engines(watched):
    """Statements of writes and reads count once each, however often the database is watched."""
    with counted_statements() as count, count_statements(watched) as sent:
        await write_and_read(watched)

    assert [text.split()[0] for text in sent] == ["INSERT", "SELECT"]
    assert count.total == 2


async def test_child_tasks(watched):
    """What child tasks send counts too, as loaders run in them."""
    with counted_statements() as count:
        await asyncio.gather(notes.note_texts(watched), notes.note_texts(watched))

    assert count.total == 2


async def test_other_tasks(watched):
    """Each piece of work counts its own statements."""

    async def work(repeats: int) -> int:
        with counted_statements() as count:
            for _ in range(repeats):
                await notes.note_texts(watched)
        return count.total

    assert await asyncio.gather(work(1), work(3)) == [1, 3]


async def test_nobody_counts(watched):
    """Without anybody who counts, statements run as ever."""
    async with watched.read_connection() as connection:
        assert await connection.scalar(sa.select(sa.literal(1))) == 1
