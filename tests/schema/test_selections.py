"""Selection sets: aliases, fragments, directives and nesting."""

from typing import Any

import pytest

from tests.fixtures.schema import BY_ROWS, Api


async def test_one_statement_per_level(api: Api):
    """A deep selection costs one statement per relationship, whatever the number of rows."""
    data = await api.data(
        """{ authors(orderBy: [{penName: ASC}]) { nodes { penName written { nodes { title
          category { code parent { code } } tags(orderBy: [{label: DESC}]) { nodes { label } }
          chapters { nodes { number footnotes { nodes { body chapter { pages } } } } } } } } } }""",
        count=8,
    )

    ann, bob, *_, eve = data["authors"]["nodes"]
    first, second, third = ann["written"]["nodes"]
    assert first == {
        "title": "100% wool",
        "category": {"code": "", "parent": None},
        "tags": {"nodes": [{"label": "old"}, {"label": "new"}]},
        "chapters": {
            "nodes": [
                {
                    "number": 1,
                    "footnotes": {
                        "nodes": [
                            {"body": "a", "chapter": {"pages": 5}},
                            {"body": "b", "chapter": {"pages": 5}},
                        ]
                    },
                },
                {
                    "number": 2,
                    "footnotes": {"nodes": [{"body": "c", "chapter": {"pages": 15}}]},
                },
                {"number": 3, "footnotes": {"nodes": []}},
            ]
        },
    }
    assert second["category"] == {"code": "leaf", "parent": {"code": "o'b\"r"}}
    assert third["category"] is None
    assert bob["written"]["nodes"][0]["chapters"]["nodes"] == [
        {"number": 1, "footnotes": {"nodes": []}}
    ]
    assert eve["written"]["nodes"] == []


async def test_aliases(api: Api):
    """One relationship under several names has its own arguments under each."""
    data = await api.data(
        """{ books(first: 2) { nodes {
          a: chapters(first: 1) { nodes { number } }
          b: chapters(last: 1) { n: nodes { x: number } }
          c: chapters(where: {heading: {isNull: true}}) { totalCount }
          t: title u: title
        } } }""",
        count=4,
    )

    assert data["books"]["nodes"] == [
        {
            "a": {"nodes": [{"number": 1}]},
            "b": {"n": [{"x": 3}]},
            "c": {"totalCount": 1},
            "t": "100% wool",
            "u": "100% wool",
        },
        {
            "a": {"nodes": [{"number": 1}]},
            "b": {"n": [{"x": 2}]},
            "c": {"totalCount": 1},
            "t": "1000 wool",
            "u": "1000 wool",
        },
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param("first: 2", {1: [1, 2], 2: [4], 3: [5], 4: [6], 5: []}, id="first"),
        pytest.param("last: 2", {1: [2, 3], 2: [4], 3: [5], 4: [6], 5: []}, id="last"),
        pytest.param("first: 1, offset: 1", {1: [2], 2: [], 3: [], 4: [], 5: []}, id="offset"),
        pytest.param("first: 0", {1: [], 2: [], 3: [], 4: [], 5: []}, id="nothing"),
        pytest.param(
            "first: 1, orderBy: [{subtitle: DESC}]",
            {1: [3], 2: [4], 3: [5], 4: [6], 5: []},
            id="order",
        ),
        pytest.param(
            "first: 1, where: {tags: {none: {}}}",
            {1: [], 2: [], 3: [5], 4: [6], 5: []},
            id="filter",
        ),
    ],
)
async def test_page_per_parent(api: Api, arguments: str, expected: dict[int, list[int]]):
    """A page is cut for each parent, with one statement."""
    data = await api.data(
        f"{{ authors {{ nodes {{ rowId written({arguments}) {{ nodes {{ rowId }} }} }} }} }}",
        count=2,
    )

    found = {
        author["rowId"]: [book["rowId"] for book in author["written"]["nodes"]]
        for author in data["authors"]["nodes"]
    }
    assert found == expected


async def test_facts_per_parent(api: Api):
    """Counts and page facts are each parent's own."""
    data = await api.data(
        """{ authors { nodes { written(first: 1, offset: 1) { totalCount
          pageInfo { hasNextPage hasPreviousPage startCursor } nodes { rowId } } } } }""",
        count=4,
    )

    found = [
        (
            each["written"]["totalCount"],
            [row["rowId"] for row in each["written"]["nodes"]],
            each["written"]["pageInfo"]["hasPreviousPage"],
            each["written"]["pageInfo"]["hasNextPage"],
            each["written"]["pageInfo"]["startCursor"] is not None,
        )
        for each in data["authors"]["nodes"]
    ]
    assert found == [
        (3, [2], True, True, True),
        (1, [], True, False, False),
        (1, [], True, False, False),
        (1, [], True, False, False),
        (0, [], False, False, False),
    ]


