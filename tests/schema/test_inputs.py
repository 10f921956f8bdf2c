"""Input types of mutations, and operations on what rows hold."""

from typing import Any

import pytest

import gql_api as gql
from tests.fixtures.schema import Api
from tests.schema.test_arrays import Shelf


def _fields(schema: gql.Schema, name: str) -> dict[str, str]:
    return {
        key: str(each.type) for key, each in schema.graphql_schema.type_map[name].fields.items()
    }


def test_operations(offline: Api):
    """Numbers are incremented and documents merged, if they can be written at all."""
    assert _fields(offline.schema, "UpdateAuthorIncrementInput") == {"rank": "Int"}
    assert _fields(offline.schema, "UpdateBookIncrementInput") == {"price": "Decimal"}
    assert _fields(offline.schema, "UpdateSampleMergeInput") == {"document": "JSON"}
    assert "increment" not in _fields(offline.schema, "UpdateTagInput")


def test_append():
    """Arrays are appended to where there are arrays."""
    schema = gql.build_schema([Shelf], dialect="postgresql")

    assert _fields(schema, "UpdateShelfAppendInput")["numbers"] == "[Int]"


async def test_increment(written: Api):
    """Operations stand beside plain fields, and the payload shows what came of them."""
    await written.run(
        """mutation { createAuthor(input: {rowId: 1, penName: "A", isRetired: false}) {
          errors { code }
        } }"""
    )
    found = await written.run("{ authors { nodes { id } } }")
    text = """mutation($id: ID!) {
      a: updateAuthor(id: $id, input: {penName: "B", increment: {rank: 4}}) {
        author { penName rank } errors { message }
      }
      b: updateAuthor(id: $id, input: {increment: {rank: -1}}) { author { rank } }
    }"""

    answer = await written.run(text, id=found.data["authors"]["nodes"][0]["id"])

    assert answer.errors == ()
    assert answer.data == {
        "a": {"author": {"penName": "B", "rank": 4}, "errors": []},
        "b": {"author": {"rank": 3}},
    }


@pytest.mark.parametrize(
    ("change", "message", "path"),
    [
        ({"increment": None}, "set.increment is null: leave it out.", "set.increment"),
        (
            {"increment": {"rank": None}},
            "set.increment.rank is null: leave it out.",
            "set.increment.rank",
        ),
        (
            {"rank": 1, "increment": {"rank": 1}},
            "set.increment.rank is set besides: do one of both.",
            "set.increment.rank",
        ),
    ],
)
async def test_mistakes(offline: Api, change: Any, message: str, path: str):
    """What is null or contradicts itself is refused before anything is sent."""
    text = """mutation($set: UpdateAuthorInput!) {
      updateAuthors(where: {penName: {eq: "A"}}, set: $set, atMost: 1) { count }
    }"""

    assert await offline.refusal(text, set=change) == ("BAD_USER_INPUT", message, path)
