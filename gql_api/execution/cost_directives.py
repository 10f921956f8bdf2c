"""What fields cost, written into the text of a schema: the directives of the GraphQL cost specification."""

import dataclasses
import functools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    FieldDefinitionNode,
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    NameNode,
    ObjectTypeDefinitionNode,
    get_named_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
    parse,
    print_ast,
)

from gql_api.execution.arguments import CONDITION_ARGUMENTS
from gql_api.execution.prices import PageSize
from gql_api.execution.weights import Level, Weight, Weights
from gql_api.schema.build import Schema

_DEFINITIONS = '''
"""What a field, an object of a type, or a value of an input costs, in points."""
directive @cost(weight: String!) on FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT

"""How many objects a list holds at most: as an argument says, else the assumed number."""
directive @listSize(
  assumedSize: Int
  slicingArguments: [String!]
  sizedFields: [String!]
  requireOneSlicingArgument: Boolean = true
) on FIELD_DEFINITION
'''
_PAGE_ARGUMENTS = ("first", "last")
_PAGE_FIELDS = ("edges", "nodes")
"""Lists of a connection that are as long as its page."""


def with_costs(schema: Schema, text: str) -> str:
    """Write what fields cost into the text of a schema.

    What an operation costs is the sum of both costs of the specification: of the fields that it asks for, and
    of the objects that they return.

    Args:
        schema: Whose fields are weighed.
        text: Its SDL, or a part of it.
    """
    costs = _Costs(schema)
    definitions = [costs.add(each) for each in parse(text).definitions]
    added = parse(_DEFINITIONS).definitions
    return "\n\n".join(print_ast(each) for each in (*added, *definitions)) + "\n"


class _Costs:
    """The directives of one schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema.graphql_schema
        self._weights = Weights(schema)
        self._connections = {
            schema.table.inflector.connection_type(each) for each in schema.table.entities
        }
        mutation = self._schema.mutation_type
        fields = list(self._fields())
        # payloads cost nothing beside their mutations
        self._objects = {get_named_type(field.type).name: 0 for _, _, field in fields}
        for owner, name, field in fields:
            if mutation is None or owner != mutation.name:
                self._objects[get_named_type(field.type).name] = self._weigh(owner, name).each
        self._conditions = frozenset(_condition_types(field for _, _, field in fields))

    def _fields(self) -> Iterator[tuple[str, str, GraphQLField]]:
        for owner, type_ in self._schema.type_map.items():
            if (is_object_type(type_) or is_interface_type(type_)) and not owner.startswith("__"):
                for name, field in type_.fields.items():
                    yield owner, name, field

    def _weigh(self, owner: str, name: str) -> Weight:
        return self._weights.weigh(owner, FieldNode(name=NameNode(value=name)), Level(owner))

    def add(self, definition: DefinitionNode) -> DefinitionNode:
        """Add the directives of a type and of its fields."""
        if isinstance(definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            owner = definition.name.value
            is_free = isinstance(definition, ObjectTypeDefinitionNode) and not self._objects.get(
                owner, 1
            )
            return dataclasses.replace(
                definition,
                fields=tuple(self._add_to_field(owner, each) for each in definition.fields or ()),
                directives=(*(definition.directives or ()), *(_cost(0) if is_free else ())),
            )
        if not isinstance(definition, InputObjectTypeDefinitionNode):
            return definition
        if definition.name.value not in self._conditions:
            return definition
        fields = tuple(map(self._add_to_condition, definition.fields or ()))
        return dataclasses.replace(definition, fields=fields)

    def _add_to_field(self, owner: str, node: FieldDefinitionNode) -> FieldDefinitionNode:
        type_: Any = self._schema.type_map[owner]
        name = node.name.value
        field: GraphQLField = type_.fields[name]
        named = get_named_type(field.type)
        weight = self._weigh(owner, name)
        added: list[ConstDirectiveNode] = []
        if is_leaf_type(named):
            added += _cost(weight.points) if weight.points else ()
        else:
            added += _cost(weight.points + weight.each - self._objects[named.name])
            added += self._list_size(owner, name, field, weight)
        return dataclasses.replace(node, directives=(*(node.directives or ()), *added))

    def _list_size(
        self, owner: str, name: str, field: GraphQLField, weight: Weight
    ) -> Sequence[ConstDirectiveNode]:
        named = get_named_type(field.type).name
        page = weight.repeats
        sized: list[str] = []
        if named in self._connections:
            page = None if weight.inner is None else weight.inner.page
            type_: Any = self._schema.type_map[named]
            sized = [each for each in _PAGE_FIELDS if each in type_.fields]
        elif owner in self._connections and name in _PAGE_FIELDS:
            return ()
        if not isinstance(page, PageSize):
            return ()
        slicing = [each for each in _PAGE_ARGUMENTS if each in field.args]
        return _directives(_written_list_size(page.default, slicing, sized))

    def _add_to_condition(self, node: InputValueDefinitionNode) -> InputValueDefinitionNode:
        named: Any = node.type
        while not isinstance(getattr(named, "name", None), NameNode):
            named = named.type
        if not is_leaf_type(self._schema.type_map[named.name.value]):
            return node
        return dataclasses.replace(node, directives=(*(node.directives or ()), *_cost(1)))


def _condition_types(fields: Iterator[GraphQLField]) -> Iterator[str]:
    """Walk through the inputs of filters and orders."""
    pending: list[Any] = [
        get_named_type(argument.type)
        for field in fields
        for name, argument in field.args.items()
        if name in CONDITION_ARGUMENTS
    ]
    seen: set[str] = set()
    while pending:
        type_ = pending.pop()
        if isinstance(type_, GraphQLInputObjectType) and type_.name not in seen:
            seen.add(type_.name)
            yield type_.name
            pending += [get_named_type(each.type) for each in type_.fields.values()]


def _written_list_size(size: int, slicing: Sequence[str], sized: Sequence[str]) -> str:
    parts = [f"assumedSize: {size}"]
    parts += [f"slicingArguments: {json.dumps(slicing)}"] if slicing else []
    parts += [f"sizedFields: {json.dumps(sized)}"] if sized else []
    parts += ["requireOneSlicingArgument: false"] if slicing else []
    return f"@listSize({', '.join(parts)})"


def _cost(weight: int) -> Sequence[ConstDirectiveNode]:
    return _directives(f'@cost(weight: "{weight}")')


@functools.cache
def _directives(text: str) -> Sequence[ConstDirectiveNode]:
    definition: Any = parse(f"scalar Any {text}").definitions[0]
    return tuple(definition.directives)
