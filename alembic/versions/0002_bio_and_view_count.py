"""A biography of each user, a view count of each post.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# On SQLite columns come and go in place: a copy of the table would delete the rows that refer to it.


def upgrade() -> None:
    with op.batch_alter_table("users", recreate="never") as users:
        users.add_column(sa.Column("bio", sa.Text(), nullable=True))
    with op.batch_alter_table("posts", recreate="never") as posts:
        posts.add_column(sa.Column("view_count", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("posts", recreate="never") as posts:
        posts.drop_column("view_count")
    with op.batch_alter_table("users", recreate="never") as users:
        users.drop_column("bio")
