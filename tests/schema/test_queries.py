"""Root fields of one row and of many."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

import gql_api as gql
from gql_api.mapping.global_ids import encode_global_id
from tests.fixtures.schema import ADA, BIG, Api


def _id(api: Api, name: str, **key: Any) -> str:
    return encode_global_id(api.schema.table.registry.entities[name], key)


@pytest.mark.parametrize(
    ("field", "key", "selected"),
    [
        pytest.param("bookBy", "{rowId: 4}", {"title": "aXb"}, id="whole number"),
        pytest.param("authorBy", '{email: "cyd@x.org"}', {"penName": "Cyd"}, id="unique"),
        pytest.param("tagBy", '{label: "old"}', {"rowId": 2}, id="unique text"),
        pytest.param("readerBy", f'{{rowId: "{ADA}"}}', {"name": "Ada"}, id="uuid"),
        pytest.param("sampleBy", f'{{rowId: "{BIG}"}}', {"note": ""}, id="64 bits"),
        pytest.param("categoryBy", '{code: ""}', {"code": ""}, id="empty text"),
        pytest.param("categoryBy", '{code: "o\'b\\"r"}', {"parentCode": ""}, id="quotes"),
        pytest.param(
            "chapterBy", "{bookIdNumber: {bookId: 1, number: 3}}", {"pages": 25}, id="composite"
        ),
        pytest.param(
            "chapterBy",
            '{bookIdHeading: {bookId: 2, heading: "One"}}',
            {"number": 1},
            id="composite unique",
        ),
        pytest.param(
            "loanBy",
            f'{{bookIdReaderId: {{bookId: 1, readerId: "{ADA}"}}}}',
            {"lentOn": "2024-02-29"},
            id="mixed composite",
        ),
    ],
)
async def test_by_key(api: Api, field: str, key: str, selected: dict[str, Any]):
    """Any key finds its row with one statement."""
    data = await api.data(f"{{ {field}(key: {key}) {{ {' '.join(selected)} }} }}", count=1)

    assert data == {field: selected}


@pytest.mark.parametrize(
    ("name", "key", "selected"),
    [
        ("Book", {"id": 4}, {"title": "aXb"}),
        ("Category", {"code": "o'b\"r"}, {"code": "o'b\"r"}),
        ("Reader", {"id": ADA}, {"name": "Ada"}),
        ("Loan", {"book_id": 1, "reader_id": ADA}, {"lentOn": "2024-02-29"}),
        ("Chapter", {"book_id": 1, "number": 2}, {"heading": None}),
        ("Sample", {"id": BIG}, {"flag": False}),
    ],
)
async def test_global_id(api: Api, name: str, key: dict[str, Any], selected: dict[str, Any]):
    """A global id finds its row by each of the four ways, and is what the row answers."""
    fields = " ".join(["id", *selected])
    single = name[0].lower() + name[1:]
    text = (
        f"query($i: ID!) {{ a: {single}(id: $i) {{ {fields} }}"
        f" b: {single}By(key: {{id: $i}}) {{ {fields} }}"
        f" c: node(id: $i) {{ id ... on {name} {{ {' '.join(selected)} }} }}"
        f" d: nodes(ids: [$i]) {{ id ... on {name} {{ {' '.join(selected)} }} }} }}"
    )

    data = await api.data(text, i=_id(api, name, **key), count=4)

    row = {"id": _id(api, name, **key), **selected}
    assert data == {"a": row, "b": row, "c": row, "d": [row]}


async def test_missing(api: Api):
    """A row that does not exist is null."""
    data = await api.data(
        "query($i: ID!) { book(id: $i) { id } bookBy(key: {rowId: 99}) { id } node(id: $i) { id }"
        ' chapterBy(key: {bookIdHeading: {bookId: 1, heading: "Two"}}) { number } }',
        i=_id(api, "Book", id=99),
        count=4,
    )

    assert data == {"book": None, "bookBy": None, "node": None, "chapterBy": None}


async def test_nodes(api: Api):
    """Nodes come in the order of their ids, repeated or missing, with one statement per type."""
    ids = [
        _id(api, "Tag", id=2),
        _id(api, "Book", id=5),
        _id(api, "Book", id=99),
        _id(api, "Tag", id=1),
        _id(api, "Loan", book_id=1, reader_id=ADA),
        _id(api, "Book", id=5),
    ]

    data = await api.data(
        "query($i: [ID!]!) { nodes(ids: $i) { __typename id ... on Tag { label }"
        " ... on Book { title } } }",
        i=ids,
        count=3,
    )

    book = {"__typename": "Book", "id": ids[1], "title": "c\\d"}
    assert data["nodes"] == [
        {"__typename": "Tag", "id": ids[0], "label": "old"},
        book,
        None,
        {"__typename": "Tag", "id": ids[3], "label": "new"},
        {"__typename": "Loan", "id": ids[4]},
        book,
    ]


async def test_no_nodes(api: Api):
    """No ids are no rows, and no statement."""
    assert await api.data("{ nodes(ids: []) { id } }", count=0) == {"nodes": []}


async def test_nested_nodes(api: Api):
    """Relationships of nodes are loaded per type and level, not per node."""
    ids = [_id(api, "Book", id=each) for each in (1, 2, 4)]

    data = await api.data(
        "query($i: [ID!]!) { nodes(ids: $i) { ... on Book { tags { nodes { label } }"
        " author { penName } } } }",
        i=ids,
        count=3,
    )

    assert [node["author"]["penName"] for node in data["nodes"]] == ["Ann", "Ann", "Bob"]
    assert [[tag["label"] for tag in node["tags"]["nodes"]] for node in data["nodes"]] == [
        ["new", "old"],
        ["new"],
        ["old"],
    ]


async def test_too_many_nodes(offline: Api):
    """More ids than a page holds are refused."""
    refusal = await offline.refusal("query($i: [ID!]!) { nodes(ids: $i) { id } }", i=["x"] * 101)

    assert refusal == ("BAD_USER_INPUT", "ids holds 101: ask for at most 100.", "ids")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("query($i: ID!) { node(id: $i) { id } }", "id"),
        ("query($i: ID!) { nodes(ids: [$i]) { id } }", "ids"),
        ("query($i: ID!) { book(id: $i) { id } }", "book.id"),
        ("query($i: ID!) { bookBy(key: {id: $i}) { id } }", "bookBy.key.id"),
    ],
)
async def test_garbage(offline: Api, text: str, path: str):
    """What is no id is refused by every way to one."""
    code, message, _ = await offline.refusal(text, i="garbage")

    assert code == "BAD_USER_INPUT"
    assert message == f'{path} is "garbage", no id of this API: pass an id that it returned.'


async def test_id_of_another_type(offline: Api):
    """The id of another type is refused by both names."""
    refusal = await offline.refusal(
        "query($i: ID!) { b: book(id: $i) { id } }", i=_id(offline, "Tag", id=1)
    )

    assert refusal == (
        "BAD_USER_INPUT",
        "b.id is an id of Tag: pass an id of Book.",
        "b.id",
    )


@pytest.mark.parametrize(
    "key", ["{}", "{rowId: 1, id: 1}", "{rowId: null}", "{bookIdNumber: {bookId: 1}}"]
)
async def test_key_of_one(offline: Api, key: str):
    """Exactly one whole key is passed."""
    field = "chapterBy" if "Number" in key else "bookBy"
    code, *_ = await offline.refusal(f"{{ {field}(key: {key}) {{ id }} }}")

    assert code == "GRAPHQL_VALIDATION_FAILED"


async def test_null_in_composite_key(api: Api):
    """A nullable column of a unique key that is not given is refused by path."""
    refusal = await api.refusal(
        "{ chapterBy(key: {bookIdHeading: {bookId: 1, heading: null}}) { number } }"
    )

    assert refusal[0] == "GRAPHQL_VALIDATION_FAILED"


async def test_too_large_a_number(api: Api):
    """A whole number beyond 32 bits is refused by GraphQL."""
    code, *_ = await api.refusal("{ bookBy(key: {rowId: 3000000000}) { id } }")

    assert code == "GRAPHQL_VALIDATION_FAILED"


async def test_several_root_fields(api: Api):
    """Root fields are answered in the order of the operation, each with its own statements."""
    data = await api.data(
        "{ z: tags(first: 1) { nodes { label } } a: bookBy(key: {rowId: 1}) { title }"
        " m: tags(last: 1) { totalCount nodes { label } } }",
        count=4,
    )

    assert list(data) == ["z", "a", "m"]
    assert data["z"]["nodes"] == [{"label": "new"}]
    assert data["m"] == {"totalCount": 3, "nodes": [{"label": "unused"}]}


async def test_subject_of_nobody(api: Api):
    """A schema without policies is open to everybody."""
    data = await api.data(
        "{ authors { totalCount } }", subject=gql.Subject(1, frozenset({"x"})), count=1
    )

    assert data == {"authors": {"totalCount": 5}}


class _Base(orm.DeclarativeBase):
    pass


class _Tick(_Base):
    __tablename__ = "tick"

    at: Mapped[dt.datetime] = mapped_column(sa.DateTime(timezone=True), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(10), primary_key=True)


async def test_nodes_by_moment(database: gql.Database):
    """A key that the database gives back without its offset still finds its row."""
    async with database.write_engine.begin() as connection:
        await connection.run_sync(_Base.metadata.create_all)
        at = dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.UTC)
        await connection.execute(sa.insert(_Tick).values(at=at, name="x"))
    schema = gql.build_schema(_Base, dialect=database.dialect.name)
    (entity,) = schema.table.registry
    id_ = encode_global_id(entity, {"at": at, "name": "x"})

    result = await schema.execute(
        f'{{ nodes(ids: ["{id_}"]) {{ id }} }}', context_value=gql.Context(database)
    )

    assert result.data == {"nodes": [{"id": id_}]}
