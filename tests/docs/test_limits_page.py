"""``docs/limits.md`` lists every limit with its default, and its example holds."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from graphql import get_operation_ast, parse

import gql_api as gql
from gql_api.app.main import application
from gql_api.execution.cost import compile_cost
from tests.server.notes import Base

_PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text()


def test_table():
    """Each limit stands in the table with its setting and default."""
    rows = re.findall(r"^\| `GQL_API_(MAX_\w+)` \| ([\d,]+) \|", _PAGE, re.MULTILINE)

    found = {name.lower(): int(default.replace(",", "")) for name, default in rows}
    assert found == {each.name: each.default for each in fields(gql.Limits)}


@pytest.mark.parametrize("name", [each.name for each in fields(gql.Limits)])
def test_codes(name: str):
    """Each limit of a document has the code that the table names."""
    code = (
        "PAYLOAD_TOO_LARGE"
        if name == "max_body_bytes"
        else gql.LimitExceededError("", limit=name).code
    )

    (row,) = [line for line in _PAGE.splitlines() if f"`GQL_API_{name.upper()}`" in line]
    assert f"`{code}`" in row


async def test_example():
    """The schema of the example refuses as the page says."""
    (source,) = re.findall(r"```python\n(.*?)```", _PAGE, re.DOTALL)
    scope = {"Base": Base}
    exec(source, scope)  # noqa: S102 - the page is ours
    schema = scope["schema"]

    text = "{ notes { nodes" + " { folder { notes { nodes" * 4 + " { id }" + " } } }" * 4 + " } }"
    result = await schema.execute(text, context_value=gql.Context(gql.open_database("sqlite://")))

    (error,) = result.errors
    (message, code) = re.findall(r'"message": "(.*?)".*"code": "(\w+)"', _PAGE)[0]
    assert error.extensions["code"] == code
    assert error.message.partition(" fields")[2] == message.partition(" fields")[2]


async def test_cost():
    """The example of a cost is what is computed."""
    (formula, expected) = re.findall(r"cost `([\d +*()]+)`, which is (\d+)", _PAGE)[0]
    text = """{ posts(first: 20) { nodes { comments(first: 10) { nodes { author { username } } } } } }"""
    document = parse(text)
    schema = application.build_schema(dialect="sqlite", config=gql.ApiConfig())

    operation = get_operation_ast(document)
    assert operation is not None
    price = compile_cost(document, operation, schema).price({}, gql.Limits())
    assert price == int(expected) == eval(formula)  # noqa: S307 - digits and signs only
