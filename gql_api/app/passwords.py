"""Hash and check passwords with argon2id, in threads: a hash takes tens of milliseconds of CPU."""

import asyncio
import functools

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()


async def hash_password(password: str) -> str:
    """Hash a password with a fresh salt.

    Returns:
        The hash with its parameters and salt, about 100 characters.

    Cost:
        Some 64 MiB and tens of milliseconds in a thread; the event loop stays free.
    """
    return await asyncio.to_thread(_HASHER.hash, password)


async def verify_password(password: str, hashed_password: str | None) -> bool:
    """Tell whether a password belongs to a hash.

    Args:
        password: What the caller claims.
        hashed_password: From ``hash_password``; None for an unknown user, which takes as long and never matches, so that
            the time of an answer does not tell who has an account.

    Cost:
        As ``hash_password``.
    """
    return await asyncio.to_thread(_verify, password, hashed_password)


def _verify(password: str, hashed_password: str | None) -> bool:
    dummy = _dummy_hash()
    try:
        _HASHER.verify(dummy if hashed_password is None else hashed_password, password)
    except (VerificationError, InvalidHashError):
        return False
    return hashed_password is not None


@functools.cache
def _dummy_hash() -> str:
    """Hash once what nobody's account has, with the parameters in use."""
    return _HASHER.hash("nobody's password")
