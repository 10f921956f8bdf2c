"""Durations in SQL: the ISO 8601 text of an interval of PostgreSQL, as answers have it."""

from typing import Any

import sqlalchemy as sa

_Expression = sa.ColumnElement[Any]

_DAY = 86_400_000_000
_HOUR = 3_600_000_000
_MINUTE = 60_000_000
_SECOND = 1_000_000


def compile_duration(interval: _Expression) -> _Expression:
    """Compile the text of an interval: a month is 30 days and a year is 365, as in the driver.

    It fails where the interval has more microseconds than 64 bits hold.
    """
    span = sa.select(_microseconds(interval).label("us")).correlate_except().subquery("span$")
    total: Any = span.c.us
    size = sa.func.abs(total, type_=sa.BigInteger())
    days, rest = size.op("/")(_number(_DAY)), size.op("%")(_number(_DAY))
    clock = _part(rest, sa.literal_column("'T'").concat(_clock(rest)))
    sign = sa.case((total < _number(0), sa.literal_column("'-P'")), else_=sa.literal_column("'P'"))
    text = sa.case(
        (total.is_(None), sa.null()),
        (total == _number(0), sa.literal_column("'PT0S'")),
        else_=sign.concat(_counted(days, "D")).concat(clock),
    )
    return sa.type_coerce(sa.select(text).scalar_subquery(), sa.Text())


def _microseconds(interval: _Expression) -> _Expression:
    days = (
        _extract("year", interval) * _number(365)
        + _extract("month", interval) * _number(30)
        + _extract("day", interval)
    )
    minutes = _extract("hour", interval) * _number(60) + _extract("minute", interval)
    within = minutes * _number(_MINUTE) + _extract("microseconds", interval)
    return sa.cast(days * _number(_DAY) + within, sa.BigInteger())


def _clock(rest: _Expression) -> _Expression:
    seconds = rest.op("/")(_number(_SECOND)).op("%")(_number(60))
    fraction = rest.op("%")(_number(_SECOND))
    digits = sa.func.lpad(sa.cast(fraction, sa.Text()), _number(6), sa.literal_column("'0'"))
    shown = sa.literal_column("'.'").concat(sa.func.rtrim(digits, sa.literal_column("'0'")))
    text = sa.cast(seconds, sa.Text()).concat(_part(fraction, shown))
    return (
        _counted(rest.op("/")(_number(_HOUR)), "H")
        .concat(_counted(rest.op("/")(_number(_MINUTE)).op("%")(_number(60)), "M"))
        .concat(
            _part(rest.op("%")(_number(_MINUTE)), text.concat(sa.literal_column("'S'"))),
        )
    )


def _counted(number: _Expression, unit: str) -> _Expression:
    return _part(number, sa.cast(number, sa.Text()).concat(sa.literal_column(f"'{unit}'")))


def _part(number: _Expression, text: _Expression) -> _Expression:
    """Show a text where a number is not zero."""
    shown = sa.case((number != _number(0), text), else_=sa.literal_column("''"))
    return sa.type_coerce(shown, sa.Text())


def _extract(field: str, interval: _Expression) -> _Expression:
    return sa.type_coerce(sa.extract(field, interval), sa.Numeric())


def _number(value: int) -> _Expression:
    return sa.literal_column(str(value), sa.BigInteger())
