"""Roles, items, tags and comments, the catalog, and machine-learning models.

Revision ID: 0004
Revises: 0003
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gql_api.app.base import INSTANT, JSON_OBJECT, UUID_VALUE, CurrentInstant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PRODUCT_STATUS = sa.Enum(
    "DRAFT", "ACTIVE", "ARCHIVED", name="product_status", create_constraint=True
)
NEW_TABLES = (
    "reviews",
    "comments",
    "post_tags",
    "ml_models",
    "items",
    "products",
    "user_roles",
    "categories",
    "tags",
    "roles",
)


def upgrade() -> None:
    create_roles()
    create_items()
    create_tags_and_comments()
    create_categories()
    create_products()
    create_reviews()
    create_ml_models()


def downgrade() -> None:
    for table in NEW_TABLES:
        op.drop_table(table)
    if op.get_context().dialect.name == "postgresql":
        op.execute(postgresql.DropEnumType(postgresql.ENUM(name="product_status")))


def key() -> sa.Column[Any]:
    return sa.Column("id", sa.Integer(), sa.Identity(), nullable=False)


def timestamps() -> tuple[sa.Column[Any], sa.Column[Any]]:
    return (
        sa.Column("created_at", INSTANT, server_default=CurrentInstant(), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=CurrentInstant(), nullable=False),
    )


def foreign_key(table: str, column: str, target: str, on_delete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [target], name=f"fk_{table}_{column}", ondelete=on_delete
    )


def create_roles() -> None:
    op.create_table(
        "roles",
        key(),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("description", sa.String(255), nullable=True),
        *timestamps(),
        sa.PrimaryKeyConstraint("id", name="pk_roles"),
        sa.UniqueConstraint("name", name="uq_roles_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "user_roles",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "role_id", name="pk_user_roles"),
        foreign_key("user_roles", "user_id", "users.id", "CASCADE"),
        foreign_key("user_roles", "role_id", "roles.id", "CASCADE"),
        comment="Which user has which role.",
    )
    op.create_index("ix_user_roles_role_id", "user_roles", ["role_id"])


def create_items() -> None:
    op.create_table(
        "items",
        key(),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        *timestamps(),
        sa.PrimaryKeyConstraint("id", name="pk_items"),
        foreign_key("items", "owner_id", "users.id", "CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_items_title", "items", ["title"])
    op.create_index("ix_items_owner_id", "items", ["owner_id"])


def create_tags_and_comments() -> None:
    op.create_table(
        "tags",
        key(),
        sa.Column("name", sa.String(50), nullable=False),
        *timestamps(),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
        sa.UniqueConstraint("name", name="uq_tags_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "post_tags",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("post_id", "tag_id", name="pk_post_tags"),
        foreign_key("post_tags", "post_id", "posts.id", "CASCADE"),
        foreign_key("post_tags", "tag_id", "tags.id", "CASCADE"),
        comment="Which post has which tag.",
    )
    op.create_index("ix_post_tags_tag_id", "post_tags", ["tag_id"])
    op.create_table(
        "comments",
        key(),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        *timestamps(),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
        foreign_key("comments", "post_id", "posts.id", "CASCADE"),
        foreign_key("comments", "author_id", "users.id", "SET NULL"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_comments_post_id", "comments", ["post_id"])
    op.create_index("ix_comments_author_id", "comments", ["author_id"])


def create_categories() -> None:
    op.create_table(
        "categories",
        key(),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        *timestamps(),
        sa.PrimaryKeyConstraint("id", name="pk_categories"),
        foreign_key("categories", "parent_id", "categories.id", "RESTRICT"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_categories_name", "categories", ["name"])
    op.create_index("ix_categories_parent_id", "categories", ["parent_id"])


def create_products() -> None:
    op.create_table(
        "products",
        sa.Column("id", UUID_VALUE, nullable=False),
        sa.Column("slug", sa.String(100), nullable=False),
        sa.Column("sku", sa.String(50), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("price", sa.Numeric(12, 2), nullable=False),
        sa.Column("stock", sa.Integer(), server_default="0", nullable=False),
        sa.Column("status", PRODUCT_STATUS, server_default="DRAFT", nullable=False),
        sa.Column("attributes", JSON_OBJECT, nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *timestamps(),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
        sa.CheckConstraint("price >= 0", name="price_not_negative"),
        sa.CheckConstraint("stock >= 0", name="stock_not_negative"),
        foreign_key("products", "category_id", "categories.id", "RESTRICT"),
        foreign_key("products", "created_by_id", "users.id", "SET NULL"),
    )
    op.create_index("ix_products_name", "products", ["name"])
    op.create_index("ix_products_category_id", "products", ["category_id"])
    op.create_index("ix_products_created_by_id", "products", ["created_by_id"])
    make_unique_among_live("slug", length=100)
    make_unique_among_live("sku", length=50)


def make_unique_among_live(column: str, length: int) -> None:
    """Use a partial index, or where there is none a generated column that is NULL for deleted rows."""
    name = f"uq_products_{column}"
    if op.get_context().dialect.name in {"postgresql", "sqlite"}:
        is_live = sa.column("deleted_at").is_(None)
        op.create_index(
            name,
            "products",
            [column],
            unique=True,
            postgresql_where=is_live,
            sqlite_where=is_live,
        )
        return
    op.create_index(f"ix_products_{column}", "products", [column])
    op.execute(
        f"ALTER TABLE products ADD COLUMN live_{column} VARCHAR({length})"
        f" GENERATED ALWAYS AS (IF(deleted_at IS NULL, {column}, NULL)) VIRTUAL,"
        f" ADD UNIQUE INDEX {name} (live_{column})"
    )


def create_reviews() -> None:
    op.create_table(
        "reviews",
        key(),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("product_id", UUID_VALUE, nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        *timestamps(),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.CheckConstraint("rating >= 1 AND rating <= 5", name="rating_range"),
        foreign_key("reviews", "product_id", "products.id", "CASCADE"),
        foreign_key("reviews", "author_id", "users.id", "SET NULL"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reviews_product_id", "reviews", ["product_id"])
    op.create_index("ix_reviews_author_id", "reviews", ["author_id"])


def create_ml_models() -> None:
    op.create_table(
        "ml_models",
        key(),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("framework", sa.String(50), nullable=False),
        sa.Column("accuracy", sa.Double(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        *timestamps(),
        sa.PrimaryKeyConstraint("id", name="pk_ml_models"),
        sa.CheckConstraint("accuracy >= 0 AND accuracy <= 1", name="accuracy_range"),
        foreign_key("ml_models", "owner_id", "users.id", "CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ml_models_name", "ml_models", ["name"])
    op.create_index("ix_ml_models_framework", "ml_models", ["framework"])
    op.create_index("ix_ml_models_owner_id", "ml_models", ["owner_id"])
