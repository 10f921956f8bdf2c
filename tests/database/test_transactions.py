"""What becomes of a transaction whose errors somebody catches."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

import gql_api as gql
from gql_api.database.driver_errors import is_disconnect
from gql_api.database.transactions import transaction_facts

BROKEN = sa.text("SELECT no_such_column")


async def _fail(session: AsyncSession) -> None:
    with pytest.raises(DBAPIError):
        await session.execute(BROKEN)


async def _facts(session: AsyncSession) -> tuple[bool, bool]:
    connection = await session.connection()
    facts = transaction_facts(connection.sync_connection)
    return facts.lost is not None, facts.conflict is not None


async def test_failed_statement(database: gql.Database):
    """A statement that fails costs PostgreSQL the transaction, the others nothing."""
    async with database.session() as session:
        await session.execute(sa.select(1))
        await _fail(session)

        assert await _facts(session) == (database.dialect.name == "postgresql", False)


async def test_savepoint(database: gql.Database):
    """What is undone to a savepoint is no loss."""
    async with database.session() as session:
        async with session.begin_nested() as savepoint:
            await _fail(session)
            await savepoint.rollback()

        assert await _facts(session) == (False, False)


async def test_broken_savepoint(postgres: gql.Database):
    """A connection that breaks within a savepoint is told as such, not as a defect."""
    kill = sa.text("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DBAPIError) as caught:
        async with postgres.session() as session, session.begin_nested():
            await session.execute(kill)

    assert is_disconnect(caught.value)


async def test_next_transaction(database: gql.Database):
    """A new transaction on the same connection starts anew."""
    async with database.session() as session:
        await session.execute(sa.select(1))
        await _fail(session)
        await session.rollback()

        assert await _facts(session) == (False, False)
