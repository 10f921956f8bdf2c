"""Column types: SQLAlchemy's become value types."""

import enum
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeEngine

from gql_api.mapping.custom_types import describe_own_type, own_type, takes
from gql_api.mapping.descriptors import EnumDescriptor, ValueType
from gql_api.mapping.values import ScalarKind
from gql_api.naming import Inflector, NameTable

_KIND_BY_TYPE: tuple[tuple[type[TypeEngine[Any]], ScalarKind], ...] = (
    # the first match wins: subclasses stand before their bases
    (sa.Boolean, ScalarKind.BOOLEAN),
    (mysql.SET, ScalarKind.OPAQUE),
    (mysql.BIT, ScalarKind.BIG_INT),
    (mysql.YEAR, ScalarKind.INT),
    (postgresql.OID, ScalarKind.BIG_INT),
    (sa.BigInteger, ScalarKind.BIG_INT),
    (sa.Integer, ScalarKind.INT),
    (sa.Float, ScalarKind.FLOAT),
    (sa.Numeric, ScalarKind.DECIMAL),
    (sa.Date, ScalarKind.DATE),
    (sa.Time, ScalarKind.TIME),
    (sa.Interval, ScalarKind.DURATION),
    (postgresql.INTERVAL, ScalarKind.DURATION),
    (sa.Uuid, ScalarKind.UUID),
    (sa.JSON, ScalarKind.JSON),
    (postgresql.HSTORE, ScalarKind.JSON),
    (sa.LargeBinary, ScalarKind.BASE64),
    (postgresql.BYTEA, ScalarKind.BASE64),
    (sa.String, ScalarKind.STRING),
    (postgresql.CITEXT, ScalarKind.STRING),
)


def describe_type(
    type_: TypeEngine[Any], describe_enum: Callable[[sa.Enum], EnumDescriptor]
) -> ValueType:
    """Describe a column type by its implementation; an unknown one is opaque, never an error.

    Args:
        type_: The type of the column.
        describe_enum: Returns the one descriptor of an enumeration.
    """
    own = own_type(type_)
    plain = _unwrap(type_)
    if own is not None:
        return _describe_own_type(own, plain, describe_enum)
    if isinstance(plain, sa.ARRAY):
        item = describe_type(plain.item_type, describe_enum)
        return replace(item, dimensions=item.dimensions + (plain.dimensions or 1))
    if isinstance(plain, sa.Enum):
        return ValueType(
            ScalarKind.ENUM,
            describe_enum(plain),
            is_native_enum=plain.native_enum,
            is_checked_enum=plain.create_constraint,
        )
    is_text = isinstance(plain, sa.Uuid) and not plain.as_uuid
    is_text_vector = isinstance(plain, postgresql.TSVECTOR)
    return ValueType(_scalar_kind(plain), is_text=is_text, is_text_vector=is_text_vector)


def is_opaque(type_: TypeEngine[Any]) -> bool:
    """Tell whether a database alone knows the text of a type's values."""
    plain = _unwrap(type_)
    if own_type(type_) is not None or isinstance(plain, sa.ARRAY | sa.Enum):
        return False
    return _scalar_kind(plain) is ScalarKind.OPAQUE


def _describe_own_type(
    own: sa.types.TypeDecorator[Any],
    plain: TypeEngine[Any],
    describe_enum: Callable[[sa.Enum], EnumDescriptor],
) -> ValueType:
    """Describe a type of the models' own; one that does not take what clients pass is no operand."""
    stored = _scalar_kind(plain)
    found = describe_own_type(own, stored)
    is_taken = takes(own, found)
    if isinstance(found, type):
        if is_taken:
            return ValueType(ScalarKind.ENUM, describe_enum(sa.Enum(found)), own=own)
        return ValueType(ScalarKind.OPAQUE, own=own, is_refused=True)
    kind = found if is_taken or found is ScalarKind.JSON else ScalarKind.OPAQUE
    return ValueType(kind, own=own, is_refused=not is_taken)


def _unwrap(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    while True:
        if isinstance(type_, sa.Interval):
            return type_  # a decorator of date-times itself, for databases without intervals
        if isinstance(type_, sa.types.TypeDecorator):
            type_ = type_.impl_instance
        elif isinstance(type_, postgresql.DOMAIN):
            type_ = type_.data_type
        else:
            return type_


def _scalar_kind(type_: TypeEngine[Any]) -> ScalarKind:
    if isinstance(type_, sa.DateTime):
        return ScalarKind.DATE_TIME if type_.timezone else ScalarKind.LOCAL_DATE_TIME
    if isinstance(type_, sa.Time) and type_.timezone:
        return ScalarKind.OPAQUE  # a Time has no offset
    if isinstance(type_, sa.Numeric) and not type_.asdecimal:
        return ScalarKind.FLOAT
    return next(
        (kind for base, kind in _KIND_BY_TYPE if isinstance(type_, base)), ScalarKind.OPAQUE
    )


class EnumTable:
    """The enumerations of one schema: each Python or database enum is described once.

    Args:
        inflector: Makes the names of values.
        claim: Takes a type name.
    """

    def __init__(self, inflector: Inflector, claim: Callable[[str], str]) -> None:
        self._inflector = inflector
        self._claim = claim
        self._found: dict[object, EnumDescriptor] = {}

    def describe(self, type_: sa.Enum, fallback_name: str) -> EnumDescriptor:
        """Return the descriptor of an enumeration.

        Args:
            type_: The column type.
            fallback_name: Name for an enumeration that has none of its own.
        """
        identity = type_.enum_class or (type_.schema, type_.name, tuple(type_.enums))
        if identity not in self._found:
            self._found[identity] = self._describe(type_, fallback_name)
        return self._found[identity]

    def _describe(self, type_: sa.Enum, fallback_name: str) -> EnumDescriptor:
        python_enum = type_.enum_class
        if python_enum is not None:
            members: dict[str, Any] = dict(python_enum.__members__)
            name, doc = python_enum.__name__, _own_doc(python_enum)
        else:
            members = {label: label for label in type_.enums}
            name, doc = type_.name or fallback_name, None
        names = NameTable()
        values = {
            names.claim(self._inflector.enum_value(key)): value for key, value in members.items()
        }
        return EnumDescriptor(self._claim(name), MappingProxyType(values), doc)


def _own_doc(python_enum: type[enum.Enum]) -> str | None:
    return None if python_enum.__doc__ in {None, enum.Enum.__doc__, ""} else python_enum.__doc__
