"""Orders: their input types, and what an order argument means."""

from collections.abc import Mapping, Sequence
from typing import Any

import strawberry

from gql_api.errors import BadUserInputError
from gql_api.mapping.descriptors import Column, DefaultOrder, Entity
from gql_api.plan.pages import OrderKey
from gql_api.schema.definitions import TypedField, add_fields, nullable
from gql_api.schema.operators import is_sortable
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
    add_fields(types.order, fields)
    add_fields(types.aggregate_order, [_optional("count", table.sort_order, "Number of rows.")])


def _optional(name: str, type_: Any, description: str | None) -> TypedField:
    return TypedField(name, nullable(type_), description=description, default=strawberry.UNSET)


def read_order(
    values: Sequence[Mapping[str, Any]],
    entity: Entity,
    table: TypeTable,
    path: Path,
    default: Sequence[DefaultOrder] = (),
) -> tuple[OrderKey, ...]:
    """Read an order and append the primary key, so that it is total.

    Args:
        values: Items of ``orderBy``.
        entity: Whose rows.
        table: Entities and names of the schema.
        path: Where the order stands in the arguments.
        default: The relationship's own order, taken when there are no items and when clients can
            sort by all of its columns; others would be seen through it.

    Raises:
        BadUserInputError: A direction is null.
    """
    given = [
        _read_item(value, entity, table, (), (*path, str(index)))
        for index, value in enumerate(values)
    ] or _default_keys(default, entity)
    sorted_by = {key.column for key in given if not key.path}
    rest = [
        OrderKey((), column.key)
        for column in entity.primary_key
        if column.key not in sorted_by and is_sortable(column)
    ]
    return tuple(dict.fromkeys([*given, *rest]))


def _default_keys(default: Sequence[DefaultOrder], entity: Entity) -> list[OrderKey]:
    columns = [entity.columns.get(each.column) for each in default]
    if not all(column is not None and is_sortable(column) for column in columns):
        return []
    return [OrderKey((), each.column, each.is_descending, each.are_nulls_first) for each in default]


def _read_item(
    value: Mapping[str, Any],
    entity: Entity,
    table: TypeTable,
    steps: tuple[str, ...],
    path: Path,
) -> OrderKey:
    ((name, part),) = value.items()
    here = (*path, name)
    if part is None:
        message = f"{'.'.join(here)} is null: pass a direction, such as ASC."
        raise BadUserInputError(message, path=here)
    column = _column_named(name, entity)
    if column is not None:
        return _order_key(steps, column.key, part)
    for relationship in entity.relationships.values():
        inner = (*steps, relationship.key)
        if relationship.name == name:
            return _read_item(part, table.registry.target(relationship), table, inner, here)
        if table.inflector.aggregate_field(relationship.name) == name:
            ((_, direction),) = part.items()
            return _order_key(inner, None, direction)
    raise KeyError(name)


def _column_named(name: str, entity: Entity) -> Column | None:
    return next((each for each in entity.columns.values() if each.name == name), None)


def _order_key(steps: tuple[str, ...], column: str | None, direction: SortOrder) -> OrderKey:
    """Make a key: plain ASC puts nulls last, plain DESC puts them first."""
    is_descending = direction.name.startswith("DESC")
    are_nulls_first = direction.name.endswith("FIRST") or direction is SortOrder.DESC
    return OrderKey(steps, column, is_descending, are_nulls_first)
