"""The blog of the benchmark: tables that exist already, as every server sees them."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """Base of the models."""


post_tags = sa.Table(
    "post_tags",
    Base.metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id"), primary_key=True),
    sa.Column("tag_id", sa.ForeignKey("tags.id"), primary_key=True),
    sa.Index("post_tags_tag_id", "tag_id"),
)


class User(Base):
    """An author."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(sa.Text, unique=True)
    email: Mapped[str] = mapped_column(sa.Text)
    full_name: Mapped[str] = mapped_column(sa.Text)
    bio: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[dt.datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=sa.func.now()
    )
    posts: Mapped[list["Post"]] = relationship(back_populates="author", lazy="raise")


class Post(Base):
    """A post, with tags and comments."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(sa.Text)
    content: Mapped[str] = mapped_column(sa.Text)
    is_published: Mapped[bool] = mapped_column(server_default=sa.true())
    view_count: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[dt.datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=sa.func.now()
    )
    author: Mapped[User] = relationship(back_populates="posts", lazy="raise")
    tags: Mapped[list["Tag"]] = relationship(secondary=post_tags, lazy="raise", viewonly=True)
    comments: Mapped[list["Comment"]] = relationship(back_populates="post", lazy="raise")

    __table_args__ = (sa.Index("posts_author_id_id", "author_id", "id"),)


class Tag(Base):
    """A label."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text, unique=True)


class Comment(Base):
    """A comment on a post."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(sa.ForeignKey("posts.id"))
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    body: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[dt.datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=sa.func.now()
    )
    post: Mapped[Post] = relationship(back_populates="comments", lazy="raise")
    author: Mapped[User] = relationship(lazy="raise")


# those of the peers' data, made for copies of it alone
sa.Index("posts_created_at_id", Post.created_at.desc(), Post.id.desc())
sa.Index(
    "posts_pub_views",
    Post.view_count,
    postgresql_where=Post.is_published,
    sqlite_where=Post.is_published,
)
sa.Index("comments_post_created", Comment.post_id, Comment.created_at.desc(), Comment.id.desc())
sa.Index("comments_author_id", Comment.author_id)
