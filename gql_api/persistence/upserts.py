"""A row that is updated if it is there, and created if it is not."""

from dataclasses import dataclass, replace
from typing import Any

from gql_api.errors import NotFoundError, UniqueViolationError, ValidationError
from gql_api.mapping.descriptors import Entity
from gql_api.persistence.flushing import flush, load_values, primary_key_of
from gql_api.persistence.links import PlacedCreate
from gql_api.persistence.locking import lock_rows
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.relatives import PlacedUpdate
from gql_api.persistence.rights import check_keys, check_rights
from gql_api.persistence.rules import check_creation, check_update
from gql_api.persistence.targets import Wanted
from gql_api.persistence.trees import apply_updates, create_tree
from gql_api.persistence.write import Write
from gql_api.plan.changes import CreateRow, KeyValue, UpdateRow

_KEY, _CREATE, _UPDATE = ("key",), ("create",), ("update",)


@dataclass(frozen=True, slots=True)
class Upserted:
    """The row that is there now."""

    key: KeyValue
    """Its primary key."""

    is_new: bool


async def upsert_row(key: KeyValue, create: CreateRow, update: UpdateRow, write: Write) -> Upserted:
    """Update the visible row with a key, or create it if there is none.

    A row that the subject does not see is in the way like any other: the creation is refused.

    Args:
        key: A key whose columns a creation sets.
        create: The new row; what it leaves out of the key is taken from there.
        update: What changes; its key is of no account.
        write: Session and rights.

    Raises:
        ValidationError: A value breaks a rule, or the new row would have another key.
        ForbiddenError: The policy does not let the subject update or create the row.
        UniqueViolationError: A row that the subject does not see is in the way, or another key is
            taken.
        WriteError: A target is missing, or the database refuses.

    Cost:
        One SELECT that locks the row, then that of an update, or of a creation within a savepoint.
        If somebody else creates the row at the same moment, that of an update besides.
    """
    entity = write.registry.entities[create.entity]
    create = _with_key(entity, create, key)
    refuse_any(
        [
            *check_keys(entity, [key], write.compilation.rights, _KEY),
            *check_rights(create, write.compilation.rights, _CREATE),
            *check_rights(update, write.compilation.rights, _UPDATE),
            *check_creation(create, write.registry, _CREATE),
            *check_update(update, write.registry, _UPDATE),
        ]
    )
    await flush(entity, write, _CREATE)
    found = await _update_found(entity, key, update, write)
    if found is not None:
        return found
    try:
        return await _create(entity, key, create, write)
    except UniqueViolationError:
        # a row that was created meanwhile is found now
        found = await _update_found(entity, key, update, write)
        if found is None:
            raise
        return found


async def _update_found(
    entity: Entity, key: KeyValue, update: UpdateRow, write: Write
) -> Upserted | None:
    """Update the row with a key; None if there is none."""
    try:
        rows = await lock_rows(entity, [Wanted(key, _KEY)], write)
    except NotFoundError as error:
        if error.__cause__ is not None:
            raise  # the database refused the key, and with it the transaction
        return None
    placed = PlacedUpdate(replace(update, key=primary_key_of(entity, rows[0])), _UPDATE, _KEY)
    await apply_updates([placed], rows, write)
    return Upserted(primary_key_of(entity, rows[0]), is_new=False)


async def _create(entity: Entity, key: KeyValue, create: CreateRow, write: Write) -> Upserted:
    """Create a row within a savepoint, which a row in the way undoes."""
    async with write.session.begin_nested():
        (row,) = await create_tree([PlacedCreate(create, _CREATE)], write)
        await _check_key(entity, row, key, write)
    return Upserted(primary_key_of(entity, row), is_new=True)


def _with_key(entity: Entity, create: CreateRow, key: KeyValue) -> CreateRow:
    """Take what the new row leaves out of the key; foreign keys are set by links."""
    given = {
        column: value
        for column, value in zip(key.columns, key.values, strict=True)
        if not entity.columns[column].is_foreign_key
    }
    refuse_any(
        [
            _other_key(entity.columns[column].name)
            for column, value in given.items()
            if create.values.get(column, value) != value
        ]
    )
    return replace(create, values={**given, **create.values})


async def _check_key(entity: Entity, row: Any, key: KeyValue, write: Write) -> None:
    """Refuse a new row that links give another key."""
    values = await load_values(row, key.columns, write)
    for column, value, asked in zip(key.columns, values, key.values, strict=True):
        if entity.columns[column].is_foreign_key and value != asked:
            names = [
                each.name
                for each in entity.relationships.values()
                if each.is_writable and column in each.foreign_keys
            ]
            raise _other_key(names[0])


def _other_key(name: str) -> ValidationError:
    return ValidationError(f"{name} is not the one in key.", path=(*_CREATE, name))
