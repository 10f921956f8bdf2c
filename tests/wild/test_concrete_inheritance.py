"""Concrete inheritance: each class has a table of its own, and a base may be the union of them."""

from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase
from sqlalchemy.orm import Mapped, mapped_column, relationship
from typing_extensions import override

import gql_api as gql
from tests.fixtures.schema import KINDS, Api
from tests.wild.worlds import Rows, opened


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Owner(Base):
    """Has a boat, and a vehicle of every kind."""

    __tablename__ = "owner"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    vehicles: Mapped[list["Vehicle"]] = relationship(lazy="raise", viewonly=True)


class Vehicle(ConcreteBase, Base):
    """A base with a table of its own; its list is the union of all."""

    __tablename__ = "vehicle"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(10))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("owner.id"))

    __mapper_args__: ClassVar = {"polymorphic_identity": "vehicle", "concrete": True}


class Car(Vehicle):
    """One column more."""

    __tablename__ = "car"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(10))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("owner.id"))
    doors: Mapped[int]

    owner: Mapped[Owner | None] = relationship(lazy="raise", viewonly=True)

    __mapper_args__: ClassVar = {"polymorphic_identity": "car", "concrete": True}


class Boat(Vehicle):
    """Another column, and one that may be null."""

    __tablename__ = "boat"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(10))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("owner.id"))
    sails: Mapped[int]

    __mapper_args__: ClassVar = {"polymorphic_identity": "boat", "concrete": True}


class Shape(AbstractConcreteBase, Base):
    """A base without a table."""


class Circle(Shape):
    """A shape."""

    __tablename__ = "circle"

    id: Mapped[int] = mapped_column(primary_key=True)
    color: Mapped[str] = mapped_column(sa.String(10))
    radius: Mapped[int]

    __mapper_args__: ClassVar = {"polymorphic_identity": "circle", "concrete": True}


class Square(Shape):
    """Another shape."""

    __tablename__ = "square"

    id: Mapped[int] = mapped_column(primary_key=True)
    color: Mapped[str] = mapped_column(sa.String(10))
    side: Mapped[int]

    __mapper_args__: ClassVar = {"polymorphic_identity": "square", "concrete": True}


class Note(Base):
    """A plain base: its list is of its own rows."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(sa.String(10))


class Memo(Note):
    """A table of its own, apart from the base's."""

    __tablename__ = "memo"

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(sa.String(10))
    sender: Mapped[str] = mapped_column(sa.String(10))

    __mapper_args__: ClassVar = {"concrete": True}


ROWS: Rows = (
    (Owner.__table__, [{"id": 1}, {"id": 2}]),
    (Vehicle.__table__, [{"id": 11, "name": "cart", "owner_id": 1}]),
    (
        Car.__table__,
        [
            {"id": 11, "name": "mini", "owner_id": 1, "doors": 3},
            {"id": 12, "name": "van", "owner_id": None, "doors": 5},
        ],
    ),
    (
        Boat.__table__,
        [
            {"id": 11, "name": None, "owner_id": 2, "sails": 2},
            {"id": 12, "name": "yawl", "owner_id": 1, "sails": 3},
        ],
    ),
    (Circle.__table__, [{"id": 11, "color": "red", "radius": 1}]),
    (Square.__table__, [{"id": 11, "color": "red", "side": 2}]),
    (Note.__table__, [{"id": 11, "body": "a"}]),
    (Memo.__table__, [{"id": 11, "body": "b", "sender": "c"}]),
)


