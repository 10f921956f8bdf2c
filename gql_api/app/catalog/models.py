"""Categories, products and reviews."""

import enum
import uuid
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    DDL,
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    Index,
    Numeric,
    String,
    Table,
    Text,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.schema import ExecutableDDLElement

from gql_api.app.base import Base, IntegerKey, Timestamps, limit_index

if TYPE_CHECKING:
    from gql_api.app.accounts.models import User

SLUG_PATTERN = r"[a-z0-9]+(?:-[a-z0-9]+)*"
"""Lower-case words and numbers, joined by single hyphens."""


SLUG_LENGTH = 100
"""Most characters of a slug."""

SKU_LENGTH = 50
"""Most characters of a stock-keeping unit."""

_MYSQL_DIALECTS = ("mysql", "mariadb")


class ProductStatus(enum.StrEnum):
    """Where a product stands between idea and shelf."""

    DRAFT = "DRAFT"
    """Being prepared; not for sale yet."""
    ACTIVE = "ACTIVE"
    """For sale."""
    ARCHIVED = "ARCHIVED"
    """No longer for sale."""


class Category(IntegerKey, Timestamps, Base):
    """A shelf of the catalog; shelves form a tree."""

    __tablename__ = "categories"
    repr_attributes = ("id", "name")

    name: Mapped[str] = mapped_column(
        String(100), index=True, doc="What stands on it.", info={"gql": {"not_empty": True}}
    )
    description: Mapped[str | None] = mapped_column(Text, doc="What belongs here.")
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("categories.id", ondelete="RESTRICT"),
        index=True,
        doc="Number of the category above; null at the top.",
    )

    parent: Mapped["Category | None"] = relationship(
        back_populates="children",
        remote_side="Category.id",
        lazy="raise",
        doc="The category above; null at the top.",
    )
    # A category that is in use stays: the database refuses, the session does not unlink.
    children: Mapped[list["Category"]] = relationship(
        back_populates="parent",
        lazy="raise",
        passive_deletes="all",
        doc="The categories directly below.",
    )
    products: Mapped[list["Product"]] = relationship(
        back_populates="category",
        lazy="raise",
        passive_deletes="all",
        doc="Products of exactly this category.",
    )


class Product(Timestamps, Base):
    """Something for sale; deleting it hides it until it is restored or purged."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("stock >= 0", name="stock_not_negative"),
    )
    __gql_soft_delete__ = "deleted_at"
    repr_attributes = ("id", "slug")

    id: Mapped[uuid.UUID] = mapped_column(
        primary_key=True, default=uuid.uuid4, doc="Identifies the product everywhere."
    )
    slug: Mapped[str] = mapped_column(
        String(SLUG_LENGTH),
        doc="Its name in addresses; unique among products that are not deleted.",
        info={"gql": {"key": True, "min_length": 1, "pattern": SLUG_PATTERN}},
    )
    sku: Mapped[str] = mapped_column(
        String(SKU_LENGTH),
        doc="Its number in the warehouse; unique among products that are not deleted.",
        info={"gql": {"key": True, "not_empty": True}},
    )
    name: Mapped[str] = mapped_column(
        String(200), index=True, doc="Its name on the shelf.", info={"gql": {"not_empty": True}}
    )
    description: Mapped[str | None] = mapped_column(Text, doc="What a buyer should know.")
    price: Mapped[Decimal] = mapped_column(
        Numeric(12, 2),
        doc="Price of one piece.",
        info={"gql": {"minimum": 0}},
    )
    stock: Mapped[int] = mapped_column(
        server_default="0",
        doc="Pieces in the warehouse.",
        info={"gql": {"minimum": 0}},
    )
    status: Mapped[ProductStatus] = mapped_column(
        Enum(ProductStatus, name="product_status", create_constraint=True),
        server_default=ProductStatus.DRAFT.name,
        doc="Where it stands between idea and shelf.",
    )
    attributes: Mapped[dict[str, Any]] = mapped_column(
        default=dict, doc="Further facts, such as color or size."
    )
    category_id: Mapped[int | None] = mapped_column(
        ForeignKey("categories.id", ondelete="RESTRICT"),
        index=True,
        doc="Number of the category.",
    )
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"),
        index=True,
        doc="Number of the user who added it; null once the account is gone.",
    )
    deleted_at: Mapped[datetime | None] = mapped_column(
        doc="When it was deleted; null while it is not.",
        info={"gql": {"read_only": True}},
    )
    version: Mapped[int] = mapped_column(
        server_default="1",
        doc="Grows with every change.",
        info={"gql": {"read_only": True}},
    )

    category: Mapped["Category | None"] = relationship(
        back_populates="products", lazy="raise", doc="The shelf it stands on."
    )
    created_by: Mapped["User | None"] = relationship(
        back_populates="products",
        lazy="raise",
        doc="Who added it; null once the account is gone.",
    )
    reviews: Mapped[list["Review"]] = relationship(
        back_populates="product",
        lazy="raise",
        cascade="all",
        passive_deletes=True,
        doc="What buyers wrote about it.",
    )

    __mapper_args__: Any = {  # noqa: RUF012 - declared as such upstream
        **Base.__mapper_args__,
        "version_id_col": version,
    }


class Review(IntegerKey, Timestamps, Base):
    """A buyer's opinion of a product."""

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("rating >= 1 AND rating <= 5", name="rating_range"),
        IntegerKey.__table_args__,
    )
    repr_attributes = ("id", "product_id", "rating")

    rating: Mapped[int] = mapped_column(
        doc="From 1, poor, to 5, excellent.",
        info={"gql": {"minimum": 1, "maximum": 5}},
    )
    content: Mapped[str | None] = mapped_column(Text, doc="The opinion in words.")
    product_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("products.id", ondelete="CASCADE"), index=True, doc="Id of the product."
    )
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"),
        index=True,
        doc="Number of the writer; null once the account is gone.",
    )

    product: Mapped["Product"] = relationship(
        back_populates="reviews", lazy="raise", doc="The product it is about."
    )
    author: Mapped["User | None"] = relationship(
        back_populates="reviews",
        lazy="raise",
        doc="Who wrote it; null once the account is gone.",
    )


def _make_unique_among_live(column: Column[Any], length: int) -> None:
    """Make a column of ``products`` unique among rows that are not deleted.

    MariaDB has no partial indexes: there, a generated column that is NULL for deleted rows is unique under the
    same name, beside a plain index for lookups.
    """
    is_live = Product.deleted_at.is_(None)
    name = f"uq_products_{column.name}"
    partial = Index(name, column, unique=True, postgresql_where=is_live, sqlite_where=is_live)
    limit_index(partial, "postgresql", "sqlite")
    limit_index(Index(f"ix_products_{column.name}", column), *_MYSQL_DIALECTS)
    generated: ExecutableDDLElement = DDL(  # type: ignore[no-untyped-call]  # untyped upstream
        f"ALTER TABLE products ADD COLUMN live_{column.name} VARCHAR({length})"
        f" GENERATED ALWAYS AS (IF(deleted_at IS NULL, {column.name}, NULL)) VIRTUAL,"
        f" ADD UNIQUE INDEX {name} (live_{column.name})"
    )
    for dialect in _MYSQL_DIALECTS:
        event.listen(column.table, "after_create", generated.execute_if(dialect=dialect))


_PRODUCTS = cast("Table", Product.__table__)
_make_unique_among_live(_PRODUCTS.c.slug, length=SLUG_LENGTH)
_make_unique_among_live(_PRODUCTS.c.sku, length=SKU_LENGTH)
