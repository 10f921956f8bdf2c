"""Models with each kind of constraint, key, cascade and loading that a write meets."""

import datetime as dt
import enum
import uuid
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship


class Base(orm.DeclarativeBase):
    """All models of these tests."""


def _gql(**options: Any) -> dict[Any, Any]:
    return {"gql": options}


class Author(Base):
    """Rules of every kind, a unique expression, a hidden unique column, a read-only one."""

    __tablename__ = "author"
    __table_args__ = (
        sa.Index("uq_author_email", sa.text("lower(email)"), unique=True).ddl_if(
            callable_=lambda _ddl, _target, _bind, dialect, **_: dialect.name != "mysql"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(
        sa.String(12), unique=True, info=_gql(min_length=3, pattern="[a-z0-9_]+")
    )
    email: Mapped[str | None] = mapped_column(sa.String(50))
    bio: Mapped[str | None] = mapped_column(sa.Text, info=_gql(not_empty=True))
    code: Mapped[str | None] = mapped_column(sa.String(9), unique=True, info=_gql(hidden=True))
    is_active: Mapped[bool] = mapped_column(server_default=sa.true())
    created_at: Mapped[dt.datetime] = mapped_column(
        server_default=sa.func.now(), info=_gql(read_only=True)
    )


class State(enum.Enum):
    """State of an article."""

    DRAFT = "draft"
    OPEN = "open"


class Article(Base):
    """Links, required and not, a check, a composite unique constraint, defaults, an enum, JSON."""

    __tablename__ = "article"
    __table_args__ = (
        sa.CheckConstraint("rating BETWEEN 1 AND 5 OR 'title' = 'slug'", name="ck_article_rating"),
        sa.UniqueConstraint("author_id", "slug", name="uq_article_slug"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(20))
    slug: Mapped[str | None] = mapped_column(sa.String(20))
    rating: Mapped[int | None]
    views: Mapped[int] = mapped_column(default=7, info=_gql(minimum=0, maximum=1_000_000))
    state: Mapped[State] = mapped_column(sa.Enum(State), default=State.DRAFT)
    extra: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    is_published: Mapped[bool] = mapped_column(default=False)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("author.id"))
    reviewer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("author.id"))

    author: Mapped[Author] = relationship(foreign_keys=author_id, lazy="raise")
    reviewer: Mapped[Author | None] = relationship(foreign_keys=reviewer_id, lazy="joined")


class Team(Base):
    """A natural key."""

    __tablename__ = "team"

    code: Mapped[str] = mapped_column(sa.String(5), primary_key=True)


class Membership(Base):
    """A composite key made of links."""

    __tablename__ = "membership"

    team_code: Mapped[str] = mapped_column(sa.ForeignKey("team.code"), primary_key=True)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("author.id"), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(20))

    team: Mapped[Team] = relationship(lazy="selectin")
    author: Mapped[Author] = relationship(lazy="raise")


def _label(context: Any) -> str:
    return f"of {context.get_current_parameters().get('team_code')}"


class Task(Base):
    """Links over a composite key, one sharing a column with the other, which a default looks at."""

    __tablename__ = "task"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["team_code", "author_id"], ["membership.team_code", "membership.author_id"]
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_code: Mapped[str | None] = mapped_column(sa.ForeignKey("team.code"))
    author_id: Mapped[int | None]
    label: Mapped[str] = mapped_column(sa.String(20), default=_label)

    team: Mapped[Team | None] = relationship(lazy="raise", overlaps="membership")
    membership: Mapped[Membership | None] = relationship(lazy="raise", overlaps="team")


class Document(Base):
    """A version counter and a key made in Python."""

    __tablename__ = "document"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    text: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(info=_gql(read_only=True))

    __mapper_args__: ClassVar = {"version_id_col": version}


class Vehicle(Base):
    """The base of joined inheritance."""

    __tablename__ = "vehicle"

    id: Mapped[int] = mapped_column(primary_key=True)
    plate: Mapped[str] = mapped_column(sa.String(9), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(9))

    __mapper_args__: ClassVar = {
        "polymorphic_on": "kind",
        "polymorphic_identity": "vehicle",
        "with_polymorphic": "*",
    }


