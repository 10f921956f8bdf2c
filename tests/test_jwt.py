"""Bearer tokens of identity providers, whose keys are fetched from a server of the test."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.requests import HTTPConnection

import gql_api as gql
from gql_api.errors import UnavailableError
from gql_api.jwt import (
    PublishedKeys,
    SecretKey,
    TokenRules,
    bearer_token,
    jwt_authenticator,
    read_claims,
    secret_key,
)
from tests.fixtures.provider import ONE, Provider

SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - signs nothing but this file's tokens
DATABASE = gql.open_database("sqlite:///nowhere.db")  # never asked
RULES = TokenRules(algorithms=["RS256", "ES256"], issuer="https://id.test/", audience="shop")
INVALID = "The token is not valid. Sign in again."

TWO = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
STRANGE = RSAKey.generate_key(2048, {"kid": "one"})


def claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a good token; None takes one away."""
    now = int(time.time())
    found = {"sub": "ann", "iss": "https://id.test/", "aud": ["shop", "x"], "exp": now + 60}
    return {name: value for name, value in {**found, **changes}.items() if value is not None}


def sign(key: Any, algorithm: str = "RS256", *, kid: str | None = None, **changes: Any) -> str:
    """Sign a token."""
    header = {"alg": algorithm, "kid": kid or key.kid}
    return jwt.encode(header, claims(**changes), key, algorithms=[algorithm])


def forged() -> str:
    """Sign a token with the published key, as if it were a secret."""

    def encoded(text: bytes) -> bytes:
        return base64.urlsafe_b64encode(text).rstrip(b"=")

    header = json.dumps({"alg": "HS256", "kid": "one"}).encode()
    signed = encoded(header) + b"." + encoded(json.dumps(claims()).encode())
    signature = hmac.digest(ONE.as_pem(private=False), signed, "sha256")
    return (signed + b"." + encoded(signature)).decode()


def request(token: str | None) -> HTTPConnection:
    """Make a request with a token, or without."""
    headers = [] if token is None else [(b"authorization", f"Bearer {token}".encode())]
    return HTTPConnection({"type": "http", "headers": headers})


async def refusal(keys: Any, token: str) -> str:
    """Send a token that must be refused; return the message."""
    with pytest.raises(gql.UnauthenticatedError) as refused:
        await jwt_authenticator(keys=keys, rules=RULES)(request(token), DATABASE)
    return refused.value.message


async def test_published_key(provider: Provider):
    """A token of the provider gives a subject with its roles and claims; the keys are fetched once."""
    authenticate = jwt_authenticator(keys=PublishedKeys(provider.url), rules=RULES)

    for _ in range(3):
        subject = await authenticate(request(sign(ONE, roles=["staff"], tenant=7)), DATABASE)

    assert (subject.user_id, subject.roles) == ("ann", {"staff"})
    assert subject.claims["tenant"] == 7
    assert provider.asked == 1


async def test_anonymous(provider: Provider):
    """Without a token the caller is anonymous, and no key is fetched."""
    authenticate = jwt_authenticator(keys=PublishedKeys(provider.url), rules=RULES)

    assert await authenticate(request(None), DATABASE) == gql.ANONYMOUS
    assert provider.asked == 0


@pytest.mark.parametrize(
    "make_token",
    [
        pytest.param(lambda: sign(STRANGE), id="another key of this id"),
        pytest.param(lambda: sign(ONE, iss="https://evil.test/"), id="issuer"),
        pytest.param(lambda: sign(ONE, iss=None), id="no issuer"),
        pytest.param(lambda: sign(ONE, aud="other"), id="audience"),
        pytest.param(lambda: sign(ONE, aud=None), id="no audience"),
        pytest.param(lambda: sign(ONE, exp=None), id="for ever"),
        pytest.param(lambda: sign(ONE, sub=None), id="nobody"),
        pytest.param(lambda: sign(ONE, nbf=int(time.time()) + 600), id="not yet"),
        pytest.param(lambda: sign(ONE, "PS256"), id="algorithm"),
        pytest.param(forged, id="public key as a secret"),
        pytest.param(lambda: "x.y.z", id="no token"),
        pytest.param(lambda: "", id="empty"),
    ],
)
async def test_refused(provider: Provider, make_token: Callable[[], str]):
    """What is not signed by the provider, for us, by an accepted algorithm, is refused alike."""
    assert await refusal(PublishedKeys(provider.url), make_token()) == INVALID


async def test_leeway(provider: Provider):
    """A token is valid for the leeway beyond its end, and no longer."""
    authenticate = jwt_authenticator(keys=PublishedKeys(provider.url), rules=RULES)

    assert await authenticate(request(sign(ONE, exp=int(time.time()) - 20)), DATABASE)
    message = await refusal(PublishedKeys(provider.url), sign(ONE, exp=int(time.time()) - 40))
    assert message == "The token has expired. Sign in again."


