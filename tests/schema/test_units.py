"""Root mutation fields in the unit of work: deferred constraints and payloads."""

from typing import Any

import pytest
import sqlalchemy as sa
import strawberry
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

import gql_api as gql
from tests.fixtures.schema import Api

BOX = "{ box { id } errors { __typename code message path } }"


class Base(orm.DeclarativeBase):
    pass


class Room(Base):
    __tablename__ = "room"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    main_box_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("box.id", deferrable=True, initially="DEFERRED", use_alter=True)
    )


class Box(Base):
    __tablename__ = "box"
    __table_args__ = (sa.UniqueConstraint("place", deferrable=True, initially="DEFERRED"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    room_id: Mapped[int] = mapped_column(
        sa.ForeignKey("room.id", deferrable=True, initially="DEFERRED")
    )
    place: Mapped[int | None]
    room: Mapped[Room] = relationship(foreign_keys=room_id, lazy="raise", viewonly=True)


class Operations:
    @gql.mutation
    async def put(self, info: gql.Info, number: int, room: int, place: int = 0) -> Box:
        """Put a box into a room, which may not exist."""
        box = Box(id=number, room_id=room, place=place or None)
        info.context.session.add(box)
        return box

    @gql.mutation
    async def furnish(self, info: gql.Info, number: int) -> Box:
        """Make a room and a box that name each other."""
        session = info.context.session
        await session.execute(sa.insert(Room).values(id=number, main_box_id=number))
        await session.execute(sa.insert(Box).values(id=number, room_id=number))
        return await session.get_one(Box, number)

    @strawberry.mutation
    def drop(self, info: gql.Info, number: int) -> str | None:
        """Write without awaiting and without a payload."""
        info.context.session.add(Box(id=number, room_id=99))
        return "dropped"


@pytest.fixture
async def boxes(postgres: gql.Database) -> Api:
    """A schema with deferred constraints over an empty database."""
    async with postgres.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    return Api(postgres, gql.build_schema(Base, mutations=[Operations]))


async def _count(api: Api) -> Any:
    async with api.database.read_connection() as connection:
        return await connection.scalar(sa.select(sa.func.count()).select_from(Box))


async def test_deferred_foreign_key(boxes: Api):
    """A deferred foreign key is refused in the payload, by the field that breaks it."""
    answer = await boxes.run(f"mutation {{ put(number: 1, room: 9) {BOX} }}")

    assert answer.errors == ()
    assert answer.data["put"] == {
        "box": None,
        "errors": [
            {
                "__typename": "ForeignKeyViolation",
                "code": "FOREIGN_KEY_VIOLATION",
                "message": "roomId refers to a row that does not exist.",
                "path": ["roomId"],
            }
        ],
    }
    assert await _count(boxes) == 0


async def test_deferred_in_input(boxes: Api):
    """The path of a generated mutation leads into its input."""
    text = "mutation { createRoom(input: {rowId: 1, mainBoxId: 7}) { errors { code path } } }"
    answer = await boxes.run(text)

    assert answer.errors == ()
    assert answer.data["createRoom"]["errors"] == [
        {"code": "FOREIGN_KEY_VIOLATION", "path": ["input", "mainBoxId"]}
    ]


async def test_deferred_unique(boxes: Api):
    """A deferred unique constraint is refused by the second field; the first one is undone."""
    answer = await boxes.run(
        f"mutation {{ a: furnish(number: 1) {BOX} b: put(number: 2, room: 1, place: 5) {BOX}"
        f" c: put(number: 3, room: 1, place: 5) {BOX} }}"
    )

    assert (answer.data["a"], answer.data["b"]) == (None, None)
    assert [each["code"] for each in answer.data["c"]["errors"]] == ["UNIQUE_VIOLATION"]
    assert await _count(boxes) == 0


async def test_each_field_may_defer(boxes: Api):
    """Every field may write rows that name each other: what is checked after one is deferred again."""
    answer = await boxes.run(
        f"mutation {{ a: furnish(number: 1) {BOX} b: furnish(number: 2) {BOX} }}"
    )

    assert answer.errors == ()
    assert await _count(boxes) == 2
    told = [each for each in answer.statements if each.startswith("SET")]
    assert told == [
        "SET CONSTRAINTS ALL IMMEDIATE",
        "SET CONSTRAINTS ALL DEFERRED",
        "SET CONSTRAINTS ALL IMMEDIATE",
    ]


async def test_without_payload(boxes: Api):
    """A field without a payload, awaiting or not, fails with the typed error."""
    answer = await boxes.run("mutation { drop(number: 1) }")

    assert answer.data == {"drop": None}
    (error,) = answer.errors
    assert (error.extensions["code"], error.path) == ("FOREIGN_KEY_VIOLATION", ["drop"])
    assert await _count(boxes) == 0


async def test_no_deferred_constraints(written: Api):
    """Models without deferred constraints send no statement for them."""
    answer = await written.run('mutation { createTag(input: {label: "x"}) { tag { label } } }')

    assert answer.errors == ()
    assert [each for each in answer.statements if each.startswith("SET")] == []
