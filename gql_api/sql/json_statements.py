"""The json path: a root field as one statement, whose one value is the text of its JSON."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gql_api.errors import NoPlainFormError
from gql_api.plan.selections import Connection, Lookup
from gql_api.sql.json_connections import JsonWriter
from gql_api.sql.json_rows import JsonList
from gql_api.sql.sources import Compilation, visible_rows


@dataclass(frozen=True, slots=True)
class JsonStatement:
    """A statement that answers a root field."""

    statement: sa.Select[Any]
    """One column of text; no row for a lookup that finds none."""

    path_slots: tuple[int, ...]
    """Slots of paths into documents: lists of steps."""


def select_json(plan: Connection | Lookup, compilation: Compilation) -> JsonStatement:
    """Select the JSON of a root field: of a connection, or of the row that a lookup finds.

    Raises:
        NoPlainFormError: A part of the plan has no equal form; the message says which.
    """
    if compilation.dialect.name != "postgresql":
        message = f"{compilation.dialect.name} writes no JSON as PostgreSQL does"
        raise NoPlainFormError(message)
    writer = JsonWriter(compilation)
    statement = _select(plan, writer)
    (value,) = statement.selected_columns
    text = statement.with_only_columns(sa.cast(value, sa.Text()).label("json"))
    return JsonStatement(text, tuple(writer.path_slots))


def _select(plan: Connection | Lookup, writer: JsonWriter) -> sa.Select[Any]:
    compilation = writer.compilation
    entities = compilation.registry.entities
    if isinstance(plan, Lookup):
        source = visible_rows(entities[plan.selection.entity], compilation)
        return writer.select_row(plan.selection, source, plan.filter)
    entity = entities[plan.entity]
    return writer.select_connection(JsonList(plan, lambda: visible_rows(entity, compilation)))
