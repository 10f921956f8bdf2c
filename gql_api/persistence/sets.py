"""Sets of rows: all that meet a condition are updated or deleted, or none if they are too many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gql_api.errors import ForbiddenError, TooManyRowsError, ValidationError
from gql_api.mapping.descriptors import Column, Entity
from gql_api.persistence.deletion import delete_locked, untie_rows
from gql_api.persistence.flushing import find_refused, flush, key_chunks, plain_keys, primary_key_of
from gql_api.persistence.instances import bindable_values
from gql_api.persistence.links import LinkedRow, load_links
from gql_api.persistence.locking import lock_rows
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.relatives import PlacedUpdate
from gql_api.persistence.rights import check_rights, refuse_closed
from gql_api.persistence.rules import check_update
from gql_api.persistence.soft_deletes import mark_deleted
from gql_api.persistence.targets import Wanted
from gql_api.persistence.together import delete_together, is_plain, update_together
from gql_api.persistence.trees import apply_updates, create_tree
from gql_api.persistence.write import Write
from gql_api.plan.changes import KeyValue, Link, Operator, UpdateRow
from gql_api.plan.constants import constant_value
from gql_api.plan.filters import Filter
from gql_api.sql.operands import slot_name
from gql_api.sql.sets import (
    MOST,
    compile_increment,
    select_cascades,
    select_keys_to_write,
)
from gql_api.sql.settled import is_settled
from gql_api.sql.writes import KEYS


@dataclass(frozen=True, slots=True)
class RowSet:
    """The rows that are meant."""

    entity: str
    where: Filter
    values: Sequence[Any]
    """Value of each slot of the condition."""

    at_most: int
    """More rows than these are none."""


async def update_set(
    rows: RowSet, change: UpdateRow, write: Write, path: Sequence[str] = ("set",)
) -> list[KeyValue]:
    """Change all rows of a set that the subject may see and change.

    Args:
        rows: The rows; a condition that holds for all rows is refused.
        change: What becomes of each; its key is of no account.
        write: Session and rights.
        path: Where the change stands, for errors.

    Returns:
        The primary keys of the rows after the change, in the order of those before it.

    Raises:
        TooManyRowsError: More rows than allowed meet the condition.
        ValidationError: The condition holds for all rows, or a value breaks a rule.
        ForbiddenError: A row would not be the subject's to change any more.
        WriteError: A target is missing, or the database refuses.

    Cost:
        One SELECT that locks the rows, one per entity that links lead to, one UPDATE, and one
        SELECT if the model has a policy on updates. Models of several tables or with listeners of
        their own are changed as by ``update_instances``.
    """
    entity, path = write.registry.entities[rows.entity], tuple(path)
    refuse_any(
        [
            *check_rights(change, write.compilation.rights, path),
            *check_update(change, write.registry, path),
        ]
    )
    keys = await _lock_set(entity, rows, write, is_delete=False)
    if not keys:
        return []
    is_hooked = write.hooking.has(entity.model, "before_update", "after_update")
    if is_hooked or not _is_simple(change, entity, write) or not is_plain(entity, is_delete=False):
        return await _update_instances(entity, keys, change, write, path)
    linked = LinkedRow(change.links, change.values, path)
    (values,) = await load_links(entity, [linked], write, create_tree)
    if values or change.operations:
        return await _update_together(entity, keys, replace(change, values=values), write, path)
    return keys


async def delete_set(rows: RowSet, write: Write) -> list[KeyValue]:
    """Delete all rows of a set that the subject may see and delete.

    Args:
        rows: The rows; a condition that holds for all rows is refused.
        write: Session and rights.

    Returns:
        The primary keys that the rows had, in their order.

    Raises:
        TooManyRowsError: More rows than allowed meet the condition.
        ValidationError: The condition holds for all rows.
        ForbiddenError: The model does not exist for the subject.
        ForeignKeyViolationError: Rows that refer to one of them stay.

    Cost:
        One SELECT that locks the rows, and one DELETE. Where the ORM cascades itself, one SELECT
        per relationship and one DELETE per table. Rows that are deleted softly: as ``mark_rows``.
    """
    entity = write.registry.entities[rows.entity]
    refuse_closed(entity, write.compilation.rights, ("where",))
    keys = await _lock_set(entity, rows, write, is_delete=True)
    is_hooked = write.hooking.has(entity.model, "before_delete", "after_delete")
    if keys and entity.soft_delete is not None and not is_hooked:
        await mark_deleted(entity, keys, write, ("where",))
    elif keys and is_plain(entity, is_delete=True) and not is_hooked:
        await delete_together(entity, keys, write, ("where",))
    elif keys:
        wanted = [Wanted(key, ("where",)) for key in keys]
        await delete_instances(entity, wanted, write)
    return keys


async def delete_instances(entity: Entity, wanted: Sequence[Wanted], write: Write) -> None:
    """Delete rows with all that the ORM deletes besides, which is loaded for all rows at once.

    Raises:
        WriteError: A row is missing; the policy or the database refuses.
    """
    found = await lock_rows(entity, wanted, write, is_delete=True)
    is_removed = len(found) > 1 and entity.soft_delete is None
    if is_removed:
        await untie_rows(entity, found, write, wanted[0].path)
    cascades = select_cascades(entity, write.compilation) if is_removed else None
    if cascades is not None:
        keys = [primary_key_of(entity, row) for row in found]
        for chunk in key_chunks(keys, write):
            await write.session.execute(cascades, {KEYS: plain_keys(chunk)})
    await delete_locked(entity, found, write, [each.path for each in wanted])


def _is_simple(change: UpdateRow, entity: Entity, write: Write) -> bool:
    """Tell whether a change is the same for all rows, or one that the database computes."""
    if change.related or not all(isinstance(each, Link) for each in change.links):
        return False
    # SQLite keeps whole numbers that do not fit as others
    can_compute = write.dialect.name != "sqlite"
    return all(
        can_compute and each.operator is Operator.INCREMENT and _is_free(entity.columns[key])
        for key, each in change.operations.items()
    )


def _is_free(column: Column) -> bool:
    return column.rules.minimum is None and column.rules.maximum is None


async def _lock_set(
    entity: Entity, rows: RowSet, write: Write, *, is_delete: bool
) -> list[KeyValue]:
    if constant_value(rows.where, entity, rows.values):
        message = "where holds for every row: name the rows that are meant."
        raise ValidationError(message, path=("where",))
    await flush(entity, write, ("where",))
    statement = select_keys_to_write(entity, rows.where, write.compilation, is_delete=is_delete)
    values = {slot_name(slot): value for slot, value in enumerate(rows.values)}
    parameters = await write.bound(statement, {**values, MOST: rows.at_most + 1})
    found = await write.session.execute(statement, parameters)
    columns = tuple(column.key for column in entity.primary_key)
    keys = [KeyValue(columns, tuple(row)) for row in found]
    if len(keys) > rows.at_most:
        message = f"More than {rows.at_most} rows meet the condition: nothing was written."
        raise TooManyRowsError(message, path=("atMost",))
    return keys


async def _update_instances(
    entity: Entity, keys: Sequence[KeyValue], change: UpdateRow, write: Write, path: tuple[str, ...]
) -> list[KeyValue]:
    """Update rows one by one; return their primary keys after it."""
    found = await lock_rows(entity, [Wanted(key, ("where",)) for key in keys], write)
    placed = [PlacedUpdate(replace(change, key=key), path, ("where",)) for key in keys]
    return [primary_key_of(entity, row) for row in await apply_updates(placed, found, write)]


async def _update_together(
    entity: Entity, keys: Sequence[KeyValue], change: UpdateRow, write: Write, path: tuple[str, ...]
) -> list[KeyValue]:
    """Update rows by one statement; return their primary keys after it."""
    bound = bindable_values(entity, change.values)
    for each, operation in change.operations.items():
        bound[each] = compile_increment(entity, each, operation.operand)
    await update_together(entity, keys, bound, write, path)
    written = [_moved(key, change.values) for key in keys]
    updatable = write.scopes.updatable_rows(entity, entity.model)
    if is_settled(updatable, entity.model, bound):
        return written
    if await find_refused(updatable, entity, written, write) is not None:
        message = f"You may not change a {entity.name} in this way."
        raise ForbiddenError(message, path=path)
    return written


def _moved(key: KeyValue, values: Mapping[str, Any]) -> KeyValue:
    """Return the primary key of a row after a change, which may set a part of it."""
    new = (values.get(column, old) for column, old in zip(key.columns, key.values, strict=True))
    return KeyValue(key.columns, tuple(new))
