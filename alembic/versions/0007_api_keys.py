"""API keys of services, with their roles.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

from gql_api.app.base import INSTANT, CurrentInstant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_at", INSTANT, server_default=CurrentInstant(), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=CurrentInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("digest", name="uq_api_keys_digest"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_key_roles",
        sa.Column("api_key_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("api_key_id", "role_id", name="pk_api_key_roles"),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_keys.id"], name="fk_api_key_roles_api_key_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name="fk_api_key_roles_role_id", ondelete="CASCADE"
        ),
        comment="Which API key has which role.",
    )
    op.create_index("ix_api_key_roles_role_id", "api_key_roles", ["role_id"])


def downgrade() -> None:
    op.drop_table("api_key_roles")
    op.drop_table("api_keys")
