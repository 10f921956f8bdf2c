"""Models with every kind of key, relationship, cascade and constraint that a write meets."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

import gql_api as gql


class Base(orm.DeclarativeBase):
    """All models of these tests."""


gql.idempotency_table(Base.metadata)


class Shown:
    """What policies look at."""

    is_open: Mapped[bool] = mapped_column(default=True)
    score: Mapped[int] = mapped_column(default=0)


def _foreign(target: str) -> Any:
    """Return a foreign key to generated ids."""
    return sa.ForeignKey(f"{target}.id")


person_skill = sa.Table(
    "person_skill",
    Base.metadata,
    sa.Column("person_id", _foreign("person"), primary_key=True),
    sa.Column("skill_id", _foreign("skill"), primary_key=True),
)


class Team(Shown, Base):
    """A natural key, members who are released, rooms that go along."""

    __tablename__ = "team"
    __table_args__ = (sa.CheckConstraint("size <> 13", name="ck_team_size"),)

    code: Mapped[str] = mapped_column(sa.String(4), primary_key=True)
    size: Mapped[int | None]

    members: Mapped[list["Person"]] = relationship(back_populates="team", lazy="raise")
    parcels: Mapped[list["Parcel"]] = relationship(back_populates="team", lazy="raise")
    rooms: Mapped[list["Room"]] = relationship(
        back_populates="team", cascade="all, delete-orphan", lazy="raise"
    )


class Room(Shown, Base):
    """A composite key, a part of which is a foreign key."""

    __tablename__ = "room"

    team_code: Mapped[str] = mapped_column(sa.ForeignKey("team.code"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    label: Mapped[str | None] = mapped_column(sa.String(4), unique=True)

    team: Mapped[Team] = relationship(back_populates="rooms", lazy="raise")
    tasks: Mapped[list["Task"]] = relationship(back_populates="room", lazy="raise")


class Person(Shown, Base):
    """A tree, unique columns, a rule, a check, relatives of every kind."""

    __tablename__ = "person"
    __table_args__ = (sa.CheckConstraint("age <> 13", name="ck_person_age"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(4), unique=True)
    nick: Mapped[str | None] = mapped_column(sa.String(4), unique=True)
    age: Mapped[int | None] = mapped_column(info={"gql": {"minimum": 0}})
    team_code: Mapped[str | None] = mapped_column(sa.ForeignKey("team.code"))
    boss_id: Mapped[int | None] = mapped_column(_foreign("person"))

    team: Mapped[Team | None] = relationship(back_populates="members", lazy="raise")
    boss: Mapped["Person | None"] = relationship(
        back_populates="reports", remote_side="Person.id", lazy="raise"
    )
    reports: Mapped[list["Person"]] = relationship(back_populates="boss", lazy="raise")
    passport: Mapped["Passport | None"] = relationship(back_populates="person", lazy="raise")
    tasks: Mapped[list["Task"]] = relationship(
        back_populates="person", cascade="all, delete-orphan", lazy="raise"
    )
    skills: Mapped[list["Skill"]] = relationship(
        back_populates="people", secondary=person_skill, lazy="raise"
    )


class Passport(Shown, Base):
    """One for each person, who cannot go before it."""

    __tablename__ = "passport"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(4), unique=True)
    person_id: Mapped[int] = mapped_column(_foreign("person"), unique=True)

    person: Mapped[Person] = relationship(back_populates="passport", lazy="raise")


class Skill(Shown, Base):
    """Of many people, who have many."""

    __tablename__ = "skill"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(4), unique=True)

    people: Mapped[list[Person]] = relationship(
        back_populates="skills", secondary=person_skill, lazy="raise"
    )


class Task(Shown, Base):
    """A counter of versions, and a foreign key of two columns."""

    __tablename__ = "task"
    __table_args__ = (
        sa.ForeignKeyConstraint(["room_team", "room_number"], ["room.team_code", "room.number"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(4), unique=True)
    version: Mapped[int] = mapped_column(info={"gql": {"read_only": True}})
    person_id: Mapped[int] = mapped_column(_foreign("person"))
    room_team: Mapped[str | None] = mapped_column(sa.String(4))
    room_number: Mapped[int | None]

    person: Mapped[Person] = relationship(back_populates="tasks", lazy="raise")
    room: Mapped[Room | None] = relationship(back_populates="tasks", lazy="raise")

    __mapper_args__: ClassVar = {"version_id_col": version}


class Parcel(gql.SoftDelete, Shown, Base):
    """Deleted softly with its items, and counted."""

    __tablename__ = "parcel"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(4), unique=True)
    version: Mapped[int] = mapped_column(info={"gql": {"read_only": True}})
    team_code: Mapped[str | None] = mapped_column(sa.ForeignKey("team.code"))

    team: Mapped[Team | None] = relationship(back_populates="parcels", lazy="raise")
    items: Mapped[list["Item"]] = relationship(back_populates="parcel", cascade="all", lazy="raise")

    __mapper_args__: ClassVar = {"version_id_col": version}


class Item(gql.SoftDelete, Shown, Base):
    """Deleted softly, and a foreign key without a relationship."""

    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(4), unique=True)
    origin_code: Mapped[str | None] = mapped_column(
        sa.ForeignKey("team.code", name="fk_item_origin")
    )
    parcel_id: Mapped[int | None] = mapped_column(_foreign("parcel"))

    parcel: Mapped[Parcel | None] = relationship(back_populates="items", lazy="raise")
