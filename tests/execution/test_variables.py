"""Variables are coerced as graphql-core coerces them."""

from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, build_schema, parse
from graphql.execution.values import get_variable_values

from gql_api.execution.variables import VariableReader

SCHEMA = build_schema(
    """
    enum Order { ASC DESC }
    input Inner { a: Int = 3, b: [String!] }
    type Query { own: Int }
    """
)
TEXT = """query ($n: Int!, $id: ID, $size: Int = 10, $order: Order = DESC, $f: Float, $on: Boolean,
               $list: [Int], $inner: Inner, $null: Int = null) { own }"""


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"n": 1}, id="defaults"),
        pytest.param({"n": 1.0, "id": 5, "f": 1, "on": True, "size": None}, id="other forms"),
        pytest.param({"n": 1, "id": "x", "order": "ASC", "extra": 1}, id="given"),
        pytest.param({"n": 1, "list": 3, "inner": {"b": "x"}}, id="lists and objects"),
        pytest.param({"n": 1, "list": None, "inner": None, "null": 4}, id="nulls"),
        pytest.param({}, id="missing"),
        pytest.param({"n": None}, id="null"),
        pytest.param({"n": True}, id="no number"),
        pytest.param({"n": 2**31}, id="too large"),
        pytest.param({"n": 1, "order": "UP"}, id="no member"),
        pytest.param({"n": 1, "on": "yes"}, id="no boolean"),
        pytest.param({"n": 1, "list": ["x"]}, id="wrong item"),
        pytest.param({"n": 1, "inner": {"c": 1}}, id="unknown field"),
        pytest.param({"n": [1]}, id="list for one"),
    ],
)
def test_coercion(given: dict[str, Any]):
    """Values, or the first error, equal those of graphql-core."""
    (operation,) = parse(TEXT).definitions
    assert isinstance(operation, OperationDefinitionNode)
    definitions = operation.variable_definitions or ()
    expected = get_variable_values(SCHEMA, definitions, given)
    reader = VariableReader(SCHEMA, definitions)

    if isinstance(expected, list):
        with pytest.raises(GraphQLError) as caught:
            reader.read(given)
        assert caught.value.message == expected[0].message
        return
    assert reader.read(given) == expected.coerced
