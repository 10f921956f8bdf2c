"""The table of answers that are kept for retries, and its statements.

Pure. A key of a caller is claimed by inserting its row; whoever claims it at the same time waits for
the first transaction to end.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

TABLE_NAME = "gql_idempotency_keys"
"""Of the table, wherever it is."""

_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def idempotency_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table of kept answers to the metadata of models, so that their migrations make it.

    Args:
        metadata: Its database schema, if it has one, becomes that of the table.

    Returns:
        The table: one row per key of a caller, until it expires.
    """
    if (known := find_table(metadata)) is not None:
        return known
    return sa.Table(
        TABLE_NAME,
        metadata,
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("claim", sa.String(32), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("answer", _TEXT),
        sa.Column("expires_at_s", sa.BigInteger, nullable=False, index=True),
        comment="Answers of mutations that came with an idempotency key.",
    )


def find_table(metadata: sa.MetaData) -> sa.Table | None:
    """Return the table of kept answers in the metadata of models, if it was added."""
    return next((each for each in metadata.tables.values() if each.name == TABLE_NAME), None)


def insert_claim(table: sa.Table, values: dict[str, Any], now_s: int, dialect: str) -> sa.Insert:
    """Insert the row of a key; one that has expired is taken over, another one stays as it is.

    Args:
        table: Of kept answers.
        values: ``id``, ``claim``, ``fingerprint``, ``answer`` and ``expires_at_s``.
        now_s: Seconds since 1970.
        dialect: As in SQLAlchemy.
    """
    has_expired = table.c.expires_at_s <= now_s
    if dialect == "mysql":
        statement = mysql.insert(table).values(values)
        # in this order: each is assigned before the next one is computed
        names = ("claim", "fingerprint", "answer", "expires_at_s")
        return statement.on_duplicate_key_update(
            [
                (name, sa.func.IF(has_expired, statement.inserted[name], table.c[name]))
                for name in names
            ]
        )
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return (
        insert(table)
        .values(values)
        .on_conflict_do_update(index_elements=[table.c.id], set_=values, where=has_expired)
    )


def select_claim(table: sa.Table, key_id: str) -> sa.Select[Any]:
    """Select claim, fingerprint and answer of a key."""
    columns = (table.c.claim, table.c.fingerprint, table.c.answer)
    return sa.select(*columns).where(table.c.id == key_id)


def update_answer(table: sa.Table, key_id: str, answer: str) -> sa.Update:
    """Store the answer of a claimed key."""
    return sa.update(table).where(table.c.id == key_id).values(answer=answer)


def delete_expired(table: sa.Table, now_s: int) -> sa.Delete:
    """Delete the keys that have expired."""
    return sa.delete(table).where(table.c.expires_at_s <= now_s)
