"""Array columns: PostgreSQL compares them, other databases keep them in JSON."""

import datetime as dt
import decimal
import enum
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

import gql_api as gql
from tests.fixtures.schema import Api


class _Base(orm.DeclarativeBase):
    """The models of these tests."""


class Color(enum.Enum):
    """A value of an array."""

    RED = "r"
    Green = "g"


class Shelf(_Base):
    """An array of each kind."""

    __tablename__ = "shelf"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    texts: Mapped[list[str | None] | None] = mapped_column(sa.ARRAY(sa.Text))
    names: Mapped[list[str] | None] = mapped_column(postgresql.ARRAY(sa.String(20)))
    numbers: Mapped[list[int | None] | None] = mapped_column(sa.ARRAY(sa.Integer))
    small: Mapped[list[int] | None] = mapped_column(sa.ARRAY(sa.SmallInteger))
    big: Mapped[list[int] | None] = mapped_column(sa.ARRAY(sa.BigInteger))
    exact: Mapped[list[decimal.Decimal] | None] = mapped_column(sa.ARRAY(sa.Numeric(20, 10)))
    ratios: Mapped[list[float] | None] = mapped_column(sa.ARRAY(sa.Double))
    flags: Mapped[list[bool] | None] = mapped_column(sa.ARRAY(sa.Boolean))
    days: Mapped[list[dt.date] | None] = mapped_column(sa.ARRAY(sa.Date))
    moments: Mapped[list[dt.datetime] | None] = mapped_column(sa.ARRAY(sa.DateTime(timezone=True)))
    spans: Mapped[list[dt.timedelta] | None] = mapped_column(sa.ARRAY(sa.Interval))
    tokens: Mapped[list[uuid.UUID] | None] = mapped_column(sa.ARRAY(sa.Uuid))
    colors: Mapped[list[Color | None] | None] = mapped_column(sa.ARRAY(sa.Enum(Color)))
    labels: Mapped[list[str] | None] = mapped_column(sa.ARRAY(sa.Enum("18 plus", "", name="label")))
    grid: Mapped[list[list[int]] | None] = mapped_column(sa.ARRAY(sa.Integer, dimensions=2))
    documents: Mapped[list[Any] | None] = mapped_column(sa.ARRAY(postgresql.JSONB))


TOKEN = uuid.UUID(int=7)
FULL: dict[str, Any] = {
    "texts": ["a", "b", None],
    "names": ["x", "y"],
    "numbers": [1, 2, 2, None],
    "small": [1],
    "big": [2**62],
    "exact": [decimal.Decimal("1.0000000001")],
    "ratios": [0.1],
    "flags": [True],
    "days": [dt.date(2024, 2, 29)],
    "moments": [dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.UTC)],
    "spans": [dt.timedelta(hours=2)],
    "tokens": [TOKEN],
    "colors": [Color.Green, None, Color.RED],
    "labels": ["18 plus", ""],
    "grid": [[1, 2], [3, 4]],
    "documents": [{"a": [1]}],
}
EMPTY: dict[str, Any] = {name: [] for name in FULL}


@pytest.fixture(scope="module")
async def shelves(make_postgres_database: Callable[[], str]) -> AsyncIterator[Api]:
    """Full arrays, empty ones and none."""
    database = gql.open_database(make_postgres_database())
    async with database.write_engine.begin() as connection:
        await connection.run_sync(_Base.metadata.create_all)
        for id_, row in enumerate((FULL, EMPTY, dict.fromkeys(FULL)), 1):
            await connection.execute(sa.insert(Shelf).values(id=id_, **row))
    yield Api(database, gql.build_schema(_Base))
    await database.dispose()


