"""Cursors: opaque texts that hold a place in an order and the fingerprint of that order.

Source: Relay Cursor Connections Specification.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Any

import orjson

from gql_api.errors import CursorMismatchError, InvalidCursorError
from gql_api.mapping.descriptors import Column, Entity, Registry
from gql_api.mapping.global_ids import read_column, write_column
from gql_api.mapping.values import ScalarKind, read_value
from gql_api.plan.pages import OrderKey
from gql_api.sql.ordering import order_column


class CursorCodec:
    """Reads and writes the cursors of one order.

    Args:
        entity: Whose rows are ordered.
        order: Keys, most significant first.
        registry: For the columns of relatives.
    """

    def __init__(self, entity: Entity, order: Sequence[OrderKey], registry: Registry) -> None:
        self._columns: list[Column | None] = [order_column(entity, key, registry) for key in order]
        described = [
            (key.path, key.column, key.is_descending, key.are_nulls_first) for key in order
        ]
        text = orjson.dumps([entity.name, described])
        self._fingerprint = hashlib.blake2s(text, digest_size=6).hexdigest()

    def encode(self, values: Sequence[Any]) -> str:
        """Encode a place: one database value per key of the order."""
        parts = [
            value if column is None else write_column(column, value)
            for column, value in zip(self._columns, values, strict=True)
        ]
        return base64.urlsafe_b64encode(orjson.dumps([self._fingerprint, *parts])).decode("ascii")

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
        if fingerprint != self._fingerprint:
            message = (
                f'The cursor in "{argument}" belongs to another list or another "orderBy": '
                "pass the same order, or start from the first page."
            )
            raise CursorMismatchError(message, path=(argument,))
        if len(parts) != len(self._columns):
            raise _invalid(argument)
        try:
            return tuple(map(_read_part, self._columns, parts))
        except (ValueError, KeyError):
            raise _invalid(argument) from None


def _parse(text: str) -> list[Any] | None:
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(text.encode("ascii")))
    except (binascii.Error, ValueError):
        return None
    return parts if isinstance(parts, list) and parts else None


def _read_part(column: Column | None, part: Any) -> Any:
    return read_value(ScalarKind.INT, part) if column is None else read_column(column, part)


def _invalid(argument: str) -> InvalidCursorError:
    message = f'"{argument}" is no cursor of this API: pass "endCursor" or an edge\'s "cursor".'
    return InvalidCursorError(message, path=(argument,))
