"""Signing up and in, users with passwords, roles: accepted, and refused without a trace."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from gql_api.app import models
from gql_api.app.demo_data import DEMO_PASSWORD
from gql_api.app.passwords import verify_password
from gql_api.app.signing import signing
from gql_api.app.tokens import read_token
from tests.fixtures.demo import Demo

ERRORS = "errors { __typename message code path }"
SIGN_UP = f"""
mutation($username: String!, $email: String!, $password: String!, $fullName: String) {{
  signUp(username: $username, email: $email, password: $password, fullName: $fullName) {{
    token user {{ username email fullName displayName isActive isSuperuser roles {{ totalCount }} }}
    {ERRORS}
  }}
}}"""
SIGN_IN = f"""
mutation($login: String!, $password: String!) {{
  signIn(login: $login, password: $password) {{ token user {{ username }} {ERRORS} }}
}}"""
CREATE = f"""
mutation($input: CreateUserInput!) {{
  createUser(input: $input) {{ user {{ username isActive isSuperuser bio }} {ERRORS} }}
}}"""
UPDATE = f"""
mutation($id: ID!, $input: UpdateUserInput!) {{
  updateUser(id: $id, input: $input) {{ user {{ username fullName bio isActive }} {ERRORS} }}
}}"""
GRANT = f"""
mutation($user: ID!, $role: String!) {{
  grantRole(user: $user, role: $role) {{ user {{ roles {{ nodes {{ name }} }} }} role {{ name }} {ERRORS} }}
}}"""
REVOKE = GRANT.replace("grantRole", "revokeRole")


def newcomer(**changes: Any) -> dict[str, Any]:
    """Arguments of ``signUp`` that are accepted."""
    return {
        "username": "newcomer",
        "email": "new+comer@example.org",
        "password": "long enough",
        **changes,
    }


async def test_sign_up(demo: Demo):
    """Whoever signs up has an ordinary, active account and a token for it."""
    payload = await demo.payload(SIGN_UP, **newcomer(fullName="New Comer"))

    assert payload["errors"] == []
    assert payload["user"] == {
        "username": "newcomer",
        "email": "new+comer@example.org",
        "fullName": "New Comer",
        "displayName": "New Comer",
        "isActive": True,
        "isSuperuser": False,
        "roles": {"totalCount": 0},
    }
    user_id = await demo.scalar(sa.select(models.User.id).filter_by(username="newcomer"))
    assert read_token(payload["token"], signing().key).user_id == user_id


async def test_sign_up_hashes_the_password(demo: Demo):
    """What is kept of a password is its hash."""
    await demo.payload(SIGN_UP, **newcomer())

    kept = await demo.scalar(sa.select(models.User.hashed_password).filter_by(username="newcomer"))
    assert kept.startswith("$argon2id$")
    assert await verify_password("long enough", kept)


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        pytest.param(
            {"username": "ab"},
            [("VALIDATION_FAILED", "username must have at least 3 characters; got 2.", ["username"])],
            id="short name",
        ),
        pytest.param(
            {"username": "a" * 51},
            [("VALIDATION_FAILED", "username must have at most 50 characters; got 51.", ["username"])],
            id="long name",
        ),
        pytest.param(
            {"password": "seven77"},
            [("VALIDATION_FAILED", "password must have at least 8 characters; got 7.", ["password"])],
            id="short password",
        ),
        pytest.param(
            {"password": "x" * 129},
            [("VALIDATION_FAILED", "password must have at most 128 characters; got 129.", ["password"])],
            id="long password",
        ),
        pytest.param(
            {"username": "ab", "password": "short"},
            [
                ("VALIDATION_FAILED", "username must have at least 3 characters; got 2.", ["username"]),
                ("VALIDATION_FAILED", "password must have at least 8 characters; got 5.", ["password"]),
            ],
            id="two at once",
        ),
        pytest.param(
            {"username": "ADA"},
            [("UNIQUE_VIOLATION", "username is taken already.", ["username"])],
            id="name taken, in another case",
        ),
        pytest.param(
            {"email": "ADA@example.org"},
            [("UNIQUE_VIOLATION", "email is taken already.", ["email"])],
            id="address taken, in another case",
        ),
    ],
)  # fmt: skip
async def test_sign_up_refused(shared_demo: Demo, changes: dict[str, Any], errors: list[Any]):
    """What breaks a rule is refused with the name of the argument."""
    found = await shared_demo.refusal(SIGN_UP, **newcomer(**changes))

    assert found == errors


async def test_sign_up_needs_an_address(shared_demo: Demo):
    """Text that looks like no address is refused."""
    ((code, _, path),) = await shared_demo.refusal(SIGN_UP, **newcomer(email="nowhere"))

    assert (code, path) == ("VALIDATION_FAILED", ["email"])


@pytest.mark.parametrize("login", ["ada", "Ada", "ada@example.org", "ADA@EXAMPLE.ORG"])
async def test_sign_in(shared_demo: Demo, login: str):
    """A user name or an address in any case, and the password, give a token."""
    payload = await shared_demo.payload(SIGN_IN, login=login, password=DEMO_PASSWORD)

    assert payload["errors"] == []
    assert payload["user"] == {"username": "ada"}
    claims = read_token(payload["token"], signing().key)
    assert claims.user_id == await shared_demo.scalar(
        sa.select(models.User.id).filter_by(username="ada")
    )
    assert claims.roles == ("author",)


async def test_token_lives_as_long_as_set(shared_demo: Demo, monkeypatch: pytest.MonkeyPatch):
    """A token expires when the settings say so."""
    monkeypatch.setenv("GQL_API_TOKEN_LIFETIME_S", "60")
    signing.cache_clear()

    payload = await shared_demo.payload(SIGN_IN, login="ada", password=DEMO_PASSWORD)

    claims = read_token(payload["token"], signing().key)
    assert (claims.expires_at - claims.issued_at).total_seconds() == 60
    assert claims.expires_at > datetime.now(UTC)


@pytest.mark.parametrize(
    ("login", "password"),
    [
        pytest.param("ada", "wrong password", id="wrong password"),
        pytest.param("ada", "x" * 100_000, id="endless password"),
        pytest.param("nobody", DEMO_PASSWORD, id="unknown name"),
        pytest.param("a\0da'--", DEMO_PASSWORD, id="no name at all"),
        pytest.param("ad_", DEMO_PASSWORD, id="wildcard"),
        pytest.param("", "", id="nothing"),
    ],
)
async def test_sign_in_refused(shared_demo: Demo, login: str, password: str):
    """The refusal does not tell whether the name exists."""
    assert await shared_demo.refusal(SIGN_IN, login=login, password=password) == [
        ("FORBIDDEN", "The name or the password is wrong.", [])
    ]


async def test_inactive_account(shared_demo: Demo):
    """An inactive user is told so, but only with the right password."""
    name = await shared_demo.scalar(sa.select(models.User.username).where(~models.User.is_active))

    assert await shared_demo.refusal(SIGN_IN, login=name, password=DEMO_PASSWORD) == [
        ("FORBIDDEN", "This account is not active.", ["login"])
    ]
    assert await shared_demo.refusal(SIGN_IN, login=name, password="wrong password") == [  # noqa: S106 - opens nothing
        ("FORBIDDEN", "The name or the password is wrong.", [])
    ]


async def test_name_like_the_address_of_another(demo: Demo):
    """Whoever takes another's address as a name does not come in their way."""
    await demo.payload(SIGN_UP, **newcomer(username="ada@example.org"))

    payload = await demo.payload(SIGN_IN, login="ada@example.org", password=DEMO_PASSWORD)

    assert payload["user"] == {"username": "ada"}


