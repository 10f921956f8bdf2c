"""Attempts to sign in are counted before anything is looked up or hashed."""

import asyncio
from typing import Any

import pytest

import gql_api as gql
from gql_api.app import passwords
from gql_api.app.accounts.attempts import attempts
from gql_api.app.demo_data import DEMO_PASSWORD
from gql_api.app.main import application
from tests.fixtures.demo import Answer, Demo
from tests.server import notes

SIGN_IN = """
mutation($login: String!, $password: String!) {
  signIn(login: $login, password: $password) {
    token errors { __typename message code path ... on RateLimited { retryAfterS } }
  }
}"""
SIGN_UP = """
mutation($name: String!, $email: String!) {
  signUp(username: $name, email: $email, password: "long enough") { errors { __typename } }
}"""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three attempts per account, five per address, in a minute."""
    monkeypatch.setenv("GQL_API_SIGN_IN_ATTEMPTS", "3")
    monkeypatch.setenv("GQL_API_SIGN_IN_ATTEMPTS_PER_ADDRESS", "5")
    monkeypatch.setenv("GQL_API_SIGN_IN_PERIOD_S", "60")
    attempts.cache_clear()


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The computations of hashes, as they are made."""
    made: list[str] = []

    class Counting(passwords.PasswordHasher):
        """Hashes, and notes it."""

        def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002 - its name
            made.append("verify")
            return super().verify(hash, password)

    passwords._dummy_hash()
    monkeypatch.setattr(passwords, "_HASHER", Counting())
    return made


async def sign_in(demo: Demo, login: str, password: str = "wrong") -> Answer:  # noqa: S107 - opens nothing
    """Try to sign in, in process."""
    return await demo.run(SIGN_IN, login=login, password=password)


def kinds(answer: Answer) -> list[str]:
    """Return the types of the errors of a payload."""
    return [each["__typename"] for each in answer.data["signIn"]["errors"]]


@pytest.mark.parametrize("login", ["ada", "nobody"])
async def test_account(shared_demo: Demo, hashes: list[str], login: str):
    """After three attempts at a name, known or not, none is looked up or hashed any more."""
    for _ in range(3):
        assert kinds(await sign_in(shared_demo, login)) == ["Forbidden"]

    answer = await sign_in(shared_demo, login, DEMO_PASSWORD)

    (error,) = answer.data["signIn"]["errors"]
    wait_s = error.pop("retryAfterS")
    assert 1 <= wait_s <= 60
    assert error == {
        "__typename": "RateLimited",
        "message": f"There were too many attempts. Try again in {wait_s} seconds.",
        "code": "RATE_LIMITED",
        "path": ["login"],
    }
    assert answer.data["signIn"]["token"] is None
    assert (hashes, answer.statements) == (["verify"] * 3, [])


async def test_same_cost_for_everybody(shared_demo: Demo, hashes: list[str]):
    """Known, unknown and inactive users, and an endless password, cost one hash and one statement."""
    costs = []
    for login, password in (("ada", "x"), ("nobody", "x"), ("ada", "x" * 100_000), ("", "")):
        hashes.clear()
        answer = await sign_in(shared_demo, login, password)
        costs.append((len(hashes), len(answer.statements)))

    assert costs == [(1, 1)] * 4


@pytest.mark.parametrize(
    "login", ["ADA", "adá", "ada\0", "a\u200bda", "\uff41\uff44\uff41", " ada "]
)
async def test_ways_to_write_a_name(sqlite_shared_demo: Demo, login: str):
    """Another way to write a name is no other account."""
    for _ in range(3):
        await sign_in(sqlite_shared_demo, "ada")

    assert kinds(await sign_in(sqlite_shared_demo, login)) == ["RateLimited"]


async def test_other_account(sqlite_shared_demo: Demo):
    """Other accounts are not shut."""
    for _ in range(3):
        await sign_in(sqlite_shared_demo, "ada")

    assert kinds(await sign_in(sqlite_shared_demo, "grace", DEMO_PASSWORD)) == []


async def test_success_begins_anew(sqlite_demo: Demo):
    """Whoever comes in has all attempts again."""
    for _ in range(2):
        await sign_in(sqlite_demo, "ada")
    assert kinds(await sign_in(sqlite_demo, "ada", DEMO_PASSWORD)) == []

    assert [kinds(await sign_in(sqlite_demo, "ada")) for _ in range(3)] == [["Forbidden"]] * 3


async def test_at_the_same_time(postgres_shared_demo: Demo, hashes: list[str]):
    """Of many guesses at once no more than three are checked."""
    answers = await asyncio.gather(*(sign_in(postgres_shared_demo, "ada") for _ in range(12)))

    assert sorted(kinds(each)[0] for each in answers) == ["Forbidden"] * 3 + ["RateLimited"] * 9
    assert len(hashes) == 3


async def test_address(sqlite_demo: Demo, hashes: list[str]):
    """An address has five attempts to sign in or up; other addresses are not shut."""

    async def ask(query: str, address: str, **variables: str) -> Any:
        context = gql.Context(sqlite_demo.database)
        context.client_address = address
        result = await sqlite_demo.schema.execute(query, variables, context)
        ((payload),) = (result.data or {}).values()
        return [each["__typename"] for each in payload["errors"]]

    for number in range(4):
        await ask(SIGN_IN, "192.0.2.1", login=f"nobody{number}", password="x")  # noqa: S106 - opens nothing
    signed_up = await ask(SIGN_UP, "192.0.2.1", name="eve", email="eve@example.org")

    assert signed_up == []
    assert await ask(SIGN_UP, "192.0.2.1", name="mal", email="mal@x.org") == ["RateLimited"]
    assert await ask(SIGN_IN, "192.0.2.1", login="zoe", password="x") == ["RateLimited"]  # noqa: S106 - opens nothing
    assert await ask(SIGN_IN, "192.0.2.2", login="zoe", password="x") == ["Forbidden"]  # noqa: S106 - opens nothing


async def test_address_of_the_request(sqlite_demo: Demo):
    """Over HTTP the address is that of the connection."""
    app = gql.create_app(
        sqlite_demo.schema, database=sqlite_demo.database, authenticate=application.authenticate
    )
    bodies = [
        {"query": SIGN_IN, "variables": {"login": f"nobody{number}", "password": "x"}}
        for number in range(6)
    ]
    async with notes.open_client(app) as client:
        answers = [await client.post("/graphql", json=body) for body in bodies]

    found = [each.json()["data"]["signIn"]["errors"][0]["code"] for each in answers]
    assert found == ["FORBIDDEN"] * 5 + ["RATE_LIMITED"]


async def test_shared_by_processes(
    sqlite_shared_demo: Demo, redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    """With Redis all processes count together."""
    monkeypatch.setenv("GQL_API_REDIS_URL", redis_url)
    for _ in range(3):
        attempts.cache_clear()
        await sign_in(sqlite_shared_demo, "ada")
        await attempts().counter.close()
    attempts.cache_clear()

    answer = await sign_in(sqlite_shared_demo, "ada")

    await attempts().counter.close()
    assert kinds(answer) == ["RateLimited"]
