"""Hooks of models around the writes of mutations."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
import strawberry
from typing_extensions import override

import gql_api as gql
from tests.fixtures.models import Author, Book, Chapter
from tests.fixtures.schema import Api

CREATE = """
  mutation ($inputs: [CreateAuthorInput!]!) {
    createAuthors(inputs: $inputs) { authors { penName rank } errors { code message path } }
  }
"""
DELETE = """
  mutation { deleteBooks(where: {title: {ne: ""}}, atMost: 9) { deletedIds errors { code path } } }
"""


class AuthorHooks(gql.Hooks[Author]):
    """Names in capitals, a hidden value, refusals; notes what it sees."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, list[Any]]] = []
        self.committed: list[int] = []

    @override
    async def before_create(
        self, changes: Sequence[gql.RowChange[Author]], context: gql.WriteContext
    ) -> None:
        taken = set(await context.session.scalars(sa.select(Author.pen_name)))
        for change in changes:
            name = change.values["pen_name"]
            if name in taken:
                change.refuse("is taken.", "pen_name")
            if name == "nobody":
                change.forbid("Nobody may be nobody.")
            change.values |= {"pen_name": name.upper(), "secret": f"of {name}"}

    @override
    def after_create(
        self, changes: Sequence[gql.RowChange[Author]], context: gql.WriteContext
    ) -> None:
        rows = [change.row for change in changes if change.row is not None]
        self.seen.append(("created", [row.pen_name for row in rows]))
        context.after_commit(lambda: self.committed.append(len(rows)))

    @override
    def before_update(
        self, changes: Sequence[gql.RowChange[Author]], context: gql.WriteContext
    ) -> None:
        for change in changes:
            assert change.row is not None
            self.seen.append((change.row.pen_name, sorted(change.values)))
            if change.values.get("rank") == 13:
                change.values["pen_name"] = None


async def _secrets(api: Api) -> list[tuple[str, str]]:
    async with api.database.read_connection() as connection:
        rows = await connection.execute(sa.select(Author.pen_name, Author.secret))
        return sorted((name, secret) for name, secret in rows)


async def test_change(written: Api):
    """A hook sees all new rows at once and changes them, hidden attributes too."""
    hooks = AuthorHooks()
    api = written.of(hooks=[hooks])
    inputs = [{"rowId": 1, "penName": "ada"}, {"rowId": 2, "penName": "bob"}]

    answer = await api.run(CREATE, inputs=inputs)

    authors = answer.data["createAuthors"]["authors"]
    assert [author["penName"] for author in authors] == ["ADA", "BOB"]
    assert await _secrets(api) == [("ADA", "of ada"), ("BOB", "of bob")]
    assert hooks.seen == [("created", ["ADA", "BOB"])]
    assert hooks.committed == [2]


async def test_refuse(written: Api):
    """Refusals of several rows are told together, with their places, and nothing is written."""
    hooks = AuthorHooks()
    api = written.of(hooks=[hooks])
    await api.run(CREATE, inputs=[{"rowId": 1, "penName": "ADA"}])
    names = ["ADA", "eve", "nobody"]
    inputs = [{"rowId": at + 2, "penName": name} for at, name in enumerate(names)]

    answer = await api.run(CREATE, inputs=inputs)

    assert answer.data["createAuthors"] == {
        "authors": None,
        "errors": [
            {
                "code": "VALIDATION_FAILED",
                "message": "is taken.",
                "path": ["inputs", "0", "penName"],
            },
            {"code": "FORBIDDEN", "message": "Nobody may be nobody.", "path": ["inputs", "2"]},
        ],
    }
    assert [name for name, _ in await _secrets(api)] == ["ADA"]
    assert hooks.committed == [1]


