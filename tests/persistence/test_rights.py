"""Columns that a role set may not write, in every kind of input: refused by name, without SQL."""

from typing import Any

import pytest
from typing_extensions import override

import gql_api as gql
from gql_api.mapping.global_ids import encode_global_id
from tests.fixtures.models import Author, Book, Cover, Tag
from tests.fixtures.schema import Api

STRANGER = gql.Subject(9)
STAFF = gql.Subject(9, frozenset({"staff"}))


class AuthorColumns(gql.Policy[Author]):
    """Staff alone set the rank, and see how to reach an author."""

    @override
    def readable_columns(self, subject: gql.SymbolicSubject) -> gql.ColumnSet:
        return None if subject.has_role("staff") else gql.all_but(Author.email)

    @override
    def writable_columns(self, subject: gql.SymbolicSubject) -> gql.ColumnSet:
        return None if subject.has_role("staff") else gql.all_but(Author.rank)


class BookColumns(gql.Policy[Book]):
    """Strangers set the title and the author."""

    @override
    def writable_columns(self, subject: gql.SymbolicSubject) -> gql.ColumnSet:
        if subject.has_role("staff"):
            return None
        return {Book.id, Book.title, Book.author_id, Book.is_draft}


class CoverColumns(gql.Policy[Cover]):
    """Covers stay with their books."""

    @override
    def writable_columns(self, subject: gql.SymbolicSubject) -> gql.ColumnSet:
        return gql.all_but("book_id")


POLICIES = (AuthorColumns(), BookColumns(), CoverColumns())

BOOK = 'rowId: 1, title: "t", isDraft: false'
AUTHOR = 'rowId: 1, penName: "p", isRetired: false'

REFUSED = [
    pytest.param(
        f"createAuthor(input: {{{AUTHOR}, rank: 1}})",
        "write Author.rank",
        "input.rank",
        id="create",
    ),
    pytest.param(
        "updateAuthor(id: $author, input: {rank: null})",
        "write Author.rank",
        "input.rank",
        id="update",
    ),
    pytest.param(
        "updateAuthor(id: $author, input: {increment: {rank: 1}})",
        "write Author.rank",
        "input.increment.rank",
        id="increment",
    ),
    pytest.param(
        f"createAuthors(inputs: [{{{AUTHOR}}}, {{{AUTHOR}, rank: 1}}])",
        "write Author.rank",
        "inputs.1.rank",
        id="create many",
    ),
    pytest.param(
        "updateAuthors(where: {rowId: {eq: 1}}, set: {rank: 1}, atMost: 1)",
        "write Author.rank",
        "set.rank",
        id="update many",
    ),
    pytest.param(
        "updateAuthorsById(items: [{id: $author, input: {rank: 1}}])",
        "write Author.rank",
        "items.0.input.rank",
        id="update by id",
    ),
    pytest.param(
        f"upsertAuthor(key: {{rowId: 1}}, create: {{{AUTHOR}, rank: 1}}, update: {{}})",
        "write Author.rank",
        "create.rank",
        id="upsert",
    ),
    pytest.param(
        f"createBook(input: {{{BOOK}, author: {{create: {{{AUTHOR}, rank: 1}}}}}})",
        "write Author.rank",
        "input.author.create.rank",
        id="nested create",
    ),
    pytest.param(
        "updateBook(id: $book, input: {editor: {connect: {rowId: 1}}})",
        "write Book.editor",
        "input.editor",
        id="link",
    ),
    pytest.param(
        "updateBook(id: $book, input: {editor: {disconnect: true}})",
        "write Book.editor",
        "input.editor",
        id="disconnect",
    ),
    pytest.param(
        "updateAuthor(id: $author, input: {edited: {connect: [{rowId: 1}]}})",
        "write Author.edited",
        "input.edited",
        id="list",
    ),
    pytest.param(
        "updateAuthor(id: $author, input: {edited: {set: []}})",
        "write Author.edited",
        "input.edited",
        id="empty list",
    ),
    pytest.param(
        "updateAuthor(id: $author, "
        'input: {written: {update: [{id: $book, input: {subtitle: "s"}}]}})',
        "write Book.subtitle",
        "input.written.update.0.input.subtitle",
        id="nested update",
    ),
    pytest.param(
        'updateBook(id: $book, input: {author: {connect: {email: "a@x"}}})',
        "read Author.email",
        "input.author.connect.email",
        id="connect by secret",
    ),
    pytest.param(
        f'updateBook(id: $book, input: {{author: {{connectOrCreate: {{key: {{email: "a@x"}}, '
        f"create: {{{AUTHOR}}}}}}}}})",
        "read Author.email",
        "input.author.connectOrCreate.key.email",
        id="connect or create by secret",
    ),
    pytest.param(
        f'upsertAuthor(key: {{email: "a@x"}}, create: {{{AUTHOR}}}, update: {{}})',
        "read Author.email",
        "key.email",
        id="upsert by secret",
    ),
    pytest.param(
        'updateAuthors(where: {email: {eq: "a"}}, set: {penName: "x"}, atMost: 1)',
        "read Author.email",
        "where.email",
        id="update by secret",
    ),
    pytest.param(
        'deleteAuthors(where: {not: {email: {eq: "a"}}}, atMost: 1)',
        "read Author.email",
        "where.email",
        id="delete by secret",
    ),
]


