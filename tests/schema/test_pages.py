"""Pages: which rows, which facts, how many statements."""

from typing import Any

import pytest

import gql_api as gql
from tests.fixtures.schema import Api

FACTS = "nodes { rowId } pageInfo { hasNextPage hasPreviousPage }"


async def _page(api: Api, arguments: str, *, count: int) -> tuple[list[int], str]:
    """Return the keys of a page, and ``<`` and ``>`` where rows precede and follow it."""
    given = f"({arguments})" if arguments else ""
    data = await api.data(f"{{ books{given} {{ {FACTS} }} }}", count=count)
    facts = data["books"]["pageInfo"]
    sides = "<" * facts["hasPreviousPage"] + ">" * facts["hasNextPage"]
    return [row["rowId"] for row in data["books"]["nodes"]], sides


async def _cursors(api: Api, order: str = "") -> dict[int, str]:
    data = await api.data(f"{{ books{order} {{ edges {{ cursor node {{ rowId }} }} }} }}", count=1)
    return {edge["node"]["rowId"]: edge["cursor"] for edge in data["books"]["edges"]}


@pytest.mark.parametrize(
    ("arguments", "page", "count"),
    [
        pytest.param("first: 6", ([1, 2, 3, 4, 5, 6], ""), 1, id="exactly all"),
        pytest.param("first: 5", ([1, 2, 3, 4, 5], ">"), 1, id="one less"),
        pytest.param("first: 7", ([1, 2, 3, 4, 5, 6], ""), 1, id="one more"),
        pytest.param("first: 0", ([], ">"), 1, id="nothing"),
        pytest.param("last: 6", ([1, 2, 3, 4, 5, 6], ""), 1, id="all from the end"),
        pytest.param("last: 2", ([5, 6], "<"), 1, id="from the end"),
        pytest.param("last: 0", ([], "<"), 1, id="nothing from the end"),
        pytest.param("first: 2, offset: 0", ([1, 2], ">"), 1, id="offset of none"),
        pytest.param("first: 2, offset: 2", ([3, 4], "<>"), 1, id="offset"),
        pytest.param("first: 2, offset: 4", ([5, 6], "<"), 1, id="offset to the end"),
        pytest.param("first: 2, offset: 6", ([], "<"), 2, id="offset past the end"),
        pytest.param("offset: 5", ([6], "<"), 1, id="offset alone"),
        pytest.param("where: {rowId: {lt: 0}}", ([], ""), 1, id="no rows"),
        pytest.param("where: {rowId: {lt: 0}}, offset: 1", ([], ""), 2, id="no rows to skip"),
        pytest.param("first: null, last: 1, after: null, offset: null", ([6], "<"), 1, id="nulls"),
    ],
)
async def test_pages(api: Api, arguments: str, page: Any, count: int):
    """Both facts are exact at every edge."""
    assert await _page(api, arguments, count=count) == page


@pytest.mark.parametrize(
    ("arguments", "page", "count"),
    [
        pytest.param("first: 2, after: $c", ([3, 4], "<>"), 2, id="forwards"),
        pytest.param("first: 4, after: $c", ([3, 4, 5, 6], "<"), 2, id="forwards to the end"),
        pytest.param("last: 2, before: $d", ([3, 4], "<>"), 2, id="backwards"),
        pytest.param("last: 4, before: $d", ([1, 2, 3, 4], ">"), 2, id="backwards to the start"),
        pytest.param("first: 9, after: $c, before: $d", ([3, 4], "<>"), 3, id="between"),
        pytest.param("first: 1, after: $c, before: $d", ([3], "<>"), 3, id="first between"),
        pytest.param("last: 1, after: $c, before: $d", ([4], "<>"), 3, id="last between"),
        pytest.param("last: 9, after: $c", ([3, 4, 5, 6], "<"), 2, id="last after"),
        pytest.param("first: 2, before: $d", ([1, 2], ">"), 2, id="first before"),
        pytest.param("first: 9, after: $d, before: $c", ([], "<>"), 3, id="crossed"),
        pytest.param("after: $d, where: {rowId: {gt: 5}}", ([6], ""), 2, id="nothing before"),
        pytest.param(
            "last: 9, before: $c, where: {rowId: {lt: 2}}", ([1], ""), 2, id="nothing after"
        ),
    ],
)
async def test_cursors(api: Api, arguments: str, page: Any, count: int):
    """Cursors of rows 2 and 5: the far side costs a statement, and only if it is asked for."""
    cursors = await _cursors(api)

    given = arguments.replace("$c", f'"{cursors[2]}"').replace("$d", f'"{cursors[5]}"')
    assert await _page(api, given, count=count) == page


