"""Versions of rows: one column tells whether a row has changed, and clients see it as a text.

The text is opaque to clients: the value of the column as answers write it, empty for null.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.orm import ColumnProperty, Mapper
from sqlalchemy.sql import functions

from gql_api.errors import MappingError
from gql_api.mapping.descriptors import Column, Registry, ValueType
from gql_api.mapping.values import ScalarKind, plain_value, read_value, write_value
from gql_api.mapping.visibility import attribute_info, gql_options

_KINDS = frozenset(
    {ScalarKind.STRING, ScalarKind.INT, ScalarKind.BIG_INT, ScalarKind.DECIMAL, ScalarKind.UUID}
    | {ScalarKind.DATE_TIME, ScalarKind.LOCAL_DATE_TIME, ScalarKind.BASE64, ScalarKind.OPAQUE}
)
"""Kinds of values of which no two are written alike."""

_MOMENTS = frozenset({ScalarKind.DATE_TIME, ScalarKind.LOCAL_DATE_TIME})
_SECONDS = (functions.now, functions.current_timestamp)
_DIGITS = 6
"""Of a second, for microseconds."""

_MYSQL: sa.Dialect = MySQLDialect()
"""Stands for any server, where a type is asked what it is there."""


def has_versions(mapper: Mapper[Any]) -> bool:
    """Tell whether rows of a mapper, or of any class of its hierarchy, have versions."""
    return any(
        is_version(attribute)
        for each in mapper.base_mapper.self_and_descendants
        for attribute in each.column_attrs
    )


def is_version(attribute: ColumnProperty[Any]) -> bool:
    """Tell whether an attribute is its mapper's version, or is marked as one."""
    if attribute.columns[0] is attribute.parent.version_id_col:
        return True
    return bool(gql_options(attribute_info(attribute), attribute).get("version"))


def check_version_type(attribute: ColumnProperty[Any], type_: ValueType) -> None:
    """Refuse a version whose values clients cannot hand back unchanged.

    Raises:
        MappingError: The column holds numbers in floating point, documents, lists or the like.
    """
    if type_.kind in _KINDS and not type_.dimensions:
        return
    message = f"{attribute} is of the kind {type_.kind}, which cannot tell versions apart."
    fix = "Mark a whole number, or a date-time that changes with every write."
    raise MappingError(message, fix=fix)


def check_clocks(registry: Registry, dialect: str) -> None:
    """Refuse versions that stay the same when a row changes twice within a second.

    Args:
        registry: All entities.
        dialect: Name of the database's: PostgreSQL's clock and columns have microseconds.

    Raises:
        MappingError: A column keeps whole seconds, or the database's clock gives no more.
    """
    for entity in registry:
        version = entity.version
        if version is None or version.type.kind not in _MOMENTS or dialect == "postgresql":
            continue
        column = getattr(entity.model, version.key).expression
        name = f"{entity.model.__name__}.{version.key}"
        if dialect == "mysql" and getattr(column.type.dialect_impl(_MYSQL), "fsp", None) != _DIGITS:
            message = f"{name} keeps whole seconds, which cannot tell versions apart."
            fix = 'Give its type .with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb").'
            raise MappingError(message, fix=fix)
        onupdate = getattr(column, "onupdate", None)
        if isinstance(getattr(onupdate, "arg", None), _SECONDS):
            message = f"{name} is set by the database's clock, which gives whole seconds."
            raise MappingError(message, fix="Pass onupdate=lambda: datetime.now(UTC).")


def write_version(type_: ValueType, value: Any) -> str:
    """Write a version for clients.

    Args:
        type_: Of the column.
        value: What the database holds; None included.

    Raises:
        ValueError, TypeError: The value has no form on the wire.
    """
    plain = value if type_.own is None else plain_value(type_.kind, value)
    if isinstance(plain, BaseException):
        message = "The stored value cannot be read."
        raise TypeError(message)
    return "" if plain is None else f"{write_value(type_.kind, plain)}"


def is_version_text(column: Column, text: str) -> bool:
    """Tell whether an answer can have written a text as a version of rows."""
    type_ = column.type
    if type_.own is not None or type_.kind in {ScalarKind.STRING, ScalarKind.OPAQUE}:
        return True
    if not text:
        return column.is_nullable
    # the text of a whole number is what is read as one of 64 bits
    kind = ScalarKind.BIG_INT if type_.kind is ScalarKind.INT else type_.kind
    try:
        return write_version(type_, read_value(kind, text)) == text
    except (ValueError, ArithmeticError):
        return False