async def test_me(shared_demo: Demo):
    """The caller is found in one statement."""
    answer = await shared_demo.run("{ me { username displayName } }", "ada")

    assert answer.data == {"me": {"username": "ada", "displayName": "Ada Lindgren"}}
    assert answer.errors == []
    assert len(answer.statements) == 1


async def test_me_signed_out(shared_demo: Demo):
    """Nobody is nobody, without a statement."""
    answer = await shared_demo.run("{ me { username } }")

    assert (answer.data, answer.errors, answer.statements) == ({"me": None}, [], [])


async def test_create_user(demo: Demo):
    """An admin creates accounts of every kind."""
    given = {"username": "robot", "email": "robot@example.org", "password": "beep beep boop"}
    payload = await demo.payload(
        CREATE, "admin", input={**given, "isActive": False, "isSuperuser": True}
    )

    assert payload == {
        "user": {"username": "robot", "isActive": False, "isSuperuser": True, "bio": None},
        "errors": [],
    }
    kept = await demo.scalar(sa.select(models.User.hashed_password).filter_by(username="robot"))
    assert await verify_password("beep beep boop", kept)


@pytest.mark.parametrize("user", [None, "ada"])
async def test_create_user_is_for_admins(shared_demo: Demo, user: str | None):
    """Others sign up."""
    given = {"username": "robot", "email": "robot@example.org", "password": "beep beep boop"}

    assert await shared_demo.refusal(CREATE, user, input=given) == [
        ("FORBIDDEN", "Only admins may create users.", ["input"])
    ]


