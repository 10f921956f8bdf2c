"""The cost of operations."""

from typing import Any

import pytest
from graphql import get_introspection_query, get_operation_ast, parse, validate

from gql_api.config import Limits
from gql_api.errors import LimitExceededError
from gql_api.execution import cost
from gql_api.execution.cost import compile_cost
from tests.fixtures.schema import Api

FILTER = '{title: {eq: "x"}}'


def _price(offline: Api, text: str, **variables: Any) -> int:
    document = parse(text)
    assert validate(offline.schema.graphql_schema, document) == []
    operation = get_operation_ast(document)
    assert operation is not None
    return compile_cost(document, operation, offline.schema).price(variables, Limits())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{ __typename }", 0, id="nothing"),
        pytest.param('{ book(id: "x") { title } }', 1, id="row"),
        pytest.param('{ book(id: "x") { author { penName } } }', 2, id="relative"),
        pytest.param("{ books(first: 7) { nodes { title } } }", 2 + 7, id="page"),
        pytest.param("{ books(last: 7) { nodes { title } } }", 2 + 7, id="last page"),
        pytest.param("{ books { nodes { title } } }", 2 + 20, id="default page"),
        pytest.param("{ books(first: null) { nodes { id } } }", 2 + 20, id="null"),
        pytest.param("{ books(first: 9999) { nodes { id } } }", 2 + 100, id="greatest page"),
        pytest.param("{ books(first: -9) { nodes { id } } }", 2, id="negative page"),
        pytest.param("{ books { pageInfo { hasNextPage } } }", 2, id="page info"),
        pytest.param("{ books { totalCount } }", 2 + 5, id="count"),
        pytest.param("{ books(first: 7) { edges { cursor node { id } } } }", 2 + 7, id="edges"),
        pytest.param(
            "{ books(first: 7) { nodes { id } edges { node { id } } } }", 2 + 7 + 7, id="both"
        ),
        pytest.param(
            "{ books(first: 7) { nodes { author { id } tags(first: 3) { nodes { id } } } } }",
            2 + 7 * (1 + 1 + 2 + 3),
            id="pages within each other multiply",
        ),
        pytest.param(
            "{ books(first: 7) { nodes { tags(first: 3) { totalCount } } } }",
            2 + 7 * (1 + 2 + 5),
            id="counts of each row",
        ),
        pytest.param(
            f"{{ books(first: 1, where: {FILTER}) {{ nodes {{ id }} }} }}", 6, id="filter"
        ),
        pytest.param("{ a: books { totalCount } b: books { totalCount } }", 14, id="aliases"),
        pytest.param('{ nodes(ids: ["a", "b", "c"]) { id } }', 3, id="nodes"),
        pytest.param(
            '{ node(id: "a") { ... on Book { author { id } } ... on Tag { books { totalCount } } } }',
            1 + 7,
            id="one type applies",
        ),
        pytest.param(
            '{ book(id: "a") { ... on Node { id ... on Book { author { id } editor { id } } } } }',
            3,
            id="interface of a type",
        ),
        pytest.param(
            'mutation { createTag(input: {label: "x"}) { tag { id } } }', 12, id="mutation"
        ),
        pytest.param("{ __schema { types { name fields { name } } } }", 2_000, id="introspection"),
    ],
)
def test_points(offline: Api, text: str, expected: int):
    """Rows, lists, counts, filters and mutations have their points."""
    assert _price(offline, text) == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({}, 2 + 4 * 3, id="default"),
        pytest.param({"n": 2}, 2 + 2 * 3, id="page"),
        pytest.param({"n": 2.0}, 2 + 2 * 3, id="whole float"),
        pytest.param({"n": "x"}, 2 + 20 * 3, id="no number: refused later"),
        pytest.param({"n": 1, "show": False}, 2 + 1, id="left out"),
        pytest.param({"n": 1, "w": {"title": {"eq": "x"}}}, 2 + 3 + 3, id="filter"),
    ],
)
def test_variables(offline: Api, variables: dict[str, Any], expected: int):
    """The price follows from the variables of each request."""
    text = """query ($n: Int = 4, $show: Boolean! = true, $w: BookFilter) {
      books(first: $n, where: $w) { nodes { tags(first: 0) @include(if: $show) { nodes { id } } } }
    }"""

    assert _price(offline, text, **variables) == expected


@pytest.mark.parametrize(
    ("show", "hide", "expected"),
    [
        pytest.param(True, False, 14, id="both"),
        pytest.param(False, False, 7, id="one"),
        pytest.param(False, True, 0, id="none"),
    ],
)
def test_conditions(offline: Api, *, show: bool, hide: bool, expected: int):
    """A fragment counts where the place that spreads it is there."""
    text = """query ($show: Boolean!, $hide: Boolean!) {
      ...F @include(if: $show) ... @skip(if: $hide) { ...G } }
      fragment F on Query { books { totalCount } }
      fragment G on Query { tags { totalCount } }"""

    assert _price(offline, text, show=show, hide=hide) == expected


