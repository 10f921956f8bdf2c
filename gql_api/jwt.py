"""Bearer tokens: JWT signed with a shared secret, or by an identity provider that publishes its keys.

Needs the extra ``auth``.
"""

import asyncio
import base64
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet, OctKey
from starlette.requests import HTTPConnection

from gql_api.access.subjects import ANONYMOUS, Subject
from gql_api.database.engines import Database
from gql_api.errors import ConfigurationError, UnauthenticatedError, UnavailableError
from gql_api.server.application import Authenticate

_LOG = logging.getLogger(__name__)

SECRET_ALGORITHMS = ("HS256",)
"""Accepted with a shared secret, unless others are named."""

PUBLIC_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Accepted with published keys, unless others are named."""

LEEWAY_S = 30
"""By how many seconds the clocks of issuer and server may differ."""

MAX_AGE_S = 600.0
"""Age at which published keys are fetched anew, in seconds."""

MIN_INTERVAL_S = 30.0
"""Between two fetches, at least, whatever tokens ask for; in seconds."""

_MIN_SECRET_BYTES = 14  # 112 bits, NIST SP 800-131A
_TIMEOUT_S = 5.0
_MAX_KEYS_BYTES = 1 << 20
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

Claims = Mapping[str, Any]
"""What a valid token says."""

SubjectOf = Callable[[Claims, Database], Awaitable[Subject]]
"""Makes the subject of valid claims; raises ``UnauthenticatedError`` where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """What a token must say besides being signed."""

    algorithms: Collection[str]
    """Of signatures that are accepted; what the token's header says decides nothing else."""

    issuer: str | None = None
    """The claim ``iss``; None for any."""

    audience: str | None = None
    """Among the claim ``aud``; None for any."""

    leeway_s: int = LEEWAY_S
    """By how many seconds the clocks may differ."""


class Keys(Protocol):
    """Where the keys are that signatures are checked with."""

    async def find(self, key_id: str | None) -> OctKey | KeySet:
        """Return the key, or keys among which the one with an id is, if there is one."""
        ...


class SecretKey:
    """A shared secret.

    Args:
        secret: At least 14 bytes.

    Raises:
        ConfigurationError: It is shorter.
    """

    def __init__(self, secret: str) -> None:
        self._key = secret_key(secret)

    async def find(self, key_id: str | None) -> OctKey:
        """Return the secret, whatever id is asked for."""
        return self._key


