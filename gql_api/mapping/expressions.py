"""Expressions: hybrids and column properties become read-only ``Column`` descriptors.

An expression that has no SQL form, or none that means the same under an alias, is left out with a
warning in the log: it never takes its entity down.
"""

import datetime as dt
import decimal
import logging
import re
import typing
import uuid
from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType, NoneType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.hybrid import HybridExtensionType, hybrid_property
from sqlalchemy.orm import ColumnProperty, Mapper
from sqlalchemy.types import NullType, TypeEngine

from gql_api.mapping.descriptors import Column, EnumDescriptor, Expression
from gql_api.mapping.types import EnumTable, describe_type
from gql_api.mapping.visibility import Visibility, attribute_info
from gql_api.naming import Inflector, NameTable

_LOG = logging.getLogger(__name__)

_PROBE = "gql_probe"
"""Name of the alias that expressions are tried on."""

_TYPE_BY_ANNOTATION: Mapping[Any, type[TypeEngine[Any]]] = MappingProxyType(
    {
        str: sa.String,
        bool: sa.Boolean,
        int: sa.Integer,
        float: sa.Float,
        decimal.Decimal: sa.Numeric,
        dt.datetime: sa.DateTime,
        dt.date: sa.Date,
        dt.time: sa.Time,
        dt.timedelta: sa.Interval,
        uuid.UUID: sa.Uuid,
    }
)


def describe_expressions(
    mapper: Mapper[Any],
    *,
    names: NameTable,
    inflector: Inflector,
    enums: EnumTable,
    visibility: Visibility,
) -> dict[str, Column]:
    """Describe the hybrids and column properties of a mapper that have an SQL form.

    Args:
        mapper: A configured mapper.
        names: Field names taken on the type.
        inflector: Makes field names.
        enums: Enumerations of the schema.
        visibility: What exists for clients; what reads a hidden column does not.
    """
    found: dict[str, Column] = {}
    for key, attribute in _expressions(mapper):
        if not _is_shown(mapper, key, attribute, visibility):
            continue
        try:
            expression = _describe_expression(mapper, key, attribute, visibility)
        except _LeftOutError as error:
            _LOG.warning("%s.%s is left out: %s.", mapper.class_.__name__, key, error)
            continue
        found[key] = Column(
            key=key,
            name=names.claim(inflector.field(key), key),
            type=describe_type(
                expression.type, partial(_describe_enum, enums, f"{mapper.class_.__name__}_{key}")
            ),
            is_nullable=True,
            has_default=True,
            is_read_only=True,
            expression=expression,
            description=_doc(attribute),
        )
    return found


class _LeftOutError(Exception):
    """An expression does not become a field; the message says why."""


def _describe_enum(enums: EnumTable, fallback_name: str, type_: sa.Enum) -> EnumDescriptor:
    return enums.describe(type_, fallback_name)


def _doc(attribute: Any) -> str | None:
    doc: str | None = (
        attribute.doc if isinstance(attribute, ColumnProperty) else attribute.fget.__doc__
    )
    return doc


def _is_shown(mapper: Mapper[Any], key: str, attribute: Any, visibility: Visibility) -> bool:
    if isinstance(attribute, ColumnProperty):
        return visibility.is_shown(mapper, key, attribute_info(attribute), attribute)
    return visibility.is_shown(mapper, key, attribute.info)


def is_expression(attribute: ColumnProperty[Any]) -> bool:
    """Tell whether an attribute is an SQL expression, not a column of the mapped tables."""
    column = attribute.columns[0]
    return not isinstance(column, sa.ColumnClause) or column.table is None


def _expressions(mapper: Mapper[Any]) -> Iterator[tuple[str, Any]]:
    """Return what may be an expression; ``query_expression`` is null unless a query sets it."""
    for attribute in mapper.column_attrs:
        is_empty = dict(attribute.strategy_key).get("query_expression")
        if is_expression(attribute) and not is_empty:
            yield attribute.key, attribute
    for key, descriptor in mapper.all_orm_descriptors.items():
        if descriptor.extension_type is HybridExtensionType.HYBRID_PROPERTY:
            yield key, descriptor


