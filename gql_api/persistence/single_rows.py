"""New rows that are inserted alone, with the keys of what they link to, in one statement.

The way around the session: for models whose rows the ORM would insert just so.
"""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import False_

from gql_api.errors import ForbiddenError
from gql_api.mapping.descriptors import Entity
from gql_api.persistence.constraints import translate_error
from gql_api.persistence.flushing import find_refused, remote_keys
from gql_api.persistence.instances import bindable_values
from gql_api.persistence.links import PlacedCreate
from gql_api.persistence.write import Write
from gql_api.plan.changes import CreateRow, KeyValue, Link
from gql_api.sql.writes import LinkColumns, insert_linked_row, linked_row_parameters

_SESSION_EVENTS = (
    "before_flush",
    "after_flush",
    "after_flush_postexec",
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "pending_to_persistent",
)
_INTEGER_BITS: dict[type[Any], int] = {sa.SmallInteger: 15, sa.Integer: 31, sa.BigInteger: 63}


async def insert_linked(placed: PlacedCreate, write: Write) -> KeyValue | None:
    """Insert a row that links to rows that are there, and return its primary key.

    Args:
        placed: The row, which meets the rules of its columns.
        write: Session and rights; nothing is pending.

    Returns:
        None where nothing was written: ``create_tree`` does it, or tells why it cannot.

    Raises:
        WriteError: The policy or the database refuses.

    Cost:
        One INSERT, and one SELECT if the model has a policy on creation.
    """
    change = placed.change
    entity = write.registry.entities[change.entity]
    creatable = write.scopes.creatable_rows(entity, entity.model)
    links = _columns_of_links(entity, change, write)
    if links is None or isinstance(creatable, False_) or not _is_plain(entity, write):
        return None
    values = bindable_values(entity, change.values, is_new=True)
    if not _are_storable(entity, values) or not await _has_returning(write):
        return None
    statement = insert_linked_row(entity, tuple(values), links, write.compilation)
    targets = [each.target for each in change.links if isinstance(each, Link) and each.target]
    own = linked_row_parameters(list(values.values()), targets)
    parameters = await write.bound(statement, own)
    try:
        result = await write.session.execute(statement, parameters)
    except DBAPIError as error:
        refusal = translate_error(error, entity, placed.path)
        if refusal is None:
            raise
        raise refusal from error
    row = result.one_or_none()
    if row is None:
        return None
    key = KeyValue(tuple(each.key for each in entity.primary_key), tuple(row))
    if await find_refused(creatable, entity, [key], write) is not None:
        message = f"You may not create this {entity.name}."
        raise ForbiddenError(message, path=placed.path)
    return key


def _columns_of_links(
    entity: Entity, change: CreateRow, write: Write
) -> tuple[LinkColumns, ...] | None:
    """Describe links that are known to find at most a row each; None where any may not."""
    found: list[LinkColumns] = []
    keys: list[str] = [*change.values]
    for link in change.links:
        target = link.target if isinstance(link, Link) else None
        relationship = entity.relationships[link.relationship]
        if target is None or not _can_hold(write.registry.entities[relationship.target], target):
            return None
        keys += relationship.foreign_keys
        columns = tuple(remote_keys(relationship.property))
        found.append(LinkColumns(link.relationship, target.columns, columns))
    is_linked = bool(found) and not change.related and len(keys) == len(set(keys))
    return tuple(found) if is_linked else None


def _can_hold(target: Entity, key: KeyValue) -> bool:
    """Tell whether the columns of a key can hold its values: else the database refuses to look."""
    for name, value in zip(key.columns, key.values, strict=True):
        type_: Any = getattr(target.model, name).type
        bits = next(
            (_INTEGER_BITS[each] for each in type(type_).__mro__ if each in _INTEGER_BITS), 0
        )
        is_number = type(value) is int and -(1 << bits) <= value < 1 << bits
        is_text = type(value) is str and isinstance(type_, sa.String) and "\0" not in value
        is_uuid = type(value) is uuid.UUID and isinstance(type_, sa.Uuid)
        if isinstance(type_, sa.Enum) or not (is_number or is_text or is_uuid):
            return False
    return True


async def _has_returning(write: Write) -> bool:
    """Tell whether the server gives back what it inserts, which only a connection knows of MySQL."""
    connection = await write.session.connection()
    return connection.dialect.insert_returning


def _is_plain(entity: Entity, write: Write) -> bool:
    """Tell whether the ORM would do no more than to insert the row, and nobody listens."""
    mapper, session = orm.class_mapper(entity.model), write.session.sync_session
    manager: Any = mapper.class_manager
    return (
        entity.lineage is None
        and len(mapper.tables) == 1
        and mapper.version_id_col is None
        and not mapper.validators
        and not any((mapper.dispatch.before_insert, mapper.dispatch.after_insert))
        and all(each.__module__ == orm.Mapper.__module__ for each in manager.dispatch.init)
        and manager.original_init is manager.registry.constructor
        and not write.hooking.has(entity.model, "before_create", "after_create")
        and not any(getattr(session.dispatch, each) for each in _SESSION_EVENTS)
        and not any(map(_needs_context, mapper.tables[0].columns))
    )


def _needs_context(column: Any) -> bool:
    """Tell whether a default looks at the other values of its row."""
    default = column.default
    if not isinstance(default, sa.ColumnDefault) or not default.is_callable:
        return False
    return not hasattr(default.arg, "__wrapped__")  # SQLAlchemy wraps what takes no argument


def _are_storable(entity: Entity, values: dict[str, Any]) -> bool:
    """Tell whether attributes are columns without listeners, and their values plain."""
    model, attributes = entity.model, orm.class_mapper(entity.model).column_attrs
    return not any(
        isinstance(value, sa.ClauseElement)
        or key not in attributes
        or len(attributes[key].columns) != 1
        or getattr(model, key).dispatch.set
        for key, value in values.items()
    )
