"""How columns are selected, where that is not how they compare."""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect
from typing_extensions import override

from gql_api.errors import UnreadableValueError
from gql_api.mapping.custom_types import own_type
from gql_api.mapping.types import is_opaque

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - what SQLAlchemy counts intervals from
_LEAST_SPAN = dt.datetime(1, 1, 1) - _EPOCH  # noqa: DTZ001 - likewise
_GREATEST_SPAN = dt.datetime(9999, 12, 31) - _EPOCH  # noqa: DTZ001 - likewise
POSTGRESQL: sa.Dialect = PGDialect()  # type: ignore[no-untyped-call]  # in SQLAlchemy
"""Stands for any server, where a type is asked what it is there."""

_GREATEST_SINGLE = (2 - 2**-23) * 2.0**127


class _ComparedSingle(sa.types.TypeDecorator[float]):
    """A number that a column of single precision is compared with: beyond all is infinite."""

    impl = sa.REAL
    cache_ok = True

    @override
    def process_bind_param(self, value: float | None, dialect: sa.Dialect) -> float | None:
        if value is None or abs(value) <= _GREATEST_SINGLE:
            return value
        return math.copysign(math.inf, value) if dialect.name == "postgresql" else value


class _ComparedInterval(sa.types.TypeDecorator[dt.timedelta]):
    """A duration that a column is compared with: where it is kept as a moment, the last one."""

    impl = sa.Interval
    cache_ok = True

    @override
    def process_bind_param(
        self, value: dt.timedelta | None, dialect: sa.Dialect
    ) -> dt.timedelta | None:
        return None if value is None else min(max(value, _LEAST_SPAN), _GREATEST_SPAN)


def compared_type(type_: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """Return the type that the operand of a comparison binds.

    It is the column's, but wide enough for each operand: a bound value is cast to its type, which
    fails beyond the range of a narrow one, and rounds or cuts what else would be unequal.
    """
    if type_._variant_mapping:  # noqa: SLF001 - a type that differs by database is told in no other way
        return type_
    compared: sa.types.TypeEngine[Any] = type_
    match type_:
        case sa.ARRAY():
            compared = sa.ARRAY(compared_type(type_.item_type), dimensions=type_.dimensions)
        case sa.SmallInteger():
            compared = sa.Integer()
        case sa.REAL():
            compared = _ComparedSingle()
        case sa.Interval():
            compared = _ComparedInterval(native=type_.native)
        case sa.Numeric(asdecimal=True) if not isinstance(type_, sa.Float):
            compared = sa.Numeric()
        case _:
            pass
    return compared


@dataclass(frozen=True, slots=True)
class SubtypeColumn:
    """A column of a list that only rows of one subtype have."""

    entity: str
    """Name of the subtype's entity."""

    key: str
    """Attribute key."""


@dataclass(frozen=True, slots=True)
class Discriminator:
    """What tells the type of a row."""


SelectedColumn = str | SubtypeColumn | Discriminator
"""What can be selected of a source: an attribute key of its entity, or one of these."""


class ReadableEnum(sa.types.TypeDecorator[Any]):
    """Reads an enumeration; a stored label outside of it is read as the label itself.

    SQLAlchemy's own type fails the whole result instead.

    Args:
        enumeration: The type of the column.
    """

    impl = sa.String
    cache_ok = True

    def __init__(self, enumeration: sa.Enum) -> None:
        super().__init__()
        self.enumeration = enumeration

    @override
    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Any] | None:
        own = self.enumeration.dialect_impl(dialect)
        read: Callable[[Any], Any] | None = own.result_processor(dialect, coltype)
        if read is None:
            return None

        def process(value: Any) -> Any:
            try:
                return read(value)
            except LookupError:
                return value

        return process


class ReadableOwn(sa.types.TypeDecorator[Any]):
    """Reads a type of the models' own; what it cannot read is an error in place of the value.

    Otherwise one stored value fails the whole result.

    Args:
        own: The type of the column.
    """

    impl = sa.String
    cache_ok = True

    def __init__(self, own: sa.types.TypeDecorator[Any]) -> None:
        super().__init__()
        self.own = own

    @override
    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return self.own.load_dialect_impl(dialect)

    @override
    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Any] | None:
        own = self.own.dialect_impl(dialect)
        read: Callable[[Any], Any] | None = own.result_processor(dialect, coltype)
        if read is None:
            return None

        def process(value: Any) -> Any:
            try:
                return read(value)
            except Exception:  # noqa: BLE001 - the models' own code may raise anything
                return UnreadableValueError("The stored value cannot be read.")

        return process


def plain_type(type_: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """Return what a type is on PostgreSQL, without decorators."""
    plain: sa.types.TypeEngine[Any] = type_.dialect_impl(POSTGRESQL)
    while isinstance(plain, sa.types.TypeDecorator):
        plain = plain.impl_instance.dialect_impl(POSTGRESQL)
    return plain


def readable(expression: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return an expression as it is selected: what GraphQL has no form for as the database's text."""
    own = own_type(expression.type)
    if own is not None:
        return sa.type_coerce(expression, ReadableOwn(own))
    if _is_column(expression) and is_opaque(expression.type):
        return sa.cast(expression, sa.Text())
    if isinstance(expression.type, sa.Enum):
        return sa.type_coerce(expression, ReadableEnum(expression.type))
    return expression


def _is_column(expression: Any) -> bool:
    """Tell whether an expression is a column of a table: types of others are often unknown."""
    element = getattr(expression, "__clause_element__", lambda: expression)()
    return isinstance(element, sa.Column)
