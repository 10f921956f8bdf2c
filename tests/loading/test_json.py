"""One statement answers as the executor does."""

import pytest

import gql_api as gql
from tests.fixtures.json_path import check_paths
from tests.fixtures.schema import Api

ROOTS = {
    "columns": "{ books { nodes { rowId title subtitle isDraft authorId } } }",
    "aliases": "{ all: books { rows: nodes { a: title b: title } } }",
    "names of types": "{ books { __typename nodes { __typename title author { __typename } } } }",
    "ids": "{ books { nodes { id author { id } } } }",
    "ids of composite keys": "{ chapters { nodes { id heading } } }",
    "ids of texts": "{ categories { nodes { id code parent { id code } } } }",
    "ids of mixed keys": "{ loans { nodes { id lentOn reader { id name } } } }",
    "no rows": '{ books(where: {title: {eq: "none"}}) { nodes { title } } }',
    "no fields of rows": "{ books { __typename } }",
    "a page": "{ books(first: 2, offset: 1) { nodes { title author { penName } } } }",
    "an empty page": "{ books(first: 0) { nodes { title } } }",
    "columns behind an offset": "{ books(first: 2, offset: 3) { nodes { title rowId } } }",
    "the last page": "{ books(last: 2) { nodes { title author { penName } } } }",
    "an order": "{ books(orderBy: [{price: DESC}, {title: ASC}]) { nodes { title price } } }",
    "an order by relatives": """
        { books(orderBy: [{author: {penName: DESC}}, {tagsAggregate: {count: ASC}}]) {
            nodes { title } } }
    """,
    "a filter": '{ books(where: {author: {penName: {eq: "Ann"}}}) { nodes { title } } }',
    "to one": "{ books { nodes { title author { penName } editor { penName email } } } }",
    "to one behind a key": "{ authors { nodes { penName } } }",
    "one to one": "{ books { nodes { title cover { artist book { title } } } } }",
    "any of many": "{ books { nodes { rowId namesake { rowId title } } } }",
    "to many": "{ authors { nodes { penName written { nodes { title } } } } }",
    "to many with pages": """
        { authors(first: 3, offset: 1) { nodes { penName
            written(first: 1, offset: 1, orderBy: [{title: DESC}]) { nodes { title cover { artist } } }
        } } }
    """,
    "to many from the end": "{ authors { nodes { written(last: 1) { nodes { rowId title } } } } }",
    "through a table": "{ books { nodes { title tags { nodes { label books { nodes { id } } } } } } }",
    "of composite keys": "{ chapters { nodes { footnotes { nodes { body chapter { pages } } } } } }",
    "of itself": "{ categories { nodes { code parent { parent { code } } children { nodes { code } } } } }",
    "twice": """
        { authors { nodes {
            a: written(first: 1) { nodes { title } }
            b: written(where: {price: {isNull: false}}) { nodes { title price } }
        } } }
    """,
    "every kind": """
        { samples { nodes { id rowId big exact ratio day clock moment localMoment span token
            document content flag note state } } }
    """,
    "names of derived tables": "{ books { nodes { anon_1: title row_1: rowId page: authorId } } }",
}


@pytest.mark.parametrize("text", ROOTS.values(), ids=ROOTS)
async def test_open(api: Api, text: str):
    """Every shape of a list has one text."""
    await check_paths(api, text)


@pytest.mark.parametrize("text", ROOTS.values(), ids=ROOTS)
@pytest.mark.parametrize("subject", [gql.ANONYMOUS, gql.Subject(user_id=1)], ids=["nobody", "ann"])
async def test_guarded(guarded: Api, text: str, subject: gql.Subject):
    """Rows outside of a policy are nowhere in the text."""
    await check_paths(guarded, text, subject=subject)
