"""Shortcuts for fields whose values stand in planned answers.

Strawberry's way to a value is made for any resolver. Of the planned fields of loaded rows and of
connections nothing is left to resolve, and a scalar is finished at once.
"""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema

from gql_api.loading.rows import LoadedRow
from gql_api.schema.completions import Complete, completion
from gql_api.schema.fields import ColumnField, PlannedField

FINISHED = "gql-finished"
"""Extension of a field that is finished at once: holds what finishes its values."""

ANSWERS = (LoadedRow, dict)
"""Types of what planned answers are made of."""


def add_shortcuts(schema: GraphQLSchema) -> None:
    """Let the planned fields of a schema be read without Strawberry.

    Sources of other types, such as instances of models, are resolved as before.
    """
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType):
            continue
        for field in type_.fields.values():
            planned = field.extensions.get("strawberry-definition")
            if isinstance(planned, PlannedField) and _is_read_as_it_is(planned):
                _shorten(field)


def _is_read_as_it_is(planned: PlannedField) -> bool:
    if planned.extensions or planned.permission_classes:
        return False
    if not isinstance(planned, ColumnField):
        return True
    return planned.column.type.own is None and not planned.arguments


def _shorten(field: GraphQLField) -> None:
    resolve: Callable[..., Any] = field.resolve or _unresolved

    def read(source: Any, info: Any, **arguments: Any) -> Any:
        if type(source) in ANSWERS:
            return source[info.path.key]
        return resolve(source, info, **arguments)

    field.resolve = read
    finish: Complete | None = None if field.args else completion(field.type)
    if finish is not None:
        field.extensions = {**field.extensions, FINISHED: finish}


def _unresolved(source: Any, info: Any, **_arguments: Any) -> Any:
    return source[info.path.key]
