"""Planned fields beside resolvers by hand."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import strawberry
from strawberry.extensions import SchemaExtension

import gql_api as gql
from gql_api.schema.shortcuts import FINISHED
from tests.fixtures import models
from tests.fixtures.schema import Api

KINDS = """
    { samples { totalCount pageInfo { hasNextPage endCursor } aggregate { max { big } }
        edges { cursor node { kind id rowId big exact ratio day clock moment localMoment span token
            document part: document(path: ["a", "0"]) content flag note state } } } }
"""


@gql.type(models.Sample, all_fields=True)
class Sample:
    """Samples that the executor walks."""

    @strawberry.field
    async def kind(self: Any) -> str:
        """Always the same."""
        return "sample"


SEEN: list[str] = []


class Watch(SchemaExtension):
    """Looks at each field."""

    async def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        SEEN.append(info.field_name)
        found = _next(root, info, *args, **kwargs)
        return await found if hasattr(found, "__await__") else found


@pytest.fixture
def _nothing_seen() -> Iterator[None]:
    SEEN.clear()
    yield
    SEEN.clear()


async def test_equal_answers(api: Api):
    """What is finished at once is what the database writes, or the wire, beside a resolver."""
    walked = await api.of(types=[Sample]).data(KINDS, count=2)
    plain = await api.run(KINDS.replace("kind", ""))

    for edge in walked["samples"]["edges"]:
        assert edge["node"].pop("kind") == "sample"
    assert walked == plain.data


async def test_order_of_keys(api: Api):
    """Fields stand in the order of the selection, whichever way each of them took."""
    asked = "{ samples { nodes { big kind rowId again: kind content __typename } } }"

    answer = await api.of(types=[Sample]).data(asked, count=1)

    keys = ["big", "kind", "rowId", "again", "content", "__typename"]
    assert {tuple(each) for each in answer["samples"]["nodes"]} == {tuple(keys)}


async def test_values_without_a_form(written: Api):
    """Each value without a form is null with an error of its own, whatever else the row holds."""
    if written.database.dialect.name not in {"postgresql", "sqlite"}:
        pytest.skip("The database has no such number.")
    async with written.database.write_engine.begin() as connection:
        await connection.execute(sa.insert(models.Sample).values(id=1, big=7, ratio=math.inf))
    asked = "{ samples { nodes { first: ratio kind big second: ratio } } }"

    answer = await written.of(types=[Sample]).run(asked)

    node = {"first": None, "kind": "sample", "big": "7", "second": None}
    assert answer.data == {"samples": {"nodes": [node]}}
    paths = [each.path for each in answer.errors]
    assert paths == [["samples", "nodes", 0, name] for name in ("first", "second")]


@pytest.mark.usefixtures("_nothing_seen")
async def test_extension_of_fields(api: Api):
    """An extension that looks at each field sees them all."""
    watched = api.of(extensions=[Watch])

    answer = await watched.run("{ books(first: 1) { nodes { title author { penName } } } }")

    assert answer.errors == ()
    assert SEEN == ["books", "nodes", "title", "author", "penName"]


def test_fields_with_shortcuts(api: Api):
    """Scalars without arguments are finished at once; documents and relatives are not."""
    fields = api.schema.graphql_schema.type_map["Sample"].fields

    assert FINISHED in fields["moment"].extensions
    assert FINISHED not in fields["document"].extensions
    assert FINISHED not in api.schema.graphql_schema.type_map["Book"].fields["author"].extensions
