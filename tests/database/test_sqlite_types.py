"""Values on SQLite: dates in every form that files hold, decimals."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    MetaData,
    Numeric,
    Table,
    insert,
    select,
    text,
)

from gql_api.database.engines import Database
from gql_api.database.sqlite_types import DateText, InstantText

FORMS = ["2021-03-04", "2021-03-04 00:00:00", "2021-03-04T00:00:00.000000", "2021-03-04 00:00:00Z"]
LATER = "2021-03-04 00:00:00.000001"
MIDNIGHT = datetime(2021, 3, 4)  # noqa: DTZ001 - without a zone, as the column
VALUES = Table(
    "vals",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", InstantText()),
    Column("day", DateText()),
)
TYPED = Table(
    "typed",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("aware", DateTime(timezone=True)),
    Column("naive", DateTime()),
    Column("day", Date()),
    Column("price", Numeric(10, 2)),
    Column("any_decimal", Numeric()),
    Column("as_float", Numeric(asdecimal=False)),
    Column("real", Float()),
)


@pytest.fixture
async def forms(sqlite: Database) -> Database:
    """One row per form of one instant, ids from 1 on, and a later instant."""
    async with sqlite.write_engine.begin() as connection:
        await connection.run_sync(VALUES.create)
        for number, form in enumerate([*FORMS, LATER], start=1):
            await connection.execute(
                text("INSERT INTO vals VALUES (:n, :form, :form)"), {"n": number, "form": form}
            )
    return sqlite


@pytest.fixture
async def typed(sqlite: Database) -> Database:
    """An empty table of many types."""
    async with sqlite.write_engine.begin() as connection:
        await connection.run_sync(TYPED.create)
    return sqlite


async def rows(database: Database, statement) -> list:
    async with database.read_connection() as connection:
        return list(await connection.scalars(statement))


async def ids(database: Database, *conditions) -> list[int]:
    return await rows(database, select(VALUES.c.id).where(*conditions).order_by(VALUES.c.id))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param(VALUES.c.at == MIDNIGHT, [1, 2, 3, 4], id="eq"),
        pytest.param(VALUES.c.at != MIDNIGHT, [5], id="ne"),
        pytest.param(VALUES.c.at < MIDNIGHT, [], id="lt"),
        pytest.param(VALUES.c.at <= MIDNIGHT, [1, 2, 3, 4], id="le"),
        pytest.param(VALUES.c.at > MIDNIGHT, [5], id="gt"),
        pytest.param(VALUES.c.at.in_([MIDNIGHT]), [1, 2, 3, 4], id="in"),
        pytest.param(VALUES.c.at.between(MIDNIGHT, MIDNIGHT), [1, 2, 3, 4], id="between"),
        pytest.param(VALUES.c.at == VALUES.c.at, [1, 2, 3, 4, 5], id="itself"),
        pytest.param(VALUES.c.at.is_(None), [], id="is null"),
        pytest.param(VALUES.c.day == date(2021, 3, 4), [1, 2, 3, 4, 5], id="day eq"),
        pytest.param(VALUES.c.day > date(2021, 3, 3), [1, 2, 3, 4, 5], id="day gt"),
    ],
)
async def test_comparison(forms, condition, expected):
    """Comparisons are of instants, whatever form they are written in."""
    assert await ids(forms, condition) == expected


async def test_order(forms):
    """Equal instants tie: the next key decides."""
    order = (VALUES.c.at.desc(), VALUES.c.id.desc())

    assert await rows(forms, select(VALUES.c.id).order_by(*order)) == [5, 4, 3, 2, 1]


async def test_read(forms):
    """Every form is read."""
    read = await rows(forms, select(VALUES.c.at))

    assert read == [MIDNIGHT] * 4 + [MIDNIGHT + timedelta(microseconds=1)]
    assert await rows(forms, select(VALUES.c.day)) == [date(2021, 3, 4)] * 5


async def test_unreadable(forms):
    """What is no date reads as null, and does not break the list."""
    async with forms.read_connection() as connection:
        await connection.execute(text("UPDATE vals SET at = 'soon', day = 'soon' WHERE id = 1"))

    assert await rows(forms, select(VALUES.c.at).where(VALUES.c.id < 3)) == [None, MIDNIGHT]


async def test_aware(typed):
    """Aware values are stored in UTC and read aware."""
    paris = datetime(2021, 3, 4, 1, tzinfo=timezone(timedelta(hours=1)))

    async with typed.read_connection() as connection:
        await connection.execute(insert(TYPED).values(aware=paris))

    assert await rows(typed, select(TYPED.c.aware)) == [datetime(2021, 3, 4, tzinfo=UTC)]
    assert await rows(typed, select(TYPED.c.aware).where(TYPED.c.aware == paris)) == [paris]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        pytest.param("price", Decimal("12.30"), id="two digits"),
        pytest.param("price", Decimal("12.00"), id="whole"),
        pytest.param("price", Decimal("-0.01"), id="negative"),
        pytest.param("any_decimal", Decimal("0.1"), id="no scale"),
        pytest.param("any_decimal", Decimal(12345678901234567), id="beyond floats"),
        pytest.param("as_float", 0.5, id="as float"),
        pytest.param("real", 0.5, id="float"),
        pytest.param("naive", MIDNIGHT, id="naive"),
        pytest.param("day", date(2021, 3, 4), id="day"),
        pytest.param("price", None, id="null decimal"),
        pytest.param("as_float", None, id="null float"),
        pytest.param("aware", None, id="null date-time"),
    ],
)
async def test_round_trip(typed, column, value):
    """What is stored is read, to the digit."""
    async with typed.read_connection() as connection:
        await connection.execute(insert(TYPED).values({column: value}))

    (read,) = await rows(typed, select(TYPED.c[column]))
    assert read == value
    assert type(read) is type(value)
    assert str(read) == str(value)
