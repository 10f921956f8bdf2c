"""Values that policies wait for: loaded once per request, where a statement needs them.

Editor 1 works with authors 2 and 3, who wrote books 4 and 5; nobody else edits for others.
"""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

import gql_api as gql
from gql_api.execution.context import Context
from gql_api.loading.explanations import Explanation
from tests.fixtures.models import Author, Book
from tests.fixtures.schema import BY_ROWS, Api
from tests.fixtures.statements import count_statements

EDITOR = gql.Subject(1)
STRANGER = gql.Subject(9)
STAFF = gql.Subject(9, frozenset({"staff"}))
TABLES = ("book", "author", "tag")


async def edited_authors(subject: gql.Subject, session: AsyncSession) -> set[int]:
    """Whom a user edits."""
    edited = sa.select(Book.author_id).where(Book.editor_id == subject.user_id)
    return set(await session.scalars(edited.order_by(Book.author_id)))


async def highest_rank(_subject: gql.Subject, session: AsyncSession) -> int | None:
    """The highest rank of all authors: 3."""
    return await session.scalar(sa.select(sa.func.max(Author.rank)))


class EditedBooks(gql.Policy[Book]):
    """Books of the authors whom one edits; staff see all."""

    @override
    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        if subject.has_role("staff"):
            return sa.true()
        return row.author_id.in_(subject.value("edited_authors"))

    @override
    def creatable(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return self.visible(row, subject)

    @override
    def updatable(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return row.author_id.not_in(subject.value("edited_authors"))

    @override
    def deletable(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return self.visible(row, subject)


class HighAuthors(gql.Policy[Author]):
    """Authors of the highest rank."""

    @override
    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return row.rank == subject.value("highest_rank")


OPTIONS: dict[str, Any] = {"policies": [EditedBooks()], "subject_values": [edited_authors]}


@pytest.fixture(params=["json", "rows"])
def edited(api: Api, request: pytest.FixtureRequest) -> Api:
    """The schema over the rows that tests only read, with the JSON path and without."""
    return api.of(**OPTIONS, **({"config": BY_ROWS} if request.param == "rows" else {}))


def keys(connection: Any) -> list[int]:
    """Return the keys of a connection's rows."""
    return [each["rowId"] for each in connection["nodes"]]


async def ask(api: Api, text: str, subject: gql.Subject, count: int) -> Any:
    """Run an operation without errors that loads values a number of times."""
    answer = await api.run(text, subject=subject)
    assert answer.errors == ()
    loads = [each for each in answer.statements if "editor_id =" in each or "max(" in each]
    assert len(loads) == count, answer.statements
    return answer.data


@pytest.mark.parametrize(("subject", "visible"), [(EDITOR, [4, 5]), (STRANGER, [])])
async def test_list(edited: Api, subject: gql.Subject, visible: list[int]):
    """A list and its count hold what the loaded value opens, after one more statement."""
    data = await ask(edited, "{ books { totalCount nodes { rowId } } }", subject, 1)

    assert (keys(data["books"]), data["books"]["totalCount"]) == (visible, len(visible))


async def test_once_per_request(edited: Api):
    """Root fields, nested lists, counts and filters of one request share one load."""
    data = await ask(
        edited,
        """{ a: books { nodes { rowId author { written { totalCount } } } }
             b: books { totalCount }
             c: authors(where: {written: {some: {}}}) { totalCount nodes { written { totalCount } } } }""",
        EDITOR,
        1,
    )

    assert keys(data["a"]) == [4, 5]
    assert data["b"]["totalCount"] == 2
    assert data["c"]["totalCount"] == 2


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("{ authors { totalCount } }", EDITOR),
        ("{ books { totalCount } }", STAFF),
        ("{ __typename }", EDITOR),
    ],
)
async def test_not_needed(edited: Api, text: str, subject: gql.Subject):
    """Nothing is loaded where no statement's policies name the value."""
    await ask(edited, text, subject, 0)


async def test_next_request(edited: Api):
    """Each request loads anew, and each subject of a role set gets its own."""
    text = "{ books { nodes { rowId } } }"

    answers = [await ask(edited, text, each, 1) for each in (EDITOR, STRANGER, EDITOR)]

    assert [keys(each["books"]) for each in answers] == [[4, 5], [], [4, 5]]


async def test_shared_statement(api: Api):
    """On PostgreSQL a list is one array: lists of any length share one text."""
    if not api.database.dialect.has_arrays:
        pytest.skip("lists are expanded")
    schema = api.of(**OPTIONS)

    texts = [
        (await schema.run("{ books { totalCount } }", subject=each)).statements[-1]
        for each in (EDITOR, STRANGER)
    ]

    assert texts[0] == texts[1]
    assert "ANY" in texts[0]


async def test_single_value(api: Api):
    """A value need not be a list; two values are loaded where two are named."""
    schema = api.of(
        policies=[EditedBooks(), HighAuthors()], subject_values=[edited_authors, highest_rank]
    )

    data = await ask(schema, "{ authors { nodes { rowId written { totalCount } } } }", EDITOR, 2)

    assert data["authors"]["nodes"] == [
        {"rowId": 1, "written": {"totalCount": 0}},
        {"rowId": 3, "written": {"totalCount": 1}},
    ]


async def test_data_loader(edited: Api):
    """Instances by key follow the policy, at one load."""
    context = gql.Context(edited.database, EDITOR)
    context.enter_operation(edited.schema, None)

    with count_statements(edited.database) as sent:
        found = [await context.load(Book, key) for key in (4, 1)]

    assert [each and each.id for each in found] == [4, None]
    assert len(sent) == 3


async def test_explanation(edited: Api):
    """An explained request notes its path and all its statements."""
    context = gql.Context(edited.database, EDITOR)
    context.explanation = Explanation()

    await edited.schema.execute("{ books { totalCount } }", context_value=context)

    assert context.explanation.ways["books"].path in ("json", "rows")
    assert len(context.explanation.statements) == 2


async def test_snapshot(edited: Api):
    """Within a snapshot the value is read in its transaction."""
    context = gql.Context(edited.database, EDITOR)
    context.takes_snapshot = True

    result = await edited.schema.execute("{ books { totalCount } }", context_value=context)

    assert result.errors is None
    assert result.data == {"books": {"totalCount": 2}}


async def test_unknown_value(api: Api):
    """A value that nothing loads fails the field, and is no hole."""
    answer = await api.of(policies=[EditedBooks()], subject_values=[highest_rank]).run(
        "{ books { totalCount } }", subject=EDITOR
    )

    assert len(answer.errors) == 1
    assert answer.statements == []


def test_same_name(api: Api):
    """Two loaders of one name are refused when the schema is built."""
    with pytest.raises(gql.ConfigurationError, match="Two subject values are named highest_rank"):
        api.of(subject_values=[highest_rank, highest_rank])


@pytest.fixture
async def writable(written: Api) -> Api:
    """The schema over two authors and a book of each; the editor edits the second author."""
    async with gql.unit_of_work(written.database) as unit:
        unit.session.add_all(
            [
                Author(id=1, pen_name="Ann", is_retired=False),
                Author(id=2, pen_name="Bob", is_retired=False),
            ]
        )
        await unit.session.flush()
        unit.session.add_all(
            [Book(id=1, title="a", author_id=1), Book(id=2, title="b", author_id=2, editor_id=1)]
        )
    return written.of(**OPTIONS)


CREATE = """mutation($author: Int!) {
  createBook(input: {rowId: 3, title: "c", isDraft: false, author: {connect: {rowId: $author}}}) {
    book { rowId } errors { __typename } } }"""


@pytest.mark.parametrize(("author", "error"), [(2, None), (1, "Forbidden")])
async def test_create(writable: Api, author: int, error: str | None):
    """The check of a new row compares with the value, loaded in the mutation's transaction."""
    answer = await writable.run(CREATE, subject=EDITOR, author=author)

    assert answer.errors == ()
    payload = answer.data["createBook"]
    assert [each["__typename"] for each in payload["errors"]] == ([error] if error else [])
    assert len([each for each in answer.statements if "editor_id =" in each]) == 1


@pytest.mark.parametrize(("author", "error"), [(2, None), (1, "NotFound")])
async def test_connect(writable: Api, author: int, error: str | None):
    """The statement that inserts a row compares its target with the value."""
    async with gql.unit_of_work(writable.database) as unit:
        high = sa.update(Author).where(Author.id == 2).values(rank=99)
        await unit.session.execute(high)
    options = {"policies": [HighAuthors()], "subject_values": [highest_rank]}

    answer = await writable.of(**options).run(CREATE, author=author)

    payload = answer.data["createBook"]
    assert [each["__typename"] for each in payload["errors"]] == ([error] if error else [])
    assert len([each for each in answer.statements if "max(" in each]) == 1


async def test_delete_set(writable: Api):
    """A bulk write leaves rows alone that the value does not open."""
    answer = await writable.run(
        "mutation { deleteBooks(where: {rowId: {gte: 0}}, atMost: 5) { deletedIds } }",
        subject=EDITOR,
    )

    assert answer.errors == ()
    async with writable.database.read_connection() as connection:
        left = list(await connection.scalars(sa.select(Book.id)))
    assert left == [1]


async def test_repository(writable: Api):
    """Repositories of one unit of work share what was loaded."""
    async with gql.unit_of_work(writable.database) as unit:
        with count_statements(writable.database) as sent:
            for _ in range(2):
                books = gql.Repository.within(Book, unit, writable.schema, EDITOR)
                assert await books.count() == 1
            with pytest.raises(gql.ForbiddenError):
                await books.update(2, {"title": "z"})
    assert len([each for each in sent if "editor_id =" in each]) == 1


async def test_repository_subject(writable: Api):
    """A repository with another subject compares with the values of that one."""
    asked = Context(writable.database, STRANGER)
    asked.enter_operation(writable.schema, None)

    class Info:
        schema = writable.schema
        context = asked

    info: Any = Info()
    assert await gql.Repository(Book, info).count() == 0
    assert await gql.Repository(Book, info, subject=EDITOR).count() == 1