@pytest.fixture(scope="module")
def guarded_columns(offline: Api) -> Api:
    """A schema with column sets over a database that is never asked."""
    return offline.of(policies=POLICIES)


@pytest.mark.parametrize(("field", "verb", "path"), REFUSED)
async def test_refused(guarded_columns: Api, field: str, verb: str, path: str):
    """A column is refused by its name, wherever the input sets it or finds a row by it."""
    entities = guarded_columns.schema.table.registry.entities
    ids = {name.lower(): encode_global_id(entities[name], {"id": 1}) for name in ("Author", "Book")}
    used = [name for name in ids if f"${name}" in field]
    declared = f"({', '.join(f'${name}: ID!' for name in used)})" if used else ""
    text = f"mutation m{declared} {{ m: {field} {{ errors {{ code message path }} }} }}"

    answer = await guarded_columns.run(text, subject=STRANGER, **{name: ids[name] for name in used})

    assert (answer.errors, answer.statements) == ((), [])
    (error,) = answer.data["m"]["errors"]
    assert (error["code"], ".".join(error["path"])) == ("FORBIDDEN", path)
    assert (
        error["message"].removesuffix(": leave it out.").removesuffix(".") == f"You may not {verb}"
    )


async def test_several(guarded_columns: Api):
    """All columns that may not be written are told at once, with all other faults."""
    text = f"""mutation {{ m: createBook(input: {{{BOOK.replace('"t"', '"' + "t" * 41 + '"')},
      subtitle: "s", price: "1", author: {{connect: {{rowId: 1}}}}}}) {{ errors {{ code path }} }} }}"""

    answer = await guarded_columns.run(text, subject=STRANGER)

    assert [(each["code"], each["path"][-1]) for each in answer.data["m"]["errors"]] == [
        ("FORBIDDEN", "subtitle"),
        ("FORBIDDEN", "price"),
        ("VALIDATION_FAILED", "title"),
    ]


async def test_allowed(written: Api):
    """Others write what is refused to some, and all write the rest."""
    own = written.of(policies=POLICIES)
    create = f"""mutation {{ createAuthor(input: {{{AUTHOR}, %s}}) {{
      author {{ penName rank email }} errors {{ message }} }} }}"""

    refused: Any = await own.run(create % "rank: 7", subject=STRANGER)
    made: Any = await own.run(create % 'rank: 7, email: "a@x"', subject=STAFF)
    changed: Any = await own.run(
        """mutation { updateAuthors(where: {rowId: {eq: 1}}, set: {penName: "q"}, atMost: 1) {
          authors { penName rank email } } }""",
        subject=STRANGER,
    )

    assert refused.data["createAuthor"]["author"] is None
    assert made.data["createAuthor"]["author"] == {"penName": "p", "rank": 7, "email": "a@x"}
    assert changed.data["updateAuthors"]["authors"] == [{"penName": "q", "rank": 7, "email": None}]


def test_tags_are_free(guarded_columns: Api):
    """Models without column sets are open."""
    rights = guarded_columns.schema.compilation(STRANGER).rights
    entity = guarded_columns.schema.table.registry.by_model[Tag]

    assert (rights.may_read(entity, "label"), rights.may_write(entity, "label")) == (True, True)
