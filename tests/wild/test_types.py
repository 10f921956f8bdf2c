"""Types of the models' own: what they give is JSON, and what they cannot take is not offered."""

import datetime as dt
import enum
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pydantic
import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from tests.fixtures.schema import KINDS, Api
from tests.wild.worlds import opened


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Lowered(TypeDecorator[str]):
    """A text that is lowered when it is bound, and refuses blanks."""

    impl = sa.String(40)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        if value is not None and not value.strip():
            raise ValueError(value)
        return None if value is None else value.lower()


class Address:
    """An object that stands for a text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


class AddressType(TypeDecorator):
    """Gives objects that mean the same as their text; without any hint."""

    impl = sa.String(40)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else str(value)

    def process_result_value(self, value, dialect):
        if value == "broken":
            raise LookupError(value)
        return None if value is None else Address(value)


class Money:
    """An object whose text does not mean the same."""

    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __str__(self) -> str:
        return f"{self.cents / 100:.2f} EUR"


class MoneyType(TypeDecorator[Money]):
    """Takes nothing but its own objects."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Money | None, dialect: Any) -> int | None:
        return None if value is None else value.cents

    def process_result_value(self, value: int | None, dialect: Any) -> Money | None:
        return None if value is None else Money(value)


class Options(pydantic.BaseModel):
    """A model that is stored as JSON."""

    colour: str
    since: dt.date


class OptionsType(TypeDecorator[Options]):
    """Takes nothing but its own models."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Options | None, dialect: Any) -> Any:
        return None if value is None else value.model_dump(mode="json")

    def process_result_value(self, value: Any, dialect: Any) -> Options | None:
        return None if value is None else Options.model_validate(value)


class Guid(TypeDecorator):
    """Identifiers in 32 characters; without any hint."""

    impl = sa.CHAR(32)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else value.hex

    def process_result_value(self, value, dialect):
        return None if value is None else uuid.UUID(value)


class Level(enum.IntEnum):
    """How loud."""

    QUIET = 1
    LOUD = 2


class LevelType(TypeDecorator[Level]):
    """An enumeration in whole numbers."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Level | None, dialect: Any) -> int | None:
        return None if value is None else value.value

    def process_result_value(self, value: int | None, dialect: Any) -> Level | None:
        return None if value is None else Level(value)


class Utc(TypeDecorator[dt.datetime]):
    """Moments that are stored without a zone and refuse to be given without."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError(value)
        return value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Any) -> dt.datetime | None:
        return None if value is None else value.replace(tzinfo=dt.UTC)


class Words(TypeDecorator[list[str]]):
    """A list in one text."""

    impl = sa.String(40)
    cache_ok = True

    def process_bind_param(self, value: list[str] | None, dialect: Any) -> str | None:
        return None if value is None else " ".join(value)

    def process_result_value(self, value: str | None, dialect: Any) -> list[str] | None:
        return None if value is None else value.split()


class Thing(Base):
    """One column of each type."""

    __tablename__ = "thing"

    key: Mapped[uuid.UUID] = mapped_column(Guid, primary_key=True)
    lowered: Mapped[str | None] = mapped_column(Lowered)
    address: Mapped[Any | None] = mapped_column(AddressType)
    money: Mapped[Any | None] = mapped_column(MoneyType)
    options: Mapped[Any | None] = mapped_column(OptionsType)
    level: Mapped[Level | None] = mapped_column(LevelType)
    at: Mapped[dt.datetime | None] = mapped_column(Utc)
    words: Mapped[Any | None] = mapped_column(Words)
    pickled: Mapped[Any | None] = mapped_column(sa.PickleType)
    text_key: Mapped[str | None] = mapped_column(sa.Uuid(as_uuid=False))


K1, K2, K3 = (uuid.UUID(int=number) for number in (1, 2, 3))
NOON = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)


def _thing(key: uuid.UUID, **values: Any) -> dict[str, Any]:
    return {**dict.fromkeys(Thing.__table__.columns.keys()), "key": key, **values}


ROWS = [
    (
        Thing.__table__,
        [
            _thing(
                K1,
                lowered="Ab",
                address=Address("http://a"),
                money=Money(1250),
                options=Options(colour="red", since=dt.date(2024, 1, 2)),
                level=Level.LOUD,
                at=NOON,
                words=["b", "a"],
                pickled={"at": dt.date(2024, 1, 2), "set": {1}},
                text_key=str(K3),
            ),
            _thing(K2),
            _thing(K3, address=Address("broken"), level=Level.QUIET, at=NOON - dt.timedelta(1)),
        ],
    )
]


@pytest.fixture(scope="module", params=KINDS)
async def things(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """A full thing, an empty one, and one that cannot be read."""
    folder = tmp_path_factory.mktemp("things")
    async with opened(Base, request.param, folder, make_postgres_database, rows=ROWS) as api:
        yield api


@pytest.mark.parametrize(
    ("field", "type_", "value"),
    [
        ("key", "UUID!", str(K1)),
        ("lowered", "String", "ab"),
        ("address", "String", "http://a"),
        ("money", "Opaque", "12.50 EUR"),
        ("options", "JSON", {"colour": "red", "since": "2024-01-02"}),
        ("level", "Level", "LOUD"),
        ("at", "DateTime", "2024-05-01T12:00:00+00:00"),
        ("words", "JSON", ["b", "a"]),
        ("pickled", "JSON", {"at": "2024-01-02", "set": [1]}),
        ("textKey", "UUID", str(K3)),
    ],
)
async def test_values(things: Api, field: str, type_: str, value: Any):
    """What a type gives is written as a value of its kind, objects as JSON or text."""
    types: Any = things.schema.graphql_schema.type_map
    data = await things.data(f"{{ things(first: 2) {{ nodes {{ {field} }} }} }}", count=1)

    assert str(types["Thing"].fields[field].type) == type_
    assert data["things"]["nodes"][0][field] == value


async def test_unreadable_value(things: Api):
    """A stored value that its type cannot read is an error of its field, and the rest stays."""
    answer = await things.run("{ things { nodes { address lowered } } }")

    (error,) = answer.errors
    assert error.extensions["code"] == "UNREADABLE_VALUE"
    assert error.message == "The stored value cannot be read."
    assert [row["address"] for row in answer.data["things"]["nodes"]] == ["http://a", None, None]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('{lowered: {eq: "AB"}}', [K1]),
        ('{address: {in: ["http://a"]}}', [K1]),
        (f'{{key: {{notIn: ["{K1}"]}}}}', [K2, K3]),
        ("{level: {eq: LOUD}}", [K1]),
        ('{at: {lt: "2024-05-01T13:00:00+02:00"}}', [K3]),
        ('{at: {eq: "2024-05-01T14:00:00+02:00"}}', [K1]),
        (f'{{textKey: {{eq: "{K3}"}}}}', [K1]),
        ("{money: {isNull: false}}", [K1]),
        ("{options: {isNull: true}}", [K2, K3]),
    ],
)
async def test_filters(things: Api, where: str, found: list[uuid.UUID]):
    """An operand passes through the type's own processing."""
    data = await things.data(f"{{ things(where: {where}) {{ nodes {{ key }} }} }}", count=1)

    assert [row["key"] for row in data["things"]["nodes"]] == list(map(str, found))


