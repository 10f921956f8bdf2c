"""Columns of values as answers write them, equal to what the schema's scalars and enums serialize.

A column is judged as a whole: where all its values are of the one expected Python type, nothing is
done for each of them. Whatever is out of the ordinary has no plain form here.
"""

import datetime as dt
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from types import MappingProxyType, NoneType
from typing import Any

import orjson

from gql_api.errors import NoPlainFormError
from gql_api.mapping.descriptors import EnumDescriptor, ValueType
from gql_api.mapping.values import INT32_LIMIT, ScalarKind, plain_value, write_value
from gql_api.mapping.versions import write_version

Values = Sequence[Any]
Convert = Callable[[Values], Values]

_OFFSET = -len("+00:00")
_WHOLE_SECOND = len("2001-01-01T00:00:00+00:00")
_EXACT_LIMIT = 2**53  # whole numbers up to here are floating-point numbers too


def convert_column(type_: ValueType, *, is_nullable: bool) -> Convert:
    """Return what writes a column of database values.

    Args:
        type_: Of the values.
        is_nullable: Whether null is a value of the field.

    Returns:
        A function that raises ``NoPlainFormError`` where a value has no form, such as NaN, an
        unknown label, or null in a field that is not.
    """
    convert = _convert_items(type_)
    for _ in range(type_.dimensions):
        convert = partial(_convert_lists, convert)
    if type_.own is not None:
        convert = partial(_convert_own, type_.kind, convert)
    if is_nullable or (type_.kind is ScalarKind.JSON and not type_.dimensions):
        return convert
    return partial(_refuse_nulls, convert)


def convert_versions(type_: ValueType) -> Convert:
    """Return what writes a column of database values as versions of rows.

    Args:
        type_: Of the values.

    Returns:
        A function that raises ``NoPlainFormError`` where a value has no form.
    """
    return partial(_convert_versions, partial(_convert_each, partial(write_version, type_)))


def refuse_value(value: object) -> NoPlainFormError:
    """Return the error for a value without a form."""
    return NoPlainFormError(f"A value of the type {type(value).__name__} has no plain form.")


def _convert_items(type_: ValueType) -> Convert:
    """Return what writes scalars and enumerations, nulls among them."""
    if type_.enum is not None:
        return partial(_convert_labels, _labels(type_.enum))
    known = _CONVERTERS.get(type_.kind)
    return partial(_convert_each, partial(write_value, type_.kind)) if known is None else known


def _labels(enum: EnumDescriptor) -> Mapping[Hashable, Any]:
    labels: dict[Hashable, Any] = {None: None}
    for name, value in enum.values.items():
        labels.setdefault(value, name)  # the first of several names of one value
    return labels


def _convert_labels(labels: Mapping[Hashable, Any], values: Values) -> Values:
    try:
        return list(map(labels.__getitem__, values))
    except (LookupError, TypeError) as error:
        message = "A label is unknown."
        raise NoPlainFormError(message) from error


def _convert_each(write: Callable[[Any], Any], values: Values) -> Values:
    try:
        return [None if value is None else write(value) for value in values]
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        message = f"A value has no plain form: {error}"
        raise NoPlainFormError(message) from error


def _convert_versions(convert: Convert, values: Values) -> Values:
    return ["" if value is None else value for value in convert(values)]


def _convert_lists(convert: Convert, values: Values) -> Values:
    return [None if value is None else _convert_list(convert, value) for value in values]


def _convert_list(convert: Convert, value: object) -> Values:
    if not isinstance(value, list | tuple):
        raise refuse_value(value)
    return list(convert(value))


def _convert_own(kind: ScalarKind, convert: Convert, values: Values) -> Values:
    plain = [plain_value(kind, value) for value in values]
    for value in plain:
        if isinstance(value, BaseException):
            raise refuse_value(value)
    return convert(plain)


def _refuse_nulls(convert: Convert, values: Values) -> Values:
    converted = convert(values)
    if None in converted:
        message = "A field that is not null has no value."
        raise NoPlainFormError(message)
    return converted


def _expect(expected: frozenset[object], values: Values) -> None:
    if not expected.issuperset(map(type, values)):
        raise refuse_value(next(each for each in values if type(each) not in expected))


def _convert_strings(values: Values) -> Values:
    _expect(_STRINGS, values)
    return values


def _convert_booleans(values: Values) -> Values:
    _expect(_BOOLEANS, values)
    return values


def _convert_integers(values: Values) -> Values:
    _expect(_INTEGERS, values)
    given = values if None not in values else [value for value in values if value is not None]
    if given and not (min(given) >= -INT32_LIMIT and max(given) < INT32_LIMIT):
        message = "A whole number has more than 32 bits."
        raise NoPlainFormError(message)
    return values


def _convert_floats(values: Values) -> Values:
    _expect(_NUMBERS, values)
    for value in values:
        if value is None or (type(value) is float and math.isfinite(value)):
            continue
        if type(value) is float or abs(value) > _EXACT_LIMIT:
            message = "A number has no floating-point form."
            raise NoPlainFormError(message)
    return values


def _convert_moments(values: Values) -> Values:
    """Write date-times; those in UTC, as drivers give them, all at once."""
    given = [value for value in values if value is not None]
    if not given or not all(type(each) is dt.datetime and each.tzinfo is dt.UTC for each in given):
        return _convert_each(partial(write_value, ScalarKind.DATE_TIME), values)
    texts = orjson.dumps(given).decode()[2:-2].split('","')
    written = [
        text if text[_OFFSET - 1] != "0" or len(text) == _WHOLE_SECOND else _without_zeros(text)
        for text in texts
    ]
    if len(given) == len(values):
        return written
    rest = iter(written)
    return [None if value is None else next(rest) for value in values]


def _without_zeros(text: str) -> str:
    """Cut the zeros at the end of a fraction of a second."""
    return f"{text[:_OFFSET].rstrip('0')}{text[_OFFSET:]}"


def _leave(values: Values) -> Values:
    return values


_STRINGS: frozenset[object] = frozenset({str, NoneType})
_BOOLEANS: frozenset[object] = frozenset({bool, NoneType})
_INTEGERS: frozenset[object] = frozenset({int, NoneType})
_NUMBERS: frozenset[object] = frozenset({float, int, NoneType})

_CONVERTERS: Mapping[ScalarKind, Convert] = MappingProxyType(
    {
        ScalarKind.STRING: _convert_strings,
        ScalarKind.BOOLEAN: _convert_booleans,
        ScalarKind.INT: _convert_integers,
        ScalarKind.FLOAT: _convert_floats,
        ScalarKind.DATE_TIME: _convert_moments,
        ScalarKind.JSON: _leave,
    }
)
"""Of the kinds for which the Python type of a value tells its form; others are written as scalars are."""
