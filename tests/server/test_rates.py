"""Rates: counted by key, in this process or in Redis, which may go away."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import HTTPConnection

import gql_api as gql
from gql_api.server.rates import Rate, RateCounter, client_address
from tests.server import notes

RATE = Rate(3, 60)


@pytest.fixture(params=["process", "redis"])
async def counter(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[RateCounter]:
    """An empty counter of each kind."""
    counter = RateCounter(None if request.param == "process" else redis_url)
    yield counter
    await counter.close()


async def test_amount(counter: RateCounter):
    """So many are counted; further ones are told when the period ends."""
    waits = [await counter.take(RATE, "a") for _ in range(5)]

    assert waits[:3] == [0, 0, 0]
    assert all(1 <= each <= 60 for each in waits[3:])


async def test_keys(counter: RateCounter):
    """Each key is counted by itself."""
    for _ in range(3):
        await counter.take(RATE, "a", "b")

    assert await counter.take(RATE, "a", "c") == 0
    assert await counter.take(RATE, "a", "b") > 0


async def test_at_the_same_time(counter: RateCounter):
    """Of many that come at once no more are let in."""
    waits = await asyncio.gather(*(counter.take(RATE, "a") for _ in range(20)))

    assert waits.count(0) == 3


async def test_weight(counter: RateCounter):
    """What weighs more leaves less for others."""
    assert await counter.take(RATE, "a", amount=2) == 0
    assert await counter.take(RATE, "a", amount=2) > 0


async def test_end_of_the_period(counter: RateCounter):
    """After the period it is counted anew."""
    rate = Rate(1, 1)
    await counter.take(rate, "a")

    wait_s = await counter.take(rate, "a")
    await asyncio.sleep(1.1)

    assert wait_s == 1
    assert await counter.take(rate, "a") == 0


async def test_forget(counter: RateCounter):
    """What is forgotten is counted anew, others stay."""
    for key in ("a", "b"):
        for _ in range(3):
            await counter.take(RATE, key)

    await counter.forget(RATE, "a")

    assert await counter.take(RATE, "a") == 0
    assert await counter.take(RATE, "b") > 0


async def test_processes_share_redis(redis_url: str):
    """What one process counts, another one knows."""
    first, second = RateCounter(redis_url), RateCounter(redis_url)
    for _ in range(3):
        await first.take(RATE, "a")

    wait_s = await second.take(RATE, "a")

    await first.close()
    await second.close()
    assert wait_s > 0


async def test_redis_is_gone(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """Without Redis the rate holds in this process, and the log says so."""
    counter = RateCounter(f"redis+unix://{tmp_path / 'nobody'}")

    with caplog.at_level(logging.WARNING, "gql_api.server.rates"):
        waits = [await counter.take(RATE, "a") for _ in range(4)]

    assert waits[:3] == [0, 0, 0]
    assert waits[3] > 0
    assert {each.message for each in caplog.records} == {"rates are counted by this process alone"}


def test_other_address():
    """What is no address of Redis is refused, without a password in the message."""
    with pytest.raises(gql.ConfigurationError) as refusal:
        RateCounter("http://user:hunter2@localhost")

    assert str(refusal.value).startswith("The address of Redis is not of the form")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        pytest.param(("192.0.2.7", 4711), "192.0.2.7", id="version 4"),
        pytest.param(("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64", id="version 6"),
        pytest.param(("::ffff:192.0.2.7", 1), "192.0.2.7", id="4 in 6"),
        pytest.param(("testclient", 50000), None, id="a name"),
        pytest.param(None, None, id="a Unix socket"),
    ],
)
def test_client_address(client: Any, expected: str | None):
    """A client is an address, or all those of its network of IPv6."""
    assert client_address({"type": "http", "client": client}) == expected


async def test_refused_request(notes_database: gql.Database):
    """A caller who comes too often is told when to come back, in the header too."""

    async def authenticate(connection: HTTPConnection, database: gql.Database) -> gql.Subject:
        message = "Too many requests."
        raise gql.RateLimitedError(message, retry_after_s=7)

    app = gql.create_app(notes.build(), database=notes_database, authenticate=authenticate)
    async with notes.open_client(app) as client:
        response = await client.post("/graphql", json={"query": "{ __typename }"})

    assert notes.refusal(response) == (429, "RATE_LIMITED", "Too many requests.")
    assert response.headers["retry-after"] == "7"
    assert notes.only_error(response)["extensions"]["retryAfterS"] == 7
