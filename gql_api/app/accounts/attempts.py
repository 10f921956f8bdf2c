"""Attempts to sign in: so many per account and per address, then the door stays shut for a while."""

import functools
import hashlib
import unicodedata
from dataclasses import dataclass

import gql_api as gql
from gql_api.settings import load_settings


@dataclass(frozen=True, slots=True)
class Attempts:
    """Counts attempts, before anything is looked up or hashed for them."""

    counter: gql.RateCounter

    per_account: gql.Rate
    """By what is typed as the name, whether there is such an account or not."""

    per_address: gql.Rate

    async def begin(self, login: str, address: str | None) -> None:
        """Count an attempt to sign in.

        Raises:
            RateLimitedError: There were too many.

        Cost:
            No statement.
        """
        await self.begin_from(address)
        wait_s = await self.counter.take(self.per_account, "account", _folded(login))
        _refuse(wait_s, ("login",))

    async def begin_from(self, address: str | None) -> None:
        """Count an attempt from an address, of those that cost a hash; None is not counted.

        Raises:
            RateLimitedError: There were too many.

        Cost:
            No statement.
        """
        if address is not None:
            _refuse(await self.counter.take(self.per_address, "address", address), ())

    async def succeed(self, login: str) -> None:
        """Begin to count anew for an account, whose owner has come."""
        await self.counter.forget(self.per_account, "account", _folded(login))


@functools.cache
def attempts() -> Attempts:
    """Make the counters as set, once for all requests of the process.

    Raises:
        ConfigurationError: A setting cannot be used.
    """
    settings = load_settings()
    return Attempts(
        gql.RateCounter(settings.redis_url),
        gql.Rate(settings.sign_in_attempts, settings.sign_in_period_s),
        gql.Rate(settings.sign_in_attempts_per_address, settings.sign_in_period_s),
    )


def _refuse(wait_s: int, path: tuple[str, ...]) -> None:
    if wait_s > 0:
        message = f"There were too many attempts. Try again in {wait_s} seconds."
        raise gql.RateLimitedError(message, path=path, retry_after_s=wait_s)


def _folded(login: str) -> str:
    """Return what is alike for all ways to write a name that a database takes for the same."""
    letters = unicodedata.normalize("NFKD", login.casefold())
    kept = "".join(each for each in letters if each.isalnum() or each in "@.+-_")
    return hashlib.sha256(kept.encode()).hexdigest()
