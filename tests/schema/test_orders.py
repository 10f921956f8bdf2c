"""What orders mean, on every database."""

from typing import Any

import pytest

from tests.fixtures.schema import Api


@pytest.mark.parametrize(
    ("order", "found"),
    [
        pytest.param("[]", [1, 2, 3, 4, 5], id="none"),
        pytest.param("[{rowId: DESC}]", [5, 4, 3, 2, 1], id="key"),
        pytest.param("[{rank: ASC}]", [4, 1, 3, 2, 5], id="ASC"),
        pytest.param("[{rank: DESC}]", [2, 5, 1, 3, 4], id="DESC"),
        pytest.param("[{rank: ASC_NULLS_FIRST}]", [2, 5, 4, 1, 3], id="ASC_NULLS_FIRST"),
        pytest.param("[{rank: ASC_NULLS_LAST}]", [4, 1, 3, 2, 5], id="ASC_NULLS_LAST"),
        pytest.param("[{rank: DESC_NULLS_FIRST}]", [2, 5, 1, 3, 4], id="DESC_NULLS_FIRST"),
        pytest.param("[{rank: DESC_NULLS_LAST}]", [1, 3, 4, 2, 5], id="DESC_NULLS_LAST"),
        pytest.param("[{rank: ASC}, {rowId: DESC}]", [4, 3, 1, 5, 2], id="ties by key"),
        pytest.param("[{rank: ASC}, {penName: DESC}]", [4, 3, 1, 5, 2], id="ties by another"),
        pytest.param("[{rank: ASC}, {rank: DESC}]", [4, 1, 3, 2, 5], id="one column twice"),
        pytest.param("[{isRetired: DESC}]", [3, 1, 2, 4, 5], id="boolean"),
        pytest.param("[{writtenAggregate: {count: DESC}}]", [1, 2, 3, 4, 5], id="count"),
        pytest.param(
            "[{editedAggregate: {count: ASC}}, {penName: DESC}]",
            [5, 4, 3, 2, 1],
            id="count ascending",
        ),
    ],
)
async def test_authors(api: Api, order: str, found: list[int]):
    """Nulls stand where the direction says, and the primary key breaks ties."""
    data = await api.data(f"{{ authors(orderBy: {order}) {{ nodes {{ rowId }} }} }}", count=1)

    assert [row["rowId"] for row in data["authors"]["nodes"]] == found


@pytest.mark.parametrize(
    ("order", "found"),
    [
        pytest.param("[{author: {penName: DESC}}]", [6, 5, 4, 1, 2, 3], id="to-one"),
        pytest.param("[{editor: {penName: ASC}}]", [4, 5, 1, 2, 3, 6], id="missing relative"),
        pytest.param("[{editor: {rank: DESC}}]", [1, 3, 6, 2, 4, 5], id="missing and NULL alike"),
        pytest.param("[{cover: {artist: ASC}}]", [3, 1, 2, 4, 5, 6], id="one to one"),
        pytest.param("[{namesake: {rowId: DESC_NULLS_LAST}}]", [3, 6, 1, 2, 4, 5], id="custom"),
        pytest.param(
            "[{category: {parent: {code: DESC_NULLS_LAST}}}]", [2, 4, 1, 3, 5, 6], id="two steps"
        ),
        pytest.param(
            "[{tagsAggregate: {count: DESC}}]", [1, 2, 3, 4, 5, 6], id="many-to-many count"
        ),
        pytest.param(
            "[{longChaptersAggregate: {count: DESC}}, {rowId: DESC}]",
            [1, 2, 6, 5, 4, 3],
            id="custom count",
        ),
        pytest.param(
            "[{author: {writtenAggregate: {count: ASC}}}]",
            [4, 5, 6, 1, 2, 3],
            id="relative's count",
        ),
        pytest.param(
            "[{editor: {editedAggregate: {count: ASC}}}, {rowId: DESC}]",
            [2, 1, 5, 4, 6, 3],
            id="count of a missing relative",
        ),
        pytest.param("[{price: ASC}]", [4, 1, 2, 5, 3, 6], id="exact decimals"),
    ],
)
async def test_books(api: Api, order: str, found: list[int]):
    """Relatives sort rows without multiplying them."""
    data = await api.data(f"{{ books(orderBy: {order}) {{ nodes {{ rowId }} }} }}", count=1)

    assert [row["rowId"] for row in data["books"]["nodes"]] == found


async def test_composite_key(api: Api):
    """Every column of a composite key breaks ties."""
    data = await api.data(
        "{ chapters(orderBy: [{heading: DESC}]) { nodes { bookId number } } }", count=1
    )

    assert [tuple(row.values()) for row in data["chapters"]["nodes"]] == [
        (1, 2),
        (2, 2),
        (4, 1),
        (1, 3),
        (1, 1),
        (2, 1),
    ]


async def test_variable(api: Api):
    """An order can be a variable."""
    data = await api.data(
        "query($o: [AuthorOrder!]) { authors(orderBy: $o, first: 1) { nodes { rowId } } }",
        o=[{"rank": "DESC_NULLS_LAST"}, {"rowId": "DESC"}],
        count=1,
    )

    assert data["authors"]["nodes"] == [{"rowId": 3}]


async def test_json_is_no_order(offline: Api):
    """Values without an order are no keys of one."""
    fields: Any = offline.schema.graphql_schema.type_map["SampleOrder"]

    assert "document" not in fields.fields
    assert {"exact", "state", "flag", "content"} <= set(fields.fields)


@pytest.mark.parametrize(
    "order",
    [
        "[{penName: null}]",
        "[{penName: ASC, rank: ASC}]",
        "[{}]",
        "[{written: ASC}]",
        "[{secret: ASC}]",
    ],
)
async def test_refused(offline: Api, order: str):
    """Each item has exactly one key, and no hidden column."""
    code, *_ = await offline.refusal(f"{{ authors(orderBy: {order}) {{ totalCount }} }}")

    assert code == "GRAPHQL_VALIDATION_FAILED"
