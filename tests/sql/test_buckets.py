"""Spans of time begin at the same moment on every database."""

import datetime as dt

import pytest
import sqlalchemy as sa

from gql_api.plan.aggregates import Bucket
from gql_api.sql.buckets import compile_bucket, repeated_midnights
from tests.fixtures.models import Sample
from tests.fixtures.schema import Api


@pytest.mark.parametrize(
    ("moment", "bucket", "zone", "expected"),
    [
        ("2024-05-15T13:45:56.789012", "second", "UTC", "2024-05-15T13:45:56"),
        ("2024-05-15T13:45:56.789012", "minute", "UTC", "2024-05-15T13:45:00"),
        ("2024-05-15T13:45:56", "hour", "Asia/Kolkata", "2024-05-15T13:30:00"),
        ("2024-05-15T23:45:56", "day", "Europe/Paris", "2024-05-15T22:00:00"),
        ("2024-05-19T23:30:00", "week", "Europe/Paris", "2024-05-19T22:00:00"),
        ("2024-05-19T12:00:00", "week", "UTC", "2024-05-13T00:00:00"),
        ("2024-12-31T23:30:00", "month", "Europe/Paris", "2024-12-31T23:00:00"),
        ("2024-06-30T12:00:00", "quarter", "UTC", "2024-04-01T00:00:00"),
        ("2024-12-31T23:30:00", "year", "Europe/Paris", "2024-12-31T23:00:00"),
        # clocks go forward at 01:00 and back at 01:00 UTC
        ("2024-03-31T20:00:00", "day", "Europe/Paris", "2024-03-30T23:00:00"),
        ("2024-10-27T20:00:00", "day", "Europe/Paris", "2024-10-26T22:00:00"),
        # the hour that is repeated is two hours
        ("2024-10-27T00:30:00", "hour", "Europe/Paris", "2024-10-27T00:00:00"),
        ("2024-10-27T01:30:00", "hour", "Europe/Paris", "2024-10-27T01:00:00"),
        ("1969-12-31T23:59:59.5", "second", "UTC", "1969-12-31T23:59:59"),
        # midnight is skipped: the day begins when clocks go forward
        ("2018-11-04T10:00:00", "day", "America/Sao_Paulo", "2018-11-04T03:00:00"),
        # an hour before midnight is repeated, and midnight itself comes once
        ("2018-02-18T02:30:00", "day", "America/Sao_Paulo", "2018-02-17T02:00:00"),
        ("2018-02-18T03:30:00", "day", "America/Sao_Paulo", "2018-02-18T03:00:00"),
        # midnight is repeated: the day begins with the first, and so does its month
        ("2024-11-03T04:30:00", "day", "America/Havana", "2024-11-03T04:00:00"),
        ("2024-11-03T05:30:00", "day", "America/Havana", "2024-11-03T04:00:00"),
        ("2015-11-20T00:00:00", "month", "America/Havana", "2015-11-01T04:00:00"),
        ("1976-09-26T12:00:00", "day", "Europe/Paris", "1976-09-25T22:00:00"),
        ("2010-11-07T03:40:30", "day", "America/St_Johns", "2010-11-07T02:30:00"),
        # clocks go back by half an hour
        ("2019-04-06T15:15:00", "hour", "Australia/Lord_Howe", "2019-04-06T14:30:00"),
        ("2019-10-05T15:45:00", "hour", "Australia/Lord_Howe", "2019-10-05T15:00:00"),
        # the first year and the last
        ("0001-01-01T12:00:00", "year", "UTC", "0001-01-01T00:00:00"),
        ("9999-12-31T23:59:59", "year", "UTC", "9999-01-01T00:00:00"),
    ],
)
async def test_beginning(api: Api, moment: str, bucket: str, zone: str, expected: str):
    """A moment lies in the span that began last in the zone."""
    assert await _beginning(api, moment, bucket, zone) == dt.datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("moment", "bucket", "zone", "expected", "on_mariadb"),
    [
        ("0001-01-01T12:00", "second", "Asia/Kolkata", "0001-01-01T12:00", "0001-01-01T12:00"),
        ("0001-01-01T12:00", "day", "Asia/Kolkata", "0001-01-01T00:00", "0001-01-01T00:00"),
        ("0001-12-31T12:00", "year", "Asia/Kolkata", "0001-01-01T00:00", "0001-01-01T00:00"),
        ("0001-01-01T00:05", "hour", "America/New_York", "0001-01-01T00:00", "0001-01-01T00:00"),
        ("0001-06-01T00:05", "week", "Asia/Kolkata", "0001-05-27T18:06:32", "0001-05-28T00:00"),
        ("9999-12-31T23:59", "year", "Asia/Kolkata", "9999-12-31T18:30", "9999-01-01T00:00"),
        ("9999-12-31T23:59", "week", "America/New_York", "9999-12-27T05:00", "9999-12-27T00:00"),
        (
            "1890-05-05T05:05:05",
            "minute",
            "Europe/Paris",
            "1890-05-05T05:04:39",
            "1890-05-05T05:05",
        ),
        ("1930-05-05T05:05", "hour", "Asia/Kolkata", "1930-05-05T04:30", "1930-05-05T05:00"),
        ("2040-07-05T05:05", "day", "Europe/Paris", "2040-07-04T22:00", "2040-07-05T00:00"),
        # it is 1970 in Kolkata already when that year begins in UTC: its beginning is not reached
        ("1970-01-01T03:00", "year", "Asia/Kolkata", "1969-12-31T18:30", "1970-01-01T00:00"),
        ("1970-01-02T03:00", "day", "Asia/Kolkata", "1970-01-01T18:30", "1970-01-01T18:30"),
        ("2037-12-31T23:30", "day", "Asia/Kolkata", "2037-12-31T18:30", "2037-12-31T18:30"),
    ],
)
async def test_far_beginning(
    api: Api, moment: str, bucket: str, zone: str, expected: str, on_mariadb: str
):
    """Zones hold at all times, on MariaDB from 1970 to 2037; no span begins before year 1."""
    is_mariadb = api.database.dialect.name == "mysql"

    found = await _beginning(api, moment, bucket, zone)

    assert found == dt.datetime.fromisoformat(on_mariadb if is_mariadb else expected)


@pytest.mark.parametrize("bucket", ["hour", "day"])
async def test_no_moment(api: Api, bucket: str):
    """NULL begins no span."""
    assert await _beginning(api, None, bucket, "America/Havana") is None


async def _beginning(api: Api, moment: str | None, bucket: str, zone: str) -> dt.datetime | None:
    value = None if moment is None else dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
    given = sa.literal(value, Sample.moment.type)
    start = compile_bucket(given, Bucket(bucket), zone, api.database.dialect)
    async with api.database.read_connection() as connection:
        found = await connection.scalar(sa.select(start))
    return None if found is None else found.replace(tzinfo=None)


@pytest.mark.parametrize(("zone", "number"), [("UTC", 0), ("Asia/Kolkata", 0), ("Europe/Paris", 2)])
def test_repeated_midnights(zone: str, number: int):
    """Zones whose clocks went back at one o'clock have days with two midnights."""
    found = repeated_midnights(zone)

    assert len(found) == number
    assert all(second - first == dt.timedelta(hours=1) for second, first in found.items())
