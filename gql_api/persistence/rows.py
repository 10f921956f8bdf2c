"""Rows created, updated and deleted on the session of an operation.

Nothing is committed here, and there are no savepoints: the first refusal ends the operation, whose
owner rolls it back.
"""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.elements import False_, True_

from gql_api.access.policies import Predicate
from gql_api.database.driver_errors import constraint_facts
from gql_api.errors import ForbiddenError, NotFoundError
from gql_api.mapping.descriptors import Entity
from gql_api.mapping.values import ScalarKind
from gql_api.persistence.constraints import translate_error
from gql_api.persistence.links import load_links
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.rules import check_values
from gql_api.persistence.write import Write as Write
from gql_api.plan.changes import CreateRow, DeleteRow, KeyValue, UpdateRow
from gql_api.sql.writes import select_permission, select_row_to_write


async def create_row(change: CreateRow, write: Write, path: Sequence[str] = ("input",)) -> KeyValue:
    """Create a row and return its primary key; otherwise as ``create_instance``."""
    entity = write.registry.entities[change.entity]
    return _primary_key(entity, await create_instance(change, write, path))


async def create_instance(change: CreateRow, write: Write, path: Sequence[str] = ("input",)) -> Any:
    """Create a row.

    Args:
        change: Its values and links.
        write: Session and rights.
        path: Where the input stands, for errors.

    Returns:
        The instance; it belongs to the session.

    Raises:
        ValidationError: A value breaks a rule.
        NotFoundError: The target of a link is missing or not visible.
        ForbiddenError: The policy does not let the subject create such a row.
        UniqueViolationError, ForeignKeyViolationError, CheckViolationError: The database refuses.
        WriteRefusedError: Several of these.

    Cost:
        One INSERT per table of the model, before it one SELECT per link, after it one if the model
        has a policy on creation.
    """
    entity = write.registry.entities[change.entity]
    refuse_any(check_values(entity, change.values, change.links, is_new=True, path=path))
    creatable = write.scopes.creatable_rows(entity, entity.model)
    refusal = ForbiddenError(f"You may not create this {entity.name}.", path=path)
    if isinstance(creatable, False_):
        raise refusal
    await _flush(entity, write, path)
    values = await load_links(entity, change.links, change.values, write, path)
    row = _new_row(entity, values)
    write.session.add(row)
    await _flush(entity, write, path)
    if not await _meets(creatable, entity, _primary_key(entity, row), write):
        raise refusal
    return row


async def update_row(
    change: UpdateRow,
    write: Write,
    path: Sequence[str] = ("input",),
    key_path: Sequence[str] = ("id",),
) -> KeyValue:
    """Update a row and return its primary key after it; otherwise as ``update_instance``."""
    entity = write.registry.entities[change.entity]
    return _primary_key(entity, await update_instance(change, write, path, key_path))


async def update_instance(
    change: UpdateRow,
    write: Write,
    path: Sequence[str] = ("input",),
    key_path: Sequence[str] = ("id",),
) -> Any:
    """Update a row. Without values and links nothing changes.

    Args:
        change: The key of the row, its new values and links.
        write: Session and rights.
        path: Where the input stands, for errors.
        key_path: Where the key stands, for errors.

    Returns:
        The instance; it belongs to the session.

    Raises:
        NotFoundError: The row is missing or not visible, or the target of a link is.
        ForbiddenError: The policy does not let the subject update the row, or not in this way.
        ValidationError: A value breaks a rule.
        UniqueViolationError, ForeignKeyViolationError, CheckViolationError: The database refuses.
        WriteRefusedError: Several of these.

    Cost:
        One SELECT that locks the row, one per link, one UPDATE per table that changes, and one
        SELECT if the model has a policy on updates.
    """
    entity = write.registry.entities[change.entity]
    refuse_any(check_values(entity, change.values, change.links, is_new=False, path=path))
    await _flush(entity, write, path)
    row = await _load_to_write(entity, change.key, write, key_path, is_delete=False)
    values = await load_links(entity, change.links, change.values, write, path)
    if not values:
        return row
    await write.session.run_sync(lambda _: _assign(entity, row, values))
    await _flush(entity, write, path, key_path)
    own = write.registry.entity_of(type(row))
    updatable = write.scopes.updatable_rows(own, own.model)
    if not await _meets(updatable, own, _primary_key(own, row), write):
        message = f"You may not change this {entity.name} in this way."
        raise ForbiddenError(message, path=path)
    return row


