"""Global ids: opaque strings that hold a type name and every column of a primary key.

Source: GraphQL Global Object Identification Specification.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from gql_api.errors import BadUserInputError
from gql_api.mapping.descriptors import Column, Entity, Registry
from gql_api.mapping.values import ScalarKind, plain_value, read_value, write_value


def encode_global_id(entity: Entity, values: Mapping[str, Any]) -> str:
    """Encode the key of a row.

    Args:
        entity: Whose row; not a keyless one.
        values: Attribute key to database value; holds at least the primary key.
    """
    return encode_key(entity, [values[column.key] for column in entity.id_columns])


def encode_key(entity: Entity, key: Sequence[Any]) -> str:
    """Encode the key of a row: database values of ``entity.id_columns``."""
    parts = map(write_column, entity.id_columns, key)
    return base64.urlsafe_b64encode(orjson.dumps([entity.id_name, *parts])).decode("ascii")


def decode_global_id(
    registry: Registry, text: str, path: tuple[str, ...] = ("id",)
) -> tuple[Entity, tuple[Any, ...]]:
    """Decode a global id into its entity and the values of the primary key.

    Rows of classes that inherit from each other have ids of their topmost base.

    Args:
        registry: All entities.
        text: The id.
        path: Names that lead to the argument.

    Raises:
        BadUserInputError: It is none, or names a type or a key that does not exist.
    """
    name, *parts = _parse(text) or [None]
    entity = registry.entities.get(name) if isinstance(name, str) else None
    if entity is None or entity.id_name != name:
        raise _invalid(text, path)
    if entity.is_keyless or len(entity.id_columns) != len(parts):
        raise _invalid(text, path)
    if None in parts:
        raise _invalid(text, path)
    try:
        return entity, tuple(map(read_column, entity.id_columns, parts))
    except (ValueError, KeyError):
        raise _invalid(text, path) from None


def key_values(entity: Entity, found: Entity, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return the values of the primary key of a row among the rows of an entity.

    Args:
        entity: Whose list the row is looked for in.
        found: The entity that the row's global id names.
        values: What the id holds.

    Returns:
        None when rows with such ids are in no list of the entity.
    """
    if entity.lineage is None or not entity.is_union:
        return values if found.id_name == entity.id_name else None
    for identity, name in entity.lineage.identities.items():
        if name == found.name:
            return (*values, identity)
    return None


def _parse(text: str) -> list[Any] | None:
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(text.encode("ascii")))
    except (binascii.Error, ValueError):
        return None
    return parts if isinstance(parts, list) else None


def _invalid(text: str, path: tuple[str, ...]) -> BadUserInputError:
    where = ".".join(path)
    message = f'{where} is "{text[:80]}", no id of this API: pass an id that it returned.'
    return BadUserInputError(message, path=path)


def write_column(column: Column, value: Any) -> Any:
    """Write a value of a column as JSON: an enumeration by the name of the value."""
    if value is None:
        return None
    if column.type.own is not None:
        value = plain_value(column.type.kind, value)
    if column.type.dimensions:
        return value
    if column.type.enum is not None:
        return next((name for name, each in column.type.enum.values.items() if each == value), None)
    return write_value(column.type.kind, value)


def read_column(column: Column, value: Any) -> Any:
    """Read a value of a column from JSON: the inverse of ``write_column``.

    Raises:
        ValueError: It is no value of the column.
        KeyError: It is no value of the column's enumeration.
    """
    if value is None:
        return None
    if column.type.kind is ScalarKind.ENUM and column.type.enum is not None:
        return column.type.enum.values[value]
    read = read_value(column.type.kind, value)
    return str(read) if column.type.is_text else read
