"""Sessions: refresh tokens are used once, kept as digests, and what ends them ends them at once."""

import asyncio
import time
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.requests import HTTPConnection

import gql_api as gql
from gql_api.app import models
from gql_api.app.accounts import sessions
from gql_api.app.authentication import authenticate
from gql_api.app.demo_data import DEMO_PASSWORD
from gql_api.app.signing import signing
from gql_api.app.tokens import read_token
from tests.fixtures.demo import Demo
from tests.fixtures.statements import count_statements

ERRORS = "errors { __typename message code path }"
SIGN_IN = f"""mutation($login: String!, $password: String!) {{
  signIn(login: $login, password: $password) {{ token refreshToken expiresInS {ERRORS} }}
}}"""
REFRESH = f"""mutation($refreshToken: String!) {{
  refresh(refreshToken: $refreshToken) {{ token refreshToken expiresInS user {{ username }} {ERRORS} }}
}}"""
SIGN_OUT = f"mutation($token: String) {{ signOut(refreshToken: $token) {{ {ERRORS} }} }}"
EVERYWHERE = f"mutation($user: ID) {{ signOutEverywhere(user: $user) {{ {ERRORS} }} }}"
UPDATE = f"""mutation($id: ID!, $input: UpdateUserInput!) {{
  updateUser(id: $id, input: $input) {{ {ERRORS} }}
}}"""
KEPT = models.refresh_tokens.c
NOT_VALID = "The refresh token is not valid. Sign in again."
REUSED = "The refresh token was used before: its session is ended. Sign in again."


async def sign_in(demo: Demo, login: str = "ada") -> dict[str, Any]:
    """Sign in; return the payload."""
    found: dict[str, Any] = await demo.payload(SIGN_IN, login=login, password=DEMO_PASSWORD)
    assert found["errors"] == []
    return found


async def refresh(demo: Demo, token: str) -> dict[str, Any]:
    """Use a refresh token; return the payload."""
    found: dict[str, Any] = await demo.payload(REFRESH, refreshToken=token)
    return found


async def subject_of(demo: Demo, token: str) -> gql.Subject:
    """Ask with a token who that is."""
    headers = [(b"authorization", f"Bearer {token}".encode())]
    return await authenticate(HTTPConnection({"type": "http", "headers": headers}), demo.database)


async def is_valid(demo: Demo, token: str) -> bool:
    """Tell whether a token lets somebody in."""
    try:
        await subject_of(demo, token)
    except gql.UnauthenticatedError:
        return False
    return True


async def run_as(demo: Demo, token: str, query: str, **variables: Any) -> Any:
    """Run a mutation with a token; return its errors."""
    context = gql.Context(demo.database, await subject_of(demo, token))
    result = await demo.schema.execute(query, variables, context)
    assert result.errors is None
    (payload,) = (result.data or {}).values()
    return payload["errors"]


async def count(demo: Demo) -> int:
    """Count the refresh tokens that are kept."""
    found: int = await demo.scalar(sa.select(sa.func.count()).select_from(models.refresh_tokens))
    return found


async def test_sign_in(demo: Demo):
    """Whoever signs in gets both tokens; of the second one the digest is kept."""
    payload = await sign_in(demo)

    (row,) = await demo.rows(sa.select(KEPT.digest, KEPT.is_used, KEPT.expires_at_s))
    assert row[0] != payload["refreshToken"]
    assert len(row[0]) == 64
    assert not row[1]
    assert abs(row[2] - time.time() - signing().refresh_lifetime_s) < 60
    assert payload["expiresInS"] == signing().lifetime_s == 900


async def test_token_costs_one_statement(demo: Demo):
    """The session of a token is looked up with its user."""
    payload = await sign_in(demo)

    with count_statements(demo.database) as sent:
        subject = await subject_of(demo, payload["token"])

    session_id = read_token(payload["token"], signing().key).session_id
    assert subject == gql.Subject(1, frozenset({"author"}), {"sid": session_id})
    assert len(sent) == 1


async def test_refresh(demo: Demo):
    """A refresh token gives new tokens of the same session, with the roles of now."""
    first = await sign_in(demo)
    await demo.write(sa.delete(models.user_roles).where(models.user_roles.c.user_id == 1))

    answer = await demo.run(REFRESH, refreshToken=first["refreshToken"])

    second = answer.data["refresh"]
    assert second["errors"] == []
    assert second["user"] == {"username": "ada"}
    assert second["refreshToken"] != first["refreshToken"]
    claims = [read_token(each["token"], signing().key) for each in (first, second)]
    assert claims[0].session_id == claims[1].session_id
    assert [each.roles for each in claims] == [("author",), ()]
    assert await is_valid(demo, second["token"])
    assert len(answer.statements) == 5


async def test_refresh_many_times(sqlite_demo: Demo):
    """Each refresh token gives the next one."""
    token = (await sign_in(sqlite_demo))["refreshToken"]

    for _ in range(4):
        token = (await refresh(sqlite_demo, token))["refreshToken"]

    assert await count(sqlite_demo) == 5


