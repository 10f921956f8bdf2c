"""Statements of operations: inserts that leave an existing row alone, writes that count, look-ups."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import UpdateBase

import gql_api as gql


def insert_unless_exists(
    table: sa.FromClause, values: Mapping[str, Any], *, dialect: str
) -> sa.Insert:
    """Return an insert that does nothing where a row with the same unique values exists.

    A concurrent transaction that inserts the same is waited for.

    Args:
        table: A model's ``__table__``, or a plain table.
        values: By column name.
        dialect: Name of the database's dialect.
    """
    target: Any = table
    match dialect:
        case "postgresql":
            return postgresql.insert(target).values(**values).on_conflict_do_nothing()
        case "sqlite":
            return sqlite.insert(target).values(**values).on_conflict_do_nothing()
        case _:
            # IGNORE would swallow more than duplicates: rather set a key to what it is.
            unchanged = {column.name: column for column in target.primary_key}
            return mysql.insert(target).values(**values).on_duplicate_key_update(**unchanged)


async def count_written(session: AsyncSession, statement: UpdateBase) -> int:
    """Execute a write, and return the number of rows that it met.

    What the session holds of these rows is as it was before: let answers load them anew.

    Cost:
        One statement.
    """
    connection = await session.connection()
    return (await connection.execute(statement)).rowcount


async def fetch_rows(statement: sa.Executable, database: gql.Database) -> list[Any]:
    """Read rows outside of operations; once more where the connection was broken.

    Cost:
        One statement.
    """
    try:
        return await _fetch_once(statement, database)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        return await _fetch_once(statement, database)


async def _fetch_once(statement: sa.Executable, database: gql.Database) -> list[Any]:
    async with database.read_connection() as connection:
        return list((await connection.execute(statement)).all())
