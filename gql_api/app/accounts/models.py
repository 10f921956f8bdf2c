"""Users and roles."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    false,
    func,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gql_api.app.base import Base, IntegerKey, Timestamps, limit_index

if TYPE_CHECKING:
    from gql_api.app.blog.models import Comment, Post
    from gql_api.app.catalog.models import Product, Review
    from gql_api.app.inventory.models import Item
    from gql_api.app.registry.models import MLModel

EMAIL_PATTERN = r"[^@\s]+@[^@\s]+\.[^@\s]+"
"""What an address must look like; whether it exists, only a message to it can tell."""

user_roles = Table(
    "user_roles",
    Base.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True, index=True),
    comment="Which user has which role.",
)

refresh_tokens = Table(
    "refresh_tokens",
    Base.metadata,
    Column("digest", String(64), primary_key=True),
    Column("session_id", String(32), nullable=False, index=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("is_used", Boolean, server_default=false(), nullable=False),
    Column("expires_at_s", BigInteger, nullable=False, index=True),
    comment="Refresh tokens by their digests; those of one sign-in are a session.",
)

api_key_roles = Table(
    "api_key_roles",
    Base.metadata,
    Column("api_key_id", ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True, index=True),
    comment="Which API key has which role.",
)


class User(IntegerKey, Timestamps, Base):
    """A person with an account."""

    __tablename__ = "users"
    repr_attributes = ("id", "username")

    email: Mapped[str] = mapped_column(
        String(255),
        unique=True,
        doc="Address for messages; unique, whatever its case.",
        info={"gql": {"pattern": EMAIL_PATTERN}},
    )
    username: Mapped[str] = mapped_column(
        String(50),
        unique=True,
        doc="Name to sign in with; unique, whatever its case.",
        info={"gql": {"min_length": 3, "not_empty": True}},
    )
    full_name: Mapped[str | None] = mapped_column(String(100), doc="Name as written in full.")
    bio: Mapped[str | None] = mapped_column(Text, doc="A few sentences about the person.")
    is_active: Mapped[bool] = mapped_column(
        server_default=true(), doc="Whether the person may sign in."
    )
    is_superuser: Mapped[bool] = mapped_column(
        server_default=false(), doc="Whether the person may do everything."
    )
    hashed_password: Mapped[str] = mapped_column(
        String(255), doc="Argon2 hash of the password.", info={"gql": {"hidden": True}}
    )

    roles: Mapped[list["Role"]] = relationship(
        secondary=user_roles,
        back_populates="users",
        lazy="raise",
        passive_deletes=True,
        doc="Roles granted to the person.",
    )
    items: Mapped[list["Item"]] = relationship(
        back_populates="owner",
        lazy="raise",
        cascade="all",
        passive_deletes=True,
        doc="Items that the person owns.",
    )
    posts: Mapped[list["Post"]] = relationship(
        back_populates="author",
        lazy="raise",
        cascade="all",
        passive_deletes=True,
        doc="Posts that the person wrote.",
    )
    comments: Mapped[list["Comment"]] = relationship(
        back_populates="author",
        lazy="raise",
        passive_deletes=True,
        doc="Comments that the person wrote.",
    )
    products: Mapped[list["Product"]] = relationship(
        back_populates="created_by",
        lazy="raise",
        passive_deletes=True,
        doc="Products that the person added.",
    )
    reviews: Mapped[list["Review"]] = relationship(
        back_populates="author",
        lazy="raise",
        passive_deletes=True,
        doc="Reviews that the person wrote.",
    )
    ml_models: Mapped[list["MLModel"]] = relationship(
        back_populates="owner",
        lazy="raise",
        cascade="all",
        passive_deletes=True,
        doc="Machine-learning models that the person registered.",
    )


class Role(IntegerKey, Timestamps, Base):
    """What a group of users may do, by name."""

    __tablename__ = "roles"
    repr_attributes = ("id", "name")

    name: Mapped[str] = mapped_column(
        String(50), unique=True, doc="Unique name.", info={"gql": {"not_empty": True}}
    )
    description: Mapped[str | None] = mapped_column(
        String(255), doc="What holders of the role may do."
    )

    users: Mapped[list["User"]] = relationship(
        secondary=user_roles,
        back_populates="roles",
        lazy="raise",
        passive_deletes=True,
        doc="Users who have the role.",
    )
    api_keys: Mapped[list["ApiKey"]] = relationship(
        secondary=api_key_roles,
        back_populates="roles",
        lazy="raise",
        passive_deletes=True,
        doc="Keys of services that have the role.",
    )


class ApiKey(IntegerKey, Timestamps, Base):
    """A key by which a service says who it is."""

    __tablename__ = "api_keys"
    repr_attributes = ("id", "name")

    name: Mapped[str] = mapped_column(
        String(100), doc="What it is used for.", info={"gql": {"not_empty": True}}
    )
    expires_at: Mapped[datetime | None] = mapped_column(doc="When it stops; null for never.")
    digest: Mapped[str] = mapped_column(
        String(64), unique=True, doc="SHA-256 of the key.", info={"gql": {"hidden": True}}
    )

    roles: Mapped[list["Role"]] = relationship(
        secondary=api_key_roles,
        back_populates="api_keys",
        lazy="raise",
        passive_deletes=True,
        doc="What the service may do.",
    )


# MariaDB and MySQL compare text without regard to case, so that the plain keys suffice there.
for _column in (User.email, User.username):
    limit_index(
        Index(f"uq_users_{_column.key}_lower", func.lower(_column), unique=True),
        "postgresql",
        "sqlite",
    )
