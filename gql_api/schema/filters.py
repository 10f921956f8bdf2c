"""Filters: their input types, and what a filter argument means."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import strawberry

from gql_api.mapping.descriptors import Entity, Registry, Relationship
from gql_api.plan import filters
from gql_api.plan.aggregates import RelatedAggregate
from gql_api.plan.filters import Filter, Operator, Quantifier
from gql_api.schema.aggregates import read_aggregate_conditions
from gql_api.schema.conditions import given, operations, read_conditions
from gql_api.schema.definitions import TypedField, add_fields, list_of, nullable
from gql_api.schema.keys import key_filter, read_global_id
from gql_api.schema.operands import Operands
from gql_api.schema.operators import LISTS, column_operators, id_operators
from gql_api.schema.table import TypeTable

Path = tuple[str, ...]

_QUANTIFIERS: Mapping[Quantifier, str] = MappingProxyType(
    {
        Quantifier.SOME: "At least one meets the condition.",
        Quantifier.EVERY: "Each meets the condition; true when there are none.",
        Quantifier.NONE: "None meets the condition.",
    }
)


def build_filter_types(entity: Entity, table: TypeTable) -> None:
    """Fill in the filter inputs of an entity."""
    types = table.entities[entity.name]
    this = nullable(types.filter)
    fields = [_optional("and", list_of(types.filter), "All hold; true when empty.")]
    fields.append(_optional("or", list_of(types.filter), "At least one holds; false when empty."))
    fields.append(_optional("not", types.filter, "Does not hold; unknown stays unknown."))
    if not entity.is_keyless:
        fields.append(_optional("id", id_operators(table), "Global id."))
    fields += [
        _optional(column.name, column_operators(column, table), column.description)
        for column in entity.columns.values()
    ]
    for relationship in entity.relationships.values():
        fields += _relationship_fields(relationship, table)
    add_fields(types.filter, fields)
    add_fields(
        types.list_filter,
        [
            TypedField(each.value, this, description=text, default=strawberry.UNSET)
            for each, text in _QUANTIFIERS.items()
        ],
    )


def _relationship_fields(relationship: Relationship, table: TypeTable) -> list[TypedField]:
    target = table.entities[relationship.target]
    if not relationship.is_list:
        text = relationship.description or "There is one, and it meets the condition; {}: any."
        return [_optional(relationship.name, target.filter, text)]
    aggregate = table.inflector.aggregate_field(relationship.name)
    return [
        _optional(relationship.name, target.list_filter, relationship.description),
        _optional(aggregate, target.aggregate_filter, f"Aggregates of {relationship.name}."),
    ]


def _optional(name: str, type_: Any, description: str | None) -> TypedField:
    return TypedField(name, nullable(type_), description=description, default=strawberry.UNSET)


class FilterReader:
    """Turns filter arguments into plan filters.

    Args:
        table: Entities and names of the schema.
        operands: Takes the values.
    """

    def __init__(self, table: TypeTable, operands: Operands) -> None:
        self._registry: Registry = table.registry
        self._inflector = table.inflector
        self._operands = operands

    def read(self, value: Mapping[str, Any], entity: Entity, path: Path) -> Filter:
        """Read the filter of an entity; its parts are joined by AND.

        Raises:
            BadUserInputError: An operand is null, or an id is wrong.
        """
        parts = [
            part
            for name, each in value.items()
            for part in self._read_field(name, given(each, (*path, name)), entity, (*path, name))
        ]
        return parts[0] if len(parts) == 1 else filters.And(tuple(parts))

    def _read_field(self, name: str, value: Any, entity: Entity, path: Path) -> list[Filter]:
        match name:
            case "and":
                parts: list[Filter] = [filters.And(self._read_all(value, entity, path))]
            case "or":
                parts = [filters.Or(self._read_all(value, entity, path))]
            case "not":
                parts = [filters.Not(self.read(value, entity, path))]
            case "id":
                parts = [
                    self._read_id(Operator(each), operand, entity, path)
                    for each, operand in operations(value, path)
                ]
            case _:
                parts = self._read_attribute(name, value, entity, path)
        return parts

    def _read_attribute(self, name: str, value: Any, entity: Entity, path: Path) -> list[Filter]:
        column = next((each for each in entity.columns.values() if each.name == name), None)
        if column is None:
            return self._read_relationship(name, value, entity, path)
        return read_conditions(column, value, self._operands, path)

    def _read_all(self, values: Sequence[Any], entity: Entity, path: Path) -> tuple[Filter, ...]:
        return tuple(
            self.read(each, entity, (*path, str(index))) for index, each in enumerate(values)
        )

    def _read_id(self, operator: Operator, value: Any, entity: Entity, path: Path) -> Filter:
        here = (*path, operator.value)
        if operator in LISTS:
            keys = [read_global_id(each, entity, self._registry, here).values for each in value]
            return self._keys_in(keys, entity, is_negated=operator is Operator.NOT_IN)
        key = key_filter(read_global_id(value, entity, self._registry, here), self._operands)
        return filters.Not(key) if operator is Operator.NE else key

    def _keys_in(
        self, keys: Sequence[tuple[Any, ...]], entity: Entity, *, is_negated: bool
    ) -> Filter:
        columns = tuple(column.key for column in entity.primary_key)
        if len(columns) == 1:
            slot = self._operands.add([key[0] for key in keys])
            operator = Operator.NOT_IN if is_negated else Operator.IN
            return filters.Compare(columns[0], operator, slot)
        found = filters.KeyIn(columns, self._operands.add(list(keys)))
        return filters.Not(found) if is_negated else found

    def _read_relationship(
        self, name: str, value: Mapping[str, Any], entity: Entity, path: Path
    ) -> list[Filter]:
        for relationship in entity.relationships.values():
            target = self._registry.target(relationship)
            if relationship.name == name and not relationship.is_list:
                part = self.read(value, target, path)
                return [filters.Related(relationship.key, Quantifier.SOME, part)]
            if relationship.name == name:
                return [
                    filters.Related(
                        relationship.key, Quantifier(each), self.read(part, target, (*path, each))
                    )
                    for each, part in operations(value, path)
                ]
            if self._inflector.aggregate_field(relationship.name) == name:
                related = partial(RelatedAggregate, relationship.key)
                return read_aggregate_conditions(value, target, related, self._operands, path)
        raise KeyError(name)