@pytest.fixture(params=KINDS)
async def park(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """Vehicles, shapes and notes, with equal keys in several tables."""
    folder = tmp_path_factory.mktemp("park")
    async with opened(Base, request.param, folder, make_postgres_database, rows=ROWS) as api:
        yield api


async def test_union(park: Api):
    """The list of a base is the union of all tables, each row with its type and its columns."""
    data = await park.data(
        """{ vehicles(orderBy: [{name: ASC}]) { totalCount nodes { __typename name
          ... on Car { doors owner { rowId } } ... on Boat { sails } } } }""",
        count=3,
    )

    assert data["vehicles"] == {
        "totalCount": 5,
        "nodes": [
            {"__typename": "BaseVehicle", "name": "cart"},
            {"__typename": "Car", "name": "mini", "doors": 3, "owner": {"rowId": 1}},
            {"__typename": "Car", "name": "van", "doors": 5, "owner": None},
            {"__typename": "Boat", "name": "yawl", "sails": 3},
            {"__typename": "Boat", "name": None, "sails": 2},
        ],
    }


async def test_abstract_base(park: Api):
    """A base without a table has the fields that all its types have, and no rows of its own."""
    data = await park.data(
        """{ shapes(where: {color: {eq: "red"}}) { totalCount nodes { __typename color
          ... on Circle { radius } ... on Square { side } } } circles { totalCount } }""",
        count=3,
    )

    assert data["shapes"] == {
        "totalCount": 2,
        "nodes": [
            {"__typename": "Circle", "color": "red", "radius": 1},
            {"__typename": "Square", "color": "red", "side": 2},
        ],
    }
    assert data["circles"] == {"totalCount": 1}
    shown = park.schema.graphql_schema.type_map
    assert list(shown["Shape"].fields) == ["id", "rowId", "color"]
    assert "radius" not in shown["ShapeFilter"].fields
    assert "BaseShape" not in shown


async def test_plain_base(park: Api):
    """Without a union, the list of a base is of its own rows."""
    data = await park.data(
        "{ notes { totalCount nodes { __typename body } } memos { nodes { body sender } } }",
        count=3,
    )

    assert data["notes"] == {"totalCount": 1, "nodes": [{"__typename": "BaseNote", "body": "a"}]}
    assert data["memos"] == {"nodes": [{"body": "b", "sender": "c"}]}


async def test_cursors(park: Api):
    """Rows of several tables with equal keys are each met once, forwards and backwards."""
    text = """query($after: String, $before: String, $first: Int, $last: Int) {
      vehicles(after: $after, before: $before, first: $first, last: $last) {
        pageInfo { startCursor endCursor } nodes { id } } }"""

    forwards: list[str] = []
    backwards: list[str] = []
    after = before = None
    for _ in range(5):
        page = (await park.run(text, first=1, after=after)).data["vehicles"]
        forwards += [row["id"] for row in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        page = (await park.run(text, last=1, before=before)).data["vehicles"]
        backwards += [row["id"] for row in page["nodes"]]
        before = page["pageInfo"]["startCursor"]

    assert len(set(forwards)) == 5
    assert forwards == backwards[::-1]
    assert (await park.run(text, first=1, after=after)).data["vehicles"]["nodes"] == []


async def test_ids(park: Api):
    """An id names the concrete class: the base finds the row of that class by it, no other."""
    found = await park.data(
        """{ vehicles(where: {rowId: {eq: 11}}) { nodes { id __typename } }
          cars(first: 1) { nodes { id } } }""",
        count=2,
    )
    ids = {row["__typename"]: row["id"] for row in found["vehicles"]["nodes"]}
    data = await park.data(
        """query($car: ID!, $base: ID!, $all: [ID!]!) { vehicle(id: $car) { __typename name }
          own: vehicle(id: $base) { __typename name } node(id: $base) { __typename id }
          vehicleBy(key: {id: $car}) { name } nodes(ids: $all) { __typename }
          vehicles(where: {id: {in: $all}}) { totalCount } }""",
        count=8,
        car=ids["Car"],
        base=ids["BaseVehicle"],
        all=list(ids.values()),
    )

    assert ids["Car"] == found["cars"]["nodes"][0]["id"]
    assert data == {
        "vehicle": {"__typename": "Car", "name": "mini"},
        "own": {"__typename": "BaseVehicle", "name": "cart"},
        "node": {"__typename": "BaseVehicle", "id": ids["BaseVehicle"]},
        "vehicleBy": {"name": "mini"},
        "nodes": [{"__typename": name} for name in ids],
        "vehicles": {"totalCount": 3},
    }


async def test_id_of_another_table(park: Api):
    """The id of one concrete class is refused by another."""
    answer = await park.run("{ boats(first: 1) { nodes { id } } }")
    code, message, _path = await park.refusal(
        "query($id: ID!) { car(id: $id) { name } }", id=answer.data["boats"]["nodes"][0]["id"]
    )

    assert code == "BAD_USER_INPUT"
    assert message == "car.id is an id of Boat: pass an id of Car."


async def test_relatives(park: Api):
    """A relationship to a union leads to rows of all its tables."""
    data = await park.data(
        """{ owners { nodes { vehicles(orderBy: [{name: ASC}]) { totalCount
          nodes { __typename ... on Car { doors } } } } }
          some: owners(where: {vehicles: {some: {name: {isNull: true}}}}) { nodes { rowId } } }""",
        count=4,
    )

    assert data["owners"]["nodes"] == [
        {
            "vehicles": {
                "totalCount": 3,
                "nodes": [
                    {"__typename": "BaseVehicle"},
                    {"__typename": "Car", "doors": 3},
                    {"__typename": "Boat"},
                ],
            }
        },
        {"vehicles": {"totalCount": 1, "nodes": [{"__typename": "Boat"}]}},
    ]
    assert data["some"] == {"nodes": [{"rowId": 2}]}


class FewDoors(gql.Policy[Car]):
    """Hides cars with many doors."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        return row.doors < 5


class NoYawls(gql.Policy[Vehicle]):
    """Hides a name."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        return row.name != "yawl"


async def test_policies(park: Api):
    """Policies of the base hold for every table, those of a class for its rows in the union."""
    schema = gql.build_schema(
        Base, dialect=park.database.dialect.name, policies=[FewDoors(), NoYawls()]
    )
    data = await Api(park.database, schema).data(
        "{ vehicles { totalCount nodes { name } } boats { totalCount } cars { totalCount } }",
        count=4,
    )

    assert sorted(row["name"] for row in data["vehicles"]["nodes"]) == ["cart", "mini"]
    assert data["vehicles"]["totalCount"] == 2
    assert (data["boats"], data["cars"]) == ({"totalCount": 0}, {"totalCount": 1})


class Operations:
    """Operations that return a row of a union."""

    @gql.query
    async def best(self, info: gql.Info) -> Vehicle | None:
        """A van."""
        return await info.context.load(Car, 12)

    @gql.mutation
    async def launch(self, info: gql.Info) -> Vehicle:
        """A row of the base's own."""
        raft = Vehicle(id=12, name="raft")
        info.context.session.add(raft)
        return raft


class Queries:
    """The query alone."""

    best = Operations.best


class Mutations:
    """The mutation alone."""

    launch = Operations.launch


async def test_operations(park: Api):
    """An instance that an operation returns is found again by its class and key."""
    schema = gql.build_schema(
        Base, dialect=park.database.dialect.name, queries=[Queries], mutations=[Mutations]
    )
    api = Api(park.database, schema)
    best = await api.data("{ best { __typename name ... on Car { doors } } }", count=2)
    made = await api.run("mutation { launch { vehicle { __typename name } } }")

    assert best == {"best": {"__typename": "Car", "name": "van", "doors": 5}}
    assert made.errors == ()
    assert made.data == {"launch": {"vehicle": {"__typename": "BaseVehicle", "name": "raft"}}}


async def test_writes(park: Api):
    """Rows are written through their own class; a union is not written to."""
    answer = await park.run(
        """mutation { createCar(input: {name: "new", doors: 2}) { car { id __typename name } } }"""
    )
    assert answer.errors == ()
    id_ = answer.data["createCar"]["car"].pop("id")
    changed = await park.run(
        """mutation($id: ID!) { updateCar(id: $id, input: {doors: 4}) { car { doors }
          errors { message } } deleteCar(id: $id) { deletedId errors { message } } }""",
        id=id_,
    )

    assert answer.data == {"createCar": {"car": {"__typename": "Car", "name": "new"}}}
    assert changed.errors == ()
    assert changed.data == {
        "updateCar": {"car": {"doors": 4}, "errors": []},
        "deleteCar": {"deletedId": id_, "errors": []},
    }
    mutations = park.schema.graphql_schema.mutation_type.fields
    assert "createVehicle" not in mutations
    assert "createNote" in mutations
