"""What tells the class of a row: private enumerations, expressions, or nothing."""

import enum
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar, Optional

import pytest
import sqlalchemy as sa
import strawberry
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, column_property, mapped_column
from typing_extensions import override

import gql_api as gql
from tests.fixtures.schema import KINDS, Api
from tests.wild.worlds import Rows, opened


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Kind(enum.Enum):
    """Kinds of things."""

    THING = "t"
    TOOL = "u"
    TOY = "v"


class Thing(Base):
    """Has a private discriminator, and loads all subclasses by itself."""

    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    _kind: Mapped[Kind] = mapped_column("kind", sa.Enum(Kind))
    name: Mapped[str] = mapped_column(sa.String(10))
    loud: Mapped[str] = column_property(sa.func.upper(name, type_=sa.String()))

    __mapper_args__: ClassVar = {
        "polymorphic_on": _kind,
        "polymorphic_identity": Kind.THING,
        "with_polymorphic": "*",
    }


class Tool(Thing):
    """Has an expression of its own."""

    __tablename__ = "tool"

    id: Mapped[int] = mapped_column(sa.ForeignKey("thing.id"), primary_key=True)
    size: Mapped[int] = mapped_column()
    double: Mapped[int] = column_property(size * 2)

    __mapper_args__: ClassVar = {"polymorphic_identity": Kind.TOOL}


class Number(Base):
    """Tells its subclass by an expression."""

    __tablename__ = "number"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int] = mapped_column()

    __mapper_args__: ClassVar = {
        "polymorphic_on": sa.case((value > 5, "big"), else_="small"),
        "polymorphic_identity": "small",
    }


class Big(Number):
    """A number with a note."""

    note: Mapped[str | None] = mapped_column(sa.String(10))

    __mapper_args__: ClassVar = {"polymorphic_identity": "big"}


class Paper(Base):
    """The base of joined tables without a discriminator."""

    __tablename__ = "paper"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(sa.String(10))


class Letter(Paper):
    """A row here is a row of the base, too."""

    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(sa.ForeignKey("paper.id"), primary_key=True)
    sender: Mapped[str] = mapped_column(sa.String(10))


class Source(Base):
    """A base without rows of its own."""

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(sa.String(10))

    __mapper_args__: ClassVar = {"polymorphic_on": "kind", "polymorphic_abstract": True}


class Book(Source):
    """The only kind of source."""

    __mapper_args__: ClassVar = {"polymorphic_identity": "book"}


ROWS: Rows = (
    (
        Thing.__table__,
        [
            {"id": 1, "kind": Kind.THING, "name": "a"},
            {"id": 2, "kind": Kind.TOOL, "name": "b"},
            {"id": 3, "kind": Kind.TOY, "name": "c"},
        ],
    ),
    (Tool.__table__, [{"id": 2, "size": 4}]),
    (Number.__table__, [{"id": 1, "value": 9, "note": "x"}, {"id": 2, "value": 1, "note": "y"}]),
    (Paper.__table__, [{"id": 1, "title": "a"}, {"id": 2, "title": "b"}]),
    (Letter.__table__, [{"id": 2, "sender": "me"}]),
    (Source.__table__, [{"id": 1, "kind": "book"}, {"id": 2, "kind": "film"}]),
)


class Queries:
    """Rows that a resolver returns."""

    @gql.query
    async def thing(self, info: gql.Info, key: int) -> Thing | None:
        """One thing."""
        return await info.context.load(Thing, key)

    @strawberry.field
    async def instance(self, info: gql.Info, key: int) -> Optional["AnyThing"]:
        """One thing, as an instance."""
        return await info.context.load(Thing, key)


@gql.type(Thing, all_fields=True)
class AnyThing:
    """A thing as resolvers return it."""


class Letters(gql.Policy[Letter]):
    """Nobody reads letters."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        return row.sender != "me"


@pytest.fixture(scope="module", params=KINDS)
async def api(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """One row or more of every class."""
    folder = tmp_path_factory.mktemp("kinds")
    async with opened(
        Base,
        request.param,
        folder,
        make_postgres_database,
        rows=ROWS,
        policies=[Letters()],
        types=[AnyThing],
        queries=[Queries],
    ) as api:
        yield api


async def test_private_enumeration(api: Api):
    """A private discriminator is no field, and gives each row its type all the same."""
    data = await api.data(
        """{ things { nodes { __typename name ... on Tool { size double } } }
          tools(where: {double: {gt: 7}}) { totalCount } }""",
        count=2,
    )

    assert data["things"]["nodes"] == [
        {"__typename": "BaseThing", "name": "a"},
        {"__typename": "Tool", "name": "b", "size": 4, "double": 8},
        {"__typename": "BaseThing", "name": "c"},
    ]
    assert data["tools"] == {"totalCount": 1}
    assert "kind" not in api.schema.as_str().split("interface Thing")[1].split("}")[0]


async def test_computed_columns_of_instances(api: Api):
    """Expressions of the base and of a subclass are computed for instances of either."""
    data = await api.data(
        """{ a: instance(key: 1) { __typename loud } b: instance(key: 2) { __typename loud
          ... on Tool { double } } c: thing(key: 2) { loud } }""",
        count=5,
    )

    assert data == {
        "a": {"__typename": "BaseThing", "loud": "A"},
        "b": {"__typename": "Tool", "loud": "B", "double": 8},
        "c": {"loud": "B"},
    }


async def test_expression(api: Api):
    """An expression tells the class of a row in every list."""
    data = await api.data(
        """{ numbers { nodes { __typename value ... on Big { note } } }
          bigs { totalCount nodes { note } } }""",
        count=3,
    )

    assert data["numbers"]["nodes"] == [
        {"__typename": "Big", "value": 9, "note": "x"},
        {"__typename": "BaseNumber", "value": 1},
    ]
    assert data["bigs"] == {"totalCount": 1, "nodes": [{"note": "x"}]}


async def test_abstract_base(api: Api):
    """A base without rows of its own does not have those of unknown kinds: they have no type."""
    data = await api.data("{ sources { totalCount nodes { __typename rowId } } }", count=2)

    assert data["sources"] == {"totalCount": 1, "nodes": [{"__typename": "Book", "rowId": 1}]}


async def test_no_discriminator(api: Api):
    """Without a discriminator the types are apart; a policy holds for rows of the base, too."""
    data = await api.data(
        "{ papers { totalCount nodes { __typename title } } letters { totalCount } }", count=3
    )

    assert data == {
        "papers": {"totalCount": 1, "nodes": [{"__typename": "Paper", "title": "a"}]},
        "letters": {"totalCount": 0},
    }
