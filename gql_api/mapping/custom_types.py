"""Types of the models' own: what they give and take is found out by their hints and by trying them."""

import dataclasses
import datetime as dt
import decimal
import enum
import typing
import uuid
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType, NoneType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import TypeDecorator

from gql_api.mapping.values import ScalarKind

_DIALECT = DefaultDialect()
"""Stands for any database where a type is tried."""

_HEX = "0" * 31 + "1"

_STORED: Mapping[ScalarKind, tuple[Any, ...]] = MappingProxyType(
    {
        ScalarKind.STRING: ("a", _HEX, "{}"),
        ScalarKind.INT: (1,),
        ScalarKind.BIG_INT: (1,),
        ScalarKind.FLOAT: (1.0,),
        ScalarKind.DECIMAL: (decimal.Decimal(1),),
        ScalarKind.BOOLEAN: (True,),
        ScalarKind.LOCAL_DATE_TIME: (dt.datetime(2000, 1, 1),),  # noqa: DTZ001 - as databases give it
        ScalarKind.DATE_TIME: (dt.datetime(2000, 1, 1, tzinfo=dt.UTC),),
        ScalarKind.DATE: (dt.date(2000, 1, 1),),
        ScalarKind.TIME: (dt.time(1),),
        ScalarKind.DURATION: (dt.timedelta(1),),
        ScalarKind.UUID: (uuid.UUID(int=1),),
        ScalarKind.JSON: ({}, []),
        ScalarKind.BASE64: (b"a" * 16, b"{}"),
    }
)
"""What a database may hold of each kind: the first that a type can read tells what it gives."""

_KIND_BY_CLASS: tuple[tuple[type[Any], ScalarKind], ...] = (
    # the first match wins: subclasses stand before their bases
    (bool, ScalarKind.BOOLEAN),
    (int, ScalarKind.BIG_INT),
    (float, ScalarKind.FLOAT),
    (str, ScalarKind.STRING),
    (decimal.Decimal, ScalarKind.DECIMAL),
    (dt.datetime, ScalarKind.LOCAL_DATE_TIME),
    (dt.date, ScalarKind.DATE),
    (dt.time, ScalarKind.TIME),
    (dt.timedelta, ScalarKind.DURATION),
    (uuid.UUID, ScalarKind.UUID),
    (bytes, ScalarKind.BASE64),
    (dict, ScalarKind.JSON),
    (list, ScalarKind.JSON),
    (tuple, ScalarKind.JSON),
    (set, ScalarKind.JSON),
)


def own_type(type_: Any) -> TypeDecorator[Any] | None:
    """Return the type decorator of a column type if it changes values."""
    while isinstance(type_, TypeDecorator) and not isinstance(type_, sa.Interval):
        if isinstance(type_, sa.PickleType) or any(
            getattr(type(type_), name) is not getattr(TypeDecorator, name) for name in _HOOKS
        ):
            return type_
        type_ = type_.impl_instance
    return None


_HOOKS = ("process_bind_param", "process_result_value", "bind_processor", "result_processor")


def describe_own_type(
    type_: TypeDecorator[Any], stored: ScalarKind
) -> ScalarKind | type[enum.Enum]:
    """Find out the kind of the values that a type gives, or their enumeration.

    Args:
        type_: A type that changes values.
        stored: Kind of what the database holds.
    """
    values = _hinted_class(type_) or _tried_class(type_, stored)
    if values is None:
        return ScalarKind.JSON if isinstance(type_, sa.PickleType) else stored
    if issubclass(values, enum.Enum) and values.__members__:
        return values
    kind = next((kind for base, kind in _KIND_BY_CLASS if issubclass(values, base)), None)
    if kind is None:
        return _kind_of_objects(type_, stored, values)
    if kind is ScalarKind.LOCAL_DATE_TIME and _is_aware(type_, stored):
        return ScalarKind.DATE_TIME
    return stored if kind is ScalarKind.BIG_INT and stored is ScalarKind.INT else kind


