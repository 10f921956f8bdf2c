"""Soft deletes: rows are marked, brought back, and removed for good, with all that follows them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from gql_api.errors import ForbiddenError, NotFoundError
from gql_api.mapping.descriptors import Entity
from gql_api.persistence.flushing import flush, key_chunks, plain_keys, primary_key_of
from gql_api.persistence.hooks import RowChange
from gql_api.persistence.rights import refuse_closed
from gql_api.persistence.together import is_plain, update_together
from gql_api.persistence.write import Write
from gql_api.plan.changes import DeleteRow, KeyValue
from gql_api.sql.sets import select_by_keys
from gql_api.sql.soft_deletes import (
    MOMENT,
    followed_relationships,
    select_deleted_row,
    select_followers,
)
from gql_api.sql.writes import KEYS, key_parameters


async def mark_rows(entity: Entity, rows: Sequence[Any], write: Write, path: Sequence[str]) -> None:
    """Mark locked rows as deleted, with what follows them.

    Args:
        entity: Whose rows; it is deleted softly.
        rows: Their instances.
        write: Session and rights.
        path: Where the input stands, for errors.

    Raises:
        WriteError: The database refuses.

    Cost:
        One UPDATE; for each relationship that cascades and level one SELECT, and one UPDATE where
        it finds rows.
    """
    if len(rows) > 1:
        await mark_deleted(entity, [primary_key_of(entity, row) for row in rows], write, path)
        return
    moment = _present_moment(entity)
    setattr(rows[0], str(entity.soft_delete), moment)
    await flush(entity, write, path)
    await _mark_followers(entity, [primary_key_of(entity, rows[0])], write, path, after=moment)


async def mark_deleted(
    entity: Entity, keys: Sequence[KeyValue], write: Write, path: Sequence[str]
) -> None:
    """Mark locked rows of an entity as deleted, by primary key; otherwise as ``mark_rows``."""
    moment = _present_moment(entity)
    await _mark(entity, keys, moment, write, path)
    await _mark_followers(entity, keys, write, path, after=moment)


async def restore_row(change: DeleteRow, write: Write, path: Sequence[str] = ("id",)) -> KeyValue:
    """Bring back a row that is marked as deleted, and the rows that were deleted with it.

    Args:
        change: The key of the row.
        write: Session and rights.
        path: Where the key stands, for errors.

    Returns:
        Its primary key.

    Raises:
        NotFoundError: No deleted row that the subject may see or restore has the key.
        ForbiddenError: The policy does not let the subject restore it, though it is seen; before any
            SQL, where the model does not exist for the subject.
        UniqueViolationError: A value that is unique among live rows is taken by now; the path
            names its field.

    Cost:
        One SELECT that locks the row and one UPDATE; for each relationship that cascades and level
        one SELECT, and one UPDATE where it finds rows.
    """
    entity = write.registry.entities[change.entity]
    row = await _lock_deleted_row(entity, change.key, write, path, is_purge=False)
    restored: RowChange[Any] = RowChange(entity, tuple(path), row=row)
    await write.hooking.run("before_restore", [restored])
    key, column = primary_key_of(entity, row), str(entity.soft_delete)
    before = getattr(row, column)
    setattr(row, column, None)
    await flush(entity, write, ())
    await _mark_followers(entity, [key], write, (), before=before)
    await write.hooking.run("after_restore", [restored])
    return key


async def purge_row(change: DeleteRow, write: Write, path: Sequence[str] = ("id",)) -> KeyValue:
    """Remove a row that is marked as deleted, with what the model or the database cascades.

    Args:
        change: The key of the row.
        write: Session and rights.
        path: Where the key stands, for errors.

    Returns:
        The primary key that it had.

    Raises:
        NotFoundError: No deleted row that the subject may see or purge has the key.
        ForbiddenError: The policy does not let the subject purge it, though it is seen; before any
            SQL, where the model does not exist for the subject.
        ForeignKeyViolationError: Rows that refer to it stay, deleted ones too.

    Cost:
        One SELECT that locks the row and one DELETE per table; for each relationship that the ORM
        cascades itself, a SELECT and the deletion of what it finds.
    """
    entity = write.registry.entities[change.entity]
    row = await _lock_deleted_row(entity, change.key, write, path, is_purge=True)
    purged: RowChange[Any] = RowChange(entity, tuple(path), row=row)
    await write.hooking.run("before_purge", [purged])
    key = primary_key_of(entity, row)
    await write.session.delete(row)
    await flush(entity, write, path, is_delete=True)
    await write.hooking.run("after_purge", [purged])
    return key


async def _lock_deleted_row(
    entity: Entity, key: KeyValue, write: Write, path: Sequence[str], *, is_purge: bool
) -> Any:
    refuse_closed(entity, write.compilation.rights, path)
    await flush(entity, write, path)
    statement = select_deleted_row(entity, key.columns, write.compilation, is_purge=is_purge)
    parameters = await write.bound(statement, key_parameters(key))
    found = (await write.session.execute(statement, parameters)).one_or_none()
    row, is_permitted = (None, False) if found is None else found
    # that a row was deleted is told to those alone who may see it, or bring it back
    if row is None or not (is_permitted or write.scopes.sees_deleted(entity)):
        message = f"There is no such {entity.name} among the deleted ones."
        raise NotFoundError(message, path=path)
    if not is_permitted:
        verb = "purge" if is_purge else "restore"
        message = f"You may not {verb} this {entity.name}."
        raise ForbiddenError(message, path=path)
    return row


async def _mark_followers(
    entity: Entity,
    keys: Sequence[KeyValue],
    write: Write,
    path: Sequence[str],
    *,
    before: datetime | None = None,
    after: datetime | None = None,
) -> None:
    """Mark what follows rows, level by level; rows of models outside the schema stay.

    Args:
        entity: Whose rows; they are marked already.
        keys: Their primary keys.
        write: Session and rights.
        path: Where the input stands, for errors.
        before: When the rows that are brought back were deleted; None to delete rows.
        after: When the rows are deleted; None to bring them back.
    """
    pending = [(entity, keys)]
    while pending:
        owner, owners = pending.pop()
        for relationship in followed_relationships(owner):
            target = write.registry.by_model.get(relationship.mapper.class_)
            if target is None:
                continue
            statement = select_followers(
                owner, relationship, write.compilation, are_deleted=before is not None
            )
            found = await _select_keys(target, statement, owners, write, before)
            if found:
                moment = None if after is None else _in_form(target, after)
                await _mark(target, found, moment, write, path)
                pending.append((target, found))


async def _select_keys(
    entity: Entity,
    statement: sa.Select[Any],
    owners: Sequence[KeyValue],
    write: Write,
    moment: datetime | None,
) -> list[KeyValue]:
    columns = tuple(column.key for column in entity.primary_key)
    given: Mapping[str, Any] = {} if moment is None else {MOMENT: _in_form(entity, moment)}
    found: dict[KeyValue, None] = {}
    for chunk in key_chunks(owners, write):
        rows = await write.session.execute(statement, {KEYS: plain_keys(chunk), **given})
        found |= {KeyValue(columns, tuple(row)): None for row in rows}
    return list(found)


async def _mark(
    entity: Entity,
    keys: Sequence[KeyValue],
    moment: datetime | None,
    write: Write,
    path: Sequence[str],
) -> None:
    column = str(entity.soft_delete)
    if is_plain(entity, is_delete=False):
        await update_together(entity, keys, {column: moment}, write, path)
        return
    statement = select_by_keys(entity, write.compilation)
    for chunk in key_chunks(keys, write):
        for row in await write.session.scalars(statement, {KEYS: plain_keys(chunk)}):
            setattr(row, column, moment)
    await flush(entity, write, path)


def _present_moment(entity: Entity) -> datetime:
    return _in_form(entity, datetime.now(UTC))


def _in_form(entity: Entity, moment: datetime) -> datetime:
    """Return a moment as the column of an entity takes it: aware, or in UTC without saying so."""
    attribute = orm.class_mapper(entity.model).column_attrs[str(entity.soft_delete)]
    if getattr(attribute.columns[0].type, "timezone", False):
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