async def test_reuse_ends_the_session(demo: Demo):
    """A token that comes again is in two hands: the whole session is over, other ones are not."""
    first, other = await sign_in(demo), await sign_in(demo)
    second = await refresh(demo, first["refreshToken"])

    again = await refresh(demo, first["refreshToken"])

    assert again["token"] is None
    assert again["errors"] == [
        {
            "__typename": "Forbidden",
            "message": REUSED,
            "code": "FORBIDDEN",
            "path": ["refreshToken"],
        }
    ]
    assert not await is_valid(demo, first["token"])
    assert not await is_valid(demo, second["token"])
    late = await refresh(demo, second["refreshToken"])
    assert late["errors"][0]["message"] == NOT_VALID
    assert await is_valid(demo, other["token"])


async def test_used_at_the_same_time(demo: Demo):
    """Of two who use a token at once, one gets tokens, and the session is over."""
    token = (await sign_in(demo))["refreshToken"]

    answers = await asyncio.gather(*(refresh(demo, token) for _ in range(4)))

    assert [each["token"] is None for each in answers].count(False) == 1
    assert {each["errors"][0]["message"] for each in answers if each["errors"]} <= {
        REUSED,
        NOT_VALID,
    }
    assert await count(demo) == 0


@pytest.mark.parametrize("token", ["", "guess", "a\0b", "ä" * 1000])
async def test_no_refresh_token(shared_demo: Demo, token: str):
    """What is no refresh token is refused, and writes nothing."""
    assert await shared_demo.refusal(REFRESH, refreshToken=token) == [
        ("FORBIDDEN", NOT_VALID, ["refreshToken"])
    ]


async def test_expired(demo: Demo):
    """A refresh token that is too old is refused."""
    payload = await sign_in(demo)
    await demo.write(sa.update(models.refresh_tokens).values(expires_at_s=int(time.time())))

    found = await refresh(demo, payload["refreshToken"])

    assert found["errors"][0]["message"] == NOT_VALID


async def test_closed_account(demo: Demo):
    """Who is deactivated gets no new tokens."""
    payload = await sign_in(demo)
    await demo.write(sa.update(models.User).where(models.User.id == 1).values(is_active=False))

    found = await refresh(demo, payload["refreshToken"])

    assert found["errors"][0]["message"] == "This account is not active."
    assert found["token"] is None


async def test_sign_out(demo: Demo):
    """The session of the token is over at once, others go on."""
    payload, other = await sign_in(demo), await sign_in(demo)

    assert await run_as(demo, payload["token"], SIGN_OUT) == []

    assert not await is_valid(demo, payload["token"])
    assert (await refresh(demo, payload["refreshToken"]))["token"] is None
    assert await is_valid(demo, other["token"])


async def test_sign_out_by_refresh_token(demo: Demo):
    """Where the token has expired, the refresh token ends the session."""
    payload = await sign_in(demo)

    await demo.payload(SIGN_OUT, token=payload["refreshToken"])

    assert not await is_valid(demo, payload["token"])


async def test_sign_out_of_nobody(shared_demo: Demo):
    """Without a session there is nothing to end."""
    message = "Nobody is signed in by a session: pass its refreshToken."
    assert await shared_demo.refusal(SIGN_OUT) == [("FORBIDDEN", message, ["refreshToken"])]
    assert await shared_demo.refusal(EVERYWHERE) == [("FORBIDDEN", "Nobody is signed in.", [])]


async def test_sign_out_everywhere(demo: Demo):
    """All sessions of the caller are over, those of others go on."""
    payloads = [await sign_in(demo), await sign_in(demo)]
    other = await sign_in(demo, "grace")

    assert await run_as(demo, payloads[0]["token"], EVERYWHERE) == []

    assert [await is_valid(demo, each["token"]) for each in payloads] == [False, False]
    assert await is_valid(demo, other["token"])


async def test_sign_others_out(demo: Demo):
    """An admin ends the sessions of anybody, others only their own."""
    payload, grace = await sign_in(demo), await sign_in(demo, "grace")
    user = await demo.id_of(models.User, username="ada")

    refused = await run_as(demo, grace["token"], EVERYWHERE, user=user)
    assert [each["message"] for each in refused] == ["Only admins may sign others out."]
    assert await is_valid(demo, payload["token"])

    assert (await demo.payload(EVERYWHERE, "admin", user=user))["errors"] == []
    assert not await is_valid(demo, payload["token"])
    assert await is_valid(demo, grace["token"])


async def test_new_password(demo: Demo):
    """Whoever changes their password stays signed in here, and nowhere else."""
    here, there = await sign_in(demo), await sign_in(demo)
    id_ = await demo.id_of(models.User, username="ada")

    errors = await run_as(demo, here["token"], UPDATE, id=id_, input={"password": "another one"})

    assert errors == []
    assert await is_valid(demo, here["token"])
    assert not await is_valid(demo, there["token"])


async def test_purge(demo: Demo, monkeypatch: pytest.MonkeyPatch):
    """From time to time what has expired is deleted, after the commit."""
    await sign_in(demo, "grace")
    await demo.write(sa.update(models.refresh_tokens).values(expires_at_s=1))
    await sign_in(demo)
    assert await count(demo) == 2

    monkeypatch.setattr(sessions._Purge, "due_at", 0.0)
    for _ in range(2):
        await sign_in(demo)

    assert await count(demo) == 3
    assert sessions._Purge.due_at > time.monotonic()


async def test_tokens_of_another_user(sqlite_demo: Demo):
    """A token cannot borrow the session of somebody else."""
    payload = await sign_in(sqlite_demo)
    await sqlite_demo.write(sa.update(models.refresh_tokens).values(user_id=2))

    assert not await is_valid(sqlite_demo, payload["token"])
