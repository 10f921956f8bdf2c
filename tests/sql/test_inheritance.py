"""Inheritance, column expressions and hybrids in every read."""

from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

import gql_api as gql
from tests.fixtures.schema import KINDS, Api, drop_test_database, open_test_database


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Zoo(Base):
    """A parent of every kind of animal."""

    __tablename__ = "zoo"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    animals: Mapped[list["Animal"]] = relationship(lazy="raise", order_by="Animal.id")
    cats: Mapped[list["Cat"]] = relationship(lazy="raise", viewonly=True)
    fish: Mapped[list["Fish"]] = relationship(lazy="raise", viewonly=True)


class Animal(Base):
    """The base of a joined and of a single-table subclass."""

    __tablename__ = "animal"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(sa.String(10))
    name: Mapped[str] = mapped_column(sa.String(10))
    zoo_id: Mapped[int | None] = mapped_column(sa.ForeignKey("zoo.id"))
    shout: Mapped[str] = column_property(sa.func.upper(name, type_=sa.String()))

    __mapper_args__: ClassVar = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}


class Cat(Animal):
    """A subclass with its own table."""

    __tablename__ = "cat"

    id: Mapped[int] = mapped_column(sa.ForeignKey("animal.id"), primary_key=True)
    lives: Mapped[int]

    __mapper_args__: ClassVar = {"polymorphic_identity": "cat"}


class Fish(Animal):
    """A subclass in the table of its base."""

    depth: Mapped[int | None]

    __mapper_args__: ClassVar = {"polymorphic_identity": "fish"}


@pytest.fixture(scope="module", params=KINDS)
async def zoo(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """A zoo with one animal of no kind, two cats and two fish."""
    folder = tmp_path_factory.mktemp("zoo")
    database = await open_test_database(request.param, make_postgres_database, folder)
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with gql.unit_of_work(database) as unit:
        unit.session.add_all([Zoo(id=1), Zoo(id=2)])
        await unit.session.flush()
        unit.session.add_all(
            [
                Animal(id=1, name="a", zoo_id=1),
                Cat(id=2, name="b", zoo_id=1, lives=9),
                Cat(id=3, name="c", zoo_id=2, lives=7),
                Fish(id=4, name="d", zoo_id=1, depth=5),
                Fish(id=5, name="e", zoo_id=None, depth=None),
            ]
        )
    yield Api(database, gql.build_schema(Base, dialect=database.dialect.name))
    await drop_test_database(database)


@pytest.mark.parametrize(
    ("field", "found"),
    [
        pytest.param("animals", ["a", "b", "c", "d", "e"], id="base"),
        pytest.param("cats", ["b", "c"], id="joined"),
        pytest.param("fishList", ["d", "e"], id="single table"),
        pytest.param("cats(where: {lives: {gt: 7}, name: {ne: 'x'}})", ["b"], id="both tables"),
        pytest.param("cats(orderBy: [{lives: ASC}, {name: DESC}])", ["c", "b"], id="order"),
        pytest.param("fishList(orderBy: [{depth: DESC_NULLS_LAST}])", ["d", "e"], id="own order"),
        pytest.param("fishList(where: {depth: {isNull: true}})", ["e"], id="own column"),
    ],
)
async def test_lists(zoo: Api, field: str, found: list[str]):
    """A list of a subclass and its count hold its rows alone."""
    text = field.replace("'", '"')
    data = await zoo.data(f"{{ f: {text} {{ totalCount nodes {{ name }} }} }}", count=2)

    assert [row["name"] for row in data["f"]["nodes"]] == found
    assert data["f"]["totalCount"] == len(found)


async def test_relatives(zoo: Api):
    """Relationships to a subclass lead to its rows alone, page and count included."""
    data = await zoo.data(
        """{ zoos { nodes { animals(first: 2) { totalCount nodes { name } }
          cats { totalCount nodes { name lives } } fish { totalCount nodes { name } } } } }""",
        count=7,
    )

    assert data["zoos"]["nodes"] == [
        {
            "animals": {"totalCount": 3, "nodes": [{"name": "a"}, {"name": "b"}]},
            "cats": {"totalCount": 1, "nodes": [{"name": "b", "lives": 9}]},
            "fish": {"totalCount": 1, "nodes": [{"name": "d"}]},
        },
        {
            "animals": {"totalCount": 1, "nodes": [{"name": "c"}]},
            "cats": {"totalCount": 1, "nodes": [{"name": "c", "lives": 7}]},
            "fish": {"totalCount": 0, "nodes": []},
        },
    ]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("{cats: {some: {lives: {lt: 9}}}}", [2]),
        ("{fish: {none: {}}}", [2]),
        ("{fish: {every: {depth: {gt: 5}}}}", [2]),
        ("{fishAggregate: {count: {eq: 1}}}", [1]),
        ("{catsAggregate: {count: {gt: 1}}}", []),
        ('{animals: {some: {shout: {eq: "C"}}}}', [2]),
    ],
)
async def test_filters(zoo: Api, where: str, found: list[int]):
    """Conditions on relatives of a subclass look at its rows alone."""
    data = await zoo.data(f"{{ zoos(where: {where}) {{ nodes {{ rowId }} }} }}", count=1)

    assert [row["rowId"] for row in data["zoos"]["nodes"]] == found


async def test_expression(zoo: Api):
    """A column expression is read, filtered and ordered by, under every alias."""
    data = await zoo.data(
        """{ animals(where: {shout: {in: ["B", "D"]}}, orderBy: [{shout: DESC}]) {
          nodes { shout } } zoos(first: 1) { nodes { animals(where: {shout: {gt: "A"}}) {
          nodes { shout } } } } }""",
        count=3,
    )

    assert data == {
        "animals": {"nodes": [{"shout": "D"}, {"shout": "B"}]},
        "zoos": {"nodes": [{"animals": {"nodes": [{"shout": "B"}, {"shout": "D"}]}}]},
    }


async def test_keys(zoo: Api):
    """A subclass is found by its own key, and another's row is not."""
    data = await zoo.data(
        "{ catBy(key: {rowId: 2}) { name } a: catBy(key: {rowId: 4}) { name }"
        " b: fishBy(key: {rowId: 2}) { name } }",
        count=3,
    )

    assert data == {"catBy": {"name": "b"}, "a": None, "b": None}


async def test_policy_of_a_subclass(zoo: Api):
    """A policy is asked for the rows of its own model."""

    class CatPolicy(gql.Policy[Cat]):
        def visible(self, row: Any, subject: gql.SymbolicSubject) -> Any:
            return row.lives > 8

    schema = gql.build_schema(Base, dialect=zoo.database.dialect.name, policies=[CatPolicy()])
    data = await Api(zoo.database, schema).data(
        "{ cats { totalCount } zoos { nodes { cats { nodes { name } } } } }", count=3
    )

    assert data == {
        "cats": {"totalCount": 1},
        "zoos": {"nodes": [{"cats": {"nodes": [{"name": "b"}]}}, {"cats": {"nodes": []}}]},
    }
