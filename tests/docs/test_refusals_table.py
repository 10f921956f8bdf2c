"""The table of refusals in ``docs/writes.md`` is what each database answers."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import ExcludeConstraint

import gql_api as gql
from gql_api.mapping.global_ids import encode_global_id
from tests.fixtures.schema import KINDS, Api, drop_test_database, open_test_database

_PAGE = (Path(__file__).parents[2] / "docs" / "writes.md").read_text()
_COLUMNS = {"postgresql": 1, "sqlite": 2, "mysql": 3}
_STORED = "\N{EN DASH}"


class Base(orm.DeclarativeBase):
    """The models of this module; the tables are stricter than they say."""


class House(Base):
    __tablename__ = "house"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True, autoincrement=False)
    name: orm.Mapped[str | None] = orm.mapped_column(sa.String(8))
    rooms: orm.Mapped[list["Room"]] = orm.relationship(
        back_populates="house", foreign_keys="Room.house_id"
    )


class Room(Base):
    __tablename__ = "room"
    __table_args__ = (
        sa.UniqueConstraint("house_id", "number", name="uq_room_house_number"),
        sa.Index("ix_room_name", sa.text("lower(name)"), unique=True),
        sa.Index(
            "ix_room_front",
            "floor",
            unique=True,
            postgresql_where=sa.text("is_front"),
            sqlite_where=sa.text("is_front"),
        ),
        ExcludeConstraint(
            (sa.text("int4range(opens, closes)"), "&&"),
            where=sa.text("opens IS NOT NULL"),
            name="ex_room_hours",
        ),
        sa.CheckConstraint("floor >= 0", name="ck_room_floor"),
        sa.CheckConstraint("opens < closes", name="ck_room_hours"),
        sa.ForeignKeyConstraint(["spare_id"], ["house.id"], name="fk_room_spare"),
        sa.ForeignKeyConstraint(
            ["later_id"], ["house.id"], name="fk_room_later", initially="DEFERRED", deferrable=True
        ),
    )

    code: orm.Mapped[str] = orm.mapped_column(sa.String(8), primary_key=True)
    slug: orm.Mapped[str | None] = orm.mapped_column(sa.String(8), unique=True)
    name: orm.Mapped[str | None] = orm.mapped_column(sa.String(8))
    number: orm.Mapped[int | None]
    floor: orm.Mapped[int | None]
    is_front: orm.Mapped[bool | None]
    opens: orm.Mapped[int | None]
    closes: orm.Mapped[int | None]
    price: orm.Mapped[Any] = orm.mapped_column(sa.Numeric(5, 2), default=0)
    note: orm.Mapped[str | None] = orm.mapped_column(sa.String(40))
    weight: orm.Mapped[int | None]
    height: orm.Mapped[int | None]
    colour: orm.Mapped[str | None] = orm.mapped_column(sa.String(8), default="red")
    house_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("house.id"))
    spare_id: orm.Mapped[int | None]
    later_id: orm.Mapped[int | None]

    house: orm.Mapped[House | None] = orm.relationship(
        back_populates="rooms", foreign_keys="Room.house_id"
    )


def _strict_tables(dialect: str) -> sa.MetaData:
    """Copy the tables, with rules that the models do not tell and without those of PostgreSQL."""
    metadata = sa.MetaData()
    for table in Base.metadata.sorted_tables:
        table.to_metadata(metadata)
    room = metadata.tables["room"]
    room.c.note.type = sa.String(5)
    room.c.weight.type = sa.SmallInteger()
    room.c.colour.nullable = False
    if dialect != "postgresql":
        room.constraints -= {each for each in room.constraints if each.name == "ex_room_hours"}
    if dialect == "mysql":
        room.indexes.clear()
        (later,) = (each for each in room.constraints if each.name == "fk_room_later")
        later.deferrable = later.initially = None
    room.append_constraint(sa.CheckConstraint("height < 100", name="ck_secret"))
    return metadata


_HOUSES = 2
_ROWS = (
    (House, [{"id": 1}, {"id": 2}]),
    (
        Room,
        [
            {
                "code": "taken",
                "slug": "taken",
                "name": "Taken",
                "number": 1,
                "floor": 1,
                "is_front": True,
                "opens": 8,
                "closes": 12,
                "house_id": 1,
                "spare_id": 2,
            },
        ],
    ),
)


def _creation(fields: str) -> str:
    return f'createRoom(input: {{code: "new", {fields}}})'


_CASES = {
    "primary key": 'createRoom(input: {code: "taken"})',
    "unique column": _creation('slug: "taken"'),
    "unique together": _creation("house: {connect: {rowId: 1}}, number: 1"),
    "unique index over `lower(name)`": _creation('name: "TAKEN"'),
    "unique index `WHERE is_front`": _creation("floor: 1, isFront: true"),
    "exclusion": _creation("opens: 11, closes: 13"),
    "foreign key, a column": _creation("spareId: 9"),
    "foreign key, a relationship": _creation("house: {connect: {rowId: 9}}"),
    "foreign key, deferred": _creation("laterId: 9"),
    "foreign key, of rows that stay": "deleteHouse(id: $House)",
    "check": _creation("floor: -1"),
    "check of two columns": _creation("opens: 20, closes: 19"),
    "check that the model does not tell": _creation("height: 100"),
    "not null": _creation("price: null"),
    "not null that the model does not tell": _creation("colour: null"),
    "text too long": _creation('slug: "123456789"'),
    "text too long, which the model does not tell": _creation('note: "123456"'),
    "number out of range": _creation('price: "1000.00"'),
    "number out of range, which the model does not tell": _creation("weight: 32768"),
    "in a list": 'createRooms(inputs: [{code: "new"}, {code: "two", slug: "taken"}])',
    "in a nested write": 'createHouse(input: {rowId: 3, rooms: {create: [{code: "a"}, '
    '{code: "b", slug: "taken"}]}})',
    "in a nested update": "updateHouse(id: $Owner, input: {rooms: {update: [{id: $Room, input: {floor: -1}}]}})",
}


def _rows() -> list[list[str]]:
    part = _PAGE.split("## What the database refuses\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


@pytest.fixture(scope="module", params=KINDS)
async def rooms(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """A house with a room, in tables that are stricter than the models."""
    folder = tmp_path_factory.mktemp("rooms")
    database = await open_test_database(request.param, make_postgres_database, folder)
    async with database.write_engine.begin() as connection:
        await connection.run_sync(_strict_tables(database.dialect.name).create_all)
        for target, rows in _ROWS:
            await connection.execute(sa.insert(target), rows)
    yield Api(database, gql.build_schema(Base, dialect=database.dialect.name))
    await drop_test_database(database)


def _id(api: Api, model: Any, **key: Any) -> str:
    id_ = encode_global_id(api.schema.table.registry.by_model[model], key)
    return f'"{id_}"'


async def _refusal(api: Api, field: str) -> str:
    """Run a mutation; write what it was refused for as the page does, or that it was not."""
    ids = {
        "$Owner": _id(api, House, id=1),
        "$House": _id(api, House, id=2),
        "$Room": _id(api, Room, code="taken"),
    }
    for place, id_ in ids.items():
        field = field.replace(place, id_)
    answer = await api.run(f"mutation {{ {field} {{ errors {{ __typename path }} }} }}")
    if answer.errors:
        assert answer.data == {field.partition("(")[0]: None}
        return ", ".join(f"`{each.extensions['code']}`" for each in answer.errors)
    (payload,) = answer.data.values()
    found = [(each["__typename"], ".".join(each["path"])) for each in payload["errors"]]
    return ", ".join(f"`{type_}` at `{path}`" for type_, path in found) or _STORED


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0])
async def test_refusals(rooms: Api, row: list[str]):
    """Each constraint is refused with the error and at the path that the page names."""
    found = await _refusal(rooms, _CASES[row[0]])

    async with rooms.database.write_engine.begin() as connection:
        await connection.execute(sa.delete(Room).where(Room.code != "taken"))
        await connection.execute(sa.delete(House).where(House.id > _HOUSES))

    assert found == row[_COLUMNS[rooms.database.dialect.name]]


async def test_refused_commit(rooms: Api):
    """After a commit that a deferred constraint refuses, the connection is as good as before."""
    if rooms.database.dialect.name != "sqlite":
        pytest.skip("Others check before the commit.")
    await _refusal(rooms, _CASES["foreign key, deferred"])

    for _ in range(2):
        assert await _refusal(rooms, 'createHouse(input: {rowId: 4, name: "x"})') == _STORED
        assert await _refusal(rooms, f"deleteHouse(id: {_id(rooms, House, id=4)})") == _STORED


def test_all_cases():
    """The page has every case."""
    assert [row[0] for row in _rows()] == list(_CASES)