def _kind_of_objects(
    type_: TypeDecorator[Any], stored: ScalarKind, values: type[Any]
) -> ScalarKind:
    """Find out how objects are written: as JSON, as the text that means the same, or as any text."""
    if stored is ScalarKind.JSON or _has_fields(values):
        return ScalarKind.JSON
    value = _tried_value(type_, stored)
    try:
        process = type_.bind_processor(_DIALECT)
        is_same = process is not None and process(str(value)) == process(value)
    except Exception:  # noqa: BLE001 - the models' own code may raise anything
        is_same = False
    return ScalarKind.STRING if is_same and value is not None else ScalarKind.OPAQUE


def takes(type_: TypeDecorator[Any], kind: ScalarKind | type[enum.Enum]) -> bool:
    """Tell whether a type binds what clients pass for a kind, or refuses it as a wrong value."""
    if isinstance(kind, type):
        samples: tuple[Any, ...] = tuple(kind)[:1]
    else:
        samples = _STORED.get(kind, ())[:1]
    return bool(samples) and not isinstance(type_, sa.PickleType) and _binds(type_, samples[0])


def bind_fault(type_: TypeDecorator[Any], value: Any) -> Exception | None:
    """Return what a type raises when it binds a value."""
    try:
        process: Callable[[Any], Any] | None = type_.bind_processor(_DIALECT)
        if process is not None:
            process(value)
    except Exception as error:  # noqa: BLE001 - the models' own code may raise anything
        return error
    return None


def _binds(type_: TypeDecorator[Any], sample: Any) -> bool:
    fault = bind_fault(type_, sample)
    return fault is None or isinstance(fault, ValueError)


def _is_aware(type_: TypeDecorator[Any], stored: ScalarKind) -> bool:
    """Tell whether a type of date-times gives them with a time zone, or takes only those."""
    value = _tried_value(type_, stored)
    if isinstance(value, dt.datetime):
        return value.tzinfo is not None
    naive, aware = _STORED[ScalarKind.LOCAL_DATE_TIME][0], _STORED[ScalarKind.DATE_TIME][0]
    return bind_fault(type_, naive) is not None and bind_fault(type_, aware) is None


def _hinted_class(type_: TypeDecorator[Any]) -> type[Any] | None:
    """Return the class that ``process_result_value`` or ``TypeDecorator[...]`` names."""
    try:
        hints = [typing.get_type_hints(type(type_).process_result_value).get("return")]
    except Exception:  # noqa: BLE001 - an annotation may name anything
        hints = []
    for base in type(type_).__mro__:
        for origin in base.__dict__.get("__orig_bases__", ()):
            hints.extend(typing.get_args(origin))
    for hint in hints:
        classes = [each for each in _leaves(hint) if isinstance(each, type) and each is not object]
        if len(classes) == 1:
            return classes[0]
    return None


def _leaves(hint: Any) -> Iterator[Any]:
    """Return the classes of a union, but None; of a generic class the class itself."""
    origin = typing.get_origin(hint)
    if isinstance(origin, type) and origin is not typing.get_origin(int | None):
        yield origin
    elif origin is None:
        if hint is not NoneType:
            yield hint
    else:
        for each in typing.get_args(hint):
            yield from _leaves(each)


def _tried_class(type_: TypeDecorator[Any], stored: ScalarKind) -> type[Any] | None:
    value = _tried_value(type_, stored)
    return None if value is None else type(value)


def _tried_value(type_: TypeDecorator[Any], stored: ScalarKind) -> Any:
    """Read a sample through a type; None where it reads none."""
    for sample in _STORED.get(stored, ()):
        try:
            value = type_.process_result_value(sample, _DIALECT)
        except Exception:  # noqa: BLE001, S112 - the models' own code may raise anything
            continue
        if value is not None:
            return value
    return None


def _has_fields(values: type[Any]) -> bool:
    return dataclasses.is_dataclass(values) or hasattr(values, "model_dump")
