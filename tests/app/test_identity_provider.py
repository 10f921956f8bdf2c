"""Tokens of an identity provider: its signatures, the application's users and roles."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.requests import HTTPConnection

import gql_api as gql
from gql_api.app import models
from gql_api.app.authentication import authenticate, check_settings
from gql_api.app.identity_provider import identity_provider
from gql_api.app.signing import signing
from gql_api.app.subjects import CLOSED_MESSAGE
from gql_api.app.tokens import issue_token
from tests.fixtures.demo import Demo
from tests.fixtures.provider import ONE, Provider

INVALID = "The token is not valid. Sign in again."
STRANGE = RSAKey.generate_key(2048, {"kid": "one"})


@pytest.fixture(autouse=True)
def _settings(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The application takes tokens of the provider."""
    monkeypatch.setenv("GQL_API_JWKS_URL", provider.url)
    monkeypatch.setenv("GQL_API_JWT_ISSUER", "https://id.test/")
    monkeypatch.setenv("GQL_API_JWT_AUDIENCE", "shop")
    identity_provider.cache_clear()
    yield
    identity_provider.cache_clear()


def sign(key: RSAKey = ONE, **changes: Any) -> str:
    """Sign a token about ada; None takes a claim away."""
    claims = {
        "sub": "auth|1",
        "iss": "https://id.test/",
        "aud": "shop",
        "exp": int(time.time()) + 60,
        "email": "Ada@Example.org",
        "email_verified": True,
        "preferred_username": "grace",
        "roles": ["admin"],
        **changes,
    }
    found = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "one"}, found, key, algorithms=["RS256"])


async def ask(demo: Demo, token: str) -> gql.Subject:
    """Ask with a token who that is."""
    headers = [(b"authorization", f"Bearer {token}".encode())]
    return await authenticate(HTTPConnection({"type": "http", "headers": headers}), demo.database)


async def refusal(demo: Demo, token: str) -> str:
    """Ask with a token that is refused; return the message."""
    with pytest.raises(gql.UnauthenticatedError) as refused:
        await ask(demo, token)
    return refused.value.message


async def test_user_by_address(shared_demo: Demo):
    """A verified address finds the user, whose roles are those of the application."""
    assert await ask(shared_demo, sign()) == gql.Subject(1, frozenset({"author"}))


async def test_user_by_name(shared_demo: Demo, monkeypatch: pytest.MonkeyPatch):
    """Another claim holds the user name."""
    monkeypatch.setenv("GQL_API_JWT_USER_CLAIM", "preferred_username")
    identity_provider.cache_clear()

    assert (await ask(shared_demo, sign())).user_id == 2


async def test_own_tokens(sqlite_shared_demo: Demo):
    """Tokens of the application count beside those of the provider."""
    now = datetime.now(UTC)
    token = issue_token(2, [], secret=signing().key, lifetime_s=60, now=now)

    assert (await ask(sqlite_shared_demo, token)).user_id == 2


@pytest.mark.parametrize(
    ("make_token", "message"),
    [
        pytest.param(
            lambda: sign(email_verified=False), "The token has no verified email.", id="claimed"
        ),
        pytest.param(
            lambda: sign(email_verified=None), "The token has no verified email.", id="unsaid"
        ),
        pytest.param(
            lambda: sign(email_verified="true"), "The token has no verified email.", id="text"
        ),
        pytest.param(lambda: sign(email=None), "The token has no verified email.", id="no address"),
        pytest.param(lambda: sign(email="nobody@example.org"), CLOSED_MESSAGE, id="unknown"),
        pytest.param(lambda: sign(iss="https://other.test/"), INVALID, id="issuer"),
        pytest.param(lambda: sign(aud="bank"), INVALID, id="audience"),
        pytest.param(lambda: sign(STRANGE), INVALID, id="signature"),
        pytest.param(lambda: "no.token.atall", INVALID, id="no token"),
    ],
)
async def test_refused(sqlite_shared_demo: Demo, make_token: Callable[[], str], message: str):
    """What the provider does not vouch for is refused."""
    assert await refusal(sqlite_shared_demo, make_token()) == message


async def test_deactivated(sqlite_demo: Demo):
    """Whoever is deactivated here is refused, whatever the provider says."""
    await sqlite_demo.write(
        sa.update(models.User).where(models.User.id == 1).values(is_active=False)
    )

    assert await refusal(sqlite_demo, sign()) == CLOSED_MESSAGE


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("GQL_API_JWT_ALGORITHMS", "RS256 HS256", "Tokens cannot be checked by published keys"),
        ("GQL_API_JWT_ALGORITHMS", "", "Tokens cannot be checked by published keys"),
        ("GQL_API_JWKS_URL", "http://id.test/keys", "Keys cannot be fetched from"),
    ],
)
def test_settings(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str):
    """Settings that would let anybody in are refused before anything is served."""
    monkeypatch.setenv(name, value)
    identity_provider.cache_clear()

    with pytest.raises(gql.ConfigurationError) as refused:
        check_settings()

    assert str(refused.value).startswith(message)