async def test_rules(written: Api):
    """What a hook sets must meet the rules of its column."""
    api = written.of(hooks=[AuthorHooks()])
    await api.run(CREATE, inputs=[{"rowId": 1, "penName": "ada"}])

    answer = await api.run(
        """mutation { updateAuthors(where: {rowId: {eq: 1}}, set: {rank: 13}, atMost: 1) {
          count errors { code path }
        } }"""
    )

    error = {"code": "VALIDATION_FAILED", "path": ["set", "penName"]}
    assert answer.data == {"updateAuthors": {"count": None, "errors": [error]}}


async def test_sets_and_relatives(written: Api):
    """Rows that a condition finds, and rows of relationships, come to hooks as they were."""
    hooks = AuthorHooks()
    api = written.of(hooks=[hooks])

    created = await api.run(
        """mutation {
          createBook(input: {rowId: 1, title: "B", author: {create: {rowId: 1, penName: "ada"}}}) {
            book { author { penName } } errors { message }
          }
          updateAuthors(where: {rank: {isNull: true}}, set: {rank: 1}, atMost: 5) { count }
        }"""
    )

    assert created.data["createBook"]["book"] == {"author": {"penName": "ADA"}}
    assert created.data["updateAuthors"] == {"count": 1}
    assert hooks.seen == [("created", ["ADA"]), ("ADA", ["rank"])]


class BookHooks(gql.Hooks[Book]):
    """Published books stay."""

    @override
    def before_delete(
        self, changes: Sequence[gql.RowChange[Book]], context: gql.WriteContext
    ) -> None:
        for change in changes:
            if change.row is not None and not change.row.is_draft:
                change.forbid("Published books stay.")


async def _add_books(api: Api, *titles: str) -> None:
    async with gql.unit_of_work(api.database) as unit:
        await unit.session.execute(sa.insert(Author), [{"id": 1, "pen_name": "a"}])
        books = [
            {"id": at, "title": title, "author_id": 1, "is_draft": title == "draft"}
            for at, title in enumerate(titles)
        ]
        await unit.session.execute(sa.insert(Book), books)


async def test_deletion(written: Api):
    """A deletion that one row refuses deletes none; without hooks for it one statement deletes."""
    api = written.of(hooks=[BookHooks()])
    await _add_books(api, "draft", "book")

    refused = await api.run(DELETE)
    allowed = await written.of(hooks=[AuthorHooks()]).run(DELETE)

    forbidden = {"code": "FORBIDDEN", "path": ["where"]}
    assert refused.data == {"deleteBooks": {"deletedIds": None, "errors": [forbidden]}}
    assert len(allowed.data["deleteBooks"]["deletedIds"]) == 2
    assert [text.split()[0] for text in allowed.statements].count("DELETE") == 1


class ChapterHooks(gql.Hooks[Chapter]):
    """A defect."""

    @override
    async def after_update(
        self, changes: Sequence[gql.RowChange[Chapter]], context: gql.WriteContext
    ) -> None:
        message = "of the hook"
        raise RuntimeError(message)


async def test_defect(written: Api):
    """What a hook raises otherwise is masked, and nothing is committed."""
    api = written.of(hooks=[ChapterHooks()])
    await _add_books(api, "draft")
    async with gql.unit_of_work(api.database) as unit:
        await unit.session.execute(sa.insert(Chapter).values(book_id=0, number=1, pages=1))

    answer = await api.run(
        "mutation { updateChapters(where: {pages: {eq: 1}}, set: {pages: 2}, atMost: 1) { count } }"
    )

    (error,) = answer.errors
    assert error.extensions["code"] == "INTERNAL_SERVER_ERROR"
    async with api.database.read_connection() as connection:
        assert await connection.scalar(sa.select(Chapter.pages)) == 1


async def test_repository(written: Api):
    """Writes of operations by hand come to hooks too."""

    @strawberry.type
    class Operations:
        @strawberry.mutation
        async def found(self, info: gql.Info, name: str) -> str | None:
            row = await gql.Repository(Author, info).create({"id": 7, "pen_name": name})
            return row.pen_name

    api = written.of(hooks=[AuthorHooks()], mutations=[Operations])

    answer = await api.run('mutation { found(name: "zoe") }')

    assert answer.data == {"found": "ZOE"}
