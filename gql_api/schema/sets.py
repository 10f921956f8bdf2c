"""Root mutation fields that write many rows of an entity."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField
from typing_extensions import override

from gql_api.errors import BadUserInputError, ValidationError
from gql_api.mapping.descriptors import Entity
from gql_api.mapping.global_ids import encode_global_id
from gql_api.persistence.flushing import primary_key_of
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.relatives import PlacedUpdate
from gql_api.persistence.rows import Write, create_rows, update_instances
from gql_api.persistence.sets import RowSet, delete_set, update_set
from gql_api.plan.changes import KeyValue
from gql_api.schema.changes import ChangeReader
from gql_api.schema.context import plan_reader
from gql_api.schema.definitions import (
    argument,
    list_of,
    nullable,
)
from gql_api.schema.filters import FilterReader
from gql_api.schema.inputs import EntityInputs
from gql_api.schema.keys import read_global_id
from gql_api.schema.mutations import WriteField, new_payload
from gql_api.schema.operands import Operands
from gql_api.schema.payloads import ErrorTypes, Payload, PayloadField, PayloadRowsField
from gql_api.schema.table import TypeTable
from gql_api.schema.versions import read_version

_NO_KEY = KeyValue((), ())


class CreateManyField(WriteField):
    """``createPosts(inputs:)``."""

    @override
    async def write(self, arguments: dict[str, Any], table: TypeTable, write: Write) -> Payload:
        reader = ChangeReader(table)
        paths = [("inputs", str(at)) for at in range(len(arguments["inputs"]))]
        changes = [
            reader.read_creation(each, self.entity, path)
            for each, path in zip(arguments["inputs"], paths, strict=True)
        ]
        keys = await create_rows(changes, write, paths)
        return Payload({table.inflector.many_field(self.entity.name): keys})


class UpdateByIdField(WriteField):
    """``updatePostsById(items:)``."""

    @override
    async def write(self, arguments: dict[str, Any], table: TypeTable, write: Write) -> Payload:
        placed = [
            self._read_item(each, table, ("items", str(at)))
            for at, each in enumerate(arguments["items"])
        ]
        _refuse_twins(placed)
        rows = await update_instances(placed, write)
        keys = [primary_key_of(self.entity, row) for row in rows]
        return Payload({table.inflector.many_field(self.entity.name): keys})

    def _read_item(
        self, item: dict[str, Any], table: TypeTable, path: tuple[str, ...]
    ) -> PlacedUpdate:
        key = read_global_id(item["id"], self.entity, table.registry, (*path, "id"))
        change = ChangeReader(table).read_update(item["input"], self.entity, key, (*path, "input"))
        change = replace(change, expected_version=read_version(item, self.entity, path))
        return PlacedUpdate(change, (*path, "input"), (*path, "id"))


def _refuse_twins(placed: Sequence[PlacedUpdate]) -> None:
    known: set[KeyValue] = set()
    errors = []
    for each in placed:
        if each.change.key in known:
            message = "id names a row that another item names: put all changes of a row in one."
            errors.append(ValidationError(message, path=each.key_path))
        known.add(each.change.key)
    refuse_any(errors)


class UpdateManyField(WriteField):
    """``updatePosts(where:, set:, atMost:)``."""

    @override
    async def write(self, arguments: dict[str, Any], table: TypeTable, write: Write) -> Payload:
        rows = _read_set(arguments, self.entity, table, write)
        change = ChangeReader(table).read_update(arguments["set"], self.entity, _NO_KEY, ("set",))
        keys = await update_set(rows, change, write)
        return Payload({table.inflector.many_field(self.entity.name): keys, _COUNT: len(keys)})


class DeleteManyField(WriteField):
    """``deletePosts(where:, atMost:)``."""

    @override
    async def write(self, arguments: dict[str, Any], table: TypeTable, write: Write) -> Payload:
        keys = await delete_set(_read_set(arguments, self.entity, table, write), write)
        ids = [
            encode_global_id(self.entity, dict(zip(key.columns, key.values, strict=True)))
            for key in keys
        ]
        return Payload({_DELETED: ids, _COUNT: len(keys)})


_COUNT, _DELETED = "count", "deletedIds"


def _read_set(arguments: dict[str, Any], entity: Entity, table: TypeTable, write: Write) -> RowSet:
    operands = Operands()
    where = FilterReader(table, operands).read(arguments["where"], entity, ("where",))
    plan_reader(table, write.compilation).check_filter(where, entity, ("where",))
    at_most = arguments["atMost"]
    if at_most < 0:
        message = f"atMost is {at_most}: pass 0 or more."
        raise BadUserInputError(message, path=("atMost",))
    return RowSet(entity.name, where, operands.values, at_most)


def build_set_fields(
    table: TypeTable, inputs: EntityInputs, error_types: ErrorTypes
) -> list[StrawberryField]:
    """Make the mutation fields of one entity that write many rows."""
    entity, make = inputs.entity, table.inflector
    fields: list[StrawberryField] = []
    if inputs.create is not None:
        name = make.create_many_field(entity.name)
        fields.append(
            CreateManyField(
                name,
                _rows_payload(name, entity, table, error_types),
                entity,
                description=f"Create many {entity.name}: all, or none.",
                arguments=[argument("inputs", list_of(inputs.create), "The new rows.")],
            )
        )
    if inputs.update is not None:
        fields += _update_fields(table, inputs, error_types)
    if inputs.is_deletable:
        fields.append(_delete_field(table, entity, error_types))
    return fields


def _update_fields(
    table: TypeTable, inputs: EntityInputs, error_types: ErrorTypes
) -> list[StrawberryField]:
    entity, make = inputs.entity, table.inflector
    name, by_id = make.update_many_field(entity.name), make.update_by_id_field(entity.name)
    where, at_most = _set_arguments(entity, table)
    return [
        UpdateManyField(
            name,
            _rows_payload(name, entity, table, error_types, has_count=True),
            entity,
            description=f"Change all {entity.name} that meet a condition, in the same way.",
            arguments=[where, argument("set", inputs.update, "What changes."), at_most],
        ),
        UpdateByIdField(
            by_id,
            _rows_payload(by_id, entity, table, error_types),
            entity,
            description=f"Change many {entity.name}, each in its own way: all, or none.",
            arguments=[argument("items", list_of(inputs.item), "Rows and changes.")],
        ),
    ]


_HIDES = ": nobody sees them until they are restored"


def _delete_field(table: TypeTable, entity: Entity, error_types: ErrorTypes) -> StrawberryField:
    name = table.inflector.delete_many_field(entity.name)
    text = "Global ids that the rows had; null on failure."
    deleted = PayloadField(_DELETED, nullable(list_of(strawberry.ID)), description=text)
    payload = new_payload(name, [deleted, _count_field(), error_types.field()], table)
    return DeleteManyField(
        name,
        payload,
        entity,
        description=f"Delete all {entity.name} that meet a condition{_HIDES if entity.soft_delete else ''}.",
        arguments=_set_arguments(entity, table),
    )


def _set_arguments(entity: Entity, table: TypeTable) -> list[Any]:
    text = "Which rows; a condition that holds for every row is refused."
    most = "More rows than these are refused, and nothing is written."
    return [
        argument("where", table.entities[entity.name].filter, text),
        argument("atMost", int, most),
    ]


def _rows_payload(
    mutation: str,
    entity: Entity,
    table: TypeTable,
    error_types: ErrorTypes,
    *,
    has_count: bool = False,
) -> type[Any]:
    fields: list[StrawberryField] = [
        PayloadRowsField(table.inflector.many_field(entity.name), entity, table)
    ]
    if has_count:
        fields.append(_count_field())
    return new_payload(mutation, [*fields, error_types.field()], table)


def _count_field() -> StrawberryField:
    text = "Number of rows; null on failure."
    return PayloadField(_COUNT, nullable(int), description=text)
