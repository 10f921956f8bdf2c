"""Policies hold on every path of a read.

Book 3 is a draft of author 1, and author 3 is retired: both are hidden from strangers.
"""

from typing import Any

import pytest

import gql_api as gql
from gql_api.mapping.global_ids import encode_global_id
from tests.fixtures.schema import Api

STRANGER = gql.Subject(9)
ANN = gql.Subject(1)
STAFF = gql.Subject(9, frozenset({"staff"}))

SUBJECTS = [
    pytest.param(gql.ANONYMOUS, [1, 2, 4, 5, 6], id="anonymous"),
    pytest.param(STRANGER, [1, 2, 4, 5, 6], id="stranger"),
    pytest.param(ANN, [1, 2, 3, 4, 5, 6], id="owner"),
    pytest.param(STAFF, [1, 2, 3, 4, 5, 6], id="staff"),
    pytest.param(gql.UNRESTRICTED, [1, 2, 3, 4, 5, 6], id="trusted"),
]


def _keys(connection: Any) -> list[int]:
    return [row["rowId"] for row in connection["nodes"]]


@pytest.mark.parametrize(("subject", "visible"), SUBJECTS)
async def test_list(guarded: Api, subject: gql.Subject, visible: list[int]):
    """A list and its count hold what the subject may see."""
    data = await guarded.data("{ books { totalCount nodes { rowId } } }", subject=subject, count=2)

    assert (_keys(data["books"]), data["books"]["totalCount"]) == (visible, len(visible))


async def test_page_facts(guarded: Api):
    """Hidden rows are on neither side of a page."""
    data = await guarded.data(
        """{ a: books(first: 1, where: {rowId: {in: [2, 3]}}) { pageInfo { hasNextPage } }
             b: books(last: 1, where: {rowId: {in: [3, 4]}}) { pageInfo { hasPreviousPage } }
             c: books(offset: 1, where: {rowId: {in: [3]}}) { pageInfo { hasPreviousPage } } }""",
        subject=STRANGER,
        count=4,
    )

    assert data == {
        "a": {"pageInfo": {"hasNextPage": False}},
        "b": {"pageInfo": {"hasPreviousPage": False}},
        "c": {"pageInfo": {"hasPreviousPage": False}},
    }


async def test_cursor_sides(guarded: Api):
    """Hidden rows do not count as the far side of a cursor either."""
    edges = await guarded.data(
        "{ books(where: {rowId: {in: [3, 4]}}) { edges { cursor } } }", subject=ANN, count=1
    )
    third, fourth = (edge["cursor"] for edge in edges["books"]["edges"])

    data = await guarded.data(
        """query($c: String, $d: String) {
          a: books(first: 1, after: $c, where: {rowId: {in: [3, 4]}}) { pageInfo { hasPreviousPage } }
          b: books(last: 1, before: $d, where: {rowId: {in: [2, 3]}}) { pageInfo { hasNextPage } }
        }""",
        c=third,
        d=third,
        subject=STRANGER,
        count=4,
    )

    assert fourth != third
    assert data == {
        "a": {"pageInfo": {"hasPreviousPage": False}},
        "b": {"pageInfo": {"hasNextPage": False}},
    }


@pytest.mark.parametrize(
    ("subject", "ann", "total"), [(STRANGER, [1, 2], 2), (ANN, [1, 2, 3], 3), (STAFF, [1, 2, 3], 3)]
)
async def test_nested_list(guarded: Api, subject: gql.Subject, ann: list[int], total: int):
    """A nested list and its count hold what the subject may see."""
    data = await guarded.data(
        "{ authorBy(key: {rowId: 1}) { written { totalCount nodes { rowId } } } }",
        subject=subject,
        count=3,
    )

    written = data["authorBy"]["written"]
    assert (_keys(written), written["totalCount"]) == (ann, total)


async def test_many_to_many(guarded: Api):
    """A list through an association table holds what the subject may see."""
    data = await guarded.data(
        '{ tagBy(key: {label: "new"}) { books { totalCount nodes { rowId } } } }',
        subject=STRANGER,
        count=3,
    )

    assert data["tagBy"]["books"] == {"totalCount": 2, "nodes": [{"rowId": 1}, {"rowId": 2}]}


async def test_to_one(guarded: Api):
    """A hidden relative is null, as a missing one is."""
    data = await guarded.data(
        "{ books { nodes { rowId author { penName } editor { penName } namesake { rowId } } } }",
        subject=STRANGER,
        count=4,
    )

    found = {
        row.pop("rowId"): tuple(each and next(iter(each.values())) for each in row.values())
        for row in data["books"]["nodes"]
    }
    assert found == {
        1: ("Ann", "Bob", None),
        2: ("Ann", None, None),
        4: ("Bob", "Ann", None),
        5: (None, "Ann", None),
        6: ("Dan", None, None),
    }


