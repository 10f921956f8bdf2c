"""Root mutation fields of rows that are deleted softly: restore them, or remove them for good."""

from typing import Any

import strawberry
from strawberry.types.field import StrawberryField
from typing_extensions import override

from gql_api.mapping.descriptors import Entity
from gql_api.persistence.soft_deletes import purge_row, restore_row
from gql_api.persistence.write import Write
from gql_api.plan.changes import DeleteRow
from gql_api.schema.definitions import argument
from gql_api.schema.keys import read_global_id
from gql_api.schema.mutations import WriteField, delete_payload, deleted, row_payload
from gql_api.schema.payloads import ErrorTypes, Payload
from gql_api.schema.table import TypeTable


class RestoreField(WriteField):
    """``restorePost(id:)``."""

    @override
    async def write(self, arguments: dict[str, Any], table: TypeTable, write: Write) -> Payload:
        row = read_global_id(arguments["id"], self.entity, table.registry, ("id",))
        key = await restore_row(DeleteRow(self.entity.name, row), write)
        return Payload({table.inflector.single_field(self.entity.name): key})


class PurgeField(WriteField):
    """``purgePost(id:)``."""

    @override
    async def write(self, arguments: dict[str, Any], table: TypeTable, write: Write) -> Payload:
        row = read_global_id(arguments["id"], self.entity, table.registry, ("id",))
        return deleted(self.entity, await purge_row(DeleteRow(self.entity.name, row), write))


def build_soft_delete_fields(
    table: TypeTable, entity: Entity, error_types: ErrorTypes
) -> list[StrawberryField]:
    """Make the mutation fields of deleted rows; none where rows are removed at once."""
    if entity.soft_delete is None:
        return []
    make, name = table.inflector, entity.name
    restore, purge = make.restore_field(name), make.purge_field(name)
    by_id = argument("id", strawberry.ID, "Global id.")
    return [
        RestoreField(
            restore,
            row_payload(restore, entity, table, error_types, has_edge=True),
            entity,
            description=f"Bring back one {name} that was deleted, and what was deleted with it.",
            arguments=[by_id],
        ),
        PurgeField(
            purge,
            delete_payload(purge, table, error_types),
            entity,
            description=f"Remove one {name} that was deleted for good.",
            arguments=[by_id],
        ),
    ]
