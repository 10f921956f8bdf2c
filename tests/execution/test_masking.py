"""Errors of input without the input."""

from typing import Any

import pytest

import gql_api as gql
from gql_api.execution.masking import without_values
from tests.fixtures.schema import Api

TRICKY = "hunter2': pass it, found: on"
"""A value that looks like parts of messages."""

WHERE = "query ($w: BookFilter) { books(where: $w) { totalCount } }"
VARIABLE = "Variable '$w' has invalid value at"


@pytest.mark.parametrize(
    ("where", "message"),
    [
        pytest.param(
            TRICKY,
            "Variable '$w' has invalid value: Expected value of type 'BookFilter' to be an object.",
            id="object",
        ),
        pytest.param(
            {"titel": TRICKY},
            "Variable '$w' has invalid value: Expected value of type 'BookFilter' not to include "
            "unknown field 'titel'. Did you mean 'title' or 'state'?",
            id="unknown field",
        ),
        pytest.param(
            {"title": {"eq": [TRICKY]}},
            f"{VARIABLE} .title.eq: String cannot represent a non string value.",
            id="string",
        ),
        pytest.param(
            {"rowId": {"in": [1, TRICKY]}},
            f"{VARIABLE} .rowId.in[1]: Int cannot represent non-integer value.",
            id="number",
        ),
        pytest.param(
            {"isDraft": {"eq": TRICKY}},
            f"{VARIABLE} .isDraft.eq: Boolean cannot represent a non boolean value.",
            id="boolean",
        ),
        pytest.param(
            {"id": {"eq": {"a": TRICKY}}},
            f"{VARIABLE} .id.eq: ID cannot represent value.",
            id="id",
        ),
        pytest.param(
            {"state": {"eq": TRICKY}},
            f"{VARIABLE} .state.eq: The value does not exist in 'State' enum.",
            id="enum",
        ),
        pytest.param(
            {"price": {"gt": TRICKY}},
            f"{VARIABLE} .price.gt: Decimal cannot represent the value: pass a number as a string, "
            'such as "9.99".',
            id="scalar",
        ),
    ],
)
async def test_variables(offline: Api, where: Any, message: str):
    """A wrong value of a variable is told by its place, never repeated."""
    assert await offline.refusal(WHERE, w=where) == ("BAD_USER_INPUT", message, None)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        pytest.param(
            '"hunter2"', "Expected value of type 'BookFilter' to be an object.", id="object"
        ),
        pytest.param(
            '{rowId: {eq: "hunter2"}}', "Int cannot represent non-integer value.", id="number"
        ),
        pytest.param(
            "{state: {eq: HUNTER2}}", "The value does not exist in 'State' enum.", id="enum"
        ),
        pytest.param(
            '{price: {gt: "hunter2"}}',
            'Decimal cannot represent the value: pass a number as a string, such as "9.99".',
            id="scalar",
        ),
    ],
)
async def test_literals(offline: Api, where: str, message: str):
    """A wrong value in a document is not repeated either; its place is in the locations."""
    refusal = await offline.refusal(f"{{ books(where: {where}) {{ totalCount }} }}")

    assert refusal == ("GRAPHQL_VALIDATION_FAILED", message, None)


async def test_syntax(offline: Api):
    """A document that breaks off within a value does not repeat it."""
    refusal = await offline.refusal('{ books "hunter2" }')

    assert refusal == (
        "GRAPHQL_PARSE_FAILED",
        "Syntax Error: Expected Name, found String.",
        None,
    )


async def test_missing_field(offline: Api):
    """What stands beside a missing field is not repeated."""
    text = "mutation ($i: CreateTagInput!) { createTag(input: $i) { tag { id } } }"

    answer = await offline.run(text, i={"lable": "hunter2"})

    start = "Variable '$i' has invalid value: Expected value of type 'CreateTagInput'"
    assert [error.message for error in answer.errors] == [
        f"{start} to include required field 'label'.",
        f"{start} not to include unknown field 'lable'. Did you mean 'label'?",
    ]


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        pytest.param("{ boks { totalCount } }", {}, id="field"),
        pytest.param("{ books(frist: 1) { totalCount } }", {}, id="argument"),
        pytest.param("{ ... on Boook { id } }", {}, id="type"),
        pytest.param("{ books(where: {titel: {}}) { totalCount } }", {}, id="input field"),
        pytest.param("{ books(orderBy: [{title: ASK}]) { totalCount } }", {}, id="enum"),
        pytest.param(WHERE, {"w": {"titel": {}}}, id="input field of a variable"),
    ],
)
async def test_suggestions(offline: Api, text: str, variables: dict[str, Any]):
    """Names that are alike are told, unless the configuration says otherwise."""
    silent = offline.of(config=gql.ApiConfig(shows_suggestions=False))

    _, helpful, _ = await offline.refusal(text, **variables)
    _, message, _ = await silent.refusal(text, **variables)

    assert "Did you mean" in helpful
    assert "Did you mean" not in message
    assert message.rstrip(".") in helpful


def test_other_messages():
    """What holds no value stays as it is."""
    message = "Cannot query field 'a' on type 'Query'."

    assert without_values(message) == message


async def test_long_names(offline: Api):
    """A name of any length is cut, as it may be the whole request."""
    _, message, _ = await offline.refusal(f"{{ {'x' * 50_000} }}")

    assert message == f"Cannot query field '{'x' * 480}..."
