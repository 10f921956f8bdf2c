"""API keys: how services say who they are. Only digests are kept."""

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection

from gql_api.access.subjects import Subject
from gql_api.database.engines import Database
from gql_api.errors import UnauthenticatedError
from gql_api.server.application import Authenticate, authenticate_nobody

HEADER = "x-api-key"
"""Name of the header that holds a key."""

_PREFIX = "gqk_"  # so that scanners of leaked secrets know one
_BYTES = 32
_FORM = re.compile(rf"{_PREFIX}[A-Za-z0-9_-]{{43}}")

FindByDigest = Callable[[str, Database], Awaitable[Subject | None]]
"""Finds whose key has a digest, with the roles of now; None where there is none, or no more."""


def new_api_key() -> str:
    """Make a key of 256 random bits: 47 characters, shown once to whoever will use it."""
    return _PREFIX + secrets.token_urlsafe(_BYTES)


def api_key_digest(key: str) -> str:
    """Return what is kept of a key: its SHA-256, 64 characters.

    A random key needs no slow hash, and is found by its digest: no comparison of secrets tells by
    its time how much of a guess was right.
    """
    return hashlib.sha256(key.encode()).hexdigest()


def api_key_authenticator(
    find: FindByDigest, otherwise: Authenticate = authenticate_nobody
) -> Authenticate:
    """Make what finds out who sends a request from the header ``X-API-Key``.

    Args:
        find: Looks a digest up; called for what looks like a key only.
        otherwise: Asked where the header is missing, such as a ``jwt_authenticator``.
    """

    async def authenticate(connection: HTTPConnection, database: Database) -> Subject:
        key = connection.headers.get(HEADER)
        if key is None:
            return await otherwise(connection, database)
        if "authorization" in connection.headers:
            message = "The headers Authorization and X-API-Key both say who asks. Send one of them."
            raise UnauthenticatedError(message)
        is_key = _FORM.fullmatch(key) is not None
        subject = await find(api_key_digest(key), database) if is_key else None
        if subject is None:
            message = "The API key is not valid."
            raise UnauthenticatedError(message)
        return subject

    return authenticate