class Car(Vehicle):
    """A subclass with its own table."""

    __tablename__ = "car"

    id: Mapped[int] = mapped_column(sa.ForeignKey("vehicle.id"), primary_key=True)
    seats: Mapped[int] = mapped_column(sa.SmallInteger)

    __table_args__ = (sa.CheckConstraint(seats > 0),)
    __mapper_args__: ClassVar = {"polymorphic_identity": "car"}


class Folder(Base):
    """Children of every cascade and loading."""

    __tablename__ = "folder"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(20))

    files: Mapped[list["File"]] = relationship(cascade="all, delete-orphan", lazy="raise")
    tracks: Mapped[list["Track"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, lazy="joined"
    )
    books: Mapped[list["Book"]] = relationship(passive_deletes="all", lazy="selectin")
    coins: Mapped[list["Coin"]] = relationship(lazy="raise")
    pins: orm.DynamicMapped["Pin"] = relationship()
    logs: orm.WriteOnlyMapped["Log"] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )


class File(Base):
    """The ORM deletes it with its folder; the database would refuse."""

    __tablename__ = "file"

    id: Mapped[int] = mapped_column(primary_key=True)
    folder_id: Mapped[int] = mapped_column(sa.ForeignKey("folder.id"))


class Track(Base):
    """The database deletes it with its folder."""

    __tablename__ = "track"

    id: Mapped[int] = mapped_column(primary_key=True)
    folder_id: Mapped[int] = mapped_column(sa.ForeignKey("folder.id", ondelete="CASCADE"))


class Book(Base):
    """It keeps its folder: the database refuses."""

    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    folder_id: Mapped[int] = mapped_column(sa.ForeignKey("folder.id"))


class Coin(Base):
    """It keeps its folder: the ORM would set NULL where the column refuses it."""

    __tablename__ = "coin"

    id: Mapped[int] = mapped_column(primary_key=True)
    folder_id: Mapped[int] = mapped_column(sa.ForeignKey("folder.id"))

    folder: Mapped[Folder] = relationship(viewonly=True, lazy="raise")


class Pin(Base):
    """The ORM releases it from its folder."""

    __tablename__ = "pin"

    id: Mapped[int] = mapped_column(primary_key=True)
    folder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("folder.id"))


class Log(Base):
    """The database deletes it with its folder, of which the ORM never loads it."""

    __tablename__ = "log"

    id: Mapped[int] = mapped_column(primary_key=True)
    folder_id: Mapped[int] = mapped_column(sa.ForeignKey("folder.id", ondelete="CASCADE"))


class Price(Base):
    """Unnamed constraints, one with a name too long, a foreign key without a relationship, narrow types."""

    __tablename__ = "price"
    __table_args__ = (
        sa.CheckConstraint("amount <> 13"),
        sa.CheckConstraint("amount <> 14", name=sa.schema.conv("ck_price_" + "x" * 70)),
        sa.UniqueConstraint("label"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int] = mapped_column(sa.SmallInteger)
    label: Mapped[str | None] = mapped_column(sa.String(9))
    team_code: Mapped[str | None] = mapped_column(sa.ForeignKey("team.code"))
    unit: Mapped[str | None] = mapped_column(sa.String(9), default="kg")
    secret: Mapped[str] = mapped_column(sa.String(9), default="s", info=_gql(hidden=True))


class Point(orm.MappedAsDataclass, Base):
    """A dataclass whose constructor demands a relationship."""

    __tablename__ = "point"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name: Mapped[str] = mapped_column(sa.String(9))
    folder: Mapped[Folder] = relationship(lazy="raise")
    folder_id: Mapped[int] = mapped_column(sa.ForeignKey("folder.id"), init=False)
    size: Mapped[int] = mapped_column(default=3)


class Badge(Base):
    """A constructor of its own, with a default that only it knows."""

    __tablename__ = "badge"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(9))
    color: Mapped[str | None] = mapped_column(sa.String(9))
    note: Mapped[str | None] = mapped_column(sa.String(9))

    def __init__(self, name: str, color: str = "red") -> None:
        self.name = name
        self.color = color


class Branch(Base):
    """A tree, whose root may be its own parent."""

    __tablename__ = "branch"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("branch.id"))

    parent: Mapped["Branch | None"] = relationship(
        remote_side="Branch.id", back_populates="children", lazy="raise"
    )
    children: Mapped[list["Branch"]] = relationship(back_populates="parent", lazy="raise")
