"""Rows that one statement writes together, behind the back of the session."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError

from gql_api.mapping.descriptors import Entity
from gql_api.persistence.constraints import translate_error
from gql_api.persistence.flushing import key_chunks, plain_keys
from gql_api.persistence.write import Write
from gql_api.plan.changes import KeyValue
from gql_api.sql.sets import delete_rows_by_key, is_cascaded, update_rows_by_key
from gql_api.sql.writes import KEYS


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


async def update_together(
    entity: Entity,
    keys: Sequence[KeyValue],
    values: Mapping[str, Any],
    write: Write,
    path: Sequence[str],
) -> None:
    """Update rows of an entity that ``is_plain``, visible or not; their versions count up.

    Args:
        entity: Whose rows.
        keys: Their primary keys.
        values: Attribute key to value or expression.
        write: Session and rights.
        path: Where the input stands, for errors.

    Raises:
        WriteError: The database refuses.

    Cost:
        One UPDATE, more where keys exceed the parameters of one.
    """
    bound, mapper = dict(values), orm.class_mapper(entity.model)
    if mapper.version_id_col is not None:
        key = mapper.get_property_by_column(mapper.version_id_col).key
        bound[key] = getattr(entity.model, key) + 1
    statement = update_rows_by_key(entity, bound, write.compilation)
    await _execute(entity, statement, keys, write, path)
    _forget(entity, keys, write, is_delete=False)


async def delete_together(
    entity: Entity, keys: Sequence[KeyValue], write: Write, path: Sequence[str]
) -> None:
    """Delete rows of an entity that ``is_plain``, visible or not; otherwise as ``update_together``."""
    statement = delete_rows_by_key(entity, write.compilation)
    await _execute(entity, statement, keys, write, path, is_delete=True)
    _forget(entity, keys, write, is_delete=True)


async def _execute(
    entity: Entity,
    statement: Any,
    keys: Sequence[KeyValue],
    write: Write,
    path: Sequence[str],
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