async def test_create_user_names_all_faults(shared_demo: Demo):
    """Broken rules of columns and of the password come together."""
    given = {"username": "ab", "email": "robot@example.org", "password": "beep"}

    found = await shared_demo.refusal(CREATE, "admin", input={**given, "isActive": None})
    assert [error[2] for error in found] == [
        ["input", "username"],
        ["input", "isActive"],
        ["input", "password"],
    ]


@pytest.mark.parametrize("field", ["hashedPassword", "hashed_password", "id", "createdAt"])
async def test_no_other_input(sqlite_demo: Demo, field: str):
    """Neither the hash nor what the database sets can be written."""
    given = {"username": "robot", "email": "robot@example.org", "password": "beep beep boop"}

    answer = await sqlite_demo.run(CREATE, "admin", input={**given, field: "x"})

    assert answer.codes == ["BAD_USER_INPUT"]
    assert f"unknown field '{field}'" in answer.errors[0].message


async def test_update_oneself(demo: Demo):
    """People change their own account; what is absent stays, and null empties."""
    bio = await demo.scalar(sa.select(models.User.bio).filter_by(username="ada"))
    id_ = await demo.id_of(models.User, username="ada")

    payload = await demo.payload(UPDATE, "ada", id=id_, input={"fullName": None})

    assert payload == {
        "user": {"username": "ada", "fullName": None, "bio": bio, "isActive": True},
        "errors": [],
    }


async def test_change_of_password(demo: Demo):
    """A new password replaces the old one."""
    id_ = await demo.id_of(models.User, username="ada")

    payload = await demo.payload(UPDATE, "ada", id=id_, input={"password": "another one"})

    assert payload["errors"] == []
    assert (await demo.payload(SIGN_IN, login="ada", password="another one"))["errors"] == []  # noqa: S106 - of the test
    assert (await demo.payload(SIGN_IN, login="ada", password=DEMO_PASSWORD))["token"] is None


async def test_admin_updates_anybody(demo: Demo):
    """An admin closes an account."""
    id_ = await demo.id_of(models.User, username="ada")

    payload = await demo.payload(UPDATE, "admin", id=id_, input={"isActive": False})

    assert payload["user"]["isActive"] is False
    assert (await demo.payload(SIGN_IN, login="ada", password=DEMO_PASSWORD))["token"] is None


@pytest.mark.parametrize(
    ("user", "given", "errors"),
    [
        pytest.param(
            "ada",
            {"isSuperuser": True, "isActive": True, "bio": "x"},
            [
                ("FORBIDDEN", "Only admins may set isActive.", ["input", "isActive"]),
                ("FORBIDDEN", "Only admins may set isSuperuser.", ["input", "isSuperuser"]),
            ],
            id="rights of oneself",
        ),
        pytest.param(
            "grace",
            {"bio": "x"},
            [("FORBIDDEN", "You may not change this User.", ["id"])],
            id="somebody else",
        ),
        pytest.param(
            "grace",
            {"password": "taken over"},
            [("FORBIDDEN", "You may not change this User.", ["id"])],
            id="password of somebody else",
        ),
        pytest.param(
            None,
            {"bio": "x"},
            [("FORBIDDEN", "You may not change this User.", ["id"])],
            id="signed out",
        ),
        pytest.param(
            "ada",
            {"password": None},
            [("VALIDATION_FAILED", "password must not be null.", ["input", "password"])],
            id="no password",
        ),
        pytest.param(
            "ada",
            {"email": None},
            [("VALIDATION_FAILED", "email must not be null.", ["input", "email"])],
            id="no address",
        ),
        pytest.param(
            "ada",
            {"username": "GRACE"},
            [("UNIQUE_VIOLATION", "username is taken already.", ["input", "username"])],
            id="name of somebody else",
        ),
    ],
)  # fmt: skip
async def test_update_refused(shared_demo: Demo, user: str | None, given: Any, errors: list[Any]):
    """What is not allowed or breaks a rule is refused, and named."""
    id_ = await shared_demo.id_of(models.User, username="ada")

    assert await shared_demo.refusal(UPDATE, user, id=id_, input=given) == errors


