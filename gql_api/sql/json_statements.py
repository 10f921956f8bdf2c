"""The json path: a root field as one statement, whose one value is the text of its JSON."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from gql_api.database.kept import KeptStatement
from gql_api.errors import NoPlainFormError
from gql_api.plan.selections import Connection, EdgesField, Lookup, NodesField
from gql_api.sql.json_connections import JsonWriter
from gql_api.sql.json_rows import JsonList
from gql_api.sql.pages import deleted_of
from gql_api.sql.sources import Compilation, visible_rows


@dataclass(frozen=True, slots=True)
class JsonStatement:
    """A statement that answers a root field."""

    statement: KeptStatement
    """One column of bytes; no row for a lookup that finds none."""

    path_slots: tuple[int, ...]
    """Slots of paths into documents: lists of steps."""

    before: bytes = b""
    """What stands before the bytes: a long text is not copied for it in the database."""

    after: bytes = b""
    """What follows them."""


def select_json(plan: Connection | Lookup, compilation: Compilation) -> JsonStatement:
    """Select the JSON of a root field: of a connection, or of the row that a lookup finds.

    Raises:
        NoPlainFormError: A part of the plan has no equal form; the message says which.
    """
    if compilation.dialect.name != "postgresql":
        message = f"{compilation.dialect.name} writes no JSON as PostgreSQL does"
        raise NoPlainFormError(message)
    writer = JsonWriter(compilation)
    made = partial(_made, lambda: select_json(plan, compilation).statement.select)
    entities = compilation.registry.entities
    if isinstance(plan, Lookup):
        source = visible_rows(entities[plan.selection.entity], compilation)
        return made(writer.select_row(plan.selection, source, plan.filter), writer)
    entity = entities[plan.entity]
    deleted = deleted_of(plan)
    listed = JsonList(plan, lambda: visible_rows(entity, compilation, deleted=deleted))
    (field, *others) = plan.fields
    if others or not isinstance(field, NodesField | EdgesField):
        return made(writer.select_connection(listed), writer)
    rows = writer.select_list(listed)
    return made(rows, writer, before=f'{{"{field.response_key}":'.encode(), after=b"}")


def _made(
    build: Callable[[], sa.Select[Any]],
    statement: sa.Select[Any],
    writer: JsonWriter,
    *,
    before: bytes = b"",
    after: bytes = b"",
) -> JsonStatement:
    (value,) = statement.selected_columns
    # bytes, as they are: the text of JSON would be copied, and decoded
    sent = sa.func.json_send(value, type_=sa.LargeBinary()).label("json")
    slots = tuple(writer.path_slots)
    kept = KeptStatement(statement.with_only_columns(sent), build)
    return JsonStatement(kept, slots, before, after)
