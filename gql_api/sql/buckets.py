"""Buckets: the beginning of the span of time that a moment lies in, in a time zone.

Spans of an hour or less keep the moment's own offset, so that the hour that a clock repeats is two.
Longer ones begin with the first midnight of a day, and none begins before year 1.
"""

import datetime as dt
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from gql_api.database.dialects import Dialect
from gql_api.plan.aggregates import Bucket

_UTC = "+00:00"
_SECONDS = {Bucket.SECOND: 1, Bucket.MINUTE: 60, Bucket.HOUR: 3600}
_CLOCKS = (dt.date(1900, 1, 1), dt.date(2100, 1, 1))
"""The time in which days that begin twice are looked for."""

_WEEK = dt.timedelta(days=7)


def compile_bucket(
    moment: sa.ColumnElement[Any], bucket: Bucket, time_zone: str, dialect: Dialect
) -> sa.ColumnElement[Any]:
    """Compile the beginning of the span that a moment lies in, as a moment.

    Args:
        moment: Of a column with a time zone.
        bucket: The span.
        time_zone: IANA name, known to be one.
        dialect: Of the database.

    Source:
        PostgreSQL manual, "Date/Time Functions and Operators", date_trunc.
    """
    start: Any
    if dialect.name == "sqlite":
        start = sa.func.gql_bucket(moment, bucket.value, time_zone)
    elif dialect.name == "mysql":
        start = _mysql_start(moment, bucket, time_zone)
    else:
        start = _postgresql_start(moment, bucket, time_zone)
    return sa.type_coerce(start, moment.type)


def _postgresql_start(moment: Any, bucket: Bucket, zone: str) -> Any:
    start: Any = sa.func.date_trunc(bucket.value, moment, zone)
    if bucket not in _SECONDS:
        again = repeated_midnights(zone)
        if again:
            # date_trunc takes the second of two midnights
            whens = {_postgresql_moment(each): _postgresql_moment(again[each]) for each in again}
            start = sa.case(whens, value=start, else_=start)
    # no driver reads moments before year 1, which begin spans of that year
    least, new_year = (
        _postgresql_moment(dt.datetime(year, 1, day, tzinfo=dt.UTC))
        for year, day in ((1, 1), (2, 2))
    )
    clamped = sa.case((start < least, least), else_=start)
    return sa.case((moment < new_year, clamped), else_=start)


def _postgresql_moment(moment: dt.datetime) -> sa.ColumnElement[Any]:
    return sa.literal_column(f"TIMESTAMPTZ '{moment.isoformat()}'", sa.DateTime(timezone=True))


@lru_cache(maxsize=1024)
def repeated_midnights(time_zone: str) -> dict[dt.datetime, dt.datetime]:
    """Return the midnights that clocks show again since 1900, with the first of the two, in UTC.

    Args:
        time_zone: IANA name, known to be one.

    Cost:
        About 20 ms, once per zone.
    """
    zone = ZoneInfo(time_zone)
    day, end = (dt.datetime.combine(each, dt.time(), zone) for each in _CLOCKS)
    found: dict[dt.datetime, dt.datetime] = {}
    while day < end:
        later = day + _WEEK
        if _offset(later) < _offset(day):
            midnights = [day + dt.timedelta(days=number) for number in range(-1, 9)]
            found |= {_second(each): each.astimezone(dt.UTC) for each in midnights}
        day = later
    return {second: first for second, first in found.items() if second > first}


def _offset(moment: dt.datetime) -> dt.timedelta:
    return moment.utcoffset() or dt.timedelta()


def _second(midnight: dt.datetime) -> dt.datetime:
    return midnight.replace(fold=1).astimezone(dt.UTC)


def _mysql_start(moment: Any, bucket: Bucket, zone: str) -> Any:
    # an offset needs no time-zone tables
    time_zone = _UTC if zone == "UTC" else zone
    moment = sa.cast(moment, mysql.DATETIME(fsp=6))
    local = sa.func.convert_tz(moment, _UTC, time_zone)
    within = _microseconds_within(local, bucket)
    if within is not None:
        return _earlier(moment, within, "MICROSECOND")
    return sa.func.convert_tz(_mysql_day(local, bucket), time_zone, _UTC)


def _microseconds_within(local: Any, bucket: Bucket) -> sa.ColumnElement[int] | None:
    """Return the time since the span began; None for spans of a day or more."""
    seconds = _SECONDS.get(bucket)
    if seconds is None:
        return None
    parts: Any = sa.func.microsecond(local)
    if seconds > 1:
        parts = parts + sa.func.second(local) * 1_000_000
    if seconds > 60:  # noqa: PLR2004 - seconds of a minute
        parts = parts + sa.func.minute(local) * 60_000_000
    return sa.type_coerce(parts, sa.BigInteger())


def _mysql_day(local: Any, bucket: Bucket) -> Any:
    """Return the midnight that the span began with, in local time."""
    day = sa.cast(sa.func.date(local), sa.DateTime())
    match bucket:
        case Bucket.WEEK:
            return _earlier(day, sa.func.weekday(local), "DAY")
        case Bucket.MONTH:
            return _earlier(day, sa.func.dayofmonth(local) - 1, "DAY")
        case Bucket.QUARTER:
            first = _earlier(day, sa.func.dayofmonth(local) - 1, "DAY")
            return _earlier(first, (sa.func.month(local) - 1) % 3, "MONTH")
        case Bucket.YEAR:
            return _earlier(day, sa.func.dayofyear(local) - 1, "DAY")
        case _:
            return day


def _earlier(moment: Any, amount: Any, unit: str) -> Any:
    """Return a moment less a number of units, as MySQL writes it."""
    added = sa.func.timestampadd(sa.literal_column(unit), -amount, moment)
    return sa.type_coerce(added, sa.DateTime())
