"""Rows become data for the wire as the executor answers."""

import pytest

import gql_api as gql
from tests.fixtures.json_path import check_wire, load_planned_wire, plan_of
from tests.fixtures.schema import Api
from tests.loading.test_json import ROOTS

MORE = {
    "no types": "{ books { __typename nodes @skip(if: true) { id } } }",
    "groups": """
        { books { groups(by: [{field: STATE}, {field: IS_DRAFT}], orderBy: [{count: DESC}]) {
            __typename key { __typename state isDraft title }
            aggregate { count max { price } countDistinct { subtitle } }
            nodes(first: 2) { id title author { penName } }
            again: nodes(first: 1) { title } } } }
    """,
    "groups of relatives": """
        { authors { nodes { written { groups(by: [{field: CATEGORY_CODE}]) {
            key { categoryCode } nodes { title tags { totalCount } } } } } } }
    """,
    "groups without rows": "{ books { groups(by: [{field: STATE}]) { key { state } } } }",
    "no groups": """
        { books(where: {rowId: {lt: 0}}) { groups(by: [{field: STATE}]) {
            key { state } aggregate { count } nodes { title } } } }
    """,
    "documents": """
        { samples { nodes { document first: document(path: ["a", "0"]) none: document(path: ["b"]) } } }
    """,
}


@pytest.mark.parametrize("text", (ROOTS | MORE).values(), ids=ROOTS | MORE)
async def test_open(api: Api, text: str):
    """Every shape of a list is assembled alike."""
    await check_wire(api, text)


@pytest.mark.parametrize("text", (ROOTS | MORE).values(), ids=ROOTS | MORE)
async def test_guarded(guarded: Api, text: str):
    """Rows outside of a policy are nowhere in the data."""
    await check_wire(guarded, text, subject=gql.Subject(user_id=1))


async def test_warm_statements(api: Api):
    """A known plan is loaded with one statement per level, and again with as many."""
    planned = await plan_of(
        api,
        "{ authors { nodes { written { nodes { title author { penName } } } } } }",
        gql.ANONYMOUS,
    )

    for _ in range(2):
        with api.statements() as sent:
            await load_planned_wire(api, planned)
        assert len(sent) == 3


async def test_order_of_fields(api: Api):
    """Fields stand in the order of the selection."""
    planned = await plan_of(
        api,
        "{ books { totalCount nodes { title author { penName } id } __typename } }",
        gql.ANONYMOUS,
    )

    data = await load_planned_wire(api, planned)

    assert list(data) == ["totalCount", "nodes", "__typename"]
    assert list(data["nodes"][0]) == ["title", "author", "id"]
