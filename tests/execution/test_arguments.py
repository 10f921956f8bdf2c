"""What arguments ask for."""

from typing import Any

import pytest
from graphql import GraphQLSchema, parse

from gql_api.config import Limits
from gql_api.errors import LimitExceededError
from gql_api.execution.arguments import Argument, ArgumentSize, check_argument, measure_argument
from tests.fixtures.schema import Api

DEEP = '{not: {not: {title: {eq: "x"}}}}'


@pytest.fixture(scope="module")
def schema(offline: Api) -> GraphQLSchema:
    """The types of the test models."""
    return offline.schema.graphql_schema


def _argument(schema: GraphQLSchema, text: str, name: str = "where") -> Argument:
    """Return an argument of ``books``."""
    document: Any = parse(f"{{ books({name}: {text}) {{ totalCount }} }}")
    node = document.definitions[0].selection_set.selections[0].arguments[0]
    assert schema.query_type is not None
    return Argument(("books", name), node.value, schema.query_type.fields["books"].args[name].type)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{}", ArgumentSize(1, 0, 1, 0), id="empty"),
        pytest.param('{title: {eq: "x", ne: "y"}}', ArgumentSize(2, 2, 2, 0), id="operators"),
        pytest.param('{title: {in: ["x", "y", "z"]}}', ArgumentSize(2, 3, 2, 3), id="list"),
        pytest.param(DEEP, ArgumentSize(4, 1, 4, 0), id="not"),
        pytest.param(
            "{or: [{}, {title: {isNull: true}}]}", ArgumentSize(3, 1, 4, 2), id="branches"
        ),
        pytest.param("{or: {}}", ArgumentSize(2, 0, 2, 1), id="object for a list of one"),
        pytest.param("$v", ArgumentSize(3, 2, 3, 2), id="variable"),
        pytest.param("{author: $v}", ArgumentSize(3, 1, 3, 0), id="variable within"),
        pytest.param("$absent", ArgumentSize(0, 0, 0, 0), id="absent variable"),
        pytest.param("{author: null}", ArgumentSize(1, 0, 1, 0), id="null"),
        pytest.param("{unknown: {a: 1}}", ArgumentSize(1, 1, 1, 0), id="unknown field"),
    ],
)
def test_measure(schema: GraphQLSchema, text: str, expected: ArgumentSize):
    """Literals and variables are measured alike, along the types of the schema."""
    variables = {"v": {"not": {"title": {"in": ["x", "y"]}}}}

    assert measure_argument(_argument(schema, text), variables) == expected


def test_deep_variable(schema: GraphQLSchema):
    """Values deeper than Python's stack are measured too."""
    value: Any = {}
    for _ in range(50_000):
        value = {"not": value}

    assert measure_argument(_argument(schema, "$v"), {"v": value}).depth == 50_001


@pytest.mark.parametrize(
    ("limits", "code", "message"),
    [
        pytest.param(
            {"max_filter_depth": 3},
            "MAX_FILTER_DEPTH_EXCEEDED",
            "books.where nests 4 input objects: at most 3 are allowed.",
            id="depth",
        ),
        pytest.param(
            {"max_filter_conditions": 1},
            "MAX_FILTER_CONDITIONS_EXCEEDED",
            "books.where has 2 conditions: at most 1 are allowed.",
            id="conditions",
        ),
        pytest.param(
            {"max_list_length": 1},
            "MAX_LIST_LENGTH_EXCEEDED",
            "books.where holds a list of 2 items: at most 1 are allowed.",
            id="list",
        ),
    ],
)
def test_limits(schema: GraphQLSchema, limits: dict[str, int], code: str, message: str):
    """More than is allowed is refused with the argument, the limit and the amount."""
    argument = _argument(schema, '{not: {not: {title: {in: ["x", "y"]}}}}')

    with pytest.raises(LimitExceededError) as caught:
        check_argument(argument, {}, Limits(**limits))

    assert (caught.value.code, caught.value.message) == (code, message)
    assert caught.value.path == ("books", "where")


def test_points(schema: GraphQLSchema):
    """A filter costs a point for each condition and each object; within the limits it passes."""
    limits = Limits(max_filter_depth=4, max_filter_conditions=1, max_list_length=1)

    assert check_argument(_argument(schema, DEEP), {}, limits) == 5


def test_order(schema: GraphQLSchema):
    """The keys of an order are counted as conditions are."""
    argument = _argument(schema, "[{title: ASC}, {price: DESC}]", "orderBy")

    assert check_argument(argument, {}, Limits()) == 4
