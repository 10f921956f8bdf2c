"""Extreme operands: every kind of value, every operator, on every database."""

import base64
import datetime as dt
import decimal
import enum
import json
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

import gql_api as gql
from tests.fixtures.schema import KINDS, Api, drop_test_database, open_test_database


class _Base(orm.DeclarativeBase):
    """The models of these tests."""


class Mood(enum.Enum):
    """Two values."""

    GOOD = "g"
    BAD = "b"


class Thing(_Base):
    """A column of every kind, in the narrowest types that there are."""

    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tiny: Mapped[int | None] = mapped_column(sa.SmallInteger)
    whole: Mapped[int | None]
    big: Mapped[int | None] = mapped_column(sa.BigInteger)
    exact: Mapped[decimal.Decimal | None] = mapped_column(sa.Numeric(6, 2))
    free: Mapped[decimal.Decimal | None] = mapped_column(sa.Numeric)
    single: Mapped[float | None] = mapped_column(sa.REAL)
    ratio: Mapped[float | None] = mapped_column(sa.Float)
    flag: Mapped[bool | None]
    text: Mapped[str | None] = mapped_column(sa.String(5))
    mood: Mapped[Mood | None] = mapped_column(sa.Enum(Mood))
    day: Mapped[dt.date | None]
    clock: Mapped[dt.time | None]
    moment: Mapped[dt.datetime | None] = mapped_column(sa.DateTime(timezone=True))
    local: Mapped[dt.datetime | None]
    span: Mapped[dt.timedelta | None]
    token: Mapped[uuid.UUID | None]
    content: Mapped[bytes | None]
    document: Mapped[Any | None] = mapped_column(sa.JSON(none_as_null=True))
    code: Mapped[str | None] = mapped_column(
        mysql.CHAR(3).with_variant(sa.CHAR(3), "postgresql", "sqlite")
    )


class Pair(_Base):
    """A composite key of narrow numbers."""

    __tablename__ = "pair"

    left: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    right: Mapped[decimal.Decimal] = mapped_column(
        sa.Numeric(6, 2), primary_key=True, autoincrement=False
    )
    thing: Mapped[Any | None] = mapped_column(sa.PickleType)


INT_LIMITS = (2**31 - 1, -(2**31), 40_000, 0)
OPERANDS: dict[str, tuple[Any, ...]] = {
    "Int": (*INT_LIMITS, 2**31, 2**100),
    "BigInt": (*map(str, (2**63 - 1, -(2**63), 2**31, 0, 2**63, 2**100)), "9" * 5000, "1.5", ""),
    "Decimal": (
        "0",
        "-0",
        "99999999999999999999.999999999999",
        "9" * 70,
        "9" * 2000,
        "1e10",
        "1e300",
        "1e400",
        "1e-400",
        "1e200000",
        "1e-200000",
        "1e999999999999",
        "NaN",
        "Infinity",
        "x",
    ),
    "Float": (0, -0.0, 1e308, -1e308, 5e-324, 1e39, 2**100, 10**400),
    "Boolean": (True, False),
    "String": ("", "x" * 5000, "%", "\\", "\x00", "\ud800", "😀", "'", "a\nb"),
    "Mood": ("GOOD", "NONE"),
    "Date": ("0001-01-01", "9999-12-31", "0000-01-01", "10000-01-01", "infinity", "2024-02-30"),
    "Time": ("00:00:00", "23:59:59.999999", "24:00:00", "00:00", "12:00:00+02:00", "noon"),
    "DateTime": (
        "0001-01-01T00:00:00+00:00",
        "9999-12-31T23:59:59.999999+00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2024-05-01T12:30:00.1234567+00:00",
        "2024-05-01T12:30:00",
        "infinity",
    ),
    "LocalDateTime": ("0001-01-01T00:00:00", "9999-12-31T23:59:59.999999", "2024-05-01", "now"),
    "Duration": (
        "PT0S",
        "-P999999999D",
        "P999999999DT23H59M59.999999S",
        "P4000000D",
        "-P800000D",
        "P1000000000D",
        "PT99999999999999999999S",
        "P1Y",
    ),
    "UUID": (str(uuid.UUID(int=0)), "f" * 32, "x"),
    "Base64": ("", "AAECAw==", "A" * 4000, "*"),
    "JSON": ({}, [], "", 0, {"a": {"b": [1e308, 10**40]}}, {"\x00": 1}, ["\ud800"]),
}
"""By scalar: the least, the greatest, just beyond, and what is none."""

REFUSED = {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}


