"""SQL functions for SQLite, called through SQLite."""

import statistics
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import String, func, literal, null, select, union_all

from gql_api.database.sqlite_functions import ExactSum, SampleDeviation, instant_text


async def scalar(database, expression):
    async with database.read_connection() as connection:
        return await connection.scalar(select(expression))


async def aggregate(database, name, numbers):
    rows = union_all(*(select(literal(number).label("x")) for number in numbers)).subquery()
    async with database.read_connection() as connection:
        return await connection.scalar(select(getattr(func, name)(rows.c.x)))


@pytest.mark.parametrize(
    ("text", "folded"), [("Straße", "strasse"), ("ÀÉ", "àé"), ("ΣΊΣΥΦΟΣ", "σίσυφοσ"), ("", "")]
)
async def test_casefold(sqlite, text, folded):
    """Case folds beyond ASCII."""
    assert await scalar(sqlite, func.gql_casefold(literal(text, String))) == folded


@pytest.mark.parametrize("name", ["gql_casefold", "gql_instant", "gql_date"])
async def test_null(sqlite, name):
    """Every function gives NULL for NULL."""
    assert await scalar(sqlite, getattr(func, name)(null())) is None


@pytest.mark.parametrize(
    "text",
    [
        "2021-03-04",
        "2021-03-04 00:00:00",
        "2021-03-04T00:00",
        "2021-03-04 00:00:00.000000",
        "2021-03-04T01:00:00+01:00",
        "2021-03-04T00:00:00Z",
        1614816000,
    ],
)
async def test_instant(sqlite, text):
    """Every form of one instant has one normal form."""
    assert await scalar(sqlite, func.gql_instant(text)) == "2021-03-04 00:00:00.000000"


@pytest.mark.parametrize(
    "text", ["", "soon", "2021-13-01", b"x", 10**30, "0001-01-01T00:00:00+01:00"]
)
def test_no_instant(text):
    """What is no date-time has no normal form."""
    assert instant_text(text) is None


@given(st.datetimes(), st.datetimes())
def test_instant_order(earlier: datetime, later: datetime):
    """Normal forms order like instants, to the microsecond."""
    assert (earlier < later) == (instant_text(str(earlier)) < instant_text(str(later)))


async def test_date(sqlite):
    """The time of a date-time is dropped."""
    assert await scalar(sqlite, func.gql_date("2021-03-04 23:59:59")) == "2021-03-04"


async def test_sum_beyond_64_bits(sqlite):
    """Sums of whole numbers do not overflow."""
    assert await aggregate(sqlite, "gql_sum", [2**63 - 1, 1, None]) == "9223372036854775808"


async def test_sum_of_decimals(sqlite):
    """Decimals add up as they are written."""
    assert await aggregate(sqlite, "gql_sum", [0.1, 0.2, 1e20]) == ("100000000000000000000.3")


@pytest.mark.parametrize("value", ["text", b"x", "nan", float("inf")])
def test_no_number(value):
    """What is no number counts as nothing."""
    total = ExactSum()
    total.step(1)

    total.step(value)

    assert total.finalize() == "1"


@pytest.mark.parametrize("name", ["gql_sum", "gql_stddev"])
async def test_nothing_to_aggregate(sqlite, name):
    """Without values an aggregate is NULL."""
    assert await aggregate(sqlite, name, [None]) is None


async def test_stddev_of_one(sqlite):
    """One value has no sample standard deviation."""
    assert await aggregate(sqlite, "gql_stddev", [3]) is None


@given(st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=20))
def test_stddev(numbers: list[int]):
    """The deviation is that of the sample."""
    deviation = SampleDeviation()
    for number in numbers:
        deviation.step(number)

    assert deviation.finalize() == pytest.approx(statistics.stdev(numbers), rel=1e-9, abs=1e-6)
