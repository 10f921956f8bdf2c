"""Rows created, updated and deleted on the session of an operation.

Nothing is committed here: the first refusal ends the operation, whose owner rolls it back.
"""

from collections.abc import Sequence
from typing import Any

from gql_api.mapping.descriptors import Entity
from gql_api.persistence.deletion import delete_locked
from gql_api.persistence.flushing import flush, primary_key_of
from gql_api.persistence.links import PlacedCreate
from gql_api.persistence.locking import lock_rows
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.relatives import PlacedUpdate
from gql_api.persistence.rights import check_rights, refuse_closed
from gql_api.persistence.rules import check_creation, check_update
from gql_api.persistence.single_rows import insert_linked
from gql_api.persistence.targets import Wanted
from gql_api.persistence.trees import create_tree, update_tree
from gql_api.persistence.write import Write as Write
from gql_api.plan.changes import CreateRow, DeleteRow, KeyValue, UpdateRow


async def create_row(change: CreateRow, write: Write, path: Sequence[str] = ("input",)) -> KeyValue:
    """Create a row and return its primary key; otherwise as ``create_instances``.

    Cost:
        As there, but one INSERT alone for links to rows that are there, where ``insert_linked``
        can do it.
    """
    placed = PlacedCreate(change, tuple(path))
    await _prepare_creation([placed], write)
    key = await insert_linked(placed, write)
    if key is not None:
        return key
    (instance,) = await create_tree([placed], write)
    return primary_key_of(write.registry.entities[change.entity], instance)


async def create_rows(
    changes: Sequence[CreateRow], write: Write, paths: Sequence[Sequence[str]]
) -> list[KeyValue]:
    """Create rows and return their primary keys; otherwise as ``create_instances``."""
    instances = await create_instances(changes, write, paths)
    return [
        primary_key_of(write.registry.entities[change.entity], row)
        for change, row in zip(changes, instances, strict=True)
    ]


async def create_instances(
    changes: Sequence[CreateRow], write: Write, paths: Sequence[Sequence[str]]
) -> list[Any]:
    """Create rows of one entity.

    Args:
        changes: Their values and links.
        write: Session and rights.
        paths: Where the input of each stands, for errors.

    Returns:
        The instances, in the same order; they belong to the session.

    Raises:
        ValidationError: A value breaks a rule.
        NotFoundError: The target of a link is missing or not visible.
        ForbiddenError: The policy does not let the subject create such a row.
        UniqueViolationError, ForeignKeyViolationError, CheckViolationError: The database refuses.
        WriteRefusedError: Several of these.

    Cost:
        One INSERT per table of the model and batch of a thousand rows; before it one SELECT per
        entity that links lead to, after it one if the model has a policy on creation. Several rows
        are inserted within a savepoint, to find the one that is refused.
    """
    if not changes:
        return []
    placed = [
        PlacedCreate(change, tuple(path)) for change, path in zip(changes, paths, strict=True)
    ]
    await _prepare_creation(placed, write)
    return await create_tree(placed, write)


async def _prepare_creation(placed: Sequence[PlacedCreate], write: Write) -> None:
    """Check new rows of one entity, and flush what is pending."""
    refuse_any(
        [
            error
            for each in placed
            for error in (
                *check_rights(each.change, write.compilation.rights, each.path),
                *check_creation(each.change, write.registry, each.path),
            )
        ]
    )
    await flush(write.registry.entities[placed[0].change.entity], write, placed[0].path)


async def create_instance(change: CreateRow, write: Write, path: Sequence[str] = ("input",)) -> Any:
    """Create a row and return its instance; otherwise as ``create_instances``."""
    (instance,) = await create_instances([change], write, [path])
    return instance


async def update_row(
    change: UpdateRow,
    write: Write,
    path: Sequence[str] = ("input",),
    key_path: Sequence[str] = ("id",),
) -> KeyValue:
    """Update a row and return its primary key after it; otherwise as ``update_instances``."""
    entity = write.registry.entities[change.entity]
    return primary_key_of(entity, await update_instance(change, write, path, key_path))


async def update_instance(
    change: UpdateRow,
    write: Write,
    path: Sequence[str] = ("input",),
    key_path: Sequence[str] = ("id",),
) -> Any:
    """Update a row and return its instance; otherwise as ``update_instances``."""
    (row,) = await update_instances([PlacedUpdate(change, tuple(path), tuple(key_path))], write)
    return row


async def update_instances(placed: Sequence[PlacedUpdate], write: Write) -> list[Any]:
    """Update rows of one entity. A row without values and links does not change.

    Args:
        placed: Keys, new values and links, and where they stand.
        write: Session and rights.

    Returns:
        The instances, in the same order; they belong to the session.

    Raises:
        NotFoundError: A row is missing or not visible, or the target of a link is.
        ForbiddenError: The policy does not let the subject update a row, or not in this way.
        ValidationError: A value breaks a rule.
        UniqueViolationError, ForeignKeyViolationError, CheckViolationError: The database refuses.
        WriteRefusedError: Several of these.

    Cost:
        One SELECT that locks the rows, one per entity that links lead to, one UPDATE per table and
        set of columns that change, and one SELECT if the model has a policy on updates. Several
        rows are updated within a savepoint, to find the one that is refused.
    """
    if not placed:
        return []
    entity = write.registry.entities[placed[0].change.entity]
    refuse_any(
        [
            error
            for each in placed
            for error in (
                *check_rights(each.change, write.compilation.rights, each.path),
                *check_update(each.change, write.registry, each.path),
            )
        ]
    )
    await flush(entity, write, placed[0].path)
    return await update_tree(placed, write)


async def delete_row(change: DeleteRow, write: Write, path: Sequence[str] = ("id",)) -> KeyValue:
    """Delete a row, and what the model's cascades or the database's take with it.

    Where the model is deleted softly, the row is marked, and with it what follows it.

    Args:
        change: The key of the row.
        write: Session and rights.
        path: Where the key stands, for errors.

    Returns:
        The primary key that the row had.

    Raises:
        NotFoundError: The row is missing or not visible.
        ForbiddenError: The policy does not let the subject delete the row; before any SQL, where the
            model does not exist for the subject.
        ForeignKeyViolationError: Rows that refer to it stay, so it cannot go.

    Cost:
        One SELECT that locks the row and one DELETE per table of the model; for each relationship
        that the ORM cascades itself, a SELECT and the deletion of what it finds. Rows that are
        deleted softly: as ``mark_rows``.
    """
    entity: Entity = write.registry.entities[change.entity]
    refuse_closed(entity, write.compilation.rights, path)
    await flush(entity, write, path)
    (row,) = await lock_rows(entity, [Wanted(change.key, tuple(path))], write, is_delete=True)
    key = primary_key_of(entity, row)
    await delete_locked(entity, [row], write, [path])
    return key
