"""JSON columns: paths in answers, and conditions on documents, on every database."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

import gql_api as gql
from tests.fixtures.schema import KINDS, Api, drop_test_database, open_test_database

_PLAIN = sa.JSON(none_as_null=True)


class _Base(orm.DeclarativeBase):
    """The models of these tests."""


class Paper(_Base):
    """A document as text, and as PostgreSQL's own type."""

    __tablename__ = "paper"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[Any | None] = mapped_column(_PLAIN)
    fast: Mapped[Any | None] = mapped_column(
        _PLAIN.with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
    )


_ODD_KEY = 'a"b\\c.$'
DOCUMENTS: dict[int, Any] = {
    1: {"color": "red", "size": {"w": 10, "h": 2.5}, "tags": ["a", "b", {"k": [1, 2]}], "on": True},
    2: {"color": "Rot", "size": {"w": "10"}, "tags": [], "on": False, "0": "zero"},
    3: ["x", "y", ["z", 10]],
    4: "text",
    5: 5,
    6: sa.JSON.NULL,
    7: sa.null(),
    8: {
        "ü": {_ODD_KEY: "Ä😀%"},
        "none": None,
        "big": 12345678901234567890,
        "1": [0.1],
        "odd": 2**53 + 1,
    },
}


@pytest.fixture(scope="module", params=KINDS)
async def papers(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """Documents of every form, once per kind of database."""
    folder = tmp_path_factory.mktemp("documents")
    database = await open_test_database(request.param, make_postgres_database, folder)
    async with database.write_engine.begin() as connection:
        await connection.run_sync(_Base.metadata.create_all)
        for id_, document in DOCUMENTS.items():
            row = {"id": id_, "data": document, "fast": document}
            await connection.execute(sa.insert(Paper).values(row))
    yield Api(database, gql.build_schema(_Base, dialect=database.dialect.name))
    await drop_test_database(database)


@pytest.fixture(scope="module")
def unasked() -> Api:
    """The schema over a database that is never asked."""
    schema = gql.build_schema(_Base, dialect="sqlite")
    return Api(gql.open_database("sqlite:///nowhere.db"), schema)


async def _found(api: Api, condition: str, column: str) -> list[int]:
    where = f"{{{column}: {condition}}}"
    data = await api.data(f"{{ papers(where: {where}) {{ nodes {{ rowId }} }} }}", count=1)
    return [row["rowId"] for row in data["papers"]["nodes"]]


@pytest.mark.parametrize("column", ["data", "fast"])
@pytest.mark.parametrize(
    ("condition", "found"),
    [
        pytest.param('{path: {at: ["color"], text: {eq: "red"}}}', [1], id="text"),
        pytest.param('{path: {at: ["color"], text: {ne: "red"}}}', [2], id="ne of text"),
        pytest.param('{path: {at: ["color"], text: {icontains: "RO"}}}', [2], id="icontains"),
        pytest.param('{path: {at: ["color"], text: {in: ["red", "x"]}}}', [1], id="in"),
        pytest.param('{path: {at: ["color"], text: {notIn: ["red"]}}}', [2], id="notIn"),
        pytest.param('{path: {at: ["color"], text: {gt: "Z"}}}', [1], id="order of texts"),
        pytest.param('{path: {at: ["size", "w"], number: {eq: 10}}}', [1], id="number"),
        pytest.param('{path: {at: ["size", "w"], text: {eq: "10"}}}', [2], id="digits are text"),
        pytest.param('{path: {at: ["size", "h"], number: {gt: 2.4, lt: 2.6}}}', [1], id="range"),
        pytest.param('{path: {at: ["size", "h"], number: {in: [2.5, 3]}}}', [1], id="in numbers"),
        pytest.param('{path: {at: ["1", "0"], number: {eq: 0.1}}}', [8], id="decimal"),
        pytest.param('{path: {at: ["big"], number: {gt: 12345678901234500000.0}}}', [8], id="big"),
        pytest.param('{path: {at: ["on"], boolean: {eq: true}}}', [1], id="boolean"),
        pytest.param('{path: {at: ["on"], boolean: {ne: true}}}', [2], id="false"),
        pytest.param('{path: {at: ["on"], number: {eq: 1}}}', [], id="true is no number"),
        pytest.param('{path: {at: ["tags", "1"], text: {eq: "b"}}}', [1], id="index"),
        pytest.param('{path: {at: ["tags", "01"], text: {eq: "b"}}}', [1], id="padded index"),
        pytest.param('{path: {at: ["tags", "9"], isNull: false}}', [], id="index beyond"),
        pytest.param(
            '{path: {at: ["tags", "99999999999999999999"], isNull: false}}', [], id="far beyond"
        ),
        pytest.param(
            '{path: {at: ["tags", "2", "k", "1"], number: {eq: 2}}}', [1], id="deep index"
        ),
        pytest.param('{path: {at: ["0"], text: {eq: "zero"}}}', [2], id="key in digits"),
        pytest.param('{path: {at: ["0"], text: {isNull: false}}}', [2, 3], id="key or index"),
        pytest.param('{path: {at: ["2", "1"], number: {eq: 10}}}', [3], id="list of lists"),
        pytest.param('{path: {at: ["color", "0"], isNull: false}}', [], id="text has no items"),
        pytest.param('{path: {at: ["tags", "k"], isNull: false}}', [], id="list has no keys"),
        pytest.param('{path: {at: [], text: {eq: "text"}}}', [4], id="whole text"),
        pytest.param("{path: {at: [], number: {eq: 5}}}", [5], id="whole number"),
        pytest.param('{path: {at: ["none"], isNull: false}}', [], id="null within"),
        pytest.param(
            '{path: {at: ["color"], isNull: true}}', [3, 4, 5, 6, 7, 8], id="absent is null"
        ),
        pytest.param(
            '{path: {at: ["size", "w"], number: {isNull: false}}}', [1], id="there is a number"
        ),
        pytest.param('{path: {at: ["color"]}}', [1, 2, 3, 4, 5, 6, 7, 8], id="no condition"),
        pytest.param('{path: {at: ["*"], isNull: false}}', [], id="no wildcard"),
        pytest.param('{path: {at: [""], isNull: false}}', [], id="empty key"),
        pytest.param('{path: {at: ["size.w"], isNull: false}}', [], id="no dots"),
        pytest.param('{path: {at: ["ü", "a\\"b\\\\c.$"], text: {eq: "Ä😀%"}}}', [8], id="odd keys"),
        pytest.param(
            '{path: {at: ["ü", "a\\"b\\\\c.$"], text: {endsWith: "%"}}}', [8], id="percent"
        ),
        pytest.param(
            '{path: {at: ["ü", "a\\"b\\\\c.$"], text: {icontains: "ä"}}}', [8], id="beyond ASCII"
        ),
        pytest.param('{hasKey: "color"}', [1, 2], id="hasKey"),
        pytest.param('{hasKey: "none"}', [8], id="key of null"),
        pytest.param('{hasKey: "x"}', [], id="item is no key"),
        pytest.param('{hasKey: "text"}', [], id="text is no key"),
        pytest.param('{hasKey: "ü"}', [8], id="key beyond ASCII"),
        pytest.param('{hasKey: "0"}', [2], id="index is no key"),
        pytest.param("{isNull: true}", [6, 7], id="isNull"),
        pytest.param("{isNull: false}", [1, 2, 3, 4, 5, 8], id="is not null"),
        pytest.param("{}", [1, 2, 3, 4, 5, 6, 7, 8], id="empty"),
    ],
)
async def test_conditions(papers: Api, condition: str, found: list[int], column: str):
    """A value at a path compares as what it is; other values count as null."""
    assert await _found(papers, condition, column) == found


@pytest.mark.parametrize("column", ["data", "fast"])
async def test_large_numbers(papers: Api, column: str):
    """Whole numbers compare exactly on PostgreSQL, as doubles elsewhere."""
    is_exact = papers.database.dialect.name == "postgresql"

    equal = await _found(papers, '{path: {at: ["odd"], number: {eq: 9007199254740992}}}', column)
    more = await _found(papers, '{path: {at: ["odd"], number: {gt: 9007199254740992}}}', column)

    assert (equal, more) == (([], [8]) if is_exact else ([8], []))


@pytest.mark.parametrize("column", ["data", "fast"])
async def test_not(papers: Api, column: str):
    """What is not there is neither equal nor unequal."""
    equal = f'{{not: {{{column}: {{path: {{at: ["color"], text: {{eq: "red"}}}}}}}}}}'
    keyed = f'{{not: {{{column}: {{hasKey: "color"}}}}}}'

    data = await papers.data(
        f"{{ a: papers(where: {equal}) {{ nodes {{ rowId }} }}"
        f" b: papers(where: {keyed}) {{ nodes {{ rowId }} }} }}",
        count=2,
    )

    assert [row["rowId"] for row in data["a"]["nodes"]] == [2]
    assert [row["rowId"] for row in data["b"]["nodes"]] == [3, 4, 5, 6, 8]


@pytest.mark.parametrize("column", ["data", "fast"])
@pytest.mark.parametrize(
    ("part", "found"),
    [
        pytest.param('{color: "red"}', [1], id="key"),
        pytest.param("{size: {w: 10.0}}", [1], id="equal numbers"),
        pytest.param("{}", [1, 2, 8], id="any object"),
        pytest.param("[]", [3], id="any list"),
        pytest.param('["y", "x", "x"]', [3], id="items"),
        pytest.param('"x"', [3], id="item of a list"),
        pytest.param('["z"]', [], id="deeper items"),
        pytest.param('[["z"]]', [3], id="list in a list"),
        pytest.param('{tags: ["b"]}', [1], id="list within"),
        pytest.param('{tags: "b"}', [], id="no item of a list within"),
        pytest.param("{tags: [{k: [2]}]}", [1], id="object in a list"),
        pytest.param("{tags: []}", [1, 2], id="empty list within"),
        pytest.param("{on: true}", [1], id="true"),
        pytest.param("{on: 1}", [], id="true is not 1"),
        pytest.param("{none: null}", [8], id="null within"),
        pytest.param("{color: null}", [], id="null is not absent"),
        pytest.param('"text"', [4], id="text"),
        pytest.param('["text"]', [], id="text is no list"),
        pytest.param("5", [5], id="number"),
    ],
)
async def test_contains(papers: Api, part: str, found: list[int], column: str):
    """Containment is PostgreSQL's; MySQL and MariaDB mean something else, and do not offer it."""
    if papers.database.dialect.name == "mysql":
        type_: Any = papers.schema.graphql_schema.type_map["JSONFilter"]
        assert sorted(type_.fields) == ["hasKey", "isNull", "path"]
        return
    assert await _found(papers, f"{{contains: {part}}}", column) == found


@pytest.mark.parametrize("column", ["data", "fast"])
async def test_path_in_answers(papers: Api, column: str):
    """A field gives the value at a path, null where there is none."""
    data = await papers.data(
        f'{{ papers {{ nodes {{ color: {column}(path: ["color"]) whole: {column}'
        f' first: {column}(path: ["0"]) deep: {column}(path: ["tags", "2", "k"])'
        f" same: {column}(path: []) null: {column}(path: null) }} }} }}",
        count=1,
    )

    nodes = data["papers"]["nodes"]
    assert [row["color"] for row in nodes] == ["red", "Rot", *[None] * 6]
    assert [row["first"] for row in nodes] == [None, "zero", "x", *[None] * 5]
    assert [row["deep"] for row in nodes] == [[1, 2], *[None] * 7]
    assert [row["whole"] for row in nodes] == [row["same"] for row in nodes]
    assert [row["whole"] for row in nodes] == [row["null"] for row in nodes]
    assert nodes[4]["whole"] == 5


async def test_escaped_nul(papers: Api):
    """A stored U+0000, which no condition of PostgreSQL reads, does not break a list."""
    if papers.database.dialect.name != "postgresql":
        return
    async with papers.database.write_engine.begin() as connection:
        await connection.exec_driver_sql(
            'INSERT INTO paper (id, data) VALUES (9, \'{"color": "\\u0000"}\'),'
            ' (10, \'{"color": "\\\\u0000"}\')'
        )

    found = await _found(papers, '{path: {at: ["color"], text: {ne: "x"}}}', "data")

    async with papers.database.write_engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM paper WHERE id > 8")
    assert found == [1, 2, 10]


@pytest.mark.parametrize(
    ("condition", "message", "path"),
    [
        (
            '{path: {at: ["a", "-1"], isNull: true}}',
            "papers.where.data.path.at.1 is '-1': write an index in digits alone.",
            "papers.where.data.path.at.1",
        ),
        (
            '{path: {at: ["0", "1", "2", "3", "4"], isNull: true}}',
            ("papers.where.data.path.at is too long: pass at most 16 steps, 4 of them in digits."),
            "papers.where.data.path.at",
        ),
        (
            '{path: {at: ["\\u0000"], isNull: true}}',
            "papers.where.data.path.at.0 holds the character U+0000: leave it out.",
            "papers.where.data.path.at.0",
        ),
        (
            '{path: {at: ["a"], text: {in: ["\\u0000"]}}}',
            "papers.where.data.path.text.in holds the character U+0000: leave it out.",
            "papers.where.data.path.text.in",
        ),
        (
            '{path: {at: ["a"], number: {eq: null}}}',
            'papers.where.data.path.number.eq is null: leave it out, or ask with "isNull".',
            "papers.where.data.path.number.eq",
        ),
        (
            '{path: {at: ["a"], text: null}}',
            'papers.where.data.path.text is null: leave it out, or ask with "isNull".',
            "papers.where.data.path.text",
        ),
        (
            "{contains: null}",
            'papers.where.data.contains is null: leave it out, or ask with "isNull".',
            "papers.where.data.contains",
        ),
        (
            '{contains: {a: ["\\u0000"]}}',
            "papers.where.data.contains holds the character U+0000: leave it out.",
            "papers.where.data.contains",
        ),
        (
            "{contains: {a: 1e999}}",
            "papers.where.data.contains holds a number that is too large.",
            "papers.where.data.contains",
        ),
    ],
)
async def test_refused(unasked: Api, condition: str, message: str, path: str):
    """What no database takes is refused by path, before any SQL."""
    refusal = await unasked.refusal(f"{{ papers(where: {{data: {condition}}}) {{ totalCount }} }}")

    assert refusal == ("BAD_USER_INPUT", message, path)


async def test_many_steps(papers: Api):
    """The longest path is answered."""
    at = '"0", "1", "2", "3"' + ', "a"' * 12

    assert await _found(papers, f"{{path: {{at: [{at}], isNull: false}}}}", "data") == []
