"""Answers of mutations that came with an idempotency key.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLE = "gql_idempotency_keys"
LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("claim", sa.String(32), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("answer", LONG_TEXT, nullable=True),
        sa.Column("expires_at_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        comment="Answers of mutations that came with an idempotency key.",
    )
    op.create_index(f"ix_{TABLE}_expires_at_s", TABLE, ["expires_at_s"])


def downgrade() -> None:
    op.drop_table(TABLE)
