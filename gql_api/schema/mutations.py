"""Root mutation fields: create, update and delete of every entity, in the operation's unit of work."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField
from typing_extensions import override

from gql_api.errors import StaleVersionError, WriteError
from gql_api.mapping.descriptors import Entity
from gql_api.mapping.global_ids import encode_global_id
from gql_api.persistence.rows import Write, create_row, delete_row, update_row
from gql_api.persistence.upserts import upsert_row
from gql_api.persistence.versions import lock_version
from gql_api.plan.changes import DeleteRow, KeyValue
from gql_api.schema.changes import ChangeReader
from gql_api.schema.context import new_write, table_of
from gql_api.schema.definitions import TypedField, add_fields, argument, new_object, nullable
from gql_api.schema.inputs import EntityInputs, build_upsert_key
from gql_api.schema.keys import read_global_id, read_key
from gql_api.schema.payloads import (
    ErrorTypes,
    Payload,
    PayloadEdgeField,
    PayloadField,
    PayloadRowField,
    refused,
)
from gql_api.schema.sites import AskedField
from gql_api.schema.table import TypeTable
from gql_api.schema.units import UnitOfWorkField as UnitOfWorkField
from gql_api.schema.versions import read_version, version_arguments

Info = strawberry.Info[Any, Any]


class WriteField(TypedField):
    """A mutation of one row of an entity."""

    def __init__(self, name: str, payload: type[Any], entity: Entity, **options: Any) -> None:
        super().__init__(name, nullable(payload), extensions=[UnitOfWorkField()], **options)
        self.entity = entity

    @property
    @override
    def is_async(self) -> bool:
        """Strawberry asks to choose between sync and async extensions."""
        return True

    @override
    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        assert info is not None  # noqa: S101 - Strawberry leaves it out of basic fields only
        return self._resolve(info)

    async def _resolve(self, info: Info) -> Payload:
        arguments = AskedField.of(info).arguments
        try:
            return await self.write(arguments, table_of(info), new_write(info))
        except WriteError as error:
            return refused(error)

    async def write(self, arguments: dict[str, Any], table: TypeTable, write: Write) -> Payload:
        """Write and return the payload."""
        raise NotImplementedError


class CreateField(WriteField):
    """``createPost(input:)``."""

    @override
    async def write(self, arguments: dict[str, Any], table: TypeTable, write: Write) -> Payload:
        change = ChangeReader(table).read_creation(arguments["input"], self.entity, ("input",))
        key = await create_row(change, write)
        return Payload({table.inflector.single_field(self.entity.name): key})


class UpdateField(WriteField):
    """``updatePost(id:, input:)``."""

    @override
    async def write(self, arguments: dict[str, Any], table: TypeTable, write: Write) -> Payload:
        row = read_global_id(arguments["id"], self.entity, table.registry, ("id",))
        change = ChangeReader(table).read_update(arguments["input"], self.entity, row, ("input",))
        name = table.inflector.single_field(self.entity.name)
        change = replace(change, expected_version=read_version(arguments, self.entity, ()))
        try:
            return Payload({name: await update_row(change, write)})
        except StaleVersionError as error:
            return Payload({name: row}, errors=(error,))


class DeleteField(WriteField):
    """``deletePost(id:)``."""

    @override
    async def write(self, arguments: dict[str, Any], table: TypeTable, write: Write) -> Payload:
        row = read_global_id(arguments["id"], self.entity, table.registry, ("id",))
        expected = read_version(arguments, self.entity, ())
        await lock_version(self.entity, row, expected, write, is_delete=True)
        return deleted(self.entity, await delete_row(DeleteRow(self.entity.name, row), write))


def deleted(entity: Entity, key: KeyValue) -> Payload:
    """Return the payload of a mutation that has deleted one row."""
    values = dict(zip(key.columns, key.values, strict=True))
    return Payload({"deletedId": encode_global_id(entity, values)})


class UpsertField(WriteField):
    """``upsertPost(key:, create:, update:)``."""

    @override
    async def write(self, arguments: dict[str, Any], table: TypeTable, write: Write) -> Payload:
        reader = ChangeReader(table)
        key = read_key(arguments["key"], self.entity, table.registry, ("key",))
        create = reader.read_creation(arguments["create"], self.entity, ("create",))
        update = reader.read_update(arguments["update"], self.entity, key, ("update",))
        found = await upsert_row(key, create, update, write)
        name = table.inflector.single_field(self.entity.name)
        return Payload({name: found.key, _IS_NEW: found.is_new})


_IS_NEW = "isNew"


def build_upsert_fields(
    table: TypeTable, inputs: EntityInputs, error_types: ErrorTypes
) -> list[StrawberryField]:
    """Make the root mutation field that creates a row or updates it; none without a key to set."""
    entity = inputs.entity
    if inputs.create is None or inputs.update is None:
        return []
    key = build_upsert_key(entity, table)
    if key is None:
        return []
    name = table.inflector.upsert_field(entity.name)
    text = "Whether the row was created; null on failure."
    is_new = PayloadField(_IS_NEW, nullable(bool), description=text)
    return [
        UpsertField(
            name,
            row_payload(name, entity, table, error_types, others=[is_new], has_edge=True),
            entity,
            description=f"Change the {entity.name} with a key, or create it if there is none.",
            arguments=[
                argument("key", key, "Finds the row; a new row has it."),
                argument("create", inputs.create, "The new row."),
                argument("update", inputs.update, "What changes."),
            ],
        )
    ]


_HIDES = ": nobody sees it until it is restored"


def build_mutation_fields(
    table: TypeTable, inputs: EntityInputs, error_types: ErrorTypes
) -> list[StrawberryField]:
    """Make the root mutation fields of an entity that write one row."""
    entity = inputs.entity
    make, name = table.inflector, entity.name
    by_id = argument("id", strawberry.ID, "Global id.")
    fields: list[StrawberryField] = []
    if inputs.create is not None:
        fields.append(
            CreateField(
                make.create_field(name),
                row_payload(make.create_field(name), entity, table, error_types, has_edge=True),
                entity,
                description=f"Create one {name}.",
                arguments=[argument("input", inputs.create, "The new row.")],
            )
        )
    if inputs.update is not None:
        fields.append(
            UpdateField(
                make.update_field(name),
                row_payload(make.update_field(name), entity, table, error_types),
                entity,
                description=f"Change one {name}.",
                arguments=[
                    by_id,
                    argument("input", inputs.update, "What changes."),
                    *version_arguments(entity),
                ],
            )
        )
    if inputs.is_deletable:
        fields.append(
            DeleteField(
                make.delete_field(name),
                delete_payload(make.delete_field(name), table, error_types),
                entity,
                description=f"Delete one {name}{_HIDES if entity.soft_delete else ''}.",
                arguments=[by_id, *version_arguments(entity)],
            )
        )
    return fields


def row_payload(
    mutation: str,
    entity: Entity,
    table: TypeTable,
    error_types: ErrorTypes,
    *,
    has_edge: bool = False,
    others: Sequence[StrawberryField] = (),
) -> type[Any]:
    """Make the payload of a mutation that writes one row."""
    row_field = table.inflector.single_field(entity.name)
    fields: list[StrawberryField] = [
        PayloadRowField(row_field, entity, table, "The row as it is now; null on failure.")
    ]
    if has_edge:
        fields.append(PayloadEdgeField(row_field, entity, table))
    return new_payload(mutation, [*fields, *others, error_types.field()], table)


def delete_payload(mutation: str, table: TypeTable, error_types: ErrorTypes) -> type[Any]:
    """Make the payload of a mutation that deletes one row."""
    text = "Global id that the row had; null on failure."
    gone = PayloadField("deletedId", nullable(strawberry.ID), description=text)
    return new_payload(mutation, [gone, error_types.field()], table)


def new_payload(mutation: str, fields: list[StrawberryField], table: TypeTable) -> type[Any]:
    """Make the payload type of a mutation field."""
    type_ = new_object(table.inflector.payload_type(mutation), description=f"Result of {mutation}.")
    add_fields(type_, fields)
    return type_