class PublishedKeys:
    """The keys that an identity provider publishes (JWKS), kept for a while.

    A token that names an unknown key has them fetched anew, as keys are replaced: once in an
    interval, however many such tokens come. Keys that are known stay in use while the provider
    cannot be reached.

    Args:
        url: Of the document; https, or of this machine.
        max_age_s: Age at which they are fetched anew.
        min_interval_s: Between two fetches, at least.

    Raises:
        ConfigurationError: The address is another one.
    """

    def __init__(
        self, url: str, *, max_age_s: float = MAX_AGE_S, min_interval_s: float = MIN_INTERVAL_S
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            message = f"Keys cannot be fetched from {url!r}: whoever is between could replace them."
            raise ConfigurationError(message, fix="Use an address with https.")
        self._url = url
        self._max_age_s = max_age_s
        self._min_interval_s = min_interval_s
        self._keys: KeySet | None = None
        self._fetched_at = self._tried_at = -float("inf")
        self._lock = asyncio.Lock()

    async def find(self, key_id: str | None) -> KeySet:
        """Return the keys of now.

        Raises:
            UnavailableError: None were ever fetched, and the provider cannot be reached.

        Cost:
            No statement; one request to the provider where keys are old or one is unknown.
        """
        if self._is_lacking(key_id):
            async with self._lock:
                if self._is_lacking(key_id):  # nobody has fetched them meanwhile
                    await self._refresh()
        if self._keys is None:
            message = "Tokens cannot be checked at the moment. Try again later."
            raise UnavailableError(message)
        return self._keys

    def _is_lacking(self, key_id: str | None) -> bool:
        now = time.monotonic()
        if now - self._tried_at < self._min_interval_s:
            return False
        if self._keys is None or now - self._fetched_at >= self._max_age_s:
            return True
        return key_id is not None and all(each.kid != key_id for each in self._keys)

    async def _refresh(self) -> None:
        try:
            self._keys = await _fetch_keys(self._url)
            self._fetched_at = time.monotonic()
        except (httpx.HTTPError, JoseError, ValueError, TypeError, KeyError) as error:
            _LOG.warning("keys of tokens were not fetched", extra={"reason": repr(error)})
        finally:  # not before: who comes meanwhile waits for the answer
            self._tried_at = time.monotonic()


async def _fetch_keys(url: str) -> KeySet:
    async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
        answer = await client.get(url, headers={"accept": "application/json"})
    answer.raise_for_status()
    if len(answer.content) > _MAX_KEYS_BYTES:
        message = "the document is too long"
        raise ValueError(message)
    return KeySet.import_key_set({"keys": list(filter(_is_usable, answer.json()["keys"]))})


def _is_usable(key: Any) -> bool:
    """Tell whether a published key checks signatures: not one for encryption, nor a secret."""
    return isinstance(key, dict) and key.get("use", "sig") == "sig" and key.get("kty") != "oct"


def secret_key(secret: str) -> OctKey:
    """Make the key of a shared secret.

    Raises:
        ConfigurationError: It has fewer than 14 bytes.
    """
    if len(secret.encode()) < _MIN_SECRET_BYTES:
        message = f"The secret key has fewer than {_MIN_SECRET_BYTES} bytes."
        raise ConfigurationError(message, fix="Set it to at least 32 random characters.")
    # As a JWK: a bare string would be searched for the looks of a PEM file.
    encoded = base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    return OctKey.import_key({"kty": "oct", "k": encoded})


def read_claims(
    token: str, key: OctKey | KeySet, rules: TokenRules, *, now: int | None = None
) -> Claims:
    """Check a token: signature, lifetime, issuer and audience. It must have ``sub`` and ``exp``.

    Args:
        token: As sent, without ``Bearer``.
        key: It must be signed with.
        rules: What it must say besides.
        now: In seconds since 1970; the present by default.

    Raises:
        UnauthenticatedError: It is not valid; the message says whether it has expired, and no more.
    """
    demanded: dict[str, Any] = {"sub": {"essential": True}, "exp": {"essential": True}}
    if rules.issuer is not None:
        demanded["iss"] = {"essential": True, "value": rules.issuer}
    if rules.audience is not None:
        demanded["aud"] = {"essential": True, "value": rules.audience}
    try:
        claims: Claims = jwt.decode(token, key, algorithms=list(rules.algorithms)).claims
        jwt.JWTClaimsRegistry(now=now, leeway=rules.leeway_s, **demanded).validate(dict(claims))
    except ExpiredTokenError:
        message = "The token has expired. Sign in again."
        raise UnauthenticatedError(message) from None
    except (JoseError, ValueError, TypeError, KeyError, OverflowError):
        message = "The token is not valid. Sign in again."
        raise UnauthenticatedError(message) from None
    return claims


def algorithm_of(token: str) -> str | None:
    """Return how a token says that it is signed, to tell issuers apart; nothing of it is checked.

    Returns:
        None where it is no token.
    """
    try:
        found = jws.extract_compact(token.encode()).headers().get("alg")
    except (JoseError, ValueError, TypeError):
        return None
    return found if isinstance(found, str) else None


def bearer_token(connection: HTTPConnection) -> str | None:
    """Return the token of the header ``Authorization``; None without the header.

    Raises:
        UnauthenticatedError: It holds something else.
    """
    header = connection.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        message = "The header Authorization is not of the form: Bearer <token>."
        raise UnauthenticatedError(message)
    return token.strip()


async def subject_of_claims(claims: Claims, _database: Database) -> Subject:
    """Make a subject of what a token says: ``sub``, ``roles``, and all claims for policies.

    Raises:
        UnauthenticatedError: ``roles`` is no list of names.
    """
    roles = claims.get("roles", [])
    if not isinstance(roles, list) or not all(isinstance(each, str) for each in roles):
        message = "The token is not valid: roles is not a list of names."
        raise UnauthenticatedError(message)
    return Subject(claims["sub"], frozenset(roles), claims)


def jwt_authenticator(
    *,
    keys: Keys,
    rules: TokenRules | None = None,
    subject_of: SubjectOf = subject_of_claims,
) -> Authenticate:
    """Make what finds out who sends a request from its bearer token; without one it is anonymous.

    ```python
    keys = PublishedKeys("https://login.example.org/.well-known/jwks.json")
    rules = TokenRules(
        algorithms=["RS256"], issuer="https://login.example.org/", audience="shop"
    )
    app = gql.create_app(
        schema, database_url=..., authenticate=jwt_authenticator(keys=keys, rules=rules)
    )
    ```

    Args:
        keys: A ``SecretKey``, or ``PublishedKeys``.
        rules: By default the usual algorithms. Published keys often sign for many audiences: name
            yours.
        subject_of: Makes the subject of valid claims, such as by a look-up of the user, whose roles
            of now then count.

    Raises:
        ConfigurationError: Algorithms of secrets are accepted with published keys, or none at all.
    """
    is_secret = isinstance(keys, SecretKey)
    usual = SECRET_ALGORITHMS if is_secret else PUBLIC_ALGORITHMS
    checked = rules or TokenRules(algorithms=usual)
    _check_algorithms(checked.algorithms, is_secret=is_secret)

    async def authenticate(connection: HTTPConnection, database: Database) -> Subject:
        token = bearer_token(connection)
        if token is None:
            return ANONYMOUS
        claims = read_claims(token, await keys.find(_key_id(token)), checked)
        return await subject_of(claims, database)

    return authenticate


def _check_algorithms(algorithms: Collection[str], *, is_secret: bool) -> None:
    wrong = [each for each in algorithms if each.startswith("HS") != is_secret or each == "none"]
    if wrong or not algorithms:
        kind = "a secret" if is_secret else "published keys"
        named = ", ".join(wrong) or "no algorithm"
        usual = SECRET_ALGORITHMS if is_secret else PUBLIC_ALGORITHMS
        message = f"Tokens cannot be checked by {kind} with {named}."
        raise ConfigurationError(message, fix=f"Accept some of {', '.join(usual)}.")


def _key_id(token: str) -> str | None:
    """Return the id of the key that a token names; None where it is no token, or names none."""
    try:
        found = jws.extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError, TypeError):
        return None
    return found if isinstance(found, str) else None
