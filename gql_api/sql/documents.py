"""JSON columns: conditions on documents, and the values in them as expressions.

A value at a path has one type; where the document holds another one, or none, it is NULL.
"""

import json
from functools import reduce
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from typing_extensions import override

from gql_api.database.dialects import Dialect
from gql_api.mapping.values import ScalarKind
from gql_api.plan.filters import DocumentValue, Operator, Step
from gql_api.sql.columns import plain_type
from gql_api.sql.operands import bind_slot
from gql_api.sql.sources import Compilation

_Expression = sa.ColumnElement[Any]

_NUL = r"(?<!\\)(\\\\)*\\u0000"
"""Regular expression of an escaped U+0000, which ``json`` holds and ``jsonb`` does not."""

_JSON_TYPES = {
    ScalarKind.STRING: "string",
    ScalarKind.FLOAT: "number",
    ScalarKind.BOOLEAN: "boolean",
}


class _QuotedKey(sa.types.TypeDecorator[str]):
    """A step of a path as MySQL and MariaDB write it: MariaDB compares keys as they are written."""

    impl = sa.Text
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str:
        return json.dumps(value)


def compile_document_value(
    column: _Expression, value: DocumentValue, dialect: Dialect
) -> _Expression:
    """Compile the value at a path in a JSON column.

    Returns:
        A text, a number or a boolean; any value that is not NULL, for no kind.
    """
    match dialect.name:
        case "postgresql":
            return _compile_postgresql(column, value)
        case "sqlite":
            return _compile_sqlite(column, value)
        case "mysql":
            return _compile_mysql(column, value)


def compile_document_comparison(
    column: _Expression, operator: Operator, slot: int, compilation: Compilation
) -> sa.ColumnElement[bool]:
    """Compile ``contains`` or ``hasKey`` of a JSON column; MySQL and MariaDB have no ``contains``."""
    match compilation.dialect.name:
        case "postgresql":
            return _compare_postgresql(column, operator, slot)
        case "sqlite":
            return _compare_sqlite(column, operator, slot)
        case "mysql":
            key = sa.func.concat("$.", bind_slot(slot, _QuotedKey()))
            found = sa.func.json_contains_path(column, "one", key, type_=sa.Boolean())
            return sa.and_(sa.func.json_type(column) == "OBJECT", found == sa.true())


def _compare_postgresql(
    column: _Expression, operator: Operator, slot: int
) -> sa.ColumnElement[bool]:
    document = _as_jsonb(column)
    if operator is Operator.CONTAINS:
        return document.bool_op("@>")(bind_slot(slot, postgresql.JSONB()))
    has_key = document.bool_op("?")(bind_slot(slot, sa.Text()))
    return sa.and_(sa.func.jsonb_typeof(document) == "object", has_key)


def _compare_sqlite(column: _Expression, operator: Operator, slot: int) -> sa.ColumnElement[bool]:
    document = sa.type_coerce(column, sa.Text())
    if operator is Operator.CONTAINS:
        part = bind_slot(slot, sa.JSON())
        return sa.func.gql_json_contains(document, part, type_=sa.Boolean()) == sa.true()
    key = bind_slot(slot, sa.Text())
    return sa.func.gql_json_has_key(document, key, type_=sa.Boolean()) == sa.true()


def _compile_postgresql(column: _Expression, value: DocumentValue) -> _Expression:
    document = _as_jsonb(column)
    steps: Any = postgresql.array(
        [bind_slot(step.slot, sa.Text()) for step in value.path], type_=sa.Text()
    )
    found = document.op("#>")(steps) if value.path else document
    type_ = sa.func.jsonb_typeof(found)
    if value.kind is None:
        return sa.func.nullif(type_, "null")
    text = document.op("#>>")(steps)
    plain = {
        ScalarKind.STRING: sa.type_coerce(text, sa.Text()),
        ScalarKind.FLOAT: sa.cast(text, sa.Numeric()),
        ScalarKind.BOOLEAN: sa.cast(text, sa.Boolean()),
    }
    return sa.case((type_ == _JSON_TYPES[value.kind], plain[value.kind]))


def _as_jsonb(column: _Expression) -> _Expression:
    """Return a column as ``jsonb``, bare where it is one, so that its indexes serve."""
    type_ = plain_type(column.type)
    if isinstance(type_, postgresql.JSONB):
        return sa.type_coerce(column, postgresql.JSONB())
    if isinstance(type_, postgresql.HSTORE):
        return sa.func.hstore_to_jsonb(column, type_=postgresql.JSONB())
    text = sa.cast(column, sa.Text())
    holds_nul = text.bool_op("~")(sa.literal(_NUL, sa.Text()))
    return sa.cast(sa.case((sa.not_(holds_nul), text)), postgresql.JSONB())


def _compile_sqlite(column: _Expression, value: DocumentValue) -> _Expression:
    arguments = (
        sa.type_coerce(column, sa.Text()),
        sa.func.json_array(*(bind_slot(step.slot, sa.Text()) for step in value.path)),
    )
    match value.kind:
        case ScalarKind.STRING:
            return sa.func.gql_json_text(*arguments, type_=sa.Text())
        case ScalarKind.FLOAT:
            return sa.func.gql_json_number(*arguments, type_=sa.Numeric())
        case ScalarKind.BOOLEAN:
            return sa.func.gql_json_boolean(*arguments, type_=sa.Boolean())
        case _:
            return sa.func.gql_json_exists(*arguments, type_=sa.Boolean())


def _compile_mysql(column: _Expression, value: DocumentValue) -> _Expression:
    path = reduce(lambda way, step: _next(column, way, step), value.path, sa.literal("$"))
    found = sa.func.json_extract(column, path) if value.path else column
    type_ = sa.func.json_type(found)
    text = sa.func.json_unquote(found, type_=sa.Text())
    match value.kind:
        case ScalarKind.STRING:
            return sa.case((type_ == "STRING", text))
        case ScalarKind.FLOAT:
            is_number = type_.in_(("INTEGER", "DOUBLE", "UNSIGNED INTEGER", "DECIMAL"))
            return sa.case((is_number, sa.cast(text, sa.Double())))
        case ScalarKind.BOOLEAN:
            return sa.case((type_ == "BOOLEAN", text == "true"))
        case _:
            return sa.func.nullif(type_, "NULL")


def _next(column: _Expression, way: Any, step: Step) -> Any:
    """Add a step to a path: an index where the path so far leads to an array, else a key."""
    quoted = bind_slot(step.slot, _QuotedKey())
    key = sa.func.concat(way, ".", quoted)
    if not step.is_index:
        return key
    type_ = sa.func.json_type(sa.func.json_extract(column, way))
    # a cast, because MariaDB refuses leading zeros
    number = sa.cast(sa.func.replace(quoted, '"', ""), mysql.INTEGER(unsigned=True))
    index = sa.func.concat(way, "[", number, "]")
    return sa.case((type_ == "ARRAY", index), else_=key)
