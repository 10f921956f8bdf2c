"""Full-text search: conditions and orders by words, on PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column, relationship
from typing_extensions import override

import gql_api as gql
from gql_api.errors import MappingError
from tests.fixtures.schema import Api


class _Base(orm.DeclarativeBase):
    """The models of these tests."""


class Writer(_Base):
    """Somebody with a text."""

    __tablename__ = "writer"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    about: Mapped[str | None] = mapped_column(sa.Text)
    is_known: Mapped[bool]

    articles: Mapped[list["Article"]] = relationship(back_populates="writer", lazy="raise")


class Article(_Base):
    """Texts in two languages, and a stored vector."""

    __tablename__ = "article"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(sa.String(100))
    body: Mapped[str | None] = mapped_column(sa.Text, info={"gql": {"search": "english"}})
    words: Mapped[Any] = mapped_column(
        postgresql.TSVECTOR,
        sa.Computed("to_tsvector('english'::regconfig, coalesce(body, ''))"),
        info={"gql": {"search": "english"}},
    )
    facts: Mapped[Any | None] = mapped_column(postgresql.JSONB)
    search_rank: Mapped[int | None]
    writer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("writer.id"))

    writer: Mapped[Writer | None] = relationship(back_populates="articles", lazy="raise")

    __table_args__ = (
        sa.Index(
            "ix_article_title",
            sa.func.to_tsvector(sa.literal_column("'simple'"), title),
            postgresql_using="gin",
        ),
    )


class WriterPolicy(gql.Policy[Writer]):
    """Known writers are seen."""

    @override
    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        """Known."""
        return row.is_known


ROWS: list[dict[str, Any]] = [
    {
        "id": 1,
        "title": "Running a Database",
        "body": "The database runs. Databases ran.",
        "writer_id": 1,
    },
    {"id": 2, "title": "running shoes", "body": "They run far", "writer_id": 2},
    {"id": 3, "title": "A quiet day", "body": None, "writer_id": None},
    {"id": 4, "title": "database database", "body": "", "writer_id": 1},
    {"id": 5, "title": "Über Datenbanken", "body": "a database", "writer_id": 2},
]


@pytest.fixture(scope="module")
async def articles(make_postgres_database: Callable[[], str]) -> AsyncIterator[Api]:
    """Articles of two writers, one of them hidden by a policy."""
    database = gql.open_database(make_postgres_database())
    async with database.write_engine.begin() as connection:
        await connection.run_sync(_Base.metadata.create_all)
        writers = [
            {"id": 1, "about": "writes on databases", "is_known": True},
            {"id": 2, "about": "databases databases", "is_known": False},
        ]
        await connection.execute(sa.insert(Writer), writers)
        facts = [{"facts": {"note": f"number {row['id']}"}, "search_rank": None} for row in ROWS]
        rows = [{**row, **each} for row, each in zip(ROWS, facts, strict=True)]
        await connection.execute(sa.insert(Article), rows)
    yield Api(database, gql.build_schema(_Base, policies=[WriterPolicy()]))
    await database.dispose()


async def _found(api: Api, arguments: str, **variables: Any) -> list[int]:
    head = "query($w: String!) " if "w" in variables else ""
    data = await api.data(
        f"{head}{{ articles({arguments}) {{ nodes {{ rowId }} }} }}", count=1, **variables
    )
    return [row["rowId"] for row in data["articles"]["nodes"]]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        pytest.param('{title: {search: "DATABASE"}}', [1, 4], id="words as they are"),
        pytest.param('{title: {search: "run"}}', [], id="no stems"),
        pytest.param('{body: {search: "running"}}', [1, 2], id="English stems"),
        pytest.param('{body: {search: "the database"}}', [1, 5], id="English stop words"),
        pytest.param('{words: {search: "databases"}}', [1, 5], id="vector"),
        pytest.param('{title: {search: "running database"}}', [1], id="all words"),
        pytest.param('{title: {search: "shoes or quiet"}}', [2, 3], id="or"),
        pytest.param('{title: {search: "running -shoes"}}', [1], id="without"),
        pytest.param('{title: {search: "\\"quiet day\\""}}', [3], id="phrase"),
        pytest.param('{title: {search: "über"}}', [5], id="beyond ASCII"),
        pytest.param('{title: {search: ""}}', [], id="no words"),
        pytest.param('{not: {body: {search: "run"}}}', [4, 5], id="NULL stays unknown"),
        pytest.param('{title: {search: "database", startsWith: "R"}}', [1], id="and others"),
        pytest.param(
            '{facts: {path: {at: ["note"], text: {search: "number 2"}}}}', [2], id="in a document"
        ),
        pytest.param('{writer: {about: {search: "databases"}}}', [1, 4], id="of visible relatives"),
    ],
)
async def test_conditions(articles: Api, condition: str, found: list[int]):
    """A text matches words as in a web search."""
    assert await _found(articles, f"where: {condition}") == found


@pytest.mark.parametrize(
    "words",
    [
        '"',
        "'",
        "\\",
        "a & | ! b",
        "<->",
        ":*",
        "( (",
        "-",
        "or",
        "a:b:c",
        "%_",
        "😀",
        "--; drop",
        "'::",
    ],
)
async def test_any_text(articles: Api, words: str):
    """No text is a malformed search."""
    for column in ("title", "words"):
        assert isinstance(
            await _found(articles, f"where: {{{column}: {{search: $w}}}}", w=words), list
        )
    assert len(await _found(articles, "orderBy: [{searchRank2: {title: $w}}]", w=words)) == 5


@pytest.mark.parametrize(
    ("order", "found"),
    [
        pytest.param('[{searchRank2: {title: "database"}}]', [4, 1, 2, 3, 5], id="best first"),
        pytest.param('[{searchRank2: {words: "databases"}}]', [1, 5, 2, 3, 4], id="vector"),
        pytest.param(
            '[{searchRank2: {title: "database"}}, {rowId: DESC}]', [4, 1, 5, 3, 2], id="then"
        ),
        pytest.param(
            '[{searchRank2: {title: "shoes"}}, {searchRank2: {title: "database"}}]',
            [2, 4, 1, 3, 5],
            id="two searches",
        ),
        pytest.param(
            '[{searchRank2: {title: "database -running"}}]', [4, 1, 2, 3, 5], id="without a word"
        ),
        pytest.param(
            '[{searchRank2: {title: "running a day"}}, {rowId: DESC}]',
            [5, 4, 3, 2, 1],
            id="a part of the words",
        ),
        pytest.param(
            '[{writer: {searchRank: {about: "databases"}}}]', [1, 4, 2, 3, 5], id="hidden relatives"
        ),
    ],
)
async def test_orders(articles: Api, order: str, found: list[int]):
    """Rows stand by rank, best first; a hidden relative ranks like a missing one."""
    assert await _found(articles, f"orderBy: {order}") == found


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_walk(articles: Api, size: int):
    """Cursors hold ranks exactly: each row is seen once, forwards and backwards."""
    order = 'orderBy: [{searchRank2: {title: "database running"}}]'
    whole = await _found(articles, order)

    for way, start, more in (
        ("first", "after", ("hasNextPage", "endCursor")),
        ("last", "before", ("hasPreviousPage", "startCursor")),
    ):
        seen: list[int] = []
        cursor = None
        while True:
            answer = await articles.run(
                f"query($c: String) {{ articles({order}, {way}: {size}, {start}: $c)"
                f" {{ nodes {{ rowId }} pageInfo {{ {' '.join(more)} }} }} }}",
                c=cursor,
            )
            assert answer.errors == ()
            page = answer.data["articles"]
            rows = [row["rowId"] for row in page["nodes"]]
            seen = seen + rows if way == "first" else rows + seen
            cursor = page["pageInfo"][more[1]]
            if not page["pageInfo"][more[0]]:
                break
        assert seen == whole


async def test_cursor_of_other_words(articles: Api):
    """A cursor belongs to the words of its order."""
    page = "articles(first: 1, orderBy: [{searchRank2: {title: $w}}], after: $c)"
    query = f"query($w: String!, $c: String) {{ {page} {{ pageInfo {{ endCursor }} }} }}"
    data = await articles.data(query, w="database", count=1)
    cursor = data["articles"]["pageInfo"]["endCursor"]

    refusal = await articles.refusal(query, w="running", c=cursor)

    assert refusal[::2] == ("BAD_USER_INPUT", "after")
    assert refusal[1].startswith('The cursor in "after" belongs to another list')


async def test_index(articles: Api):
    """The expression is the one that an index over it was made of."""
    async with articles.database.read_connection() as connection:
        await connection.exec_driver_sql("SET enable_seqscan = off")
        with articles.statements() as sent:
            await _found(articles, 'where: {title: {search: "database"}}')
        plan = await connection.exec_driver_sql("EXPLAIN " + sent[0], ("database", 21))
        found = "\n".join(row[0] for row in plan)
        await connection.exec_driver_sql("RESET enable_seqscan")

    assert "ix_article_title" in found


@pytest.mark.parametrize(
    ("arguments", "message", "path"),
    [
        (
            'where: {title: {search: "a\\u0000"}}',
            "articles.where.title.search holds the character U+0000: leave it out.",
            "articles.where.title.search",
        ),
        (
            'orderBy: [{searchRank2: {title: "\\u0000"}}]',
            "articles.orderBy.0.searchRank2.title holds the character U+0000: leave it out.",
            "articles.orderBy.0.searchRank2.title",
        ),
        (
            "where: {title: {search: null}}",
            'articles.where.title.search is null: leave it out, or ask with "isNull".',
            "articles.where.title.search",
        ),
    ],
)
async def test_refused(articles: Api, arguments: str, message: str, path: str):
    """Words that no database takes are refused before any SQL."""
    refusal = await articles.refusal(f"{{ articles({arguments}) {{ totalCount }} }}")

    assert refusal == ("BAD_USER_INPUT", message, path)


@pytest.mark.parametrize("item", ["{}", "{title: null}", '{title: "a", body: "b"}', '{facts: "a"}'])
async def test_one_column(articles: Api, item: str):
    """A rank is of exactly one column that is searched."""
    code, *_ = await articles.refusal(
        f"{{ articles(orderBy: [{{searchRank2: {item}}}]) {{ totalCount }} }}"
    )

    assert code == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("dialect", ["sqlite", "mysql"])
def test_other_databases(dialect: str):
    """Elsewhere there is no search."""
    types: Any = gql.build_schema(_Base, dialect=dialect).graphql_schema.type_map

    assert "search" not in types["StringFilter"].fields
    assert "ArticleSearchOrder" not in types
    assert str(types["ArticleFilter"].fields["words"].type) == "OpaqueNullFilter"


def test_configuration_name():
    """A configuration that is no name is refused at build."""

    class Base(orm.DeclarativeBase):
        pass

    class Bad(Base):
        __tablename__ = "bad"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str] = mapped_column(info={"gql": {"search": "simple'"}})

    with pytest.raises(MappingError, match='invalid "search"'):
        gql.build_schema(Base)