async def test_grant_role(demo: Demo):
    """A granted role counts at once; granting it again changes nothing."""
    id_ = await demo.id_of(models.User, username="ada")

    for _ in range(2):
        payload = await demo.payload(GRANT, "admin", user=id_, role="staff")
        assert payload == {
            "user": {"roles": {"nodes": [{"name": "author"}, {"name": "staff"}]}},
            "role": {"name": "staff"},
            "errors": [],
        }
    assert (await demo.subject("ada")).roles == {"author", "staff"}


async def test_revoke_role(demo: Demo):
    """A revoked role no longer counts."""
    id_ = await demo.id_of(models.User, username="ada")

    payload = await demo.payload(REVOKE, "admin", user=id_, role="author")

    assert payload["user"] == {"roles": {"nodes": []}}
    assert payload["errors"] == []
    assert (await demo.subject("ada")).roles == frozenset()


async def test_revoke_what_is_not_held(shared_demo: Demo):
    """A role that the user does not have cannot be revoked."""
    id_ = await shared_demo.id_of(models.User, username="ada")

    assert await shared_demo.refusal(REVOKE, "admin", user=id_, role="staff") == [
        ("NOT_FOUND", "This User does not have the role staff.", ["role"])
    ]


@pytest.mark.parametrize(("text", "verb"), [(GRANT, "grant"), (REVOKE, "revoke")])
@pytest.mark.parametrize("user", [None, "ada"])
async def test_roles_are_for_admins(shared_demo: Demo, text: str, verb: str, user: str | None):
    """Nobody else gives or takes roles."""
    id_ = await shared_demo.id_of(models.User, username="ada")

    assert await shared_demo.refusal(text, user, user=id_, role="author") == [
        ("FORBIDDEN", f"Only admins may {verb} roles.", [])
    ]


async def test_unknown_user_and_role(demo: Demo):
    """What is missing is named, all of it."""
    id_ = await demo.id_of(models.User, username="ada")
    await demo.write(sa.delete(models.User).filter_by(username="ada"))

    assert await demo.refusal(GRANT, "admin", user=id_, role="queen") == [
        ("NOT_FOUND", "There is no such User.", ["user"]),
        ("NOT_FOUND", "There is no such Role.", ["role"]),
    ]


async def test_grants_at_once(postgres_demo: Demo):
    """Requests that grant the same role at the same time all succeed."""
    id_ = await postgres_demo.id_of(models.User, username="ada")

    payloads = await asyncio.gather(
        *(postgres_demo.payload(GRANT, "admin", user=id_, role="staff") for _ in range(8))
    )

    assert [payload["errors"] for payload in payloads] == [[]] * 8
    count = sa.select(sa.func.count()).select_from(models.user_roles)
    assert await postgres_demo.scalar(count.where(models.user_roles.c.user_id == 1)) == 2


async def test_role_names_are_for_admins(demo: Demo):
    """Roles themselves are made by admins only."""
    text = f'mutation {{ createRole(input: {{name: "queen"}}) {{ role {{ name }} {ERRORS} }} }}'

    assert await demo.refusal(text, "ada") == [
        ("FORBIDDEN", "You may not create this Role.", ["input"])
    ]
    assert (await demo.payload(text, "admin"))["role"] == {"name": "queen"}


async def test_delete_oneself(demo: Demo):
    """People may close their own account, with all that is theirs; others may not."""
    id_ = await demo.id_of(models.User, username="ada")
    text = f"mutation($id: ID!) {{ deleteUser(id: $id) {{ deletedId {ERRORS} }} }}"

    assert await demo.refusal(text, "grace", id=id_) == [
        ("FORBIDDEN", "You may not delete this User.", ["id"])
    ]
    assert (await demo.payload(text, "ada", id=id_))["deletedId"] == id_
    assert await demo.rows(sa.select(models.Post.id).where(models.Post.author_id == 1)) == []