@pytest.mark.parametrize("field", ["lowered", "key", "at", "level", "textKey"])
async def test_walk(things: Api, field: str):
    """A walk by cursors over an own type returns every row once."""
    text = (
        "query ($after: String) {"
        f"  things(first: 1, after: $after, orderBy: [{{{field}: DESC}}])"
        "  { edges { cursor node { key } } } }"
    )
    found: list[str] = []
    cursor = None
    for _ in range(4):
        answer = await things.run(text, after=cursor)
        for edge in answer.data["things"]["edges"]:
            found.append(edge["node"]["key"])
            cursor = edge["cursor"]

    assert sorted(found) == [str(K1), str(K2), str(K3)]


async def test_global_id(things: Api):
    """A key of an own type is found by its global id and by its value."""
    listed = await things.data("{ things(first: 1) { nodes { id } } }", count=1)

    data = await things.data(
        "query ($id: ID!, $key: UUID!) { thing(id: $id) { key } thingBy(key: {key: $key}) { key } }",
        id=listed["things"]["nodes"][0]["id"],
        key=str(K2),
        count=2,
    )

    assert data == {"thing": {"key": str(K1)}, "thingBy": {"key": str(K2)}}


async def test_refused_operand(things: Api):
    """An operand that the type refuses is an error that names it, without the type's own words."""
    refusal = await things.refusal('{ things(where: {lowered: {eq: " "}}) { totalCount } }')

    assert refusal == (
        "BAD_USER_INPUT",
        "things.where.lowered.eq is refused: it is no value of lowered.",
        "things.where.lowered.eq",
    )


def test_operators(things: Api):
    """What a type does not take is not offered: no comparison, no pattern, no input."""
    types: Any = things.schema.graphql_schema.type_map
    fields = types["ThingFilter"].fields

    assert sorted(types[str(fields["money"].type)].fields) == ["isNull"]
    assert sorted(types[str(fields["options"].type)].fields) == ["isNull"]
    assert sorted(types[str(fields["lowered"].type)].fields) == [
        "eq", "gt", "gte", "in", "isNull", "lt", "lte", "ne", "notIn",
    ]  # fmt: skip
    given = types["CreateThingInput"].fields
    assert {"lowered", "address", "level", "at"} <= given.keys()
    assert not {"money", "options", "pickled"} & given.keys()
