"""The models of the proof: every kind of relationship, nulls, ties, and a policy on drafts."""

import datetime as dt
import decimal
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import gql_api as gql


class Base(DeclarativeBase):
    """Base of the models of the proof."""


class Mood(enum.Enum):
    """An enumeration whose order differs from that of its names."""

    SUNNY = "sunny"
    CLOUDY = "cloudy"


book_tag = sa.Table(
    "proof_book_tag",
    Base.metadata,
    sa.Column("book_id", sa.ForeignKey("proof_book.id"), primary_key=True),
    sa.Column("tag_id", sa.ForeignKey("proof_tag.id"), primary_key=True),
)


class Author(Base):
    """The target of two foreign keys of books."""

    __tablename__ = "proof_author"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(20))
    rank: Mapped[int | None]
    books: Mapped[list["Book"]] = relationship(
        back_populates="author", foreign_keys="Book.author_id", lazy="raise"
    )
    edited: Mapped[list["Book"]] = relationship(
        back_populates="editor", foreign_keys="Book.editor_id", lazy="raise"
    )


class Book(Base):
    """A tree, with two authors, tags and notes; drafts are seen by their author."""

    __tablename__ = "proof_book"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(20))
    pages: Mapped[int | None]
    price: Mapped[decimal.Decimal | None] = mapped_column(sa.Numeric(8, 2))
    printed_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime(timezone=True))
    mood: Mapped[Mood | None] = mapped_column(sa.Enum(Mood, native_enum=False, length=10))
    is_draft: Mapped[bool]
    # one foreign key has an index, the others none: pages per parent are asked for both ways
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("proof_author.id"), index=True)
    editor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("proof_author.id"))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("proof_book.id"))
    author: Mapped[Author | None] = relationship(
        back_populates="books", foreign_keys=[author_id], lazy="raise"
    )
    editor: Mapped[Author | None] = relationship(
        back_populates="edited", foreign_keys=[editor_id], lazy="raise"
    )
    parent: Mapped["Book | None"] = relationship(
        back_populates="children", remote_side="Book.id", lazy="raise"
    )
    children: Mapped[list["Book"]] = relationship(back_populates="parent", lazy="raise")
    tags: Mapped[list["Tag"]] = relationship(
        secondary=book_tag, back_populates="books", lazy="raise"
    )
    notes: Mapped[list["Note"]] = relationship(back_populates="book", lazy="raise")
    drafts_below: Mapped[list["Book"]] = relationship(
        primaryjoin="and_(foreign(remote(Book.parent_id)) == Book.id, remote(Book.is_draft))",
        viewonly=True,
        lazy="raise",
    )


class Tag(Base):
    """The other side of a many-to-many relationship."""

    __tablename__ = "proof_tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(20), unique=True)
    books: Mapped[list[Book]] = relationship(
        secondary=book_tag, back_populates="tags", lazy="raise"
    )


class Note(Base):
    """A composite key of two types."""

    __tablename__ = "proof_note"

    book_id: Mapped[int] = mapped_column(sa.ForeignKey("proof_book.id"), primary_key=True)
    mark: Mapped[str] = mapped_column(sa.String(5), primary_key=True)
    text: Mapped[str | None] = mapped_column(sa.String(20))
    book: Mapped[Book] = relationship(back_populates="notes", lazy="raise")


class DraftPolicy(gql.Policy[Book]):
    """Drafts are seen by their author alone."""

    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return ~row.is_draft | (row.author_id == subject.user_id)
