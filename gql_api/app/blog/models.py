"""Posts, tags and comments."""

from typing import TYPE_CHECKING

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gql_api.app.base import Base, IntegerKey, Timestamps

if TYPE_CHECKING:
    from gql_api.app.accounts.models import User

post_tags = Table(
    "post_tags",
    Base.metadata,
    Column("post_id", ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True),
    comment="Which post has which tag.",
)


class Post(IntegerKey, Timestamps, Base):
    """An article of the blog; a draft until it is published."""

    __tablename__ = "posts"
    repr_attributes = ("id", "title")

    title: Mapped[str] = mapped_column(
        String(200), doc="Headline.", info={"gql": {"min_length": 1}}
    )
    content: Mapped[str] = mapped_column(
        Text, doc="The article itself.", info={"gql": {"not_empty": True}}
    )
    is_published: Mapped[bool] = mapped_column(
        server_default=false(), doc="Whether everybody may read it."
    )
    view_count: Mapped[int] = mapped_column(
        server_default="0", doc="How often it was read.", info={"gql": {"read_only": True}}
    )
    author_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True, doc="Number of the author."
    )

    author: Mapped["User"] = relationship(back_populates="posts", lazy="raise", doc="Who wrote it.")
    tags: Mapped[list["Tag"]] = relationship(
        secondary=post_tags,
        back_populates="posts",
        lazy="raise",
        passive_deletes=True,
        doc="What it is about.",
    )
    comments: Mapped[list["Comment"]] = relationship(
        back_populates="post",
        lazy="raise",
        cascade="all",
        passive_deletes=True,
        doc="What readers wrote below it.",
    )


class Tag(IntegerKey, Timestamps, Base):
    """A subject that posts are about."""

    __tablename__ = "tags"
    repr_attributes = ("id", "name")

    name: Mapped[str] = mapped_column(
        String(50), unique=True, doc="Unique name.", info={"gql": {"not_empty": True}}
    )

    posts: Mapped[list["Post"]] = relationship(
        secondary=post_tags,
        back_populates="tags",
        lazy="raise",
        passive_deletes=True,
        doc="Posts about it.",
    )


class Comment(IntegerKey, Timestamps, Base):
    """What a reader wrote below a post."""

    __tablename__ = "comments"
    repr_attributes = ("id", "post_id")

    content: Mapped[str] = mapped_column(
        Text, doc="What the reader wrote.", info={"gql": {"not_empty": True}}
    )
    post_id: Mapped[int] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), index=True, doc="Number of the post."
    )
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"),
        index=True,
        doc="Number of the writer; null once the account is gone.",
    )

    post: Mapped["Post"] = relationship(
        back_populates="comments", lazy="raise", doc="The post it is about."
    )
    author: Mapped["User | None"] = relationship(
        back_populates="comments",
        lazy="raise",
        doc="Who wrote it; null once the account is gone.",
    )


Index("ix_posts_created_at", Post.created_at)
