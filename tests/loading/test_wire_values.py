"""Columns of values on the wire."""

import datetime as dt
import decimal
import enum
import math
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from gql_api.errors import NoPlainFormError, UnreadableValueError
from gql_api.loading.wire_values import convert_column
from gql_api.mapping.descriptors import EnumDescriptor, ValueType
from gql_api.mapping.values import INT32_LIMIT, ScalarKind, write_value

KINDS = [each for each in ScalarKind if each is not ScalarKind.ENUM]


class Colour(enum.Enum):
    """Two names of one value."""

    RED = "r"
    ROUGE = "r"  # noqa: PIE796 - an alias is what is tested
    BLUE = "b"


COLOURS = EnumDescriptor("Colour", {"RED": Colour.RED, "ROUGE": Colour.ROUGE, "BLUE": Colour.BLUE})


class _Own(sa.types.TypeDecorator[Any]):
    """A type of the models' own."""

    impl = sa.String
    cache_ok = True


def _convert(type_: ValueType, *values: Any, is_nullable: bool = True) -> list[Any]:
    return list(convert_column(type_, is_nullable=is_nullable)(values))


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        (ScalarKind.STRING, "x", "x"),
        (ScalarKind.BOOLEAN, True, True),
        (ScalarKind.INT, INT32_LIMIT - 1, INT32_LIMIT - 1),
        (ScalarKind.FLOAT, 1.5, 1.5),
        (ScalarKind.FLOAT, 2, 2),
        (ScalarKind.BIG_INT, 2**63 - 1, "9223372036854775807"),
        (ScalarKind.DECIMAL, decimal.Decimal("1.10"), "1.10"),
        (
            ScalarKind.DATE_TIME,
            dt.datetime(2024, 5, 1, 12, 30, 0, 120_000, dt.UTC),
            "2024-05-01T12:30:00.12+00:00",
        ),
        (ScalarKind.DATE, dt.date(2024, 2, 29), "2024-02-29"),
        (ScalarKind.UUID, uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (ScalarKind.JSON, {"a": [1]}, {"a": [1]}),
        (ScalarKind.BASE64, b"\x00\xff", "AP8="),
    ],
)
def test_scalars(kind: ScalarKind, value: Any, written: Any):
    """Each kind is written as its scalar is, and null as null."""
    assert _convert(ValueType(kind), value, None) == [written, None]


@pytest.mark.parametrize("kind", KINDS)
def test_nulls_alone(kind: ScalarKind):
    """A column of nulls has a form, one without values too."""
    assert _convert(ValueType(kind), None, None) == [None, None]
    assert _convert(ValueType(kind)) == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ScalarKind.STRING, 1),
        (ScalarKind.BOOLEAN, 1),
        (ScalarKind.INT, True),
        (ScalarKind.INT, INT32_LIMIT),
        (ScalarKind.INT, -INT32_LIMIT - 1),
        (ScalarKind.INT, "1"),
        (ScalarKind.FLOAT, math.nan),
        (ScalarKind.FLOAT, -math.inf),
        (ScalarKind.FLOAT, 2**53 + 1),
        (ScalarKind.BIG_INT, "x"),
        (ScalarKind.DECIMAL, decimal.Decimal("NaN")),
        (ScalarKind.DATE_TIME, "soon"),
        (ScalarKind.DURATION, "long"),
        (ScalarKind.UUID, "x"),
    ],
)
def test_no_form(kind: ScalarKind, value: Any):
    """What the scalar may refuse or change is left to it."""
    with pytest.raises(NoPlainFormError):
        _convert(ValueType(kind), None, value)


@pytest.mark.parametrize("microsecond", [0, 1, 10, 500_000, 999_999])
@pytest.mark.parametrize("zone", [dt.UTC, dt.timezone(dt.timedelta(hours=2)), None])
@pytest.mark.parametrize("year", [1, 2024, 9998])
def test_moments(microsecond: int, zone: dt.tzinfo | None, year: int):
    """Date-times are written as their scalar is, whatever their zone."""
    moment = dt.datetime(year, 5, 1, 12, 30, 20, microsecond, zone)

    written = _convert(ValueType(ScalarKind.DATE_TIME), moment)

    assert written == [write_value(ScalarKind.DATE_TIME, moment)]


def test_enumerations():
    """Values have the first of their names; unknown ones have no form."""
    type_ = ValueType(ScalarKind.ENUM, COLOURS)

    assert _convert(type_, Colour.BLUE, Colour.ROUGE, None) == ["BLUE", "RED", None]
    for unknown in ("green", [1]):
        with pytest.raises(NoPlainFormError):
            _convert(type_, unknown)


def test_lists():
    """Lists of any depth are written item by item; what is no list has no form."""
    type_ = ValueType(ScalarKind.BIG_INT, dimensions=2)

    assert _convert(type_, [[1, None], []], None, []) == [[["1", None], []], None, []]
    for wrong in ([1], 1, "1"):
        with pytest.raises(NoPlainFormError):
            _convert(type_, wrong)


def test_missing_value():
    """Null has no form where the field is not null, except in a document."""
    with pytest.raises(NoPlainFormError):
        _convert(ValueType(ScalarKind.INT), 1, None, is_nullable=False)

    assert _convert(ValueType(ScalarKind.JSON), None, is_nullable=False) == [None]


def test_unreadable_value():
    """What a type of the models' own could not read has no form."""
    type_ = ValueType(ScalarKind.STRING, own=_Own())

    assert _convert(type_, Colour.BLUE, None) == ["b", None]
    with pytest.raises(NoPlainFormError):
        _convert(type_, UnreadableValueError("x"))


@pytest.mark.parametrize("microsecond", [0, 1, 10, 999_990, 100_000, 123_456])
@pytest.mark.parametrize("second", [0, 10, 59])
def test_moments_at_once(second: int, microsecond: int):
    """Moments in UTC are written together as the scalar writes each, nulls in their places."""
    moment = dt.datetime(1, 1, 1, 0, 0, second, microsecond, dt.UTC)
    other = dt.datetime(9999, 12, 31, 23, 59, 59, 500_000, dt.UTC)
    written = [write_value(ScalarKind.DATE_TIME, each) for each in (moment, other)]
    type_ = ValueType(ScalarKind.DATE_TIME)
    assert _convert(type_, moment, other) == written
    assert _convert(type_, None, moment, None, other) == [None, written[0], None, written[1]]


def test_moments_of_zones():
    """Moments of another zone, and among others, are written as the scalar writes each."""
    zone = dt.timezone(dt.timedelta(hours=2))
    moments = [dt.datetime(2024, 5, 1, 12, tzinfo=each) for each in (dt.UTC, zone)]
    written = [write_value(ScalarKind.DATE_TIME, each) for each in moments]
    assert _convert(ValueType(ScalarKind.DATE_TIME), *moments) == written
