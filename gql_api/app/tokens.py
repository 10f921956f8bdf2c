"""Issue and read bearer tokens: JWT signed with HMAC-SHA256."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey

import gql_api as gql
from gql_api.jwt import TokenRules, read_claims, secret_key

ALGORITHM = "HS256"
"""Of all signatures of tokens that the application issues."""

_RULES = TokenRules(algorithms=[ALGORITHM], leeway_s=0)  # one clock signs and reads


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says."""

    user_id: int
    """Primary key of the user; the claim ``sub``."""

    roles: tuple[str, ...]
    """Names of the roles held when the token was issued."""

    issued_at: datetime
    """In UTC, whole seconds."""

    expires_at: datetime
    """In UTC, whole seconds; the token is refused from then on."""

    session_id: str | None = None
    """The session that it ends with; the claim ``sid``."""


def issue_token(
    user_id: int,
    roles: Iterable[str],
    *,
    secret: str,
    lifetime_s: int,
    now: datetime,
    session_id: str | None = None,
) -> str:
    """Issue a token.

    Args:
        user_id: Primary key of the user.
        roles: Names of the user's roles.
        secret: Signing key, at least 14 bytes.
        lifetime_s: Seconds until it expires.
        now: With a time zone.
        session_id: Of the session that it ends with; None for a token that only expires.

    Raises:
        ConfigurationError: The secret is too short.
    """
    claims = {
        "sub": str(user_id),
        "roles": sorted(roles),
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(seconds=lifetime_s)).timestamp()),
        **({} if session_id is None else {"sid": session_id}),
    }
    return jwt.encode({"alg": ALGORITHM}, claims, _signing_key(secret), algorithms=[ALGORITHM])


def read_token(token: str, secret: str, *, now: datetime | None = None) -> Claims:
    """Check a token and read its claims.

    Args:
        token: As sent by the caller, without ``Bearer``.
        secret: The key that it must be signed with.
        now: With a time zone; the present by default.

    Raises:
        UnauthenticatedError: It is no token, is not signed with this key and algorithm, has expired, or lacks a claim.
        ConfigurationError: The secret is too short.
    """
    moment = now or datetime.now(UTC)
    found = read_claims(token, _signing_key(secret), _RULES, now=int(moment.timestamp()))
    try:
        return _read_claims(found)
    except (ValueError, TypeError, KeyError, OverflowError, OSError):
        message = "The token is not valid. Sign in again."
        raise gql.UnauthenticatedError(message) from None


def _read_claims(claims: Mapping[str, Any]) -> Claims:
    roles = claims["roles"]
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        message = "roles is not a list of names"
        raise TypeError(message)
    session_id = claims.get("sid")
    if not isinstance(session_id, str | None):
        message = "sid is not a text"
        raise TypeError(message)
    return Claims(
        session_id=session_id,
        user_id=int(claims["sub"]),
        roles=tuple(roles),
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )


@functools.lru_cache(maxsize=8)
def _signing_key(secret: str) -> OctKey:
    try:
        return secret_key(secret)
    except gql.ConfigurationError as error:
        message = str(error).partition(". ")[0] + "."
        raise gql.ConfigurationError(
            message, fix="Set GQL_API_SECRET_KEY to a longer one."
        ) from None
