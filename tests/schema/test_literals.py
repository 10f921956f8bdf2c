"""Literals that hold variables are read as graphql-core reads them."""

from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLSchema,
    build_schema,
    parse_value,
    type_from_ast,
)
from graphql.execution.values import VariableValues
from graphql.language import parse_type
from graphql.utilities.coerce_input_value import coerce_input_literal

from gql_api.schema.literals import UnusualValueError, compile_literal

SCHEMA: GraphQLSchema = build_schema(
    """
    scalar JSON
    enum Order { ASC DESC }
    input Inner { a: Int, b: Int = 7, c: [Inner!], order: Order }
    input Required { a: Int! b: Int }
    input Key @oneOf { id: ID slug: String }
    type Query { own(inner: Inner, required: Required, key: Key, json: JSON): Int }
    """
)
VALUES: dict[str, Any] = {"one": 1, "none": None, "text": "x", "list": [1, 2], "inner": {"a": 1}}


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        pytest.param("Int", "$one", id="variable"),
        pytest.param("Int", "$none", id="null"),
        pytest.param("[Int]", "[1, $one, null, $none]", id="list"),
        pytest.param("[Int]", "$one", id="variable of a list"),
        pytest.param("[[Int]]", "[$list]", id="lists"),
        pytest.param("Inner", "{ a: $one }", id="default"),
        pytest.param("Inner", "{ c: [{ b: $none }, $inner], a: 3, order: DESC }", id="nested"),
        pytest.param("Inner", "{ c: { a: $one } }", id="one for a list"),
        pytest.param("Inner!", "{ order: ASC, a: $one, b: null }", id="order of the type"),
        pytest.param("Key", "{ slug: $text }", id="one of"),
        pytest.param("Required", "{ a: $one }", id="required"),
    ],
)
def test_reading(type_: str, text: str):
    """What is read equals what graphql-core reads, in the same order."""
    node, type_of = parse_value(text), type_from_ast(SCHEMA, parse_type(type_))
    assert type_of is not None

    read = compile_literal(node, type_of)(VALUES)

    assert repr(read) == repr(coerce_input_literal(node, type_of, VariableValues({}, VALUES)))


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        pytest.param("Int!", "$none", id="null"),
        pytest.param("Int", "$missing", id="missing"),
        pytest.param("[Int]", "[$missing]", id="missing in a list"),
        pytest.param("Inner", "{ a: $missing }", id="missing in an object"),
        pytest.param("Key", "{ slug: $none }", id="null for one of"),
        pytest.param("Key", '{ slug: $text, id: "1" }', id="two for one of"),
        pytest.param("Required", "{ b: $one }", id="required"),
        pytest.param("Inner", "{ nope: $one }", id="unknown"),
        pytest.param("Inner", '{ a: $one, order: "ASC" }', id="wrong constant"),
        pytest.param("JSON", "{ a: $one }", id="in a scalar"),
    ],
)
def test_unusual(type_: str, text: str):
    """What needs a rule of its own is left to graphql-core."""
    type_of = type_from_ast(SCHEMA, parse_type(type_))
    assert type_of is not None
    read = compile_literal(parse_value(text), type_of)

    with pytest.raises(UnusualValueError):
        read(VALUES)


def test_own_form_of_an_object():
    """An object gets the form that its type gives it."""
    type_ = SCHEMA.type_map["Inner"]
    assert isinstance(type_, GraphQLInputObjectType)
    before, type_.out_type = type_.out_type, lambda value: tuple(value.items())
    read = compile_literal(parse_value("{ a: $one }"), type_)
    type_.out_type = before

    assert read(VALUES) == (("a", 1), ("b", 7))
