"""Plans of documents: made once, found again by what their arguments ask for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import gql_api as gql
from gql_api.plan.known import PlanCache
from gql_api.schema import plans
from gql_api.schema.selections import Planner
from tests.fixtures.schema import Api

LISTS = """query ($n: Int, $m: Int, $where: BookFilter, $order: [BookOrder!], $after: String) {
  books(first: $n, where: $where, orderBy: $order, after: $after) {
    nodes { title chapters(first: $m, where: {pages: {gt: 1}}) { nodes { number pages } } }
    pageInfo { endCursor }
  }
}"""


class Made:
    """Counts the plans that are made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        made = self

        class CountedPlanner(Planner):
            def __init__(self, *args: Any) -> None:
                made.count += 1
                super().__init__(*args)

        monkeypatch.setattr(plans, "Planner", CountedPlanner)

    @contextmanager
    def expect(self, count: int) -> Iterator[None]:
        """Expect a number of plans to be made."""
        before = self.count
        yield
        assert self.count - before == count


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    return Made(monkeypatch)


async def _same(api: Api, text: str, **variables: Any) -> Any:
    """Return the answer of a document that may be known; one that is not gives the same."""
    known = await api.run(text, **variables)
    new = await api.of().run(text, **variables)
    assert (known.data, list(map(str, known.errors))) == (new.data, list(map(str, new.errors)))
    return known.data


async def test_known_document_is_not_planned(api: Api, made: Made):
    """Whatever its variables hold, a plan is made once for each shape of them."""
    api = api.of()
    with made.expect(1):
        await api.data(LISTS, n=2, m=1, count=2)
    with made.expect(0):
        data = await api.data(LISTS, n=1, m=2, count=2)
    (book,) = data["books"]["nodes"]
    assert len(book["chapters"]["nodes"]) == 2

    with made.expect(1):
        await api.data(LISTS, where={"title": {"eq": "1000 wool"}}, count=2)
    with made.expect(0):
        data = await api.data(LISTS, where={"title": {"eq": "100% wool"}}, n=25, count=2)
    assert [each["title"] for each in data["books"]["nodes"]] == ["100% wool"]


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param([{"n": 1}, {"n": None}, {}], id="sizes"),
        pytest.param([{"m": 1}, {"n": 1, "m": 2}, {"m": None}], id="nested sizes"),
        pytest.param(
            [
                {"where": {"title": {"in": []}}},
                {"where": {"title": {"in": ["100% wool"]}}},
                {"where": {"title": {"in": ["100% wool", "1000 wool"]}}},
                {"where": {}},
                {"where": None},
                {"where": {"or": [{"title": {"eq": "100% wool"}}, {"title": {"isNull": True}}]}},
                {"where": {"or": [{"title": {"eq": "100% wool"}}]}},
            ],
            id="conditions",
        ),
        pytest.param(
            [
                {"order": [{"title": "ASC"}]},
                {"order": [{"title": "DESC"}]},
                {"order": [{"author": {"penName": "ASC"}}, {"title": "DESC"}], "n": 3},
                {"order": []},
            ],
            id="orders",
        ),
        pytest.param([{"n": -1}, {"n": 1}, {"n": 10**9}, {"n": 2}], id="refusals"),
    ],
)
async def test_variables_keep_their_meaning(api: Api, variables: list[dict[str, Any]]):
    """Values of variables, absent ones and nulls mean the same in a known document."""
    known = api.of()

    for each in [*variables, *reversed(variables)]:
        await _same(known, LISTS, **each)


async def test_cursors(api: Api, made: Made):
    """A page after a cursor is another plan than the first one, whatever the cursor."""
    api = api.of()
    first = await api.data(LISTS, n=1, count=2)
    with made.expect(1):
        second = await api.data(LISTS, n=1, after=first["books"]["pageInfo"]["endCursor"], count=2)
    with made.expect(0):
        third = await api.data(LISTS, n=1, after=second["books"]["pageInfo"]["endCursor"], count=2)

    pages = [each["books"]["nodes"][0]["title"] for each in (first, second, third)]
    assert len(set(pages)) == 3


async def test_conditions_of_selections(api: Api, made: Made):
    """What @skip and @include leave out is part of what is known."""
    api = api.of()
    text = """query ($a: Boolean!, $b: Boolean! = true, $n: Int) { books(first: $n) {
      nodes { title chapters(first: 1) @skip(if: $a) { totalCount } ...Rest @include(if: $b) } } }
      fragment Rest on Book { author { penName } }"""

    with made.expect(2):
        kept = await api.data(text, a=False, n=1, count=3)
        skipped = await api.data(text, a=True, b=False, n=1, count=1)
    with made.expect(0):
        assert await api.data(text, a=False, b=True, n=1, count=3) == kept
        assert await api.data(text, a=True, b=False, n=1, count=1) == skipped
    assert set(kept["books"]["nodes"][0]) == {"title", "chapters", "author"}
    assert set(skipped["books"]["nodes"][0]) == {"title"}


