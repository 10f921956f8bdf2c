"""Issuing and reading bearer tokens."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from gql_api.app.tokens import Claims, issue_token, read_token
from gql_api.errors import ConfigurationError, UnauthenticatedError

SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - signs nothing but this file's tokens
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
INVALID = "The token is not valid. Sign in again."


def issue(**changes: Any) -> str:
    """Issue a token to user 7 for an hour."""
    options: dict[str, Any] = {"secret": SECRET, "lifetime_s": 3600, "now": NOW, **changes}
    return issue_token(7, ["editor", "author"], **options)


def sign(claims: dict[str, Any], algorithm: str = "HS256") -> str:
    """Sign any claims with the secret."""
    key = OctKey.import_key(SECRET)
    return jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])


def refusal(token: str, now: datetime = NOW) -> str:
    """Read a token that must be refused; return the message."""
    with pytest.raises(UnauthenticatedError) as refused:
        read_token(token, SECRET, now=now)
    assert refused.value.code == "UNAUTHENTICATED"
    return refused.value.message


def test_round_trip():
    """A token tells whom it was issued to, with which roles, from when until when."""
    claims = read_token(issue(), SECRET, now=NOW)

    assert claims == Claims(7, ("author", "editor"), NOW, NOW + timedelta(hours=1))


def test_present_time_counts():
    """Without a time, the present decides."""
    token = issue(now=datetime.now(UTC))

    assert read_token(token, SECRET).user_id == 7
    with pytest.raises(UnauthenticatedError):
        read_token(issue(now=datetime.now(UTC) - timedelta(hours=2)), SECRET)


def test_expired():
    """A token is refused from its last second on."""
    assert refusal(issue(), NOW + timedelta(hours=1)) == "The token has expired. Sign in again."


def test_other_secret():
    """A token signed with another key is refused."""
    assert refusal(issue(secret=SECRET[::-1])) == INVALID


def test_changed_claims():
    """A token whose claims were exchanged is refused."""
    header, _, signature = issue().split(".")
    _, claims, _ = issue_token(1, ["admin"], secret=SECRET, lifetime_s=9999, now=NOW).split(".")

    assert refusal(f"{header}.{claims}.{signature}") == INVALID


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "." * 3, "null"])
def test_no_token(token: str):
    """Text that is no token is refused like a bad one."""
    assert refusal(token) == INVALID


def test_unsigned():
    """The algorithm ``none`` is no signature."""
    unsigned = (
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3Iiwicm9sZXMiOltdLCJpYXQiOjAsImV4cCI6OTk5OTk5OTk5OX0."
    )

    assert refusal(unsigned) == INVALID


def test_other_algorithm():
    """Only the one algorithm is accepted, though the key would fit another."""
    token = sign({"sub": "7", "roles": [], "iat": 0, "exp": 4_000_000_000}, "HS512")

    assert refusal(token) == INVALID


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"sub": None}, id="no user"),
        pytest.param({"sub": "ada"}, id="no number"),
        pytest.param({"roles": "admin"}, id="roles are text"),
        pytest.param({"roles": [1]}, id="roles are numbers"),
        pytest.param({"exp": None}, id="no end"),
        pytest.param({"exp": "soon"}, id="end is text"),
        pytest.param({"exp": 1e300}, id="end is too far"),
        pytest.param({"iat": None}, id="no beginning"),
    ],
)
def test_claims_of_another_shape(change: dict[str, Any]):
    """A rightly signed token with unusable claims is refused."""
    claims = {"sub": "7", "roles": [], "iat": 0, "exp": 4_000_000_000, **change}

    assert refusal(sign(claims)) == INVALID


def test_short_secret():
    """A secret that could be guessed is refused, whoever asks."""
    with pytest.raises(ConfigurationError, match="fewer than 14 bytes"):
        issue(secret="short")  # noqa: S106 - what is refused
    with pytest.raises(ConfigurationError, match="GQL_API_SECRET_KEY"):
        read_token(issue(), "short")
