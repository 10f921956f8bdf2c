"""Models without a policy do not exist for those whom the default policy keeps out."""

from typing import Any

import pytest

import gql_api as gql
from gql_api.mapping.global_ids import encode_global_id
from tests.fixtures import models
from tests.fixtures.models import Author, Book, Tag
from tests.fixtures.schema import ROOMY, Api

USER = gql.Subject(9)
ADMIN = gql.Subject(9, frozenset({"boss"}))

POLICIES = (
    models.BookPolicy(),
    gql.AllowAll().on(Tag),
    gql.Owned(models.Cover.book_id).for_writing(),
)


@pytest.fixture(scope="module", params=["json", "rows"])
def closed(api: Api, request: pytest.FixtureRequest) -> Api:
    """Books, tags and covers alone are open to others than admins."""
    config = gql.ApiConfig(limits=ROOMY.limits, has_json_path=request.param == "json")
    return api.of(policies=POLICIES, default_policy=gql.Roles("boss"), config=config)


ROOTS = [
    pytest.param("{ a: authors { totalCount } }", id="list"),
    pytest.param("{ a: authorBy(key: {rowId: 1}) { rowId } }", id="key"),
    pytest.param("{ a: author(id: $i) { rowId } }", id="id"),
    pytest.param("{ a: node(id: $i) { id } }", id="node"),
    pytest.param("{ a: nodes(ids: [$i]) { id } }", id="nodes"),
    pytest.param("{ a: authors { aggregate { count } } }", id="aggregate"),
]


@pytest.mark.parametrize("text", ROOTS)
async def test_roots(closed: Api, text: str):
    """Each root field of a closed model is refused before any SQL, and answered for admins."""
    entity = closed.schema.table.registry.entities["Author"]
    id_ = encode_global_id(entity, {"id": 1})
    text = text.replace("$i", f'"{id_}"')

    assert await closed.refusal(text, subject=USER) == (
        "FORBIDDEN",
        "You may not read Author.",
        "a",
    )
    assert (await closed.run(text, subject=ADMIN)).errors == ()


async def test_relatives(closed: Api):
    """Rows of a closed model are missing everywhere else: null, not listed, not counted."""
    data = await closed.data(
        """{ books(first: 1) { nodes { author { penName }
          chapters { totalCount nodes { number } } tags { totalCount } } } }""",
        subject=USER,
        count=5,
    )

    chapters = {"totalCount": 0, "nodes": []}
    row = {"author": None, "chapters": chapters, "tags": {"totalCount": 2}}
    assert data["books"]["nodes"] == [row]


@pytest.mark.parametrize(
    ("where", "count"),
    [
        pytest.param('{author: {penName: {startsWith: "A"}}}', 0, id="guess"),
        pytest.param("{not: {author: {}}}", 5, id="missing"),
        pytest.param("{chapters: {some: {}}}", 0, id="some"),
        pytest.param("{chaptersAggregate: {count: {gt: 0}}}", 0, id="count"),
    ],
)
async def test_oracles(closed: Api, where: str, count: int):
    """Nothing can be guessed through relations."""
    text = f"{{ books(where: {where}) {{ totalCount }} }}"

    assert (await closed.data(text, subject=USER, count=1))["books"] == {"totalCount": count}


async def test_trusted(closed: Api):
    """Trusted code sees everything."""
    data = await closed.data("{ authors { totalCount } }", subject=gql.UNRESTRICTED, count=1)

    assert data == {"authors": {"totalCount": 5}}


WRITES = [
    pytest.param(
        'createAuthor(input: {rowId: 9, penName: "p", isRetired: false})', "input", id="create"
    ),
    pytest.param('updateAuthor(id: $author, input: {penName: "p"})', "input", id="update"),
    pytest.param(
        'upsertAuthor(key: {rowId: 1}, create: {rowId: 1, penName: "p", isRetired: false}, '
        "update: {})",
        "create",
        id="upsert",
    ),
    pytest.param(
        'createBook(input: {rowId: 9, title: "t", isDraft: false, '
        'author: {create: {rowId: 9, penName: "p", isRetired: false}}})',
        "input.author.create",
        id="nested",
    ),
    pytest.param("deleteAuthor(id: $author)", "id", id="delete"),
    pytest.param("deleteAuthors(where: {rowId: {eq: 1}}, atMost: 1)", "where", id="delete many"),
]


@pytest.mark.parametrize(("field", "path"), WRITES)
async def test_writes(offline: Api, field: str, path: str):
    """Nothing is written to a closed model, and no statement is sent."""
    own = offline.of(policies=POLICIES, default_policy=gql.DenyAll())
    entity = own.schema.table.registry.by_model[Author]
    field = field.replace("$author", f'"{encode_global_id(entity, {"id": 1})}"')

    answer: Any = await own.run(
        f"mutation {{ m: {field} {{ errors {{ code message path }} }} }}", subject=ADMIN
    )

    assert (answer.errors, answer.statements) == ((), [])
    error = answer.data["m"]["errors"][0]
    assert (error["code"], error["message"]) == ("FORBIDDEN", "You may not write Author.")
    assert ".".join(error["path"]) == path


def test_policy_of_base(api: Api):
    """A model with a policy of its own is not asked for the default."""
    scopes = api.of(policies=POLICIES, default_policy=gql.DenyAll()).schema.compilation(USER).scopes
    registry = api.schema.table.registry

    assert not scopes.is_closed(registry.by_model[Book])
    assert scopes.is_closed(registry.by_model[Author])