async def test_cursor_per_parent(api: Api):
    """A cursor within one parent's list continues it, and is a place in the others' too."""
    first = await api.data(
        "{ authorBy(key: {rowId: 1}) { written(first: 1) { edges { cursor } } } }", count=2
    )
    cursor = first["authorBy"]["written"]["edges"][0]["cursor"]

    data = await api.data(
        """query($c: String) { authors(first: 2) { nodes { written(first: 1, after: $c) {
          nodes { rowId } pageInfo { hasNextPage hasPreviousPage } } } } }""",
        c=cursor,
        count=3,
    )

    assert data["authors"]["nodes"] == [
        {
            "written": {
                "nodes": [{"rowId": 2}],
                "pageInfo": {"hasNextPage": True, "hasPreviousPage": True},
            }
        },
        {
            "written": {
                "nodes": [{"rowId": 4}],
                "pageInfo": {"hasNextPage": False, "hasPreviousPage": False},
            }
        },
    ]


async def test_both_sides_per_parent(api: Api):
    """Rows of a many-to-many relationship keep their parents apart."""
    data = await api.data(
        """{ tags { nodes { label books(last: 2) { totalCount nodes { rowId
          author { penName } editor { penName } } pageInfo { hasPreviousPage } } } } }""",
        count=5,
    )

    ann, bob = {"penName": "Ann"}, {"penName": "Bob"}
    assert data["tags"]["nodes"] == [
        {
            "label": "new",
            "books": {
                "totalCount": 3,
                "nodes": [
                    {"rowId": 2, "author": ann, "editor": {"penName": "Cyd"}},
                    {"rowId": 3, "author": ann, "editor": None},
                ],
                "pageInfo": {"hasPreviousPage": True},
            },
        },
        {
            "label": "old",
            "books": {
                "totalCount": 2,
                "nodes": [
                    {"rowId": 1, "author": ann, "editor": bob},
                    {"rowId": 4, "author": bob, "editor": ann},
                ],
                "pageInfo": {"hasPreviousPage": False},
            },
        },
        {
            "label": "unused",
            "books": {"totalCount": 0, "nodes": [], "pageInfo": {"hasPreviousPage": False}},
        },
    ]


async def test_custom_joins(api: Api):
    """Relationships with a condition of their own are loaded and paged alike."""
    data = await api.data(
        """{ books { nodes { rowId namesake { rowId } cover { artist book { rowId } }
          longChapters(first: 1, orderBy: [{pages: DESC}]) { totalCount nodes { pages } } } } }""",
        count=6,
    )

    found = {
        row["rowId"]: (
            row["namesake"] and row["namesake"]["rowId"],
            row["cover"] and (row["cover"]["artist"], row["cover"]["book"]["rowId"]),
            row["longChapters"]["totalCount"],
            [chapter["pages"] for chapter in row["longChapters"]["nodes"]],
        )
        for row in data["books"]["nodes"]
    }
    assert found == {
        1: (None, ("Zoe", 1), 2, [25]),
        2: (None, None, 1, [10]),
        3: (6, ("Yan", 3), 0, []),
        4: (None, (None, 4), 0, []),
        5: (None, None, 0, []),
        6: (3, None, 0, []),
    }


async def test_tree(api: Api):
    """A tree is read through itself, up and down."""
    data = await api.data(
        """{ categories { nodes { code parent { code } children(first: 1) { totalCount nodes {
          code children { nodes { code } } } } } } }""",
        count=5,
    )

    found = {row["code"]: row for row in data["categories"]["nodes"]}
    assert found[""]["parent"] is None
    assert found[""]["children"] == {
        "totalCount": 2,
        "nodes": [{"code": "o'b\"r", "children": {"nodes": [{"code": "leaf"}]}}],
    }
    assert found["leaf"]["parent"] == {"code": "o'b\"r"}
    assert found["x\\y"]["parent"] == {"code": ""}


async def test_no_parents(api: Api):
    """Without parents nothing is read of their relatives."""
    data = await api.data(
        "{ books(where: {or: []}) { nodes { author { penName } tags { totalCount } } } }", count=1
    )

    assert data == {"books": {"nodes": []}}


async def test_parents_without_key(api: Api):
    """A foreign key that is NULL, in part or as a whole, leads nowhere."""
    data = await api.data(
        "{ footnotes(where: {rowId: {gt: 3}}) { nodes { rowId chapter { pages } } } }", count=2
    )

    assert data["footnotes"]["nodes"] == [
        {"rowId": 4, "chapter": {"pages": 10}},
        {"rowId": 5, "chapter": None},
        {"rowId": 6, "chapter": None},
    ]


