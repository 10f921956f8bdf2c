"""Orders: their input types, and what an order argument means."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import strawberry

from gql_api.mapping.descriptors import Column, DefaultOrder, Entity
from gql_api.naming import NameTable
from gql_api.plan.pages import OrderKey
from gql_api.schema.aggregates import read_aggregate_order, read_direction
from gql_api.schema.definitions import TypedField, add_fields, new_input, nullable
from gql_api.schema.operands import Operands, check_text
from gql_api.schema.operators import is_searchable, is_sortable
from gql_api.schema.table import SortOrder, TypeTable

Path = tuple[str, ...]


def build_order_types(entity: Entity, table: TypeTable) -> None:
    """Fill in the order inputs of an entity."""
    types = table.entities[entity.name]
    fields = [
        _optional(column.name, table.sort_order, column.description)
        for column in entity.columns.values()
        if is_sortable(column)
    ]
    for relationship in entity.relationships.values():
        target = table.entities[relationship.target]
        if relationship.is_list:
            name = table.inflector.aggregate_field(relationship.name)
            text = f"Aggregates of {relationship.name}."
            fields.append(_optional(name, target.aggregate_order, text))
        else:
            text = f"By a field of {relationship.name}; rows without one count as null."
            fields.append(_optional(relationship.name, target.order, text))
    searched = [column for column in entity.columns.values() if is_searchable(column, table)]
    if searched:
        name, type_ = _rank_field(entity, table), _search_order_type(entity, searched, table)
        fields.append(_optional(name, type_, "By how well a column matches words, best first."))
    add_fields(types.order, fields)


def _search_order_type(entity: Entity, searched: Sequence[Column], table: TypeTable) -> type[Any]:
    type_ = new_input(
        table.inflector.search_order_type(entity.name),
        description=f"The words that one column of {entity.name} is searched for.",
        is_one_of=True,
    )
    add_fields(type_, [_optional(each.name, str, each.description) for each in searched])
    return type_


def _rank_field(entity: Entity, table: TypeTable) -> str:
    """Return the name of the order by rank: numbered where an attribute has it."""
    taken = [column.name for column in entity.columns.values()]
    names = NameTable([*taken, *(each.name for each in entity.relationships.values())])
    return names.claim(table.inflector.search_rank_field())


def _optional(name: str, type_: Any, description: str | None) -> TypedField:
    return TypedField(name, nullable(type_), description=description, default=strawberry.UNSET)


class OrderReader:
    """Turns order arguments into the keys of plans.

    Args:
        table: Entities and names of the schema.
        operands: Takes the words of searches.
    """

    def __init__(self, table: TypeTable, operands: Operands) -> None:
        self._table = table
        self._operands = operands

    def read(
        self,
        values: Sequence[Mapping[str, Any]],
        entity: Entity,
        path: Path,
        default: Sequence[DefaultOrder] = (),
    ) -> tuple[OrderKey, ...]:
        """Read an order and append the primary key, so that it is total.

        Args:
            values: Items of ``orderBy``.
            entity: Whose rows.
            path: Where the order stands in the arguments.
            default: The relationship's own order, taken when there are no items and when clients
                can sort by all of its columns; others would be seen through it.

        Raises:
            BadUserInputError: A direction is null, or words hold U+0000.
        """
        given = [
            self._read_item(value, entity, (), (*path, str(index)))
            for index, value in enumerate(values)
        ] or _default_keys(default, entity)
        sorted_by = {key.column for key in given if not key.path and key.search_slot is None}
        rest = [
            OrderKey((), column.key)
            for column in entity.primary_key
            if column.key not in sorted_by and (is_sortable(column) or not entity.is_keyless)
        ]
        return tuple(dict.fromkeys([*given, *rest]))

    def _read_item(
        self, value: Mapping[str, Any], entity: Entity, steps: tuple[str, ...], path: Path
    ) -> OrderKey:
        ((name, part),) = value.items()
        here = (*path, name)
        read_direction(part, here)
        column = _column_named(name, entity)
        if column is not None:
            return _order_key(steps, column.key, part)
        for relationship in entity.relationships.values():
            inner = (*steps, relationship.key)
            target = self._table.registry.target(relationship)
            if relationship.name == name:
                return self._read_item(part, target, inner, here)
            if self._table.inflector.aggregate_field(relationship.name) == name:
                aggregate, direction = read_aggregate_order(part, target, here)
                key = _order_key(inner, aggregate.column, direction)
                return replace(key, function=aggregate.function)
        return self._read_search(part, entity, steps, here)

    def _read_search(
        self, value: Mapping[str, Any], entity: Entity, steps: tuple[str, ...], path: Path
    ) -> OrderKey:
        ((name, words),) = value.items()
        here = (*path, name)
        check_text(words, here)
        (column,) = (each for each in entity.columns.values() if each.name == name)
        slot = self._operands.add(words)
        return OrderKey(steps, column.key, is_descending=True, search_slot=slot)


def _default_keys(default: Sequence[DefaultOrder], entity: Entity) -> list[OrderKey]:
    columns = [entity.columns.get(each.column) for each in default]
    if not all(column is not None and is_sortable(column) for column in columns):
        return []
    return [OrderKey((), each.column, each.is_descending, each.are_nulls_first) for each in default]


def _column_named(name: str, entity: Entity) -> Column | None:
    return next((each for each in entity.columns.values() if each.name == name), None)


def _order_key(steps: tuple[str, ...], column: str | None, direction: SortOrder) -> OrderKey:
    """Make a key: plain ASC puts nulls last, plain DESC puts them first."""
    return OrderKey(steps, column, *order_facts(direction))


def order_facts(direction: SortOrder) -> tuple[bool, bool]:
    """Return whether a direction is descending, and whether its nulls come first."""
    is_descending = direction.name.startswith("DESC")
    return is_descending, direction.name.endswith("FIRST") or direction is SortOrder.DESC
