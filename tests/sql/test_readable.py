"""Columns that a role set may not read: null or refused, and of no use for anything else."""

import re
from typing import Any

import pytest
import strawberry
from typing_extensions import override

import gql_api as gql
from gql_api.mapping.global_ids import encode_global_id
from tests.fixtures.models import Author, Book
from tests.fixtures.schema import ROOMY, Api

STRANGER = gql.Subject(9)
STAFF = gql.Subject(9, frozenset({"staff"}))


class AuthorColumns(gql.Policy[Author]):
    """Staff alone see how to reach an author, and the rank."""

    @override
    def readable_columns(self, subject: gql.SymbolicSubject) -> gql.ColumnSet:
        return None if subject.has_role("staff") else gql.all_but(Author.email, "rank")


class BookColumns(gql.Policy[Book]):
    """Staff alone see who edits a book, and what it costs; whether it is a draft, nobody but them."""

    @override
    def readable_columns(self, subject: gql.SymbolicSubject) -> gql.ColumnSet:
        if subject.has_role("staff"):
            return None
        return {Book.title, "subtitle", Book.author_id, "category_code", "state"}


SECRETS = re.compile(r"(author|book)_\d+\.(email|price)")
POLICIES = (AuthorColumns(), BookColumns())


@gql.type(Book, all_fields=True)
class BookType:
    """With fields that Python answers."""

    @gql.computed(depends_on=[Book.price, Book.title])
    def label(self: Any) -> str:
        """Name and price."""
        return f"{self.title} {self.price}"

    @strawberry.field
    def seen(self: Any) -> list[str]:
        """What a resolver gets."""
        return [key for key in ("title", "price") if hasattr(self, key)]


class Favourites:
    """A root field that answers an instance."""

    @strawberry.field
    async def favourite(self, info: gql.Info) -> BookType | None:
        """The first book."""
        return await info.context.load(Book, 1)


@pytest.fixture(scope="module")
def secret(api: Api) -> Api:
    """A schema with column sets; PostgreSQL writes its JSON."""
    return api.of(policies=POLICIES)


@pytest.fixture(scope="module", params=["json", "rows"])
def either(api: Api, request: pytest.FixtureRequest) -> Api:
    """The schema on the paths of one statement and of rows."""
    has_json = request.param == "json"
    config = gql.ApiConfig(limits=ROOMY.limits, has_json_path=has_json)
    return api.of(policies=POLICIES, config=config)


async def test_null(either: Api):
    """What may be null is null for those who may not read it, and a value for others."""
    text = "{ authors(first: 1) { nodes { penName email rank __typename } } }"

    hidden = await either.data(text, subject=STRANGER, count=1)
    shown = await either.data(text, subject=STAFF, count=1)

    (row,) = hidden["authors"]["nodes"]
    assert row == {"penName": "Ann", "email": None, "rank": None, "__typename": "Author"}
    assert shown["authors"]["nodes"] == [{**row, "email": "ann@x.org", "rank": 3}]


async def test_statement(secret: Api):
    """A column that may not be read is in no statement, whoever asked the same before."""
    text = "{ books(first: 1) { nodes { title author { email written { nodes { price } } } } } }"
    assert SECRETS.search("".join((await secret.run(text, subject=STAFF)).statements))

    answer = await secret.run(text, subject=STRANGER)

    assert answer.errors == ()
    assert not [each for each in answer.statements if SECRETS.search(each)]
    row = {
        "title": "100% wool",
        "author": {"email": None, "written": {"nodes": [{"price": None}] * 3}},
    }
    assert answer.data == {"books": {"nodes": [row]}}


async def test_single_row(either: Api):
    """All ways to one row agree."""
    id_ = encode_global_id(either.schema.table.registry.entities["Author"], {"id": 1})

    data = await either.data(
        """query($i: ID!) { a: author(id: $i) { email } b: authorBy(key: {rowId: 1}) { email }
          c: node(id: $i) { ... on Author { email } } d: nodes(ids: [$i]) { ... on Author { email } }
        }""",
        i=id_,
        subject=STRANGER,
        count=4,
    )

    assert data == {
        "a": {"email": None},
        "b": {"email": None},
        "c": {"email": None},
        "d": [{"email": None}],
    }


async def test_link(either: Api):
    """A to-one relative is as secret as the key that leads to it."""
    data = await either.data(
        "{ books(first: 1) { nodes { editor { penName } author { penName } } } }",
        subject=STRANGER,
        count=2,
    )

    assert data["books"]["nodes"] == [{"editor": None, "author": {"penName": "Ann"}}]


REFUSED = [
    pytest.param("authors(where: {email: {eq: $v}})", "Author.email", "where.email", id="filter"),
    pytest.param("authors(where: {not: {or: [{email: {isNull: true}}]}})", "Author.email", "where.email", id="null"),
    pytest.param("authors(orderBy: [{rank: ASC}])", "Author.rank", "orderBy.rank", id="order"),
    pytest.param("books(where: {author: {email: {eq: $v}}})", "Author.email", "where.author.email", id="relative"),
    pytest.param("books(orderBy: [{author: {rank: DESC}}])", "Author.rank", "orderBy.author.rank", id="order of relative"),
    pytest.param("authors(where: {written: {some: {price: {gt: \"1\"}}}})", "Book.price", "where.written.price", id="relatives"),
    pytest.param("authors(where: {writtenAggregate: {max: {price: {gt: \"1\"}}}})", "Book.price", "where.written.price", id="aggregate of relatives"),
    pytest.param("authors(orderBy: [{writtenAggregate: {max: {price: ASC}}}])", "Book.price", "orderBy.written.price", id="order by aggregate"),
    pytest.param("authors(where: {edited: {some: {}}})", "Author.edited", "where.edited", id="back link"),
    pytest.param("books(where: {editor: {}})", "Book.editor", "where.editor", id="link"),
    pytest.param("authors(where: {editedAggregate: {count: {gt: 0}}})", "Author.edited", "where.edited", id="count of relatives"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "name", "path"), REFUSED)
