"""Items change hands: all, or none."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from gql_api.app import models
from gql_api.app.inventory.operations import MAX_TRANSFERRED_ITEMS
from tests.fixtures.demo import Demo

TRANSFER = """
mutation($from: ID!, $to: ID!, $ids: [ID!]!) {
  transferItems(from: $from, to: $to, ids: $ids) {
    giver { username items { totalCount } }
    receiver { username items { totalCount } }
    moved
    errors { __typename message code path }
  }
}"""


async def people(demo: Demo, *names: str) -> list[str]:
    """Return the global ids of users."""
    return [await demo.id_of(models.User, username=name) for name in names]


async def items(demo: Demo, owner: str) -> list[str]:
    """Return the global ids of the items of a user."""
    owned = (
        sa.select(models.Item.id)
        .join(models.Item.owner)
        .where(models.User.username == owner)
        .order_by(models.Item.id)
    )
    return [await demo.id_of(models.Item, id=id_) for (id_,) in await demo.rows(owned)]


async def transfer(demo: Demo, user: str | None, giver: str, receiver: str, ids: list[str]) -> Any:
    """Give items to somebody; return the payload."""
    return await demo.payload(TRANSFER, user, **{"from": giver, "to": receiver, "ids": ids})


async def refusal(demo: Demo, user: str | None, giver: str, receiver: str, ids: list[str]) -> Any:
    """Fail to give items to somebody; return the errors."""
    return await demo.refusal(TRANSFER, user, **{"from": giver, "to": receiver, "ids": ids})


@pytest.mark.parametrize("user", ["ada", "admin"])
async def test_transfer(demo: Demo, user: str):
    """Owners give their items away, admins those of anybody; ids that occur twice count once.

    What somebody else owns then is not shown to the giver.
    """
    ada, grace = await people(demo, "ada", "grace")
    mine, theirs = await items(demo, "ada"), await items(demo, "grace")

    payload = await transfer(demo, user, ada, grace, [*mine[:2], mine[0]])

    assert payload == {
        "giver": {"username": "ada", "items": {"totalCount": len(mine) - 2}},
        "receiver": {
            "username": "grace",
            "items": {"totalCount": len(theirs) + 2 if user == "admin" else 0},
        },
        "moved": 2,
        "errors": [],
    }
    assert set(mine[:2]) <= set(await items(demo, "grace"))


@pytest.mark.parametrize(
    ("user", "code", "message"),
    [
        ("ada", "NOT_FOUND", "There is no such Item."),
        ("admin", "FORBIDDEN", "This Item belongs to another User."),
    ],
)
async def test_item_of_somebody_else(shared_demo: Demo, user: str, code: str, message: str):
    """One item of somebody else, and nothing moves; who may not see it is not told of it."""
    ada, grace = await people(shared_demo, "ada", "grace")
    mine, theirs = await items(shared_demo, "ada"), await items(shared_demo, "grace")

    assert await refusal(shared_demo, user, ada, grace, [mine[0], theirs[0], mine[1]]) == [
        (code, message, ["ids", "1"])
    ]


async def test_missing_item(demo: Demo):
    """An item that is gone, and nothing moves."""
    ada, grace = await people(demo, "ada", "grace")
    mine = await items(demo, "ada")
    delete = "mutation($id: ID!) { deleteItem(id: $id) { errors { message } } }"
    assert await demo.payload(delete, "ada", id=mine[0]) == {"errors": []}

    assert await refusal(demo, "ada", ada, grace, mine[:3]) == [
        ("NOT_FOUND", "There is no such Item.", ["ids", "0"])
    ]


async def test_same_user(shared_demo: Demo):
    """Nobody gives to themselves."""
    (ada,) = await people(shared_demo, "ada")

    assert await refusal(shared_demo, "ada", ada, ada, await items(shared_demo, "ada")) == [
        ("VALIDATION_FAILED", "from and to are the same User.", ["to"])
    ]


async def test_missing_users(demo: Demo):
    """Users who are gone are named."""
    ada, grace = await people(demo, "ada", "grace")
    (item, *_) = await items(demo, "admin")
    await demo.write(sa.delete(models.User).where(models.User.username.in_(("ada", "grace"))))

    assert await refusal(demo, "admin", ada, grace, [item]) == [
        ("NOT_FOUND", "There is no such User.", ["from"]),
        ("NOT_FOUND", "There is no such User.", ["to"]),
    ]


@pytest.mark.parametrize("user", [None, "grace"])
async def test_giving_away_what_is_not_ones_own(shared_demo: Demo, user: str | None):
    """Nobody takes from others."""
    ada, grace = await people(shared_demo, "ada", "grace")

    assert await refusal(shared_demo, user, ada, grace, await items(shared_demo, "ada")) == [
        ("FORBIDDEN", "You may only give away items of your own.", ["from"])
    ]


async def test_amounts(shared_demo: Demo):
    """A transfer of nothing is a mistake; a transfer has a greatest size."""
    ada, grace = await people(shared_demo, "ada", "grace")
    (item, *_) = await items(shared_demo, "ada")
    amount = MAX_TRANSFERRED_ITEMS + 1

    assert await refusal(shared_demo, "ada", ada, grace, []) == [
        ("VALIDATION_FAILED", "ids is empty.", ["ids"])
    ]
    assert await refusal(shared_demo, "ada", ada, grace, [item] * amount) == [
        ("VALIDATION_FAILED", f"ids has {amount} items; at most {amount - 1} go at once.", ["ids"])
    ]


async def test_number_of_statements(demo: Demo):
    """Whatever the number of items: users, items, the change, and two rows of the answer with counts."""
    ada, grace = await people(demo, "ada", "grace")
    mine = await items(demo, "ada")

    answer = await demo.run(TRANSFER, "ada", **{"from": ada, "to": grace, "ids": mine})

    assert answer.errors == []
    assert [statement.split()[0] for statement in answer.statements] == [
        "SELECT",
        "SELECT",
        "UPDATE",
        *["SELECT"] * 4,
    ]


async def test_two_at_once(postgres_demo: Demo):
    """Of two transfers of the same item to different people, one succeeds."""
    ada, grace, admin = await people(postgres_demo, "ada", "grace", "admin")
    mine = await items(postgres_demo, "ada")
    before = [len(await items(postgres_demo, name)) for name in ("grace", "admin")]

    payloads = await asyncio.gather(
        transfer(postgres_demo, "ada", ada, grace, mine[:2]),
        transfer(postgres_demo, "ada", ada, admin, mine[1::-1]),
    )

    assert sorted(len(payload["errors"]) for payload in payloads) == [0, 2]
    after = [len(await items(postgres_demo, name)) for name in ("grace", "admin")]
    assert sorted(now - then for now, then in zip(after, before, strict=True)) == [0, 2]
