"""Reads of the repository: visible rows that meet conditions over the model's attributes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
import strawberry

import gql_api as gql
from tests.fixtures.models import Author, Book, Category, Tag
from tests.fixtures.schema import Api


@pytest.fixture
async def filled(written: Api) -> AsyncIterator[Api]:
    """Two authors with books, tags, a tree, and policies over them."""
    async with gql.unit_of_work(written.database) as unit:
        ann = Author(id=1, pen_name="Ann", rank=2)
        bob = Author(id=2, pen_name="Bob", rank=1)
        unit.session.add_all([ann, bob, Tag(id=1, label="50%"), Tag(id=2, label="500")])
        unit.session.add_all([Category(code="a", parent_code="a"), Category(code="b")])
        await unit.session.flush()
        drafts = [False, True, False]
        rows = [
            Book(id=at, title=f"T{at}", author_id=at % 2 + 1, is_draft=is_draft)
            for at, is_draft in enumerate(drafts, start=1)
        ]
        unit.session.add_all(rows)
    yield written.of(policies=[DraftPolicy()])
    async with gql.unit_of_work(
        written.database
    ) as unit:  # InnoDB deletes no row that is its own parent
        await unit.session.execute(sa.update(Category).values(parent_code=None))


class DraftPolicy(gql.Policy[Book]):
    """Drafts are their authors' own."""

    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return ~row.is_draft | (row.author_id == subject.user_id)


class _Reads:
    """Opens repositories of a schema, in units of work."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def ask(self, model: type[Any], ask: Any, subject: gql.Subject = gql.ANONYMOUS) -> Any:
        """Return what a repository answers, with exactly one statement."""
        async with gql.unit_of_work(self.api.database) as unit:
            repository = gql.Repository.within(model, unit, self.api.schema, subject)
            with self.api.statements() as sent:
                found = await ask(repository)
        assert len(sent) == 1, sent
        return found


async def test_list(filled: Api):
    """Rows come by conditions, in an order with the primary key last, a slice of them."""
    reads = _Reads(filled)

    found = await reads.ask(Author, lambda authors: authors.list(order_by=[Author.rank.desc()]))
    limited = await reads.ask(
        Author, lambda authors: authors.list(Author.rank > 0, limit=1, offset=1)
    )

    assert [row.pen_name for row in found] == ["Ann", "Bob"]
    assert [row.pen_name for row in limited] == ["Bob"]


async def test_visible(filled: Api):
    """Rows outside the policy are not found, counted or seen, also through relationships."""
    reads = _Reads(filled)

    assert await reads.ask(Book, lambda books: books.count()) == 2
    assert await reads.ask(Book, lambda books: books.get(2)) is None
    assert not await reads.ask(Book, lambda books: books.exists(Book.title == "T2"))
    assert await reads.ask(Book, lambda books: books.count(), subject=gql.Subject(user_id=1)) == 3
    own = await reads.ask(
        Book, lambda books: books.get_many([3, 2, 9, 3]), subject=gql.Subject(user_id=1)
    )
    assert [row and row.id for row in own] == [3, 2, None, 3]


async def test_relationships(filled: Api):
    """Conditions go through relationships, of trees too."""
    reads = _Reads(filled)

    books = await reads.ask(Book, lambda books: books.list(Book.author.has(Author.rank == 1)))
    authors = await reads.ask(
        Author, lambda authors: authors.list(Author.written.any(Book.title == "T3"))
    )
    children = await reads.ask(
        Category, lambda categories: categories.list(Category.parent.has(Category.code == "a"))
    )

    assert [row.id for row in books] == [1, 3]
    assert [row.pen_name for row in authors] == ["Bob"]
    assert [row.code for row in children] == ["a"]


async def test_search(filled: Api):
    """A text is found whatever its case; wildcards in it are literals."""
    reads = _Reads(filled)

    found = await reads.ask(Tag, lambda tags: tags.search("0%", Tag.label))
    either = await reads.ask(
        Author, lambda authors: authors.search("bO", Author.pen_name, Author.email)
    )

    assert [row.label for row in found] == ["50%"]
    assert [row.pen_name for row in either] == ["Bob"]


async def test_get_by(filled: Api):
    """The first row that meets all conditions, or none."""
    reads = _Reads(filled)

    found = await reads.ask(Tag, lambda tags: tags.get_by(Tag.label == "500"))
    missing = await reads.ask(Tag, lambda tags: tags.get_by(Tag.label == "x"))

    assert (found.id, missing) == (2, None)


async def test_many(filled: Api):
    """Rows are created and updated together, all or none, with the places of those refused."""
    async with gql.unit_of_work(filled.database) as unit:
        tags = gql.Repository.within(Tag, unit, filled.schema)
        made = await tags.create_many([{"id": 7, "label": "x"}, {"id": 8, "label": "y"}])
        await tags.update_many({7: {"label": "v"}, 8: {"label": "w"}})

        with pytest.raises(gql.ValidationError) as caught:
            await tags.update_many({7: {"label": "u"}, 8: {"label": None}}, path=["tags"])

    async with filled.database.read_connection() as connection:
        labels = (await connection.scalars(sa.select(Tag.label).where(Tag.id > 2))).all()
    assert len(made) == 2
    assert sorted(labels) == ["v", "w"]
    assert caught.value.path == ("tags", "1", "label")


async def test_query(filled: Api):
    """In a query the repository reads, and refuses to write."""
    outcome: list[Any] = []

    @strawberry.type
    class Queries:
        @strawberry.field
        async def found(self, info: gql.Info) -> int:
            books = gql.Repository(Book, info)
            outcome.extend(await books.list(Book.title != "T1"))
            with pytest.raises(RuntimeError, match="A query writes nothing"):
                await books.create({"title": "x"})
            return await books.count()

    api = filled.of(policies=[DraftPolicy()], queries=[Queries])

    answer = await api.run("{ found }", subject=gql.Subject(user_id=9))

    assert answer.data == {"found": 2}
    assert [row.title for row in outcome] == ["T3"]