@pytest.mark.parametrize(
    "order",
    [
        pytest.param("[{rowId: DESC}]", id="key"),
        pytest.param("[{subtitle: ASC}]", id="nulls last"),
        pytest.param("[{subtitle: DESC}]", id="nulls first"),
        pytest.param("[{editorId: ASC_NULLS_FIRST}, {isDraft: DESC}]", id="ties"),
        pytest.param("[{title: ASC}, {subtitle: DESC_NULLS_LAST}, {rowId: DESC}]", id="mixed"),
        pytest.param("[{price: DESC_NULLS_LAST}]", id="decimals"),
        pytest.param("[{state: ASC}]", id="enum"),
        pytest.param("[{audience: DESC}]", id="labels"),
        pytest.param("[{author: {penName: DESC}}]", id="to-one"),
        pytest.param("[{editor: {rank: ASC}}]", id="nullable to-one"),
        pytest.param("[{cover: {artist: DESC}}]", id="one to one"),
        pytest.param("[{tagsAggregate: {count: DESC}}]", id="count"),
        pytest.param("[{category: {code: ASC}}]", id="quotes and emptiness"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 4])
async def test_walk(api: Api, order: str, size: int):
    """A walk meets every row once, forwards and backwards."""
    data = await api.data(f"{{ books(orderBy: {order}) {{ nodes {{ rowId }} }} }}", count=1)
    everything = [row["rowId"] for row in data["books"]["nodes"]]

    forwards = await _walk(api, order, f"first: {size}, after: $c", "hasNextPage", "endCursor")
    backwards = await _walk(
        api, order, f"last: {size}, before: $c", "hasPreviousPage", "startCursor"
    )

    assert [row for page in forwards for row in page] == everything
    assert [row for page in reversed(backwards) for row in page] == everything


async def _walk(api: Api, order: str, page: str, fact: str, cursor: str) -> list[list[int]]:
    pages: list[list[int]] = []
    place, has_more = None, True
    while has_more and len(pages) < 10:
        data = await api.data(
            f"query($c: String) {{ books(orderBy: {order}, {page})"
            f" {{ nodes {{ rowId }} pageInfo {{ {fact} {cursor} }} }} }}",
            c=place,
            count=1,
        )
        pages.append([row["rowId"] for row in data["books"]["nodes"]])
        place, has_more = data["books"]["pageInfo"][cursor], data["books"]["pageInfo"][fact]
    return pages


@pytest.mark.parametrize(
    ("field", "order", "key"),
    [
        ("categories", "", "code"),
        ("chapters", "(orderBy: [{heading: DESC}])", "bookId number"),
        ("loans", "", "bookId readerId"),
        ("loans", "(orderBy: [{lentOn: DESC}])", "lentOn"),
        ("readers", "", "rowId"),
        (
            "samples",
            "(orderBy: [{moment: ASC}, {exact: ASC}, {span: DESC}, {content: ASC}])",
            "rowId",
        ),
        ("samples", "(orderBy: [{localMoment: DESC}, {clock: ASC}, {ratio: ASC}])", "rowId"),
        ("samples", "(orderBy: [{token: DESC}, {day: ASC}, {flag: ASC}, {note: ASC}])", "rowId"),
    ],
)
async def test_cursors_of_each_kind(api: Api, field: str, order: str, key: str):
    """The cursor of each row leads to the next, whatever its key."""
    data = await api.data(
        f"{{ {field}{order} {{ edges {{ cursor node {{ {key} }} }} }} }}", count=1
    )
    edges = data[field]["edges"]
    rest = order[1:-1] + ", " if order else ""

    for at, edge in enumerate(edges):
        after = await api.data(
            f"query($c: String) {{ {field}({rest}after: $c) {{ nodes {{ {key} }} }} }}",
            c=edge["cursor"],
            count=1,
        )
        assert after[field]["nodes"] == [each["node"] for each in edges[at + 1 :]]


async def test_edges(api: Api):
    """The cursors of the page are those of its first and last edge."""
    data = await api.data(
        "{ books(first: 2, offset: 1) { edges { cursor node { rowId } }"
        " pageInfo { startCursor endCursor } } }",
        count=1,
    )

    first, last = data["books"]["edges"]
    assert (first["node"]["rowId"], last["node"]["rowId"]) == (2, 3)
    assert data["books"]["pageInfo"] == {
        "startCursor": first["cursor"],
        "endCursor": last["cursor"],
    }


async def test_empty_page(api: Api):
    """An empty page has no cursors."""
    data = await api.data(
        "{ books(first: 0) { edges { cursor } pageInfo { startCursor endCursor } } }", count=1
    )

    empty = {"startCursor": None, "endCursor": None}
    assert data["books"] == {"edges": [], "pageInfo": empty}


async def test_count_alone(api: Api):
    """A count is one statement, and no rows are read for it."""
    answer = await api.run("{ books(first: 1) { totalCount } }")

    assert answer.data == {"books": {"totalCount": 6}}
    (statement,) = answer.statements
    assert "count(*)" in statement


async def test_nothing_but_typename(api: Api):
    """The type's name alone costs no statement."""
    data = await api.data("{ books { __typename } }", count=0)

    assert data == {"books": {"__typename": "BookConnection"}}


async def test_default_size(api: Api):
    """A list that asks for no size has the default one."""
    small = api.of(config=gql.ApiConfig(default_page_size=2, max_page_size=4))

    assert await _page(small, "", count=1) == ([1, 2], ">")
    assert await _page(small, "first: 4", count=1) == ([1, 2, 3, 4], ">")


@pytest.mark.parametrize(
    ("arguments", "message", "path"),
    [
        (
            "first: 1, last: 1",
            "books has both first and last: pass one of them.",
            "books",
        ),
        ("offset: 1, last: 1", "books has both offset and last: pass one of them.", "books"),
        ('offset: 1, after: "x"', "books has both offset and after: pass one of them.", "books"),
        ('offset: 1, before: "x"', "books has both offset and before: pass one of them.", "books"),
        ("first: -1", "books.first is -1: pass 0 or more.", "books.first"),
        ("last: -5", "books.last is -5: pass 0 or more.", "books.last"),
        ("offset: -1", "books.offset is -1: pass 0 or more.", "books.offset"),
        ("first: 101", "books.first is 101: ask for at most 100 rows.", "books.first"),
        ("last: 2147483647", "books.last is 2147483647: ask for at most 100 rows.", "books.last"),
        (
            'after: "x"',
            '"after" is no cursor of this API: pass "endCursor" or an edge\'s "cursor".',
            "after",
        ),
        (
            'before: ""',
            '"before" is no cursor of this API: pass "endCursor" or an edge\'s "cursor".',
            "before",
        ),
    ],
)
async def test_refusals(offline: Api, arguments: str, message: str, path: str):
    """Arguments that cannot be met are refused before any statement."""
    refusal = await offline.refusal(f"{{ books({arguments}) {{ nodes {{ rowId }} }} }}")

    assert refusal == ("BAD_USER_INPUT", message, path)


async def test_nested_refusal(offline: Api):
    """The path of a nested list begins at the root."""
    refusal = await offline.refusal(
        "{ a: authors { nodes { b: written(first: 1000) { totalCount } } } }"
    )

    assert refusal == (
        "BAD_USER_INPUT",
        "a.nodes.b.first is 1000: ask for at most 100 rows.",
        "a.nodes.b.first",
    )


async def test_cursor_of_another_order(api: Api):
    """A cursor is good for its own order only."""
    cursors = await _cursors(api, "(orderBy: [{title: ASC}])")

    refusal = await api.refusal(
        "query($c: String) { books(after: $c) { nodes { rowId } } }", c=cursors[1]
    )

    assert refusal == (
        "BAD_USER_INPUT",
        (
            'The cursor in "after" belongs to another list or another "orderBy": '
            "pass the same order, or start from the first page."
        ),
        "after",
    )


def test_keyless_arguments(offline: Api):
    """A list without a key has neither cursors nor edges."""
    schema = offline.schema.graphql_schema
    shelves: Any = schema.query_type
    connection: Any = schema.type_map["ShelfConnection"]

    assert sorted(shelves.fields["shelves"].args) == ["first", "offset", "orderBy", "where"]
    assert sorted(connection.fields) == ["aggregate", "groups", "nodes", "pageInfo", "totalCount"]


async def test_cursor_of_a_missing_count(api: Api):
    """A row without the relative whose rows are counted has a place in the order."""
    order = "orderBy: [{editor: {editedAggregate: {count: ASC}}}, {rowId: DESC}]"
    first = await api.data(
        f"{{ books({order}, first: 5) {{ pageInfo {{ endCursor }} }} }}", count=1
    )
    cursor = first["books"]["pageInfo"]["endCursor"]

    rest = f'{{ books({order}, after: "{cursor}") {{ nodes {{ rowId }} }} }}'
    data = await api.data(rest, count=1)

    assert [row["rowId"] for row in data["books"]["nodes"]] == [3]
