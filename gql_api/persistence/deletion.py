"""Locked rows are deleted, with what the model's cascades take along."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import orm

from gql_api.mapping.descriptors import Entity
from gql_api.persistence.flushing import flush, load_values
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
        One DELETE per table; an UPDATE where rows refer to each other; for each relationship
        that the ORM cascades itself, a SELECT per row
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
        await untie_rows(entity, rows, write, paths[0])
        for row in rows:
            await write.session.delete(row)
        await flush(entity, write, paths[0], is_delete=True)
    await write.hooking.run("after_delete", changes)


async def untie_rows(
    entity: Entity, rows: Sequence[Any], write: Write, path: Sequence[str]
) -> None:
    """Release rows that refer to themselves or to each other: the ORM finds no order for them.

    Args:
        entity: Whose rows.
        rows: Instances that are locked, and whose relatives are not loaded yet.
        write: Session and rights.
        path: Where the input stands, for errors.

    Raises:
        WriteError: The database refuses.

    Cost:
        One UPDATE if there is such a row.
    """
    for relationship in orm.class_mapper(entity.model).relationships:
        if not _is_tree(relationship):
            continue
        pairs = relationship.local_remote_pairs or ()
        keys, far = (
            [relationship.mapper.get_property_by_column(each).key for each in side]
            for side in zip(*pairs, strict=True)
        )
        known = {await load_values(row, far, write) for row in rows}
        for row in rows:
            if await load_values(row, keys, write) in known:
                for key in keys:
                    setattr(row, key, None)
    await flush(entity, write, path)


def _is_tree(relationship: orm.RelationshipProperty[Any]) -> bool:
    """Tell whether rows refer to rows of the same table by a foreign key that may be null."""
    is_upward = relationship.direction is orm.RelationshipDirection.MANYTOONE
    return (
        is_upward
        and not relationship.viewonly
        and not relationship.post_update
        and relationship.mapper.base_mapper is relationship.parent.base_mapper
        and all(column.nullable for column in relationship.local_columns)
    )