@pytest.mark.parametrize("subject", [STRANGER, ANN], ids=["stranger", "owner"])
async def test_by_key(guarded: Api, subject: gql.Subject):
    """A hidden row is missing for every way to one row."""
    id_ = encode_global_id(guarded.schema.table.registry.entities["Book"], {"id": 3})

    data = await guarded.data(
        """query($i: ID!) { a: book(id: $i) { rowId } b: bookBy(key: {rowId: 3}) { rowId }
          c: bookBy(key: {id: $i}) { rowId } d: node(id: $i) { ... on Book { rowId } }
          e: nodes(ids: [$i]) { ... on Book { rowId } } }""",
        i=id_,
        subject=subject,
        count=5,
    )

    row = {"rowId": 3} if subject is ANN else None
    assert data == {"a": row, "b": row, "c": row, "d": row, "e": [row]}


@pytest.mark.parametrize(
    ("where", "stranger", "staff"),
    [
        pytest.param("{author: {rank: {eq: 3}}}", [1, 2], [1, 2, 3, 5], id="to-one"),
        pytest.param('{author: {penName: {startsWith: "C"}}}', [], [5], id="guess"),
        pytest.param("{not: {author: {}}}", [5], [], id="hidden as missing"),
        pytest.param("{namesake: {isDraft: {eq: true}}}", [], [6], id="custom"),
    ],
)
async def test_filter_by_relative(guarded: Api, where: str, stranger: list[int], staff: list[int]):
    """A condition on a hidden relative never holds, so that nothing can be guessed."""
    text = f"{{ books(where: {where}) {{ nodes {{ rowId }} }} }}"

    assert _keys((await guarded.data(text, subject=STRANGER, count=1))["books"]) == stranger
    assert _keys((await guarded.data(text, subject=STAFF, count=1))["books"]) == staff


@pytest.mark.parametrize(
    ("where", "stranger", "staff"),
    [
        pytest.param("{books: {some: {isDraft: {eq: true}}}}", [], ["new"], id="some"),
        pytest.param(
            "{books: {none: {isDraft: {eq: true}}}}",
            ["new", "old", "unused"],
            ["old", "unused"],
            id="none",
        ),
        pytest.param(
            "{books: {every: {isDraft: {eq: false}}}}",
            ["new", "old", "unused"],
            ["old", "unused"],
            id="every",
        ),
        pytest.param("{booksAggregate: {count: {eq: 3}}}", [], ["new"], id="count"),
    ],
)
async def test_filter_by_relatives(guarded: Api, where: str, stranger: list[str], staff: list[str]):
    """Quantifiers and counts look at visible relatives only."""
    text = f"{{ tags(where: {where}) {{ nodes {{ label }} }} }}"

    for subject, expected in ((STRANGER, stranger), (STAFF, staff)):
        data = await guarded.data(text, subject=subject, count=1)
        assert [row["label"] for row in data["tags"]["nodes"]] == expected


async def test_order_by_relative(guarded: Api):
    """A hidden relative sorts as null."""
    text = "{ books(orderBy: [{editor: {penName: ASC}}]) { nodes { rowId } } }"

    stranger = await guarded.data(text, subject=STRANGER, count=1)
    staff = await guarded.data(text, subject=STAFF, count=1)

    assert _keys(stranger["books"]) == [4, 5, 1, 2, 6]
    assert _keys(staff["books"]) == [4, 5, 1, 2, 3, 6]
    first = await guarded.data(text.replace("ASC", "ASC_NULLS_FIRST"), subject=STRANGER, count=1)
    assert _keys(first["books"]) == [2, 6, 4, 5, 1]


async def test_order_by_count(guarded: Api):
    """A count to sort by counts visible rows only."""
    text = "{ tags(orderBy: [{booksAggregate: {count: DESC}}, {label: DESC}]) { nodes { label } } }"

    stranger = await guarded.data(text, subject=STRANGER, count=1)
    staff = await guarded.data(text, subject=STAFF, count=1)

    assert [row["label"] for row in stranger["tags"]["nodes"]] == ["old", "new", "unused"]
    assert [row["label"] for row in staff["tags"]["nodes"]] == ["new", "old", "unused"]


async def test_role_sets_apart(guarded: Api):
    """One role never meets another's statements, in whatever order they come."""
    text = "{ books { totalCount } }"

    totals = [
        (await guarded.data(text, subject=subject, count=1))["books"]["totalCount"]
        for subject in (STAFF, STRANGER, ANN, gql.ANONYMOUS, STAFF)
    ]

    assert totals == [6, 5, 6, 5, 6]


async def test_read_of_deep_relatives(guarded: Api):
    """A hidden row hides what lies behind it."""
    data = await guarded.data(
        "{ covers { nodes { artist book { title } } } }", subject=STRANGER, count=2
    )

    assert data["covers"]["nodes"] == [
        {"artist": "Zoe", "book": {"title": "100% wool"}},
        {"artist": "Yan", "book": None},
        {"artist": None, "book": {"title": "aXb"}},
    ]


def test_many_role_sets(guarded: Api):
    """Scopes are kept for a bounded number of role sets, each its own."""
    subjects = [gql.Subject(1, frozenset({str(number)})) for number in range(300)]

    found = [guarded.schema.compilation(subject) for subject in subjects]

    assert len({id(each) for each in found}) == 300
    assert guarded.schema.compilation(subjects[-1]) is found[-1]
    assert guarded.schema.compilation(subjects[0]) is not found[0]
