"""Inputs of exactly one field."""

import pytest

from tests.fixtures.schema import Api

COUNT = "{ totalCount }"
ONE = "OneOf Input Object 'BookOrder' must specify exactly one key."
NULLABLE = "Variable 'v' must be non-nullable to be used for OneOf Input Object 'BookOrder'."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(f"{{ books(orderBy: [{{}}]) {COUNT} }}", ONE, id="none"),
        pytest.param(f"{{ books(orderBy: [{{title: ASC, price: ASC}}]) {COUNT} }}", ONE, id="two"),
        pytest.param(
            f"{{ books(orderBy: [{{title: null}}]) {COUNT} }}",
            "Field 'BookOrder.title' must be non-null.",
            id="null",
        ),
        pytest.param(
            f"query ($v: SortOrder) {{ books(orderBy: [{{title: $v}}]) {COUNT} }}",
            NULLABLE,
            id="nullable variable",
        ),
        pytest.param(
            f"fragment F on Query {{ books(orderBy: [{{title: $v}}]) {COUNT} }} "
            "query ($v: SortOrder) { ...F }",
            NULLABLE,
            id="fragment before its operation",
        ),
        pytest.param(
            f"{{ books(orderBy: [{{title: $v}}]) {COUNT} }}",
            "Variable '$v' is not defined.",
            id="unknown variable",
        ),
    ],
)
async def test_refused(offline: Api, text: str, message: str):
    """Another number of fields, and one that may be null, are refused."""
    assert await offline.refusal(text) == ("GRAPHQL_VALIDATION_FAILED", message, None)


@pytest.mark.parametrize(
    ("definition", "order"),
    [
        pytest.param("$v: SortOrder!", "[{title: $v}]", id="value"),
        pytest.param("$v: BookOrder!", "[$v]", id="object"),
        pytest.param("$v: [BookOrder!]", "$v", id="list"),
    ],
)
async def test_accepted(offline: Api, definition: str, order: str):
    """Variables that hold the value, the object or the list are allowed."""
    text = (
        f"query ({definition}) {{ ...F }} fragment F on Query {{ books(orderBy: {order}) {COUNT} }}"
    )

    _, message, _ = await offline.refusal(text, v=5)

    assert message.startswith("Variable '$v' has invalid value")
