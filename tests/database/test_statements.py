"""Who is told about statements, and what no statement is."""

import sqlalchemy as sa

import gql_api as gql
from tests.fixtures.statements import count_statements

ONE = sa.select(sa.literal(1))


async def test_kinds(database: gql.Database):
    """Statements of sessions and of reads are told once; transactions and set-up are none."""
    with count_statements(database) as sent:
        async with database.session() as session, session.begin():
            await session.scalar(ONE)
        async with database.read_connection() as connection:
            await connection.scalar(ONE)

    assert [text.split()[0] for text in sent] == ["SELECT", "SELECT"]


async def test_memory(sqlite_memory: gql.Database):
    """A database in memory, whose engines share a connection, tells once too."""
    with count_statements(sqlite_memory) as sent:
        async with sqlite_memory.read_connection() as connection:
            await connection.scalar(ONE)

    assert len(sent) == 1
