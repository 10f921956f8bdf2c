"""Cursors: opaque texts that hold a place in an order and the fingerprint of that order.

Source: Relay Cursor Connections Specification.
"""

import base64
import binascii
import decimal
import hashlib
import math
from collections.abc import Sequence
from typing import Any

import orjson

from gql_api.errors import CursorMismatchError, InvalidCursorError
from gql_api.mapping.descriptors import Column, Entity, Registry, ValueType
from gql_api.mapping.global_ids import read_column, write_column
from gql_api.mapping.values import ScalarKind, read_value, write_value
from gql_api.plan.pages import OrderKey
from gql_api.sql.ordering import is_sorted_as_text, order_column


class CursorCodec:
    """Reads and writes the cursors of one order.

    Args:
        entity: Whose rows are ordered.
        order: Keys, most significant first.
        registry: For the columns of relatives.
        values: Value of each slot: another search is another order.
    """

    def __init__(
        self,
        entity: Entity,
        order: Sequence[OrderKey],
        registry: Registry,
        values: Sequence[Any] = (),
    ) -> None:
        self._types = [_place_type(entity, key, registry) for key in order]
        described = [
            (
                *(key.path, key.function, key.column, key.is_descending, key.are_nulls_first),
                *_words(key, values),
            )
            for key in order
        ]
        text = orjson.dumps([entity.name, described])
        self.fingerprint = hashlib.blake2s(text, digest_size=6).hexdigest()

    @property
    def value_types(self) -> list[ValueType]:
        """The type of each key's values."""
        return [
            ValueType(each) if isinstance(each, ScalarKind) else each.type for each in self._types
        ]

    def encode(self, values: Sequence[Any]) -> str:
        """Encode a place: one database value per key of the order."""
        parts = [
            _write_part(type_, value) for type_, value in zip(self._types, values, strict=True)
        ]
        return base64.urlsafe_b64encode(orjson.dumps([self.fingerprint, *parts])).decode("ascii")

    def decode(self, text: str, *, argument: str) -> tuple[Any, ...]:
        """Decode a place.

        Args:
            text: A cursor from a client.
            argument: Name of the argument, for the message.

        Raises:
            InvalidCursorError: It is no cursor.
            CursorMismatchError: It belongs to another order.
        """
        fingerprint, *parts = _parse(text) or [None]
        if not isinstance(fingerprint, str):
            raise _invalid(argument)
        if fingerprint != self.fingerprint:
            message = (
                f'The cursor in "{argument}" belongs to another list or another "orderBy": '
                "pass the same order, or start from the first page."
            )
            raise CursorMismatchError(message, path=(argument,))
        if len(parts) != len(self._types):
            raise _invalid(argument)
        try:
            return tuple(map(_read_part, self._types, parts))
        except (ValueError, KeyError, TypeError, ArithmeticError):
            raise _invalid(argument) from None


def _parse(text: str) -> list[Any] | None:
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(text.encode("ascii")))
    except (binascii.Error, ValueError):
        return None
    return parts if isinstance(parts, list) and parts else None


def _place_type(entity: Entity, key: OrderKey, registry: Registry) -> Column | ScalarKind:
    """Return what the values of a key are: of a column or an aggregate, ranks, counts, or texts."""
    if key.search_slot is not None:
        return ScalarKind.FLOAT
    if key.column is None and len(key.path) == 1:
        return ScalarKind.INT  # never null
    column = order_column(entity, key, registry)
    return ScalarKind.STRING if is_sorted_as_text(column) else column


def _words(key: OrderKey, values: Sequence[Any]) -> tuple[Any, ...]:
    return () if key.search_slot is None else (values[key.search_slot],)


def _write_part(type_: Column | ScalarKind, value: Any) -> Any:
    """Write a value; one without a form on the wire, as the only item of a list."""
    if isinstance(type_, ScalarKind):
        return write_value(type_, value)
    if isinstance(value, float | decimal.Decimal) and not math.isfinite(value):
        return [str(value)]
    enum = type_.type.enum
    if enum is not None and isinstance(value, str) and value not in enum.values.values():
        return [value]
    return write_column(type_, value)


def _read_part(type_: Column | ScalarKind, part: Any) -> Any:
    if isinstance(type_, ScalarKind):
        return read_value(type_, part)
    if not isinstance(part, list):
        return read_column(type_, part)
    (text,) = part
    match type_.type.kind:
        case ScalarKind.FLOAT:
            return float(text)
        case ScalarKind.DECIMAL:
            return decimal.Decimal(text)
        case ScalarKind.ENUM if isinstance(text, str) and "\x00" not in text:
            return text
        case _:
            raise ValueError(text)


def _invalid(argument: str) -> InvalidCursorError:
    message = f'"{argument}" is no cursor of this API: pass "endCursor" or an edge\'s "cursor".'
    return InvalidCursorError(message, path=(argument,))
