"""Spans of time begin at the same moment on every database."""

import datetime as dt

import pytest
import sqlalchemy as sa

from gql_api.plan.aggregates import Bucket
from gql_api.sql.buckets import compile_bucket
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
    ],
)
async def test_beginning(api: Api, moment: str, bucket: str, zone: str, expected: str):
    """A moment lies in the span that began last in the zone."""
    type_ = Sample.moment.type
    given = sa.literal(dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC), type_)
    start = compile_bucket(given, Bucket(bucket), zone, api.database.dialect)
    async with api.database.read_connection() as connection:
        found = await connection.scalar(sa.select(start))

    assert found.astimezone(dt.UTC) == dt.datetime.fromisoformat(expected).replace(tzinfo=dt.UTC)
