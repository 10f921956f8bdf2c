"""Rows of lists that are taken by a key, or created, through each kind of relationship."""

import asyncio
from typing import Any

from tests.fixtures.schema import Api
from tests.schema.test_changes import (
    ANN,
    BOB,
    NEW,
    OLD,
    book,
    fill,
    global_id,
    state,
    update,
    write,
)


def _choice(create: dict[str, Any], **key: Any) -> dict[str, Any]:
    return {"key": key, "create": create}


async def test_association(written: Api):
    """A tag that is there is tied, one that is not is created once for all that name it."""
    await fill(written)
    chosen = {
        "connectOrCreate": [_choice(NEW, label="new"), _choice({"label": "more"}, label="more")]
    }
    first, second = book(4, "Four", tags=chosen), book(5, "Five", tags=chosen)
    creation = {
        "rowId": 3,
        "penName": "Cy",
        "isRetired": False,
        "written": {"create": [first, second]},
    }

    payload = await write(written, "createAuthors", "inputs", [creation])

    assert payload["errors"] == []
    assert (await state(written))["Cy"] == {"Four": ["more", "new"], "Five": ["more", "new"]}
    tags = await written.run("{ tags { totalCount } }")
    assert tags.data["tags"] == {"totalCount": 4}


async def test_association_of_known(written: Api):
    """A tag that is tied already stays as it is."""
    await fill(written)
    one = await global_id(written, "book", 1)
    chosen = [_choice(NEW, label="new"), _choice(OLD, label="old"), _choice(OLD, label="old")]

    answer = await update(written, "updateBook", one, {"tags": {"connectOrCreate": chosen}})

    assert answer.data["updateBook"]["errors"] == []
    assert (await state(written))["Ann"]["One"] == ["new", "old"]


async def test_dependents(written: Api):
    """A row of another parent moves, one that is not there is created for the parent."""
    await fill(written)
    bob = await global_id(written, "author", 2)
    chosen = [_choice(book(1, "New"), rowId=1), _choice(book(9, "Nine"), rowId=9)]

    answer = await update(written, "updateAuthor", bob, {"written": {"connectOrCreate": chosen}})

    assert answer.data["updateAuthor"]["errors"] == []
    assert await state(written) == {
        "Ann": {"Two": ["two"]},
        "Bob": {"One": ["new", "old"], "Nine": [], "Three": []},
    }


async def test_dependents_of_one_key(written: Api):
    """Of several parents that name one new row the last one has it."""
    chosen = {"connectOrCreate": [_choice(book(9, "Nine"), rowId=9)]}

    payload = await write(
        written, "createAuthors", "inputs", [{**ANN, "written": chosen}, {**BOB, "written": chosen}]
    )

    assert payload["errors"] == []
    assert await state(written) == {"Ann": {}, "Bob": {"Nine": []}}


async def test_refusal(written: Api):
    """What is wrong with a row to create is told at its place, before anything is written."""
    create = {"label": "x" * 99}
    tags = {"connectOrCreate": [_choice(NEW, label="new"), _choice(create, label="x")]}

    payload = await write(
        written,
        "createAuthors",
        "inputs",
        [{**ANN, "written": {"create": [book(1, "T", tags=tags)]}}],
    )

    (error,) = payload["errors"]
    place = ["inputs", "0", "written", "create", "0", "tags", "connectOrCreate", "1", "create"]
    assert (error["code"], error["path"]) == ("VALIDATION_FAILED", [*place, "label"])


async def test_at_the_same_time(written: Api):
    """A row that several create at the same moment is created once, and all of them take it."""
    await fill(written)
    ids = [await global_id(written, "book", number) for number in (1, 2, 3)]
    chosen = {"tags": {"connectOrCreate": [_choice({"label": "same"}, label="same")]}}

    found = await asyncio.gather(*(update(written, "updateBook", each, chosen) for each in ids))

    assert [each.data["updateBook"]["errors"] for each in found] == [[]] * 3
    answer = await written.run(
        '{ tags(where: {label: {eq: "same"}}) { nodes { books { totalCount } } } }'
    )
    assert answer.data["tags"]["nodes"] == [{"books": {"totalCount": 3}}]


async def test_statements(written: Api):
    """The number of statements does not grow with the rows."""
    await fill(written)
    ids = [await global_id(written, "author", number) for number in (1, 2)]
    few = [_choice(book(n, "T"), rowId=n) for n in range(10, 12)]
    many = [_choice(book(n, "T"), rowId=n) for n in range(20, 40)]

    first = await update(written, "updateAuthor", ids[0], {"written": {"connectOrCreate": few}})
    second = await update(written, "updateAuthor", ids[1], {"written": {"connectOrCreate": many}})

    assert second.data["updateAuthor"]["errors"] == []
    assert len(first.statements) == len(second.statements)
