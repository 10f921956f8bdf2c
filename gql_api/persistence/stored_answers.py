"""Answers kept for retries: a key is claimed in the transaction of its mutation, which stores its answer.

Nothing is committed here.
"""

import secrets
import time
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from gql_api.database.driver_errors import is_missing_table
from gql_api.errors import IdempotencyUnavailableError
from gql_api.sql.stored_answers import (
    delete_expired,
    insert_claim,
    select_claim,
    update_answer,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of a key, once it is ours or somebody else's transaction has ended."""

    is_new: bool
    """Whether the key is ours: the mutation runs."""

    fingerprint: str
    """Of the operation that the key first came with."""

    answer: str | None
    """That of the earlier request, as JSON."""


async def create_claim(
    session: AsyncSession, table: sa.Table, key_id: str, fingerprint: str, *, lifetime_s: int
) -> Claim:
    """Claim a key, or learn what became of it.

    Args:
        session: Of the mutation; nothing has been sent on it.
        table: Of kept answers.
        key_id: Of a key and its owner.
        fingerprint: Of the operation and its variables.
        lifetime_s: How long the answer is kept, in seconds.

    Raises:
        IdempotencyUnavailableError: The database has no such table.

    Cost:
        Two statements. The first waits for a transaction that holds the same key.
    """
    now_s, claim = int(time.time()), secrets.token_hex(16)
    values = {
        "id": key_id,
        "claim": claim,
        "fingerprint": fingerprint,
        "answer": None,
        "expires_at_s": now_s + lifetime_s,
    }
    dialect = session.get_bind().dialect.name
    statement = insert_claim(table, values, now_s, "mysql" if dialect == "mariadb" else dialect)
    try:
        await session.execute(statement)
    except DBAPIError as error:
        if not is_missing_table(error):
            raise
        message = (
            f"This API keeps no answers for idempotency keys: the table {table.name} is missing. "
            "Its operator makes it, by a migration or by gql-api db create."
        )
        raise IdempotencyUnavailableError(message) from error
    row = (await session.execute(select_claim(table, key_id))).one()
    return Claim(is_new=row.claim == claim, fingerprint=row.fingerprint, answer=row.answer)


async def update_claim(session: AsyncSession, table: sa.Table, key_id: str, answer: str) -> None:
    """Store the answer of a key that is ours.

    Cost:
        One statement.
    """
    await session.execute(update_answer(table, key_id, answer))


async def delete_expired_claims(session: AsyncSession, table: sa.Table) -> None:
    """Delete the keys that have expired.

    Cost:
        One statement.
    """
    await session.execute(delete_expired(table, int(time.time())))
