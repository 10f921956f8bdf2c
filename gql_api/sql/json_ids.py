"""Global ids and cursors in SQL: base64url of a JSON list, to the character as Python writes them."""

import base64
from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from gql_api.errors import NoPlainFormError
from gql_api.mapping.descriptors import Entity, Registry, ValueType
from gql_api.mapping.values import ScalarKind
from gql_api.plan.pages import OrderKey
from gql_api.sql.cursors import CursorCodec
from gql_api.sql.json_forms import compile_json_text

Expression = sa.ColumnElement[Any]

_LENGTHS = {ScalarKind.INT: 11, ScalarKind.BIG_INT: 22, ScalarKind.UUID: 38}
"""Most characters of the JSON texts whose characters give neither ``+`` nor ``/``."""

_LINE_BYTES = 57
"""Bytes of one line of PostgreSQL's ``base64``."""


def compile_global_id(entity: Entity, values: Sequence[Expression]) -> Expression:
    """Compile the global id of a row.

    Args:
        entity: Whose row; not a keyless one.
        values: Of the columns of the id, in their order.

    Raises:
        NoPlainFormError: A column of the key has no equal form.
    """
    types = [column.type for column in entity.id_columns]
    return _compile_list(entity.id_name, values, types)


def compile_cursor(
    entity: Entity, order: Sequence[OrderKey], values: Sequence[Expression], registry: Registry
) -> Expression:
    """Compile the cursor of a row.

    Args:
        entity: Whose rows are ordered.
        order: Keys, most significant first.
        values: Of the keys.
        registry: For the columns of relatives.

    Raises:
        NoPlainFormError: A key has no equal form, or is a search, whose words are no part of plans.
    """
    if any(key.search_slot is not None for key in order):
        message = "cursors of a search are made in Python"
        raise NoPlainFormError(message)
    codec = CursorCodec(entity, order, registry)
    return _compile_list(codec.fingerprint, values, codec.value_types)


def _compile_list(
    first: str, values: Sequence[Expression], types: Sequence[ValueType]
) -> Expression:
    """Compile base64url of a list: what is known of it, in whole groups, is encoded here."""
    known = orjson.dumps([first])[:-1] + b","
    whole = len(known) - len(known) % 3
    rest = known[whole:].decode("ascii").replace("'", "''")
    text: Expression = sa.literal_column(f"'{rest}'", sa.Text())
    for at, (value, type_) in enumerate(zip(values, types, strict=True)):
        text = text.concat(sa.literal_column("','")) if at else text
        text = text.concat(compile_json_text(value, type_))
    text = text.concat(sa.literal_column("']'"))
    encoded = _encode(text, rest, types)
    return sa.literal_column(f"'{base64.urlsafe_b64encode(known[:whole]).decode()}'").concat(
        encoded
    )


def _encode(text: Expression, rest: str, types: Sequence[ValueType]) -> Expression:
    size = len(rest) + sum(_LENGTHS.get(each.kind, _LINE_BYTES) + 1 for each in types)
    if size <= _LINE_BYTES and not any(each.dimensions for each in types):
        return sa.func.encode(sa.cast(text, sa.LargeBinary()), _quoted("base64"), type_=sa.Text())
    data = sa.func.convert_to(text, _quoted("UTF8"))
    encoded = sa.func.encode(data, _quoted("base64"))
    return sa.func.translate(encoded, sa.literal_column("E'+/\\n'"), _quoted("-_"), type_=sa.Text())


def _quoted(text: str) -> Expression:
    return sa.literal_column(f"'{text}'", sa.Text())
