"""Fields of object types: each carries the descriptor that the planner reads.

A planned answer has the shape of the selection, so a field finds its value under its response key.
A row that a custom resolver returned is an instance of the model instead: its columns are
attributes; what is computed and its relationships come from DataLoaders.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import strawberry
from typing_extensions import override

from gql_api.database.documents import value_at
from gql_api.loading.rows import LoadedRow
from gql_api.mapping.descriptors import Column, Entity, Relationship
from gql_api.mapping.global_ids import encode_global_id
from gql_api.mapping.values import plain_value
from gql_api.mapping.versions import write_version
from gql_api.naming import VERSION_FIELD
from gql_api.plan.selections import ColumnField as PlannedColumn
from gql_api.schema.context import plan_reader_of
from gql_api.schema.definitions import TypedField

Info = strawberry.Info[Any, Any]
RelationshipResolver = Callable[[Any, Entity, Relationship, Info], Any]


class PlannedField(TypedField):
    """A field whose value stands in the planned answer."""

    @override
    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        assert info is not None  # noqa: S101 - Strawberry leaves it out of basic fields only
        return source[str(info.path.key)]


class IdField(PlannedField):
    """The global id of a row."""

    def __init__(self, entity: Entity) -> None:
        super().__init__("id", strawberry.ID, description="Opaque global id.")
        self.entity = entity

    @override
    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        if isinstance(source, LoadedRow):
            return super().get_result(source, info, args, kwargs)
        key = {column.key: getattr(source, column.key) for column in self.entity.id_columns}
        return encode_global_id(self.entity, key)


def is_withheld(source: Any, column: Column, info: Info) -> bool:
    """Tell whether a column of an instance is to be null.

    Raises:
        ForbiddenError: It is withheld, and cannot be.
    """
    reader = plan_reader_of(info)
    if not reader.rights.has_secrets:
        return False
    entity = reader.rights.registry.entity_of(type(source))
    asked = PlannedColumn(column.name, column.key)
    return asked is not reader.read_field(asked, entity, ())


class VersionField(PlannedField):
    """The version of a row."""

    def __init__(self, column: Column) -> None:
        text = "Opaque version of the row: another one after each change of it."
        super().__init__(VERSION_FIELD, str, description=text)
        self.column = column

    @override
    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        if isinstance(source, LoadedRow):
            return super().get_result(source, info, args, kwargs)
        assert info is not None  # noqa: S101 - Strawberry leaves it out of basic fields only
        plan_reader_of(info).check_version(self.column, type(source))
        return write_version(self.column.type, getattr(source, self.column.key))


class ColumnField(PlannedField):
    """A column of a row."""

    def __init__(
        self,
        column: Column,
        type_: Any,
        *,
        resolve: Callable[[Any, Column, Info], Any],
        **options: Any,
    ) -> None:
        super().__init__(column.name, type_, **options)
        self.column = column
        self._resolve = resolve

    @override
    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        if isinstance(source, LoadedRow):
            return self._finish(super().get_result(source, info, args, kwargs), kwargs)
        assert info is not None  # noqa: S101 - Strawberry leaves it out of basic fields only
        if is_withheld(source, self.column, info):
            return None
        if self.column.is_computed:
            return self._finish_later(self._resolve(source, self.column, info), kwargs)
        return self._finish(getattr(source, self.column.key), kwargs)

    def _finish(self, value: Any, _arguments: Mapping[str, Any]) -> Any:
        return value if self.column.type.own is None else plain_value(self.column.type.kind, value)

    async def _finish_later(self, value: Awaitable[Any], arguments: Mapping[str, Any]) -> Any:
        return self._finish(await value, arguments)


class DocumentField(ColumnField):
    """A JSON column of a row, or the value at a path in it."""

    @override
    def _finish(self, value: Any, arguments: Mapping[str, Any]) -> Any:
        document, path = super()._finish(value, arguments), arguments.get("path")
        return document if path is None else value_at(document, path)


class RelationshipField(PlannedField):
    """A to-one relative, or the connection of a to-many relationship."""

    def __init__(
        self,
        entity: Entity,
        relationship: Relationship,
        type_: Any,
        *,
        resolve: RelationshipResolver,
        **options: Any,
    ) -> None:
        super().__init__(relationship.name, type_, **options)
        self.entity = entity
        self.relationship = relationship
        self._resolve = resolve

    @override
    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        assert info is not None  # noqa: S101 - Strawberry leaves it out of basic fields only
        if isinstance(source, LoadedRow):
            return source[str(info.path.key)]
        return self._resolve(source, self.entity, self.relationship, info)