def test_several_conditions(offline: Api):
    """A fragment that is spread under several conditions counts as if there were none."""
    text = """query ($show: Boolean!, $hide: Boolean!) {
      ...F @include(if: $show) ... @skip(if: $hide) { ...F } }
      fragment F on Query { books { totalCount } }"""

    assert _price(offline, text, show=False, hide=True) == 7


def test_left_out(offline: Api):
    """What a literal leaves out costs nothing."""
    text = "{ __typename ... @include(if: false) { books { totalCount } } }"

    assert _price(offline, text) == 0


def test_merged_fields(offline: Api):
    """Fragments that ask for the same list ask for it once."""
    text = """{ ...A ...B books(first: 5) { nodes { id } } }
      fragment A on Query { books(first: 5) { nodes { id author { id } } } }
      fragment B on Query { ...A books(first: 5) { nodes { author { penName } } } }"""

    assert _price(offline, text) == 2 + 5 * (1 + 1)


def _bomb(size: int) -> str:
    """Fragments that are spread twice at each level, under two aliases."""
    links = [
        f"fragment F{i} on Book {{ author {{ written(first: 1) {{ nodes {{ ...F{i + 1} }} edges "
        f"{{ node {{ ...F{i + 1} }} }} }} }} }}"
        for i in range(size)
    ]
    return (
        f"{{ books {{ nodes {{ ...F0 }} }} }} {' '.join(links)} fragment F{size} on Book {{ id }}"
    )


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(_bomb, id="fragments within each other"),
        pytest.param(
            lambda n: (
                "{ books { nodes { "
                + " ".join(f"...F{i}" for i in range(n))
                + " } } } "
                + " ".join(f"fragment F{i} on Book {{ author {{ id }} }}" for i in range(n))
            ),
            id="fragments beside each other",
        ),
        pytest.param(
            lambda n: f"{{ {' '.join(f'a{i}: __typename' for i in range(n))} }}", id="keys"
        ),
    ],
)
def test_linear(offline: Api, make: Any):
    """A document of twice the size is twice the work, whatever the operation would cost."""

    def merged(size: int) -> int:
        document = parse(make(size))
        fragments: Any = {each.name.value: each for each in document.definitions[1:] if each.name}
        compiler = cost._Compiler(cost.Weights(offline.schema), fragments)
        operation: Any = document.definitions[0]
        compiler.compile_selection((operation.selection_set,), cost.Level("Query"))
        return compiler.merged

    small, large = merged(15), merged(30)

    assert large <= 2.5 * small


def test_price_of_a_bomb(offline: Api):
    """The price of a small document may be beyond any limit."""
    assert _price(offline, _bomb(25)) > 2**25


def test_too_many_merges(offline: Api, monkeypatch: pytest.MonkeyPatch):
    """Fields that merge in more ways than can be judged are refused."""
    monkeypatch.setattr(cost, "_MAX_MERGED", 5)

    with pytest.raises(LimitExceededError) as caught:
        _price(offline, "{ books { nodes { id title author { id penName } } } }")

    assert caught.value.code == "MAX_COST_EXCEEDED"


def test_operation_of_several(offline: Api):
    """Only the operation that runs is priced."""
    document = parse("query A { books { totalCount } } query B { __typename }")
    operation = get_operation_ast(document, "B")
    assert operation is not None

    assert compile_cost(document, operation, offline.schema).price({}, Limits()) == 0


def test_introspection_of_tools(offline: Api):
    """The introspection of tools is within the limit."""
    assert _price(offline, get_introspection_query()) < Limits().max_cost


@pytest.mark.parametrize(
    "text",
    [
        "query ($n: Int = 3, $t: String) { books(first: $n, where: {title: {eq: $t}}) { nodes { id } } }",
        "query ($n: Int, $w: BookFilter) { books(first: $n, where: $w) { nodes { id } } }",
        "query ($n: Int, $t: [String!]) { books(first: $n, where: {title: {in: $t}}) { nodes { id } } }",
    ],
)
def test_repeated_prices(offline: Api, text: str):
    """A price that is kept from another request is that of this one."""
    document = parse(text)
    operation = get_operation_ast(document)
    assert operation is not None
    kept = compile_cost(document, operation, offline.schema)
    given: list[dict[str, Any]] = [
        {},
        {"n": 1},
        {"n": 2, "t": None, "w": None},
        {"n": 2, "t": "x", "w": {"title": {"eq": "x"}}},
        {"n": 2, "t": ["x", "y"], "w": {"or": [{"title": {"eq": "x"}}]}},
        {"n": 2.5},
        {"n": True},
        {"n": [1]},
        {"n": -1},
    ]

    for variables in [*given, *given]:
        fresh = compile_cost(document, operation, offline.schema)
        assert kept.price(variables, Limits()) == fresh.price(variables, Limits()), variables
