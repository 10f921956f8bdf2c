"""API keys: made by admins, shown once, kept as digests, and refused once they are revoked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.requests import HTTPConnection

import gql_api as gql
from gql_api.app import models
from gql_api.app.authentication import authenticate
from tests.fixtures.demo import Demo
from tests.fixtures.statements import count_statements

CREATE = """
mutation($name: String!, $roles: [String!]!, $days: Int) {
  createApiKey(name: $name, roles: $roles, expiresInDays: $days) {
    key apiKey { id name expiresAt roles { nodes { name } } } errors { code message path }
  }
}"""
REVOKE = "mutation($id: ID!) { revokeApiKey(id: $id) { errors { code message path } } }"
LIST = "{ apiKeys { nodes { name roles { nodes { name } } } } }"


async def make(demo: Demo, **changes: Any) -> Any:
    """Make a key as an admin; return the payload."""
    given = {"name": "importer", "roles": ["staff"], **changes}
    payload = await demo.payload(CREATE, "admin", **given)
    assert payload["errors"] == []
    return payload


async def ask(demo: Demo, key: str) -> gql.Subject:
    """Ask with a key who that is."""
    headers = [(b"x-api-key", key.encode())]
    return await authenticate(HTTPConnection({"type": "http", "headers": headers}), demo.database)


async def test_new_key(demo: Demo):
    """A key lets its service in with its roles, in one statement; its text is nowhere."""
    payload = await make(demo, roles=["staff", "author", "staff"])

    with count_statements(demo.database) as sent:
        subject = await ask(demo, payload["key"])

    assert payload["errors"] == []
    assert payload["apiKey"]["expiresAt"] is None
    assert [each["name"] for each in payload["apiKey"]["roles"]["nodes"]] == ["author", "staff"]
    assert subject == gql.Subject(roles=frozenset({"staff", "author"}))
    assert len(sent) == 1
    assert payload["key"] not in str(await demo.everything())


async def test_service_writes(demo: Demo):
    """A service does what its roles may do, and no more."""
    subject = await ask(demo, (await make(demo))["key"])
    text = """mutation {
      a: createCategory(input: {name: "Gadgets"}) { errors { code } }
    }"""

    staff = await demo.schema.execute(text, context_value=gql.Context(demo.database, subject))
    listed = await demo.schema.execute(LIST, context_value=gql.Context(demo.database, subject))

    assert (staff.data, staff.errors) == ({"a": {"errors": []}}, None)
    assert [each.extensions["code"] for each in listed.errors or ()] == ["FORBIDDEN"]


async def test_no_roles(sqlite_demo: Demo):
    """A key may have no roles: its service sees what everybody sees."""
    assert await ask(sqlite_demo, (await make(sqlite_demo, roles=[]))["key"]) == gql.Subject()


async def test_revoked(demo: Demo):
    """A revoked key is refused by the next request."""
    payload = await make(demo)
    await ask(demo, payload["key"])

    revoked = await demo.payload(REVOKE, "admin", id=payload["apiKey"]["id"])

    assert revoked == {"errors": []}
    with pytest.raises(gql.UnauthenticatedError) as refusal:
        await ask(demo, payload["key"])
    assert refusal.value.message == "The API key is not valid."
    missing = await demo.payload(REVOKE, "admin", id=payload["apiKey"]["id"])
    assert [each["code"] for each in missing["errors"]] == ["NOT_FOUND"]


async def test_revoked_role(demo: Demo):
    """A role that is taken from a key does not count any more."""
    key = (await make(demo))["key"]
    await demo.write(sa.delete(models.api_key_roles))

    assert await ask(demo, key) == gql.Subject()


async def test_expiry(demo: Demo):
    """A key with a lifetime stops at its end."""
    payload = await make(demo, days=30)

    expires_at = datetime.fromisoformat(payload["apiKey"]["expiresAt"])
    assert abs(expires_at - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=5)
    assert (await ask(demo, payload["key"])).roles == {"staff"}
    past = datetime.now(UTC) - timedelta(seconds=1)
    await demo.write(sa.update(models.ApiKey).values(expires_at=past))
    with pytest.raises(gql.UnauthenticatedError):
        await ask(demo, payload["key"])


@pytest.mark.parametrize("user", [None, "ada"])
async def test_for_admins(shared_demo: Demo, user: str | None):
    """Others neither make nor revoke nor see keys."""
    given = {"name": "x", "roles": ["admin"]}
    assert await shared_demo.refusal(CREATE, user, **given) == [
        ("FORBIDDEN", "Only admins may make API keys.", [])
    ]
    assert await shared_demo.refusal(REVOKE, user, id="WyJBcGlLZXkiLDFd") == [
        ("FORBIDDEN", "Only admins may revoke API keys.", [])
    ]
    assert (await shared_demo.run(LIST, user)).codes == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        pytest.param(
            {"roles": ["staff", "nobody"]},
            [("NOT_FOUND", "There is no such Role.", ["roles", "1"])],
            id="unknown role",
        ),
        pytest.param(
            {"name": "x" * 101, "days": 0},
            [
                ("VALIDATION_FAILED", "name must have at most 100 characters; got 101.", ["name"]),
                (
                    "VALIDATION_FAILED",
                    "expiresInDays must be from 1 to 3650; got 0.",
                    ["expiresInDays"],
                ),
            ],
            id="values",
        ),
    ],
)
async def test_refused(shared_demo: Demo, changes: dict[str, Any], errors: list[Any]):
    """What breaks a rule is refused with the name of the argument."""
    given = {"name": "x", "roles": [], **changes}

    assert await shared_demo.refusal(CREATE, "admin", **given) == errors


async def test_nothing_goes_round(sqlite_shared_demo: Demo):
    """No generated mutation makes keys, and the digest is nowhere in the schema."""
    sdl = sqlite_shared_demo.schema.as_str()

    assert "createApiKeys" not in sdl
    assert "upsertApiKey" not in sdl
    assert "digest" not in sdl


@pytest.mark.parametrize(
    "text",
    [
        'mutation { signIn(login: "ada", password: "x") { errors { code } } }',
        'mutation { refresh(refreshToken: "x") { errors { code } } }',
        'mutation { signUp(username: "eve", email: "e@x.org", password: "x") { errors { code } } }',
        'mutation { ...F } fragment F on Mutation { a: createApiKey(name: "x", roles: []) { key } }',
    ],
)
async def test_no_idempotency_key(sqlite_shared_demo: Demo, text: str):
    """An answer with a secret is not kept, so that it cannot be asked for again."""
    demo = sqlite_shared_demo
    context = gql.Context(demo.database, await demo.subject("admin"))
    context.idempotency_key = "k-1"

    with count_statements(demo.database) as sent:
        result = await demo.schema.execute(text, context_value=context)

    (error,) = result.errors or ()
    assert (error.extensions or {})["code"] == "BAD_USER_INPUT"
    assert error.message.endswith("is not kept: send no idempotency key with it.")
    assert sent == []