async def test_same_field_twice(api: Api):
    """Aliases of one field have their own arguments, constant or not."""
    text = """query ($n: Int, $t: String!) {
      a: books(first: 1, where: {title: {eq: "100% wool"}}) { nodes { title } }
      b: books(first: $n, where: {title: {eq: $t}}) { nodes { title
        c: chapters(first: $n) { nodes { number } } d: chapters(first: 2) { nodes { number } } } }
    }"""
    known = api.of()

    for n, title in [(1, "1000 wool"), (None, "100% wool"), (3, "100% wool"), (1, "1000 wool")]:
        await _same(known, text, n=n, t=title)


async def test_constants_after_variables(api: Api, made: Made):
    """A constant argument keeps its value where arguments before it ask for more or less."""
    text = """query ($where: AuthorFilter) { authors(where: $where, orderBy: [{penName: ASC}]) {
      nodes { penName written(first: 2, where: {title: {ne: "x"}}, orderBy: [{title: ASC}]) {
        nodes { title } } } } }"""
    known = api.of()
    names = {"penName": {"in": ["ann", "bob", "Ann", "Bob"]}}

    for where in ({}, names, {"and": [names, names, {"penName": {"ne": "x"}}]}, {}, names):
        await _same(known, text, where=where)
    with made.expect(0):
        for where in ({}, names, {}, names):
            await known.run(text, where=where)


async def test_keys_and_nodes(api: Api, made: Made):
    """Rows by key, by id and by several ids are planned once per entity."""
    api = api.of()
    text = """query ($id: ID!, $key: BookKey!, $ids: [ID!]!) { book(id: $id) { title }
      bookBy(key: $key) { title } node(id: $id) { id ... on Book { title } }
      nodes(ids: $ids) { id ... on Book { title } ... on Author { penName } } }"""
    books = (await api.data("{ books(first: 2) { nodes { id title } } }", count=1))["books"][
        "nodes"
    ]
    (author,) = (await api.data("{ authors(first: 1) { nodes { id penName } } }", count=1))[
        "authors"
    ]["nodes"]
    first, second = (each["id"] for each in books)

    await api.data(text, id=first, key={"id": first}, ids=[first, author["id"]], count=5)
    with made.expect(0):
        data = await api.data(
            text, id=second, key={"id": second}, ids=[author["id"], second, first], count=5
        )

    assert data["book"] == data["bookBy"] == {"title": books[1]["title"]}
    assert data["node"] == books[1]
    assert data["nodes"] == [author, books[1], books[0]]


async def test_groups(api: Api, made: Made):
    """The sizes of groups, and the greatest of them, are read again."""
    text = """query ($n: Int, $m: Int, $by: [BookGroupKey!]!, $where: BookFilter) {
      books(where: $where) { groups(by: $by, first: $n) { key { authorId title }
        a: nodes(first: $m) { title } b: nodes(first: 1) { title } aggregate { count } } } }"""
    known = api.of()
    authors, titles = [{"field": "AUTHOR_ID"}], [{"field": "TITLE"}]
    where = {"title": {"ne": "x"}}

    for n, m, by in [
        (3, 1, authors),
        (3, 2, authors),
        (1, 3, titles),
        (3, 5, authors),
        (2, 1, titles),
    ]:
        await _same(known, text, n=n, m=m, by=by)
        await _same(known, text, n=n, m=m, by=by, where=where)
    with made.expect(0):
        await known.run(text, n=5, m=4, by=authors)


async def test_plans_are_bounded(api: Api):
    """However many documents there are, a bounded number of plans is kept."""
    api = api.of()
    api.schema.plans = PlanCache(max_plans=20)
    for number in range(60):
        await api.data(f"{{ books(first: 1) {{ nodes {{ b{number}: title }} }} }}", count=1)

    assert len(api.schema.plans) == 20


async def test_equal_plans_of_documents_are_one(api: Api):
    """Documents that differ in values and names ask with one plan."""
    api = api.of()
    for number in range(50):
        where = f'where: {{title: {{eq: "{number}"}}}}'
        await api.data(f"query Q{number} {{ books({where}) {{ totalCount }} }}", count=1)

    assert len(api.schema.plans) == 1


async def test_fields_of_a_document_are_bounded(api: Api):
    """A document whose conditions vary keeps the argument sites of some variants only."""
    api = api.of(config=gql.ApiConfig(limits=gql.Limits(max_directives=100, max_aliases=100)))
    names = [f"c{number}" for number in range(7)]
    declared = " ".join(f"${name}: Boolean!" for name in names)
    selected = " ".join(f"{name}: title @skip(if: ${name})" for name in names)
    text = f"query ({declared}) {{ books(first: 1) {{ nodes {{ id {selected} }} }} }}"

    for number in range(2 ** len(names)):
        skipped = {name: bool(number >> at & 1) for at, name in enumerate(names)}
        data = await api.data(text, count=1, **skipped)
        kept = {name for name, is_skipped in skipped.items() if not is_skipped}
        assert set(data["books"]["nodes"][0]) == {"id", *kept}
