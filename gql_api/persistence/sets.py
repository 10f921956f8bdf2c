"""Sets of rows: all that meet a condition are updated or deleted, or none if they are too many."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError

from gql_api.errors import ForbiddenError, TooManyRowsError, ValidationError
from gql_api.mapping.descriptors import Column, Entity
from gql_api.persistence.constraints import translate_error
from gql_api.persistence.deletion import delete_locked
from gql_api.persistence.flushing import find_refused, flush, key_chunks, plain_keys, primary_key_of
from gql_api.persistence.instances import bindable_values
from gql_api.persistence.links import LinkedRow, load_links
from gql_api.persistence.locking import lock_rows
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.relatives import PlacedUpdate
from gql_api.persistence.rights import check_rights
from gql_api.persistence.rules import check_update
from gql_api.persistence.targets import Wanted
from gql_api.persistence.trees import apply_updates, create_tree
from gql_api.persistence.write import Write
from gql_api.plan.changes import KeyValue, Link, Operator, UpdateRow
from gql_api.plan.constants import constant_value
from gql_api.plan.filters import Filter
from gql_api.sql.operands import slot_name
from gql_api.sql.sets import (
    MOST,
    compile_increment,
    delete_rows_by_key,
    is_cascaded,
    select_cascades,
    select_keys_to_write,
    update_rows_by_key,
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
        The primary keys of the rows, in their order.

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
        await _update_instances(entity, keys, change, write, path)
        return keys
    linked = LinkedRow(change.links, change.values, path)
    (values,) = await load_links(entity, [linked], write, create_tree)
    if values or change.operations:
        await _update_together(entity, keys, replace(change, values=values), write, path)
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
        ForeignKeyViolationError: Rows that refer to one of them stay.

    Cost:
        One SELECT that locks the rows, and one DELETE. Where the ORM cascades itself, one SELECT
        per relationship and one DELETE per table.
    """
    entity = write.registry.entities[rows.entity]
    keys = await _lock_set(entity, rows, write, is_delete=True)
    is_hooked = write.hooking.has(entity.model, "before_delete", "after_delete")
    if keys and is_plain(entity, is_delete=True) and not is_hooked:
        statement = delete_rows_by_key(entity, write.compilation)
        await _execute(entity, statement, keys, write, ("where",), is_delete=True)
        _forget(entity, keys, write, is_delete=True)
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
    cascades = select_cascades(entity, write.compilation) if len(found) > 1 else None
    if cascades is not None:
        keys = [primary_key_of(entity, row) for row in found]
        for chunk in key_chunks(keys, write):
            await write.session.execute(cascades, {KEYS: plain_keys(chunk)})
    await delete_locked(entity, found, write, [each.path for each in wanted])


def is_plain(entity: Entity, *, is_delete: bool) -> bool:
    """Tell whether one statement does what the ORM does row by row.

    It does not for several tables, listeners and validators of the model, counters of versions that
    are no numbers, and dependents that the ORM deletes or releases itself.
    """
    mapper = orm.class_mapper(entity.model)
    events = mapper.dispatch
    if entity.lineage is not None or len(mapper.tables) != 1 or mapper.validators:
        return False
    if is_delete:
        listeners = (events.before_delete, events.after_delete)
        return not any(listeners) and not any(map(is_cascaded, mapper.relationships))
    is_counted = mapper.version_id_col is None or _counts_up(mapper)
    return is_counted and not any((events.before_update, events.after_update))


def _counts_up(mapper: orm.Mapper[Any]) -> bool:
    column, generate = mapper.version_id_col, mapper.version_id_generator
    is_number = column is not None and isinstance(column.type, sa.Integer)
    return is_number and callable(generate) and [generate(None), generate(7)] == [1, 8]


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
    parameters = {slot_name(slot): value for slot, value in enumerate(rows.values)}
    found = await write.session.execute(
        statement, {**parameters, **write.subject.parameters, MOST: rows.at_most + 1}
    )
    columns = tuple(column.key for column in entity.primary_key)
    keys = [KeyValue(columns, tuple(row)) for row in found]
    if len(keys) > rows.at_most:
        message = f"More than {rows.at_most} rows meet the condition: nothing was written."
        raise TooManyRowsError(message, path=("atMost",))
    return keys


async def _update_instances(
    entity: Entity, keys: Sequence[KeyValue], change: UpdateRow, write: Write, path: tuple[str, ...]
) -> None:
    found = await lock_rows(entity, [Wanted(key, ("where",)) for key in keys], write)
    placed = [PlacedUpdate(replace(change, key=key), path, ("where",)) for key in keys]
    await apply_updates(placed, found, write)


async def _update_together(
    entity: Entity, keys: Sequence[KeyValue], change: UpdateRow, write: Write, path: tuple[str, ...]
) -> None:
    bound = bindable_values(entity, change.values)
    for each, operation in change.operations.items():
        bound[each] = compile_increment(entity, each, operation.operand)
    version = orm.class_mapper(entity.model).version_id_col
    if version is not None:
        key = orm.class_mapper(entity.model).get_property_by_column(version).key
        bound[key] = getattr(entity.model, key) + 1
    statement = update_rows_by_key(entity, bound, write.compilation)
    await _execute(entity, statement, keys, write, path)
    _forget(entity, keys, write, is_delete=False)
    updatable = write.scopes.updatable_rows(entity, entity.model)
    if is_settled(updatable, entity.model, bound):
        return
    if await find_refused(updatable, entity, keys, write) is not None:
        message = f"You may not change a {entity.name} in this way."
        raise ForbiddenError(message, path=path)


async def _execute(
    entity: Entity,
    statement: Any,
    keys: Sequence[KeyValue],
    write: Write,
    path: tuple[str, ...],
    *,
    is_delete: bool = False,
) -> None:
    unsynchronized = {"synchronize_session": False}
    for chunk in key_chunks(keys, write):
        parameters = {KEYS: plain_keys(chunk)}
        try:
            await write.session.execute(statement, parameters, execution_options=unsynchronized)
        except DBAPIError as error:
            refusal = translate_error(error, entity, path, is_delete=is_delete)
            if refusal is None:
                raise
            raise refusal from error


def _forget(entity: Entity, keys: Sequence[KeyValue], write: Write, *, is_delete: bool) -> None:
    """Let the session forget what it knows of rows that were written behind its back."""
    mapper, session = orm.class_mapper(entity.model), write.session
    for key in keys:
        row = session.identity_map.get(mapper.identity_key_from_primary_key(key.values))
        if row is not None and is_delete:
            session.expunge(row)
        elif row is not None:
            session.expire(row)