async def delete_row(change: DeleteRow, write: Write, path: Sequence[str] = ("id",)) -> KeyValue:
    """Delete a row, and what the model's cascades or the database's take with it.

    Args:
        change: The key of the row.
        write: Session and rights.
        path: Where the key stands, for errors.

    Returns:
        The primary key that the row had.

    Raises:
        NotFoundError: The row is missing or not visible.
        ForbiddenError: The policy does not let the subject delete the row.
        ForeignKeyViolationError: Rows that refer to it stay, so it cannot go.

    Cost:
        One SELECT that locks the row and one DELETE per table of the model; for each relationship
        that the ORM cascades itself, a SELECT and the deletion of what it finds.
    """
    entity = write.registry.entities[change.entity]
    await _flush(entity, write, path)
    row = await _load_to_write(entity, change.key, write, path, is_delete=True)
    key = _primary_key(entity, row)
    await write.session.delete(row)
    await _flush(entity, write, path, is_delete=True)
    return key


async def _load_to_write(
    entity: Entity, key: KeyValue, write: Write, path: Sequence[str], *, is_delete: bool
) -> Any:
    """Load and lock a row that the subject may write."""
    statement = select_row_to_write(entity, key, write.compilation, is_delete=is_delete)
    try:
        found = (await write.session.execute(statement, write.subject.parameters)).one_or_none()
    except DBAPIError as error:
        if constraint_facts(error) is None:
            raise
        raise _missing(entity, path) from error  # no column can hold this key, so no row has it
    if found is None:
        raise _missing(entity, path)
    row, is_permitted = found
    if not is_permitted:
        verb = "delete" if is_delete else "change"
        message = f"You may not {verb} this {entity.name}."
        raise ForbiddenError(message, path=path)
    return row


def _missing(entity: Entity, path: Sequence[str]) -> NotFoundError:
    return NotFoundError(f"There is no such {entity.name}.", path=path)


async def _meets(predicate: Predicate, entity: Entity, key: KeyValue, write: Write) -> bool:
    """Tell whether a written row meets what the policy asks of it."""
    if isinstance(predicate, True_):
        return True
    statement = select_permission(entity, key, predicate)
    return bool(await write.session.scalar(statement, write.subject.parameters))


async def _flush(
    entity: Entity,
    write: Write,
    path: Sequence[str],
    key_path: Sequence[str] = (),
    *,
    is_delete: bool = False,
) -> None:
    """Flush the session; what the database refuses becomes an error about the input."""
    try:
        await write.session.flush()
    except StaleDataError as error:
        raise _missing(entity, key_path or path) from error
    except DBAPIError as error:
        refusal = translate_error(error, entity, path, is_delete=is_delete)
        if refusal is None:
            raise
        raise refusal from error


def _new_row(entity: Entity, values: Mapping[str, Any]) -> Any:
    """Make an instance through its constructor, or without where that asks for more.

    A dataclass model may demand relationships, which are never set here.
    """
    parameters = inspect.signature(entity.model).parameters.values()
    named = {each.name: each for each in parameters if each.kind not in _VARIADIC}
    takes_any = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters)
    demanded = {name for name, each in named.items() if each.default is inspect.Parameter.empty}
    if demanded <= values.keys():
        accepted = {key: values[key] for key in values if takes_any or key in named}
        row = entity.model(**_bindable(entity, accepted))
    else:
        accepted = {}
        row = orm.class_mapper(entity.model).class_manager.new_instance()
    _assign(entity, row, {key: values[key] for key in values if key not in accepted})
    return row


_VARIADIC = frozenset({inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL})


def _assign(entity: Entity, row: Any, values: Mapping[str, Any]) -> None:
    for key, value in _bindable(entity, values).items():
        setattr(row, key, value)


def _bindable(entity: Entity, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of column attributes; NULL for JSON columns, which would store ``null``.

    Raises:
        KeyError: A key is no column attribute: a defect of the caller.
    """
    mapper = orm.class_mapper(entity.model)
    found: dict[str, Any] = {}
    for key, value in values.items():
        if key not in mapper.synonyms:
            mapper.column_attrs[key]
        column = entity.columns.get(key)
        is_json_null = value is None and column is not None and column.type.kind is ScalarKind.JSON
        found[key] = sa.null() if is_json_null else value
    return found


def _primary_key(entity: Entity, row: Any) -> KeyValue:
    identity = sa.inspect(row).identity
    return KeyValue(tuple(column.key for column in entity.primary_key), tuple(identity))