async def test_fragments(api: Api):
    """Fragments of each form merge into one selection."""
    data = await api.data(
        """query { books(first: 1) { ...Page } node: books(first: 1) { ... on BookConnection {
          nodes { ... { rowId } ...Names ... on Node { id } } nodes { author { rowId } } } } }
        fragment Page on BookConnection { totalCount nodes { ...Names author { penName } } }
        fragment Names on Book { title author { email } }""",
        count=5,
    )

    assert data["books"] == {
        "totalCount": 6,
        "nodes": [{"title": "100% wool", "author": {"email": "ann@x.org", "penName": "Ann"}}],
    }
    (row,) = data["node"]["nodes"]
    assert row.pop("id")
    author = {"email": "ann@x.org", "rowId": 1}
    assert row == {"rowId": 1, "title": "100% wool", "author": author}


@pytest.mark.parametrize(
    ("directives", "count", "keys"),
    [
        ({"s": True, "i": True}, 1, ["title"]),
        ({"s": False, "i": True}, 2, ["title", "tags"]),
        ({"s": False, "i": False}, 1, ["title"]),
    ],
)
async def test_directives(api: Api, directives: dict[str, bool], count: int, keys: list[str]):
    """What is skipped or not included costs nothing."""
    data = await api.data(
        """query($s: Boolean!, $i: Boolean!) { books(first: 1) { nodes { title
          tags @skip(if: $s) @include(if: $i) { nodes { label } } } } }""",
        count=count,
        **directives,
    )

    assert list(data["books"]["nodes"][0]) == keys


async def test_skipped_fragments(api: Api):
    """Directives apply to fragments too."""
    data = await api.data(
        """query($no: Boolean = false) { books(first: 1) { nodes { title
          ...Tags @include(if: $no) ... on Book @skip(if: true) { author { penName } } } } }
        fragment Tags on Book { tags { totalCount } }""",
        count=1,
    )

    assert data["books"]["nodes"] == [{"title": "100% wool"}]


async def test_type_names(api: Api):
    """Each object knows the name of its type."""
    data = await api.data(
        """{ __typename books(first: 1) { __typename edges { __typename node { t: __typename
          author { __typename } tags(first: 0) { __typename } } } pageInfo { __typename } } }""",
        count=2,
    )

    assert data == {
        "__typename": "Query",
        "books": {
            "__typename": "BookConnection",
            "edges": [
                {
                    "__typename": "BookEdge",
                    "node": {
                        "t": "Book",
                        "author": {"__typename": "Author"},
                        "tags": {"__typename": "TagConnection"},
                    },
                }
            ],
            "pageInfo": {"__typename": "PageInfo"},
        },
    }


async def test_variables(api: Api):
    """Arguments at every depth are variables, with their defaults."""
    text = """query($n: Int = 1, $w: TagFilter, $o: [TagOrder!]) { books(first: 2) { nodes {
      tags(first: $n, where: $w, orderBy: $o) { nodes { label } } } } }"""

    defaults = await api.data(text, count=2)
    given = await api.data(
        text, n=5, w={"label": {"startsWith": "o"}}, o=[{"label": "DESC"}], count=2
    )

    def labels(data: Any) -> list[list[str]]:
        return [[tag["label"] for tag in row["tags"]["nodes"]] for row in data["books"]["nodes"]]

    assert labels(defaults) == [["new"], ["new"]]
    assert labels(given) == [["old"], []]


async def test_only_needed_columns(api: Api):
    """A statement reads the selected columns, and those that relationships need."""
    api = api.of(config=BY_ROWS)
    answer = await api.run("{ books(first: 1) { nodes { title author { penName } } } }")

    books, authors = (statement.split(" FROM ")[0] for statement in answer.statements)
    assert "title" in books
    assert "author_id" in books
    assert "subtitle" not in books
    assert "price" not in books
    assert "email" not in authors


async def test_fragments_spread_twice(api: Api):
    """A fragment that is spread twice at each of many levels is entered once."""
    links = [f"fragment F{i} on Book {{ ...F{i + 1} ...F{i + 1} }}" for i in range(40)]
    text = f"{{ books(first: 1) {{ nodes {{ ...F0 }} }} }} {' '.join(links)}"

    data = await api.data(f"{text} fragment F40 on Book {{ __typename }}", count=1)

    assert data == {"books": {"nodes": [{"__typename": "Book"}]}}
