"""Locked rows are deleted, with what the model's cascades take along."""

from collections.abc import Sequence
from typing import Any

from gql_api.mapping.descriptors import Entity
from gql_api.persistence.flushing import flush
from gql_api.persistence.hooks import RowChange
from gql_api.persistence.soft_deletes import mark_rows
from gql_api.persistence.write import Write


async def delete_locked(
    entity: Entity, rows: Sequence[Any], write: Write, paths: Sequence[Sequence[str]]
) -> None:
    """Delete rows that are locked and that the subject may delete.

    Args:
        entity: Whose rows.
        rows: Instances of the session.
        write: Session and rights.
        paths: Where the key of each stands, for errors.

    Raises:
        WriteError: A hook or the database refuses.

    Cost:
        One DELETE per table; for each relationship that the ORM cascades itself, a SELECT per row
        unless it is loaded, and the deletion of what it finds. Rows that are deleted softly: as
        ``mark_rows``.
    """
    if not rows:
        return
    changes = [
        RowChange(entity, tuple(path), row=row) for row, path in zip(rows, paths, strict=True)
    ]
    await write.hooking.run("before_delete", changes)
    if entity.soft_delete is not None:
        await mark_rows(entity, rows, write, paths[0])
    else:
        for row in rows:
            await write.session.delete(row)
        await flush(entity, write, paths[0], is_delete=True)
    await write.hooking.run("after_delete", changes)
