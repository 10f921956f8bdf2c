"""How often a caller may do something: counted in this process, or in Redis by all processes."""

import functools
import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, TypeVar

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import ConfigurationError as MissingPackageError
from limits.errors import StorageError
from starlette.types import Scope

from gql_api.access.subjects import Subject
from gql_api.errors import ConfigurationError, RateLimitedError

_LOG = logging.getLogger(__name__)
_TIMEOUT_S = 1.0
_NETWORK_BITS = 64  # of IPv6: what one client has to itself

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Rate:
    """How often within how long."""

    amount: int

    period_s: int
    """Begins with the first of them."""


class RateCounter:
    """Counts by key; where Redis cannot be reached, this process counts by itself.

    Args:
        url: Of Redis, such as ``redis://localhost:6379/0``; None to count in this process.

    Raises:
        ConfigurationError: The address is none of Redis, or the package ``redis`` is missing.
    """

    def __init__(self, url: str | None = None) -> None:
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._redis = None if url is None else _redis(url)
        self._shared = None if self._redis is None else FixedWindowRateLimiter(self._redis)

    async def close(self) -> None:
        """Close the connections to Redis; they are opened again when something is counted."""
        if self._redis is not None:
            bridge: Any = self._redis.bridge
            await bridge.storage.aclose()

    async def take(self, rate: Rate, *key: str, amount: int = 1) -> int:
        """Count something, unless the rate is exceeded.

        Args:
            rate: What is allowed.
            key: What is counted together.
            amount: How much it counts.

        Returns:
            In how many seconds to come back, at least 1; 0 where it was counted.

        Cost:
            No statement; one or two commands of Redis.
        """
        limit = RateLimitItemPerSecond(rate.amount, rate.period_s)

        async def count(limiter: FixedWindowRateLimiter) -> int:
            if await limiter.hit(limit, *key, cost=amount):
                return 0
            return await _wait_s(limiter, limit, key)

        return await self._ask(count)

    async def forget(self, rate: Rate, *key: str) -> None:
        """Begin to count anew.

        Cost:
            No statement; one command of Redis.
        """
        limit = RateLimitItemPerSecond(rate.amount, rate.period_s)
        await self._ask(lambda limiter: limiter.clear(limit, *key))

    async def _ask(self, work: Callable[[FixedWindowRateLimiter], Awaitable[ResultT]]) -> ResultT:
        if self._shared is not None:
            try:
                return await work(self._shared)
            except StorageError as error:
                facts = {"reason": repr(error.storage_error)}
                _LOG.warning("rates are counted by this process alone", extra=facts)
        return await work(self._own)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRates:
    """How much one caller may ask of the endpoint: a user, or an address of whoever is anonymous."""

    counter: RateCounter
    """Where it is counted."""

    requests: Rate | None = None
    """Requests; None for any number."""

    cost: Rate | None = None
    """Points of operations, as of ``Limits.max_cost``, which it must not be below; None for any."""

    async def count_request(self, caller: str) -> None:
        """Count a request.

        Raises:
            RateLimitedError: There were too many.

        Cost:
            No statement.
        """
        await self._take(self.requests, "requests", caller, 1)

    async def count_cost(self, caller: str, points: int) -> None:
        """Count what an operation costs, before it runs.

        Raises:
            RateLimitedError: There was too much.

        Cost:
            No statement.
        """
        await self._take(self.cost, "cost", caller, points)

    async def _take(self, rate: Rate | None, name: str, caller: str, amount: int) -> None:
        if rate is None or amount <= 0:
            return
        wait_s = await self.counter.take(rate, name, caller, amount=amount)
        if wait_s:
            message = f"Too much was asked for. Try again in {wait_s} seconds."
            raise RateLimitedError(message, retry_after_s=wait_s)


def caller_of(subject: Subject, scope: Scope) -> str:
    """Return whose requests are counted together."""
    if subject.user_id is not None:
        return f"user {subject.user_id}"
    return f"address {client_address(scope)}"


def client_address(scope: Scope) -> str | None:
    """Return who sends a request, as far as rates are concerned: an address, or a network of IPv6.

    Args:
        scope: Of the request; servers put the address there, that of a trusted proxy's client too.

    Returns:
        None where there is no address, as with a Unix socket.
    """
    client = scope.get("client")
    return _network_of(client[0]) if client else None


@functools.lru_cache(maxsize=4096)
def _network_of(host: str) -> str | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), _NETWORK_BITS), strict=False))


async def _wait_s(
    limiter: FixedWindowRateLimiter, limit: RateLimitItem, key: tuple[str, ...]
) -> int:
    window = await limiter.get_window_stats(limit, *key)
    return max(1, math.ceil(window.reset_time - time.time()))


def _redis(url: str) -> RedisStorage:
    scheme = url.partition("://")[0]
    if scheme not in {"redis", "rediss", "redis+unix"}:
        message = "The address of Redis is not of the form redis://host:6379/0."
        raise ConfigurationError(message, fix="Correct it; rediss:// and redis+unix:// do as well.")
    options: dict[str, Any] = {"socket_timeout": _TIMEOUT_S, "socket_connect_timeout": _TIMEOUT_S}
    try:
        return RedisStorage(url, wrap_exceptions=True, implementation="redispy", **options)
    except MissingPackageError as error:
        message = "The package redis is missing."
        raise ConfigurationError(message, fix="Install gql-api with the extra redis.") from error
