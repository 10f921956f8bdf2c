"""One statement answers as the executor does."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

import gql_api as gql
from gql_api.errors import NoPlainFormError
from gql_api.loading.json import json_refusal
from tests.fixtures import models
from tests.fixtures.json_path import check_paths, load_text, plan_of
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
    "edges": "{ books { edges { __typename cursor node { title author { penName } } } } }",
    "cursors alone": "{ books { edges { cursor } } }",
    "edges from the end": "{ books(last: 2) { edges { node { rowId } at: cursor } } }",
    "edges of a page": "{ books(first: 2, offset: 2) { edges { a: node { id } b: node { title } } } }",
    "cursors of an order": """
        { books(orderBy: [{state: DESC}, {author: {email: ASC}}, {tagsAggregate: {count: DESC}}]) {
            edges { cursor } } }
    """,
    "cursors of decimals": "{ books(orderBy: [{price: ASC}, {subtitle: DESC}]) { edges { cursor } } }",
    "cursors of composite keys": "{ chapters { edges { cursor } } }",
    "cursors of every kind": """
        { samples(orderBy: [{big: ASC}, {exact: ASC}, {ratio: ASC}, {day: ASC}, {clock: ASC},
            {moment: ASC}, {localMoment: ASC}, {span: ASC}, {token: ASC}, {content: ASC},
            {flag: ASC}, {note: ASC}, {state: ASC}]) { edges { cursor } } }
    """,
    "facts": """
        { books(first: 2) { nodes { title } pageInfo {
            __typename hasNextPage hasPreviousPage startCursor endCursor } } }
    """,
    "facts of the end": """
        { books(last: 2) { edges { node { title } } pageInfo {
            hasNextPage hasPreviousPage startCursor endCursor } } }
    """,
    "facts alone": "{ books(first: 6) { pageInfo { hasNextPage hasPreviousPage endCursor } } }",
    "facts of no rows": """
        { books(where: {rowId: {lt: 0}}) { pageInfo {
            hasNextPage hasPreviousPage startCursor endCursor } } }
    """,
    "facts of nothing asked for": """
        { books(first: 0) { pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }
    """,
    "facts behind an offset": """
        { books(first: 2, offset: 3) { nodes { id } pageInfo { hasNextPage hasPreviousPage } } }
    """,
    "facts behind all rows": "{ books(offset: 9) { pageInfo { hasNextPage hasPreviousPage } } }",
    "facts behind no rows": """
        { books(offset: 9, where: {rowId: {lt: 0}}) { pageInfo { hasPreviousPage } } }
    """,
    "type of facts": "{ books { pageInfo { __typename } } }",
    "facts of a table without a key": """
        { shelves(first: 1) { nodes { room } pageInfo { hasNextPage startCursor endCursor } } }
    """,
    "everything of a page": """
        { books(last: 3) { nodes { title } again: nodes { id } edges { cursor node { rowId } }
            pageInfo { hasPreviousPage startCursor } totalCount } }
    """,
    "a count": "{ books(first: 1) { totalCount } }",
    "a count beside rows": "{ books(first: 1) { totalCount nodes { title } } }",
    "a filtered count": "{ books(where: {isDraft: {eq: false}}) { totalCount } }",
    "aggregates": """
        { books { aggregate { __typename count
            sum { rowId price } avg { price __typename } min { title price } max { rowId }
            stddev { rowId } countDistinct { state subtitle } } } }
    """,
    "aggregates beside rows": """
        { books { totalCount a: aggregate { count } nodes { title }
            b: aggregate { count max { price } } pageInfo { hasNextPage } } }
    """,
    "aggregates of no rows": """
        { books(where: {rowId: {lt: 0}}) { totalCount aggregate { count sum { rowId } } } }
    """,
    "aggregates of every kind": """
        { samples { aggregate { min { big exact ratio day clock moment localMoment span note }
            max { big exact ratio day clock moment localMoment span note }
            sum { big exact ratio } avg { big exact ratio } } } }
    """,
    "pages of relatives": """
        { authors { nodes { penName written(first: 1) {
            totalCount edges { cursor node { title tags { totalCount } } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            aggregate { count max { rowId } } } } } }
    """,
    "offsets of relatives": """
        { authors { nodes { written(offset: 1) { pageInfo { hasPreviousPage } } } } }
    """,
    "every kind": """
        { samples { nodes { id rowId big exact ratio day clock moment localMoment span token
            document content flag note state } } }
    """,
    "groups": """
        { books { groups(by: [{field: STATE}]) { __typename key { __typename state authorId }
            aggregate { count sum { rowId price } max { title } } } } }
    """,
    "groups of two keys": """
        { books { groups(by: [{field: AUTHOR_ID}, {field: IS_DRAFT}], orderBy: [{count: DESC}],
            having: {count: {gte: 1}}, first: 2) { key { authorId isDraft } } } }
    """,
    "rows of groups": """
        { books(orderBy: [{title: DESC}]) { nodes { id } groups(by: [{field: AUTHOR_ID}]) {
            key { authorId } few: nodes(first: 1) { title __typename } nodes(first: 2) { id } } } }
    """,
    "groups of relatives": """
        { authors { nodes { penName written { groups(by: [{field: STATE}]) {
            key { state } aggregate { count } nodes(first: 1) { title } } } } } }
    """,
    "groups of moments": """
        { samples { groups(by: [{field: MOMENT, bucket: MONTH, timeZone: "Europe/Paris"}]) {
            key { moment } aggregate { count avg { ratio } } } } }
    """,
    "values in documents": """
        { samples { nodes { rowId a: document(path: ["a"]) b: document(path: ["a", "2"])
            c: document(path: ["a", "9"]) d: document(path: ["a", "x"]) e: document(path: []) } } }
    """,
    "a row": "{ bookBy(key: {rowId: 2}) { id title author { penName } tags { nodes { label } } } }",
    "no row": "{ bookBy(key: {rowId: 99}) { title } }",
    "a row by two columns": """
        { chapterBy(key: {bookIdNumber: {bookId: 1, number: 2}}) { heading footnotes { totalCount } } }
    """,
    "names of derived tables": "{ books { nodes { anon_1: title row_1: rowId page: authorId } } }",
}


@pytest.mark.parametrize("text", ROOTS.values(), ids=ROOTS)
async def test_open(api: Api, text: str):
    """Every shape of a list has one text."""
    await check_paths(api, text)


async def test_row_by_id(api: Api):
    """A row is found by its global id."""
    data = await api.run("{ bookBy(key: {rowId: 2}) { id } }")

    found = await check_paths(
        api, "query ($id: ID!) { book(id: $id) { id title } }", id=data.data["bookBy"]["id"]
    )

    assert found["title"] == "1000 wool"


@gql.type(models.Book, all_fields=True)
class _Authored:
    """Books whose author cannot be null."""

    author: Any = gql.field(non_null=True)


@pytest.mark.parametrize("step", ["-1", "+1", " 1", "1234567890"])
async def test_index_of_postgresql(api: Api, step: str):
    """A step that PostgreSQL alone takes for an index is followed in Python."""
    if api.database.dialect.name != "postgresql":
        pytest.skip("PostgreSQL alone writes JSON.")
    text = "query ($path: [String!]) { samples { nodes { document(path: $path) } } }"
    planned = await plan_of(api, text, gql.ANONYMOUS, path=["a", step])

    with pytest.raises(NoPlainFormError):
        await load_text(api, planned)


class _Base(orm.DeclarativeBase):
    """Models of a table that is not what they say."""


class _Event(_Base):
    """Bytes that the table holds as numbers."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)


async def test_other_types(make_postgres_database: Callable[[], str]):
    """Columns of other types than the models say are read as rows from then on."""
    database = gql.open_database(make_postgres_database())
    async with database.write_engine.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE event (id integer, content integer)")
    api = Api(database, gql.build_schema(_Base, dialect="postgresql"))
    planned = await plan_of(api, "{ events { nodes { content } } }", gql.ANONYMOUS)

    for _ in range(2):
        with pytest.raises(NoPlainFormError) as raised:
            await load_text(api, planned)
        assert "other types" in str(raised.value)
    assert "other types" in str(json_refusal(planned[0], api.schema.compilation(gql.ANONYMOUS)))
    await database.dispose()


async def test_hidden_but_required(api: Api):
    """A row that must be there, and is hidden, has no form: the executor makes the error."""
    if api.database.dialect.name != "postgresql":
        pytest.skip("PostgreSQL alone writes JSON.")
    guarded = api.of(types=[_Authored], policies=models.POLICIES)
    text = "{ books(where: {rowId: {eq: %d}}) { nodes { title author { penName } } } }"

    await check_paths(guarded, text % 1)
    planned = await plan_of(guarded, text % 5, gql.ANONYMOUS)
    with pytest.raises(NoPlainFormError):
        await load_text(guarded, planned)


@pytest.mark.parametrize("page", ["first: 2, after", "last: 2, before"])
async def test_pages_between_cursors(api: Api, page: str):
    """A page between cursors knows what is on both of its sides."""
    data = await api.run("{ authors(first: 3) { pageInfo { endCursor } } }")
    cursor = data.data["authors"]["pageInfo"]["endCursor"]
    text = f"""
        query ($cursor: String) {{ authors({page}: $cursor) {{
            edges {{ cursor node {{ penName }} }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}
    """

    await check_paths(api, text, cursor=cursor)


async def test_pages_on_both_sides(api: Api):
    """A forward page before a cursor, and a backward one after it, ask for the side as well."""
    data = await api.run("{ authors(first: 3) { pageInfo { endCursor } } }")
    cursor = data.data["authors"]["pageInfo"]["endCursor"]
    text = """
        query ($cursor: String, $size: Int) { authors(%s: $cursor, %s: $size) {
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }
    """

    for arguments in (("before", "first"), ("after", "last")):
        for size in (0, 1, 2, 5):
            await check_paths(api, text % arguments, cursor=cursor, size=size)


@pytest.mark.parametrize("text", ROOTS.values(), ids=ROOTS)
@pytest.mark.parametrize("subject", [gql.ANONYMOUS, gql.Subject(user_id=1)], ids=["nobody", "ann"])
async def test_guarded(guarded: Api, text: str, subject: gql.Subject):
    """Rows outside of a policy are nowhere in the text."""
    await check_paths(guarded, text, subject=subject)