def _describe_expression(
    mapper: Mapper[Any], key: str, attribute: Any, visibility: Visibility
) -> Expression:
    """Find out how an expression is asked for.

    Raises:
        _LeftOutError: It cannot be, or must not.
    """
    try:
        expression = _clause(mapper.class_, key)
        text = str(expression)
        _refuse_branches(mapper, attribute)
    except Exception as error:
        message = f"it has no SQL form ({type(error).__name__})"
        raise _LeftOutError(message) from error
    if any(table not in mapper.tables for table in _tables(expression)):
        message = "it reads another table outside of a subquery"
        raise _LeftOutError(message)
    is_meant = attribute.info.get("gql", {}).get("hidden") is False
    if visibility.reads_hidden(expression) and not is_meant:
        message = "it reads a hidden column"
        raise _LeftOutError(message)
    is_detached = _has_text(expression) or not _is_renamed(mapper, key, text)
    if is_detached and getattr(mapper.class_, "__gql_keyless__", False):
        message = "it names its table, which has no primary key"
        raise _LeftOutError(message)
    return Expression(is_detached, _type_of(mapper, key, expression, attribute))


def _clause(row: Any, key: str) -> sa.ColumnElement[Any]:
    """Return an expression as SQL; it raises whatever the models' own code does."""
    return sa.type_coerce(getattr(row, key), sa.types.NULLTYPE).clause


def _refuse_branches(mapper: Mapper[Any], attribute: Any) -> None:
    """Try a hybrid without an expression of its own, so that Python cannot branch on a column.

    The attributes of a class are true, so that SQL would have the first branch alone.

    Raises:
        TypeError: It asks for the truth of a column.
    """
    if isinstance(attribute, hybrid_property) and attribute.expr is None:
        try:
            attribute.fget(_Columns(mapper.class_))
        except Exception as error:
            if isinstance(error, TypeError) and "Boolean value" in str(error):
                raise


class _Columns:
    """Stands for a model whose attributes are SQL, whose truth cannot be asked for."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._model, name)
        is_column = isinstance(getattr(attribute, "property", None), ColumnProperty)
        return attribute.__clause_element__() if is_column else attribute


def _parts(expression: Any) -> Iterator[Any]:
    """Iterate over an expression without its subqueries."""
    yield expression
    if not isinstance(expression, sa.ScalarSelect | sa.SelectBase):
        for child in expression.get_children():
            yield from _parts(child)


def _tables(expression: sa.ColumnElement[Any]) -> Iterator[sa.FromClause]:
    for part in _parts(expression):
        if isinstance(part, sa.ColumnClause) and part.table is not None:
            yield part.table


def _has_text(expression: sa.ColumnElement[Any]) -> bool:
    """Tell whether an expression holds SQL as text, which no alias reaches."""
    return any(
        isinstance(part, sa.TextClause) or (isinstance(part, sa.ColumnClause) and part.is_literal)
        for part in sa.sql.visitors.iterate(expression)
    )


def _is_renamed(mapper: Mapper[Any], key: str, text: str) -> bool:
    """Tell whether an expression under an alias is the same but for the names of the tables."""
    aliased = str(_clause(orm.aliased(mapper.class_, name=_PROBE, flat=True), key))
    tables = [table for table in mapper.tables if isinstance(table, sa.Table)]
    for table in tables:
        alias = _PROBE if len(tables) == 1 else f"{_PROBE}_{table.name}"
        name = rf"(?<![.\w]){re.escape(table.fullname)}(?!\w)"
        text = re.sub(name, alias, text)
        aliased = re.sub(rf"{name} AS {alias}\b", alias, aliased)
    return aliased == text


def _type_of(
    mapper: Mapper[Any], key: str, expression: sa.ColumnElement[Any], attribute: Any
) -> TypeEngine[Any]:
    """Return the type of an expression: its own, else the annotated one."""
    if not isinstance(expression.type, NullType):
        return expression.type
    owner = attribute.fget if isinstance(attribute, hybrid_property) else mapper.class_
    name = "return" if isinstance(attribute, hybrid_property) else key
    try:
        annotation = typing.get_type_hints(owner).get(name)
    except Exception:  # noqa: BLE001 - an annotation may name anything
        annotation = None
    named = [each for each in _leaves(annotation) if each in _TYPE_BY_ANNOTATION]
    return _TYPE_BY_ANNOTATION[named[0]]() if len(named) == 1 else expression.type


def _leaves(annotation: Any) -> Iterator[Any]:
    """Return the classes within ``Mapped[...]`` and unions, but None."""
    arguments = typing.get_args(annotation)
    for each in arguments:
        yield from _leaves(each)
    if not arguments and annotation is not NoneType:
        yield annotation