async def test_rotation(provider: Provider):
    """A token that names a new key has the keys fetched anew; the old key is refused then."""
    keys = PublishedKeys(provider.url, min_interval_s=0)
    authenticate = jwt_authenticator(keys=keys, rules=RULES)
    await authenticate(request(sign(ONE)), DATABASE)

    provider.keys = [TWO]

    assert await authenticate(request(sign(TWO, "ES256")), DATABASE)
    assert await refusal(keys, sign(ONE)) == INVALID


async def test_unknown_keys(provider: Provider):
    """Tokens that name unknown keys cause one request in an interval, together and one by one."""
    keys = PublishedKeys(provider.url)
    tokens = [sign(ONE, kid=f"k{number}") for number in range(5)]

    await asyncio.gather(*(refusal(keys, each) for each in tokens))
    for each in tokens:
        assert await refusal(keys, each) == INVALID

    assert provider.asked == 1


async def test_age(provider: Provider):
    """Old keys are fetched anew: one that was taken back is refused."""
    keys = PublishedKeys(provider.url, max_age_s=0, min_interval_s=0)
    await jwt_authenticator(keys=keys, rules=RULES)(request(sign(ONE)), DATABASE)

    provider.keys = [TWO]

    assert await refusal(keys, sign(ONE)) == INVALID


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"keys": []}', b"[1]", b'{"keys": [1]}'])
async def test_broken_provider(provider: Provider, answer: bytes):
    """Known keys stay in use while the provider answers nonsense; without any nobody gets in."""
    keys = PublishedKeys(provider.url, max_age_s=0, min_interval_s=0)
    authenticate = jwt_authenticator(keys=keys, rules=RULES)
    await authenticate(request(sign(ONE)), DATABASE)

    provider.answer = answer

    assert await authenticate(request(sign(ONE)), DATABASE)
    with pytest.raises(UnavailableError):
        await PublishedKeys(provider.url).find("one")


async def test_unreachable():
    """A provider that does not listen makes the service unavailable, not the token wrong."""
    with pytest.raises(UnavailableError, match="Tokens cannot be checked at the moment"):
        await PublishedKeys("http://127.0.0.1:9/jwks.json").find("one")


async def test_shared_secrets_are_not_published(provider: Provider):
    """A published secret, or a key for encryption, checks no signature."""
    secret = OctKey.import_key(SECRET, {"kid": "s"}).as_dict(private=True)
    sealing = {**ONE.as_dict(private=False), "use": "enc"}
    provider.answer = json.dumps({"keys": [secret, sealing]}).encode()

    with pytest.raises(UnavailableError):
        await PublishedKeys(provider.url).find("s")


async def test_secret():
    """Tokens by a shared secret need no provider; the id of the key does not matter."""
    authenticate = jwt_authenticator(keys=SecretKey(SECRET))
    token = sign(secret_key(SECRET), "HS256", kid="any", aud=None)

    assert (await authenticate(request(token), DATABASE)).user_id == "ann"


async def test_roles_of_no_list():
    """Roles that are no list of names are refused."""
    authenticate = jwt_authenticator(keys=SecretKey(SECRET))

    with pytest.raises(gql.UnauthenticatedError, match="roles is not a list of names"):
        await authenticate(request(sign(secret_key(SECRET), "HS256", kid="a", roles="x")), DATABASE)


@pytest.mark.parametrize("url", ["http://id.test/jwks.json", "file:///etc/keys", "id.test"])
def test_address(url: str):
    """Keys come by https, or from this machine."""
    with pytest.raises(gql.ConfigurationError, match="Keys cannot be fetched from"):
        PublishedKeys(url)


@pytest.mark.parametrize("algorithms", [["HS256"], ["RS256", "HS256"], ["none"], []])
def test_algorithms(algorithms: list[str]):
    """Published keys never check signatures of secrets."""
    with pytest.raises(gql.ConfigurationError, match="cannot be checked by published keys"):
        jwt_authenticator(
            keys=PublishedKeys("https://id.test/"), rules=TokenRules(algorithms=algorithms)
        )


def test_public_algorithm_of_a_secret():
    """A secret checks none of public keys."""
    with pytest.raises(gql.ConfigurationError, match="cannot be checked by a secret with RS256"):
        jwt_authenticator(keys=SecretKey(SECRET), rules=TokenRules(algorithms=["RS256"]))


def test_short_secret():
    """A secret that could be guessed is refused."""
    with pytest.raises(gql.ConfigurationError, match="fewer than 14 bytes"):
        SecretKey("short")


def test_moment():
    """The time may be given."""
    rules = TokenRules(algorithms=["HS256"])
    token = sign(secret_key(SECRET), "HS256", kid="a", exp=1000)

    assert read_claims(token, secret_key(SECRET), rules, now=900)["exp"] == 1000


def test_other_scheme():
    """A header that is no bearer token is refused."""
    headers = [(b"authorization", b"Basic x")]
    with pytest.raises(gql.UnauthenticatedError, match="not of the form"):
        bearer_token(HTTPConnection({"type": "http", "headers": headers}))