async def _found(api: Api, where: str) -> list[int]:
    data = await api.data(f"{{ shelves(where: {where}) {{ nodes {{ rowId }} }} }}", count=1)
    return [row["rowId"] for row in data["shelves"]["nodes"]]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        pytest.param('{contains: ["b", "a", "a"]}', [1], id="contains"),
        pytest.param('{contains: ["a", "c"]}', [], id="contains not all"),
        pytest.param("{contains: []}", [1, 2], id="contains nothing"),
        pytest.param('{containedBy: ["a", "b", "c"]}', [2], id="a null item is contained nowhere"),
        pytest.param('{overlaps: ["z", "b"]}', [1], id="overlaps"),
        pytest.param("{overlaps: []}", [], id="overlaps nothing"),
        pytest.param('{eq: ["a", "b", null]}', [1], id="null items are equal"),
        pytest.param('{eq: ["b", "a", null]}', [], id="order matters"),
        pytest.param("{eq: []}", [2], id="empty"),
        pytest.param("{ne: []}", [1], id="ne does not match NULL"),
        pytest.param("{isNull: true}", [3], id="isNull"),
        pytest.param("{}", [1, 2, 3], id="no condition"),
    ],
)
async def test_operators(shelves: Api, condition: str, found: list[int]):
    """Arrays compare as PostgreSQL compares them."""
    assert await _found(shelves, f"{{texts: {condition}}}") == found


@pytest.mark.parametrize(
    ("column", "item"),
    [
        ("names", '"x"'),
        ("numbers", "2"),
        ("small", "1"),
        ("big", f'"{2**62}"'),
        ("exact", '"1.0000000001"'),
        ("ratios", "0.1"),
        ("flags", "true"),
        ("days", '"2024-02-29"'),
        ("moments", '"2024-05-01T14:30:00+02:00"'),
        ("spans", '"PT2H"'),
        ("tokens", f'"{TOKEN}"'),
        ("colors", "GREEN"),
        ("labels", "_18_PLUS"),
    ],
)
async def test_kinds(shelves: Api, column: str, item: str):
    """Items of every kind that compares are compared."""
    for condition, found in (
        (f"{{contains: [{item}]}}", [1]),
        (f"{{overlaps: [{item}, {item}]}}", [1]),
        (f"{{containedBy: [{item}]}}", [1, 2] if len(FULL[column]) == 1 else [2]),
        (f"{{eq: [{item}]}}", [1] if len(FULL[column]) == 1 else []),
    ):
        assert await _found(shelves, f"{{{column}: {condition}}}") == found


async def test_not(shelves: Api):
    """The negation of a condition on NULL is unknown."""
    assert await _found(shelves, "{not: {numbers: {contains: [1]}}}") == [2]


async def test_small_items(shelves: Api):
    """An item beyond the range of the column's is in no array."""
    assert await _found(shelves, "{small: {overlaps: [40000, 1]}}") == [1]


async def test_answers(shelves: Api):
    """Arrays are lists, null items included."""
    data = await shelves.data("{ shelves { nodes { numbers colors grid documents } } }", count=1)

    assert data["shelves"]["nodes"] == [
        {
            "numbers": [1, 2, 2, None],
            "colors": ["GREEN", None, "RED"],
            "grid": [[1, 2], [3, 4]],
            "documents": [{"a": [1]}],
        },
        {"numbers": [], "colors": [], "grid": [], "documents": []},
        {"numbers": None, "colors": None, "grid": None, "documents": None},
    ]


@pytest.mark.parametrize(
    ("column", "type_"),
    [
        ("texts", "StringListFilter"),
        ("names", "StringListFilter"),
        ("small", "IntListFilter"),
        ("colors", "ColorListFilter"),
        ("grid", "IntNullFilter"),
        ("documents", "JSONNullFilter"),
    ],
)
def test_inputs(shelves: Api, column: str, type_: str):
    """Arrays of one kind share an input; grids and documents are only told from NULL."""
    filter_: Any = shelves.schema.graphql_schema.type_map["ShelfFilter"]

    assert str(filter_.fields[column].type) == type_


def test_other_databases():
    """Where there are no arrays, there are no operators of them."""
    schema: Any = gql.build_schema(_Base, dialect="sqlite").graphql_schema

    assert str(schema.type_map["ShelfFilter"].fields["texts"].type) == "StringNullFilter"


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("{contains: [null]}", "GRAPHQL_VALIDATION_FAILED"),
        ("{contains: null}", "BAD_USER_INPUT"),
        ('{eq: ["\\u0000"]}', "BAD_USER_INPUT"),
    ],
)
async def test_refused(shelves: Api, condition: str, code: str):
    """Items that nothing contains are refused before any SQL."""
    refusal = await shelves.refusal(
        f"{{ shelves(where: {{texts: {condition}}}) {{ totalCount }} }}"
    )

    assert refusal[0] == code
