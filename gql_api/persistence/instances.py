"""Instances of models: made through their constructors, changed by their attributes."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import orm

from gql_api.mapping.descriptors import Entity
from gql_api.mapping.values import ScalarKind


def new_instance(entity: Entity, values: Mapping[str, Any]) -> Any:
    """Make an instance through its constructor, or without where that asks for more.

    A dataclass model may demand relationships, which are never set here.
    """
    values = bindable_values(entity, values, is_new=True)
    constructor = _constructor_of(entity.model)
    if constructor.demanded <= values.keys():
        accepted = {
            key: values[key]
            for key in values
            if constructor.takes_any or key in constructor.accepted
        }
        row = entity.model(**accepted)
    else:
        accepted = {}
        row = orm.class_mapper(entity.model).class_manager.new_instance()
    for key in values.keys() - accepted.keys():
        setattr(row, key, values[key])
    return row


@dataclass(frozen=True, slots=True)
class _Constructor:
    """What the constructor of a model takes by name."""

    accepted: frozenset[str]
    demanded: frozenset[str]
    takes_any: bool


_constructors: WeakKeyDictionary[type[Any], _Constructor] = WeakKeyDictionary()


def _constructor_of(model: type[Any]) -> _Constructor:
    """Return what is known of a constructor: reading its signature costs as much as a short read."""
    known = _constructors.get(model)
    if known is None:
        known = _constructors[model] = _read_constructor(model)
    return known


def _read_constructor(model: type[Any]) -> _Constructor:
    parameters = inspect.signature(model).parameters.values()
    named = {each.name: each for each in parameters if each.kind not in _VARIADIC}
    return _Constructor(
        accepted=frozenset(named),
        demanded=frozenset(
            name for name, each in named.items() if each.default is inspect.Parameter.empty
        ),
        takes_any=any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters),
    )


_VARIADIC = frozenset({inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL})


def assign_values(entity: Entity, row: Any, values: Mapping[str, Any]) -> None:
    """Set attributes of an instance."""
    for key, value in bindable_values(entity, values).items():
        setattr(row, key, value)


def bindable_values(
    entity: Entity, values: Mapping[str, Any], *, is_new: bool = False
) -> dict[str, Any]:
    """Return the values of column attributes; NULL where None would be something else.

    JSON columns would store ``null``, new rows a default.

    Args:
        entity: Whose row.
        values: Attribute key to value.
        is_new: Whether the row is to be created: a NULL that is there anyway is left out, since
            rows without expressions are inserted together.

    Raises:
        KeyError: A key is no column attribute: a defect of the caller.
    """
    mapper = orm.class_mapper(entity.model)
    found: dict[str, Any] = {}
    for key, value in values.items():
        if key not in mapper.synonyms:
            mapper.column_attrs[key]
        column = entity.columns.get(key)
        is_json = column is not None and column.type.kind is ScalarKind.JSON
        if value is not None or column is None or column.is_primary_key:
            found[key] = value
        elif is_new and _is_null_by_default(mapper, key):
            found |= {} if is_json else {key: None}
        else:
            found[key] = sa.null() if is_json or is_new else None
    return found


def _is_null_by_default(mapper: orm.Mapper[Any], key: str) -> bool:
    column: Any = mapper.column_attrs[key].columns[0]
    return column.default is None and column.server_default is None