async def test_oracles(secret: Api, field: str, name: str, path: str):
    """Rows can be chosen and sorted by nothing that may not be read."""
    text = f"query($v: String) {{ found: {field} {{ totalCount }} }}"
    declared = text if "$v" in field else text.replace("($v: String)", "")

    refused = await secret.refusal(declared, subject=STRANGER, v="ann@x.org")

    assert refused == ("FORBIDDEN", f"You may not read {name}: leave it out.", f"found.{path}")
    assert (await secret.run(declared, subject=STAFF, v="ann@x.org")).errors == ()


SELECTED = [
    pytest.param("{ a: authors { aggregate { max { rank } } } }", "Author.rank", "a.aggregate.rank", id="aggregate"),
    pytest.param("{ a: authors { groups(by: [{field: RANK}]) { aggregate { count } } } }", "Author.rank", "a.groups.by.rank", id="group"),
    pytest.param("{ a: authors { groups(by: [{field: PEN_NAME}], having: {max: {rank: {gt: 1}}}) { aggregate { count } } } }", "Author.rank", "a.groups.having.rank", id="having"),
    pytest.param("{ a: authors { groups(by: [{field: PEN_NAME}], orderBy: [{max: {rank: ASC}}]) { aggregate { count } } } }", "Author.rank", "a.groups.orderBy.rank", id="order of groups"),
    pytest.param("{ a: authors { groups(by: [{field: PEN_NAME}]) { aggregate { min { rank } } } } }", "Author.rank", "a.groups.aggregate.rank", id="aggregate of groups"),
    pytest.param("{ a: authors { nodes { written(where: {price: {isNull: true}}) { totalCount } } } }", "Book.price", "a.nodes.written.where.price", id="nested"),
    pytest.param("{ a: authors { nodes { edited { totalCount } } } }", "Author.edited", "a.nodes.edited", id="list"),
    pytest.param("{ a: books { edges { node { isDraft } } } }", "Book.isDraft", "a.edges.node.isDraft", id="not null"),
    pytest.param('{ a: authorBy(key: {email: "ann@x.org"}) { penName } }', "Author.email", "a.email", id="key"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "path"), SELECTED)
async def test_refused_fields(secret: Api, text: str, name: str, path: str):
    """What cannot be null is refused by name, before any SQL."""
    refused = await secret.refusal(text, subject=STRANGER)

    assert refused == ("FORBIDDEN", f"You may not read {name}: leave it out.", path)
    assert (await secret.run(text, subject=STAFF)).errors == ()


async def test_error_mode(api: Api):
    """A schema may refuse what else would be null."""
    config = gql.ApiConfig(limits=ROOMY.limits, unreadable_columns="error")
    strict = api.of(policies=POLICIES, config=config)

    refused = await strict.refusal("{ authors { nodes { email } } }", subject=STRANGER)

    message = "You may not read Author.email: leave it out."
    assert refused == ("FORBIDDEN", message, "authors.nodes.email")


async def test_cursor_of_another(secret: Api):
    """A cursor of an order that somebody else may use is refused with that order."""
    text = """query($c: String) { authors(orderBy: [{rank: ASC}], after: $c, first: 1) {
      edges { cursor } } }"""
    found = await secret.data(text, subject=STAFF, count=1)
    cursor = found["authors"]["edges"][0]["cursor"]

    code, _, path = await secret.refusal(text, subject=STRANGER, c=cursor)

    assert (code, path) == ("FORBIDDEN", "authors.orderBy.rank")


async def test_known_document(secret: Api):
    """A document that was planned for one role set is judged again for the next."""
    text = "query($r: Int) { authors(where: {rank: {eq: $r}}) { totalCount } }"

    assert (await secret.data(text, subject=STAFF, r=3, count=1))["authors"] == {"totalCount": 2}
    code, _, _ = await secret.refusal(text, subject=STRANGER, r=3)
    assert code == "FORBIDDEN"
    assert (await secret.data(text, subject=STAFF, r=1, count=1))["authors"] == {"totalCount": 1}


async def test_resolvers(api: Api):
    """Fields in Python get what may be read, and what is computed from the rest is refused."""
    own = api.of(policies=POLICIES, types=[BookType])

    shown = await own.run("{ books(first: 1) { nodes { seen price } } }", subject=STRANGER)
    refused = await own.refusal("{ books { nodes { label } } }", subject=STRANGER)

    assert shown.data == {"books": {"nodes": [{"seen": ["title"], "price": None}]}}
    message = "You may not read Book.label: leave it out."
    assert refused == ("FORBIDDEN", message, "books.nodes.label")


async def test_instances(api: Api):
    """Columns and relatives of instances that a resolver returned are withheld alike."""
    own = api.of(policies=POLICIES, types=[BookType], queries=[Favourites])
    text = """{ favourite { title price editor { penName } author { penName email } } }"""

    hidden = await own.run(text, subject=STRANGER)
    shown = await own.run(text, subject=STAFF)
    failed = await own.run("{ favourite { isDraft } }", subject=STRANGER)

    author = {"penName": "Ann", "email": None}
    assert (hidden.errors, shown.errors) == ((), ())
    assert hidden.data["favourite"] == {
        "title": "100% wool",
        "price": None,
        "editor": None,
        "author": author,
    }
    assert shown.data["favourite"]["editor"] == {"penName": "Bob"}
    assert [each.extensions["code"] for each in failed.errors] == ["FORBIDDEN"]
