"""How PostgreSQL writes values in JSON, to the character as answers have them.

An expression of a form is what ``row_to_json`` writes as the value on the wire. A value without
such a form makes the statement fail with a data exception; a type without one is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from gql_api.errors import NoPlainFormError
from gql_api.mapping.descriptors import EnumDescriptor, ValueType
from gql_api.mapping.values import ScalarKind
from gql_api.sql.columns import POSTGRESQL, plain_type
from gql_api.sql.durations import compile_duration

Expression = sa.ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class _Form:
    """How the values of a kind are written."""

    types: tuple[type[Any], ...]
    """Column types that it is known for, as PostgreSQL has them."""

    write: Callable[[Expression], Expression]

    is_plain: bool = False
    """Whether ``row_to_json`` writes arrays of the values as lists of the same form."""


def compile_form(expression: Expression, type_: ValueType) -> Expression:
    """Compile what ``row_to_json`` writes as the value on the wire.

    Args:
        expression: A value of the type, or null.
        type_: Of its values.

    Raises:
        NoPlainFormError: PostgreSQL has no equal form for values of the type.
    """
    if type_.own is not None:
        message = "a type of the models' own is read in Python"
        raise NoPlainFormError(message)
    plain = plain_type(expression.type)
    if type_.dimensions:
        return _compile_array(expression, plain, type_)
    if type_.enum is not None:
        return _compile_enum(expression, plain, type_.enum)
    return _form_of(plain, type_.kind).write(expression)


def compile_json_text(expression: Expression, type_: ValueType) -> Expression:
    """Compile the JSON text of a value as ``orjson`` writes it, ``null`` included.

    Raises:
        NoPlainFormError: PostgreSQL has no equal form for values of the type.
    """
    if type_.dimensions or type_.kind is ScalarKind.JSON:
        message = f"{type_.kind} has no text of its own"
        raise NoPlainFormError(message)
    form = compile_form(expression, type_)
    if type_.kind is ScalarKind.INT:
        text: Expression = sa.cast(form, sa.Text())
    elif type_.kind is ScalarKind.FLOAT:
        text = _compile_float_text(sa.cast(form, sa.Text()))
    else:
        text = sa.cast(sa.func.to_json(form), sa.Text())
    return sa.func.coalesce(text, sa.literal_column("'null'"), type_=sa.Text())


def compile_version(expression: Expression, type_: ValueType) -> Expression:
    """Compile the version of a row as a text, empty for null.

    Raises:
        NoPlainFormError: PostgreSQL has no equal form for values of the type.
    """
    document = sa.func.to_json(compile_form(expression, type_))
    text = document.op("#>>")(sa.literal_column("'{}'"))
    return sa.func.coalesce(text, sa.literal_column("''"), type_=sa.Text())


def fail(expression: Expression, type_: sa.types.TypeEngine[Any]) -> Expression:
    """Compile what fails with a data exception where an expression has a value; null where not."""
    # numbers alone refuse the mark: date-times take any punctuation
    marked = sa.literal_column("'!'").concat(sa.cast(expression, sa.Text()))
    refused = sa.cast(sa.cast(marked, sa.Integer()), sa.Text())
    return refused if isinstance(type_, sa.Text) else sa.cast(refused, type_)


def require(form: Expression, value: Expression) -> Expression:
    """Compile a form that fails with a data exception where there is none: null.

    Args:
        form: Of the value.
        value: A column or a key that the form depends on, lest the failure be foreseen.
    """
    # concat alone takes null for an empty text
    marked = sa.func.concat(sa.literal_column("'!'"), sa.cast(value, sa.Text()), type_=sa.Text())
    refused = sa.cast(sa.cast(marked, sa.Integer()), sa.Text())
    return sa.func.coalesce(form, sa.cast(refused, form.type), type_=form.type)


def _form_of(plain: sa.types.TypeEngine[Any], kind: ScalarKind) -> _Form:
    form = _FORMS.get(kind)
    if form is None or not isinstance(plain, form.types) or isinstance(plain, sa.Enum):
        message = f"{kind} of the type {plain!r} has no equal form"
        raise NoPlainFormError(message)
    if isinstance(plain, sa.Float) and plain.asdecimal:
        message = "decimals of floating-point numbers are rounded in Python"
        raise NoPlainFormError(message)
    return form


def _compile_array(
    array: Expression, plain: sa.types.TypeEngine[Any], type_: ValueType
) -> Expression:
    """Compile a list; PostgreSQL keeps arrays of any depth in one column."""
    if not isinstance(plain, sa.ARRAY):
        message = f"a list of the type {plain!r} has no equal form"
        raise NoPlainFormError(message)
    if type_.kind is ScalarKind.OPAQUE:
        message = "items of a type without a form are written by the driver"
        raise NoPlainFormError(message)
    item = plain_type(plain.item_type)
    is_plain = type_.enum is None and _form_of(item, type_.kind).is_plain
    if not is_plain and type_.dimensions > 1:
        message = f"{type_.kind} in lists of lists has no equal form"
        raise NoPlainFormError(message)
    depth: Expression = sa.literal_column(str(type_.dimensions))
    found = sa.func.coalesce(sa.func.array_ndims(array), depth)
    written = array if is_plain else _compile_items(array, item, type_)
    refused = fail(array, written.type)
    return sa.case((found == depth, written), else_=refused)


def _compile_items(
    array: Expression, item: sa.types.TypeEngine[Any], type_: ValueType
) -> Expression:
    """Compile a list, item by item."""
    items = sa.func.unnest(array, type_=item).alias("item$")
    form = compile_form(items.column, replace(type_, dimensions=0))
    listed = sa.func.coalesce(sa.func.json_agg(form), sa.literal_column("'[]'"))
    statement = sa.select(listed).select_from(items).correlate_except(items)
    empty = sa.type_coerce(sa.null(), postgresql.JSON())
    value = sa.type_coerce(statement.scalar_subquery(), postgresql.JSON())
    return sa.case((array.is_(None), empty), else_=value)


def _compile_enum(
    value: Expression, plain: sa.types.TypeEngine[Any], enum: EnumDescriptor
) -> Expression:
    """Compile the GraphQL name of a label; the database may hold others."""
    if not isinstance(plain, sa.Enum):
        message = f"an enumeration of the type {plain!r} has no equal form"
        raise NoPlainFormError(message)
    labels: Any = plain
    label: Callable[[Any], Any] | None = labels.bind_processor(POSTGRESQL)
    names = {each if label is None else label(each): name for name, each in enum.values.items()}
    if len(names) < len(enum.values):
        message = f"{enum.name} has several names for one value"
        raise NoPlainFormError(message)
    text = sa.cast(value, sa.Text())
    return sa.case(
        {key: _literal(name) for key, name in names.items()},
        value=text,
        else_=fail(text, sa.Text()),
    )


def _literal(text: str) -> Expression:
    """Return a GraphQL name as a literal: such a name needs no quoting."""
    return sa.literal_column(f"'{text}'", sa.Text())


def _as_is(value: Expression) -> Expression:
    return value


def _write_string(value: Expression) -> Expression:
    # a cast would cut the blanks that a CHAR ends with
    return value if isinstance(value.type, sa.CHAR) else sa.cast(value, sa.Text())


def _write_boolean(value: Expression) -> Expression:
    return sa.cast(value, sa.Boolean())


def _write_int(value: Expression) -> Expression:
    return sa.cast(value, sa.Integer())


def _write_text(value: Expression) -> Expression:
    return sa.cast(value, sa.Text())


def _write_uuid(value: Expression) -> Expression:
    return sa.cast(value, postgresql.UUID())


def _write_float(value: Expression) -> Expression:
    number: Expression = sa.cast(value, sa.Double())
    finite = sa.func.abs(number) < sa.literal_column("'Infinity'::float8")
    return sa.case((finite, number), else_=fail(number, sa.Double()))


def _write_decimal(value: Expression) -> Expression:
    number = sa.cast(value, sa.Numeric())
    finite = sa.func.abs(number) < sa.literal_column("'Infinity'::numeric")
    text = sa.cast(number, sa.Text())
    return sa.case((finite, text), else_=fail(number, sa.Text()))


def _write_base64(value: Expression) -> Expression:
    encoded = sa.func.encode(value, sa.literal_column("'base64'"))
    line: Expression = sa.literal_column("E'\\n'")
    none: Expression = sa.literal_column("''")
    return sa.func.translate(encoded, line, none, type_=sa.Text())


def _within(type_: Any, first: str, last: str) -> Callable[[Expression], Expression]:
    """Write what lies between two literals: what Python has, without infinity and years BC."""

    def write(found: Expression) -> Expression:
        value: Expression = sa.cast(found, type_)  # what is computed may be of a type alike
        least: Expression = sa.literal_column(first)
        greatest: Expression = sa.literal_column(last)
        is_known = sa.and_(value >= least, value <= greatest)
        return sa.case((is_known, value), else_=fail(value, type_))

    return write


def _compile_float_text(text: Expression) -> Expression:
    """Turn the text of a number into that of ``orjson``, where they differ by the point alone."""
    whole: Expression = sa.literal_column("'^-?[0-9]+$'")
    pointed = sa.func.regexp_replace(text, whole, sa.literal_column("'\\&.0'"), type_=sa.Text())
    has_exponent = sa.func.strpos(text, sa.literal_column("'e'")) > sa.literal_column("0")
    return sa.case((has_exponent, fail(text, sa.Text())), else_=pointed)


_FORMS: Mapping[ScalarKind, _Form] = MappingProxyType(
    {
        ScalarKind.STRING: _Form((sa.String, postgresql.CITEXT), _write_string, is_plain=True),
        ScalarKind.BOOLEAN: _Form((sa.Boolean,), _write_boolean, is_plain=True),
        ScalarKind.INT: _Form((sa.Integer,), _write_int, is_plain=True),
        ScalarKind.FLOAT: _Form((sa.Float, sa.Numeric), _write_float),
        ScalarKind.BIG_INT: _Form((sa.Integer, postgresql.OID), _write_text),
        ScalarKind.DECIMAL: _Form((sa.Numeric,), _write_decimal),
        ScalarKind.DATE_TIME: _Form(
            (sa.DateTime,),
            _within(
                sa.DateTime(timezone=True),
                "'0001-01-01 00:00:00+00'::timestamptz",
                "'9999-12-31 23:59:59.999999+00'::timestamptz",
            ),
        ),
        ScalarKind.LOCAL_DATE_TIME: _Form(
            (sa.DateTime,),
            _within(
                sa.DateTime(),
                "'0001-01-01 00:00:00'::timestamp",
                "'9999-12-31 23:59:59.999999'::timestamp",
            ),
        ),
        ScalarKind.DATE: _Form(
            (sa.Date,), _within(sa.Date(), "'0001-01-01'::date", "'9999-12-31'::date")
        ),
        ScalarKind.TIME: _Form(
            (sa.Time,), _within(sa.Time(), "'00:00:00'::time", "'23:59:59.999999'::time")
        ),
        ScalarKind.DURATION: _Form((postgresql.INTERVAL,), compile_duration),
        ScalarKind.UUID: _Form((sa.Uuid, sa.String), _write_uuid),
        ScalarKind.JSON: _Form((sa.JSON,), _as_is),
        ScalarKind.BASE64: _Form((sa.LargeBinary, postgresql.BYTEA), _write_base64),
        ScalarKind.OPAQUE: _Form((sa.types.TypeEngine,), _write_text),
    }
)
