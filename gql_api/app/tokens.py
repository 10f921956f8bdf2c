"""Issue and read bearer tokens: JWT signed with HMAC-SHA256."""

import base64
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

import gql_api as gql

_ALGORITHM = "HS256"
_MINIMUM_SECRET_BYTES = 14  # 112 bits, NIST SP 800-131A


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


def issue_token(
    user_id: int, roles: Iterable[str], *, secret: str, lifetime_s: int, now: datetime
) -> str:
    """Issue a token.

    Args:
        user_id: Primary key of the user.
        roles: Names of the user's roles.
        secret: Signing key, at least 14 bytes.
        lifetime_s: Seconds until it expires.
        now: With a time zone.

    Raises:
        ConfigurationError: The secret is too short.
    """
    claims = {
        "sub": str(user_id),
        "roles": sorted(roles),
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(seconds=lifetime_s)).timestamp()),
    }
    return jwt.encode({"alg": _ALGORITHM}, claims, _signing_key(secret), algorithms=[_ALGORITHM])


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
    key = _signing_key(secret)
    try:
        claims = _read_claims(jwt.decode(token, key, algorithms=[_ALGORITHM]).claims)
    except (JoseError, ValueError, TypeError, KeyError, OverflowError, OSError):
        message = "The token is not valid. Sign in again."
        raise gql.UnauthenticatedError(message) from None
    if claims.expires_at <= (now or datetime.now(UTC)):
        message = "The token has expired. Sign in again."
        raise gql.UnauthenticatedError(message)
    return claims


def _read_claims(claims: dict[str, Any]) -> Claims:
    roles = claims["roles"]
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        message = "roles is not a list of names"
        raise TypeError(message)
    return Claims(
        user_id=int(claims["sub"]),
        roles=tuple(roles),
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )


@functools.lru_cache(maxsize=8)
def _signing_key(secret: str) -> OctKey:
    if len(secret.encode()) < _MINIMUM_SECRET_BYTES:
        message = f"The secret key has fewer than {_MINIMUM_SECRET_BYTES} bytes."
        raise gql.ConfigurationError(message, fix="Set GQL_API_SECRET_KEY to a longer one.")
    # As a JWK: a bare string would be searched for the looks of a PEM file.
    encoded = base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    return OctKey.import_key({"kty": "oct", "k": encoded})
