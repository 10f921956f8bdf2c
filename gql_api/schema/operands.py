"""Operands: the values of an operation, collected while its plan is made of slots."""

import enum
import math
import re
import uuid
from collections.abc import Iterable
from typing import Any

from gql_api.errors import BadUserInputError
from gql_api.mapping.custom_types import bind_fault
from gql_api.mapping.descriptors import Column
from gql_api.mapping.values import ScalarKind
from gql_api.plan.filters import Operator
from gql_api.sql.operands import ESCAPE, operand_value

_SURROGATES = re.compile("[\ud800-\udfff]")


class Operands:
    """The values of one plan; each gets the next slot."""

    def __init__(self) -> None:
        self._values: list[Any] = []

    def add(self, value: Any) -> int:
        """Keep a value and return its slot."""
        self._values.append(value)
        return len(self._values) - 1

    def extend(self, values: Iterable[Any]) -> None:
        """Keep values in the next slots."""
        self._values.extend(values)

    def since(self, slot: int) -> tuple[Any, ...]:
        """Return the values from a slot on."""
        return tuple(self._values[slot:])

    def __len__(self) -> int:
        """Return the number of values, which is the next slot."""
        return len(self._values)

    @property
    def values(self) -> tuple[Any, ...]:
        """The values, by slot."""
        return tuple(self._values)


def column_operand(column: Column, value: Any, path: tuple[str, ...]) -> Any:
    """Return the value that a column binds.

    Args:
        column: What it is compared with or written to.
        value: As GraphQL coerced it; a list is converted item by item.
        path: Names that lead to the value, for errors.

    Raises:
        BadUserInputError: No database takes the value, or the column's own type refuses it.
    """
    if isinstance(value, list) and column.type.kind is not ScalarKind.JSON:
        return [column_operand(column, item, path) for item in value]
    if column.type.kind is ScalarKind.JSON:
        check_json(value, path)
    elif isinstance(value, str):
        check_text(value, path)
    operand = _member_value(column, value)
    own = column.type.own
    if own is not None and operand is not None and bind_fault(own, operand) is not None:
        message = f"{'.'.join(path)} is refused: it is no value of {column.name}."
        raise BadUserInputError(message, path=path)
    return operand


def _member_value(column: Column, value: Any) -> Any:
    """Return what stands for a member of an enumeration, or for an identifier kept as text."""
    if column.type.is_text and isinstance(value, uuid.UUID):
        return str(value)
    if column.type.enum is None or not isinstance(value, enum.Enum):
        return value
    is_python = isinstance(next(iter(column.type.enum.values.values())), enum.Enum)
    return value if is_python else value.value


def check_text(text: str, path: tuple[str, ...]) -> None:
    """Refuse a text that no database takes.

    Raises:
        BadUserInputError: It holds U+0000, or half of a character.
    """
    if "\x00" in text:
        message = f"{'.'.join(path)} holds the character U+0000: leave it out."
        raise BadUserInputError(message, path=path)
    if not text.isascii() and _SURROGATES.search(text):
        message = f"{'.'.join(path)} holds half of a surrogate pair: pass whole characters."
        raise BadUserInputError(message, path=path)


def check_json(value: Any, path: tuple[str, ...]) -> None:
    """Refuse a JSON value that no database takes.

    Raises:
        BadUserInputError: A text within holds U+0000, or a number is none of JSON.
    """
    if isinstance(value, str):
        check_text(value, path)
    elif isinstance(value, float) and not math.isfinite(value):
        message = f"{'.'.join(path)} holds a number that is too large."
        raise BadUserInputError(message, path=path)
    elif isinstance(value, dict):
        for key, each in value.items():
            check_text(key, path)
            check_json(each, path)
    elif isinstance(value, list):
        for each in value:
            check_json(each, path)


def comparison_operand(operator: Operator, value: Any, path: tuple[str, ...]) -> Any:
    """Return what an operator binds for a value of its column.

    Raises:
        BadUserInputError: A pattern ends within an escape.
    """
    if operator in {Operator.LIKE, Operator.ILIKE}:
        trailing = len(value) - len(value.rstrip(ESCAPE))
        if trailing % 2:
            message = f"{'.'.join(path)} ends with a lone backslash: write it twice."
            raise BadUserInputError(message, path=path)
    return operand_value(operator, value)