@pytest.fixture(scope="module", params=KINDS)
async def things(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """One row of ordinary values."""
    folder = tmp_path_factory.mktemp("operands")
    database = await open_test_database(request.param, make_postgres_database, folder)
    row = {
        "id": 1,
        "tiny": 1,
        "whole": 1,
        "big": 1,
        "exact": decimal.Decimal("1.50"),
        "free": decimal.Decimal(2),
        "single": 0.1,
        "ratio": 0.1,
        "flag": True,
        "text": "a",
        "mood": Mood.GOOD,
        "day": dt.date(2024, 5, 1),
        "clock": dt.time(12),
        "moment": dt.datetime(2024, 5, 1, tzinfo=dt.UTC),
        "local": dt.datetime(2024, 5, 1),  # noqa: DTZ001 - it has no zone
        "span": dt.timedelta(hours=1),
        "token": uuid.UUID(int=1),
        "content": b"a",
        "document": {"a": 1},
        "code": "abc",
    }
    async with database.write_engine.begin() as connection:
        await connection.run_sync(_Base.metadata.create_all)
        await connection.execute(sa.insert(Thing), [row])
        pair = {"left": 1, "right": decimal.Decimal("1.50"), "thing": {"a": 1}}
        await connection.execute(sa.insert(Pair), [pair])
    yield Api(database, gql.build_schema(_Base, dialect=database.dialect.name))
    await drop_test_database(database)


def _cases(api: Api) -> list[tuple[str, str, str]]:
    """Return each column, operator and the type of its operand."""
    types: Any = api.schema.graphql_schema.type_map
    return [
        (column, operator, str(field.type))
        for column, input_ in types["ThingFilter"].fields.items()
        if column not in {"and", "or", "not", "id"}
        for operator, field in input_.type.fields.items()
        if operator not in {"isNull", "path"}
    ]


async def test_operands(things: Api):
    """An operand gives an answer or a typed error, and nothing else."""
    wrong = []
    for column, operator, type_ in _cases(things):
        for operand in OPERANDS[type_.strip("[]!")]:
            value = [operand] if type_.startswith("[") else operand
            where = f"{{{column}: {{{operator}: $v}}}}"
            answer = await things.run(
                f"query($v: {type_.rstrip('!')}!) {{ things(where: {where}) {{ nodes {{ rowId }} }} }}",
                v=value,
            )
            codes = {error.extensions["code"] for error in answer.errors}
            if len(answer.errors) > 1 or not codes <= REFUSED:
                wrong.append((column, operator, str(operand)[:30], codes))
    assert wrong == []


@pytest.mark.parametrize(
    ("where", "total"),
    [
        pytest.param('{exact: {eq: "1.504"}}', 0, id="not rounded"),
        pytest.param('{exact: {gt: "1.496", lt: "1.504"}}', 1, id="range within the last digit"),
        pytest.param('{exact: {in: ["1.504"]}}', 0, id="not rounded in lists"),
        pytest.param("{tiny: {lt: 40000, gt: -40000}}", 1, id="beyond 16 bits"),
        pytest.param("{tiny: {in: [40000, 1]}}", 1, id="beyond 16 bits in lists"),
        pytest.param("{single: {lt: 1e300, gt: -1e300}}", 1, id="beyond single precision"),
        pytest.param('{text: {eq: "abcdefgh"}}', 0, id="not cut"),
        pytest.param('{code: {eq: "abcd"}}', 0, id="not cut to a fixed length"),
        pytest.param('{span: {lt: "P999999999D", gt: "-P999999999D"}}', 1, id="longest durations"),
        pytest.param('{moment: {lt: "9999-12-31T23:59:59Z"}}', 1, id="last moment"),
    ],
)
async def test_meaning(things: Api, where: str, total: int):
    """An operand that a column cannot hold is compared all the same."""
    data = await things.data(f"{{ things(where: {where}) {{ totalCount }} }}", count=1)

    assert data["things"]["totalCount"] == total


@pytest.mark.parametrize(
    ("key", "is_found"),
    [(["Pair", 1, "1.5"], True), (["Pair", 1, "1.504"], False)],
)
async def test_composite_key(things: Api, key: list[Any], is_found: bool):  # noqa: FBT001 - a table of cases
    """A key that no row can have is that of no row."""
    id_ = base64.urlsafe_b64encode(json.dumps(key).encode()).decode()

    data = await things.data(
        "query($i: ID!) { pair(id: $i) { left } nodes(ids: [$i]) { id }"
        " pairs(where: {id: {in: [$i]}}) { totalCount } }",
        i=id_,
        count=3,
    )

    assert (data["pair"] is not None) is is_found
    assert (data["nodes"][0] is not None) is is_found
    assert data["pairs"]["totalCount"] == int(is_found)


async def test_pickled(things: Api):
    """A column whose type is the models' own is only told from NULL."""
    data = await things.data(
        "{ a: pairs(where: {thing: {isNull: true}}) { totalCount }"
        " b: pairs(where: {thing: {isNull: false}}) { totalCount } }",
        count=2,
    )

    assert (data["a"]["totalCount"], data["b"]["totalCount"]) == (0, 1)


async def test_malformed_variable(things: Api):
    """A variable that is no literal of its scalar is the client's error, and says what is one."""
    refusal = await things.refusal(
        "query($v: Decimal!) { things(where: {exact: {eq: $v}}) { totalCount } }", v="x"
    )

    assert refusal[0] == "BAD_USER_INPUT"
    assert refusal[1].endswith(
        'Decimal cannot represent the value: pass a number as a string, such as "9.99".'
    )
