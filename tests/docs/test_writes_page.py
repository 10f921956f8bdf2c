"""What ``docs/writes.md`` shows is written, and it names what the schema has."""

import re
from pathlib import Path

import gql_api as gql
from gql_api.app import models
from tests.fixtures.demo import Demo

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs" / "writes.md").read_text()


async def test_documents(sqlite_demo: Demo):
    """The documents run one after another, and each does what it says."""
    documents = re.findall(r"```graphql\n(.*?)```", _PAGE, re.DOTALL)
    product = await sqlite_demo.id_of(models.Product, deleted_at=None)

    answers = [
        await sqlite_demo.run(each, "admin", **({"product": product} if "$product" in each else {}))
        for each in documents
    ]

    assert len(documents) == 5
    assert [answer.errors for answer in answers] == [[]] * len(documents)
    payloads = [payload for answer in answers for payload in answer.data.values()]
    assert [payload["errors"] for payload in payloads] == [[]] * len(payloads)
    assert answers[1].data["deletePosts"]["deletedIds"]
    assert answers[2].data["createPost"]["post"]["tags"]["totalCount"] == 2


def test_parts():
    """The parts of a list stand in the table in the order in which they are written."""
    schema = gql.build_schema([models.Post, models.Tag, models.User, models.Comment])
    fields = schema.graphql_schema.type_map["UpdatePostTagsInput"].fields

    found = re.findall(
        r"^\| `(set|disconnect|delete|update|connect|connectOrCreate|create)` \|",
        _PAGE,
        re.MULTILINE,
    )

    assert found == list(fields)
