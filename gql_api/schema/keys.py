"""Keys: the inputs that name one row, and what they mean."""

from collections.abc import Mapping
from typing import Any

import strawberry

from gql_api.errors import BadUserInputError
from gql_api.mapping.descriptors import Column, Entity, Key, Registry
from gql_api.mapping.global_ids import decode_global_id, key_values
from gql_api.plan.changes import KeyValue
from gql_api.plan.filters import And, Compare, Filter, Operator
from gql_api.schema.definitions import TypedField, add_fields, new_input, nullable
from gql_api.schema.operands import Operands, column_operand
from gql_api.schema.table import TypeTable


def build_key_type(entity: Entity, table: TypeTable) -> None:
    """Fill in the key input of an entity."""
    fields = [
        TypedField(
            "id", nullable(strawberry.ID), description="Global id.", default=strawberry.UNSET
        )
    ]
    for key in entity.keys:
        type_ = (
            table.value_type(entity.columns[key.columns[0]].type)
            if len(key.columns) == 1
            else _composite_type(entity, key, table)
        )
        kind = "Primary key." if key.is_primary else "Unique key."
        fields.append(
            TypedField(key.name, nullable(type_), description=kind, default=strawberry.UNSET)
        )
    add_fields(table.entities[entity.name].key, fields)


def _composite_type(entity: Entity, key: Key, table: TypeTable) -> type[Any]:
    type_ = new_input(
        table.inflector.composite_key_type(entity.name, key.name),
        description=f"The columns of one key of {entity.name}.",
    )
    columns = [entity.columns[name] for name in key.columns]
    add_fields(
        type_,
        [
            TypedField(column.name, table.value_type(column.type), description=column.description)
            for column in columns
        ],
    )
    return type_


def read_global_id(
    text: str, entity: Entity, registry: Registry, path: tuple[str, ...]
) -> KeyValue:
    """Read the global id of a row of one entity.

    Raises:
        BadUserInputError: It is no id, or one of another type.
    """
    found, values = decode_global_id(registry, text, path)
    key = key_values(entity, found, values)
    if key is None:
        message = f"{'.'.join(path)} is an id of {found.name}: pass an id of {entity.name}."
        raise BadUserInputError(message, path=path)
    return KeyValue(tuple(column.key for column in entity.primary_key), key)


def read_key(
    value: Mapping[str, Any], entity: Entity, registry: Registry, path: tuple[str, ...]
) -> KeyValue:
    """Read a key input.

    Raises:
        BadUserInputError: The key is null, or its id is wrong.
    """
    ((name, part),) = value.items()
    if part is None:
        message = f"{'.'.join((*path, name))} is null: pass a value."
        raise BadUserInputError(message, path=(*path, name))
    if name == "id":
        return read_global_id(part, entity, registry, (*path, name))
    key = next(each for each in entity.keys if each.name == name)
    columns = [entity.columns[each] for each in key.columns]
    if len(columns) == 1:
        return KeyValue(key.columns, (column_operand(columns[0], part, (*path, name)),))
    return KeyValue(key.columns, tuple(_part(column, part, (*path, name)) for column in columns))


def _part(column: Column, part: dict[str, Any], path: tuple[str, ...]) -> Any:
    return column_operand(column, part[column.name], (*path, column.name))


def key_filter(key: KeyValue, operands: Operands) -> Filter:
    """Return the condition that a row has a key."""
    return And(
        tuple(
            Compare(column, Operator.EQ, operands.add(value))
            for column, value in zip(key.columns, key.values, strict=True)
        )
    )
