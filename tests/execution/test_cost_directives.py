"""Costs in the text of a schema: what a reader of the specification makes of them is what is counted."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_input_object_type,
    is_list_type,
    parse,
    print_schema,
    validate,
    value_from_ast_untyped,
)
from graphql.utilities import lexicographic_sort_schema

from gql_api.config import Limits
from gql_api.execution.cost import compile_cost
from gql_api.execution.cost_directives import with_costs
from tests.fixtures.schema import Api


def _directive(node: Any, name: str) -> dict[str, Any]:
    """Return the arguments of a directive; empty without it."""
    found = [each for each in node.directives or () if each.name.value == name]
    arguments = found[0].arguments or () if found else ()
    return {each.name.value: value_from_ast_untyped(each.value) for each in arguments}


def _weight(defined: Any, default: int) -> int:
    node = defined.ast_node
    return int(_directive(node, "cost").get("weight", default)) if node is not None else default


class Reader:
    """Counts by the directives alone: the fields that are asked for, and the objects that they return."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema

    def count(self, operation: OperationDefinitionNode) -> int:
        root = self._schema.get_root_type(operation.operation)
        return self._selection(root, operation.selection_set, {})

    def _selection(self, type_: Any, selected: SelectionSetNode, sized: Mapping[str, int]) -> int:
        return sum(self._field(type_, each, sized) for each in selected.selections)

    def _field(self, type_: Any, node: Any, sized: Mapping[str, int]) -> int:
        name = node.name.value
        field = type_.fields[name]
        named = get_named_type(field.type)
        given = {
            each.name.value: value_from_ast_untyped(each.value) for each in node.arguments or ()
        }
        cost = sum(self._input(field.args[key].type, value) for key, value in given.items())
        if not is_composite_type(named):
            return cost + _weight(field, 0)
        told = _directive(field.ast_node, "listSize")
        size = next(
            (given[each] for each in told.get("slicingArguments", ()) if each in given),
            told.get("assumedSize", 1),
        )
        below = dict.fromkeys(told.get("sizedFields", ()), size)
        is_list = is_list_type(get_nullable_type(field.type))
        objects = sized.get(name, size) if is_list else 1
        inner = self._selection(named, node.selection_set, below)
        return cost + _weight(field, 1) + objects * (_weight(named, 1) + inner)

    def _input(self, type_: Any, value: Any) -> int:
        type_ = get_nullable_type(type_)
        if is_list_type(type_):
            items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
            return sum(self._input(type_.of_type, each) for each in items)
        if not is_input_object_type(type_):
            return 0
        fields = ((type_.fields[name], each) for name, each in value.items())
        return 1 + sum(_weight(field, 0) + self._input(field.type, each) for field, each in fields)


@pytest.mark.parametrize(
    "text",
    [
        '{ book(id: "x") { title author { penName } } }',
        "{ books(first: 7) { nodes { title } } }",
        "{ books { nodes { title } edges { cursor node { id } } pageInfo { hasNextPage } } }",
        "{ books(last: 7) { totalCount nodes { author { id } tags(first: 3) { totalCount nodes { id } } } } }",
        '{ books(where: {and: [{title: {eq: "x"}}, {author: {penName: {eq: "y"}}}]}) { totalCount } }',
        "{ books(orderBy: [{title: ASC}, {author: {penName: DESC}}]) { nodes { id } } }",
        "{ tags { aggregate { count } groups(by: [{field: LABEL}], first: 4) { aggregate { count } } } }",
        'mutation { createTag(input: {label: "x"}) { tag { id books { nodes { id } } } errors { code } } }',
        'mutation { updateTag(id: "x", input: {label: "y"}) { tag { id } } }',
    ],
)
def test_counted_alike(offline: Api, text: str):
    """Fields and objects have the points that are counted."""
    schema = build_schema(with_costs(offline.schema, offline.schema.as_str()))
    document = parse(text)
    operation: Any = document.definitions[0]
    assert validate(schema, document) == []
    counted = compile_cost(document, operation, offline.schema).price({}, Limits())

    assert Reader(schema).count(operation) == counted


def test_nothing_else(offline: Api):
    """Without the directives it is the schema."""
    text = offline.schema.as_str()
    priced = with_costs(offline.schema, text)

    bare = build_schema(priced).to_kwargs()
    names = {"cost", "listSize"}
    bare["directives"] = [each for each in bare["directives"] if each.name not in names]
    plain = build_schema(text)
    assert _printed(GraphQLSchema(**bare)) == _printed(plain)


def _printed(schema: GraphQLSchema) -> str:
    return print_schema(lexicographic_sort_schema(schema))
