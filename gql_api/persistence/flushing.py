"""Flushes whose refusals are errors about the input, and what a policy says of written rows."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.elements import True_

from gql_api.access.policies import Predicate
from gql_api.errors import NotFoundError
from gql_api.mapping.descriptors import Entity
from gql_api.persistence.constraints import translate_error
from gql_api.persistence.write import Write
from gql_api.plan.changes import KeyValue
from gql_api.sql.writes import KEYS, select_permission, select_refused

_RESERVED_PARAMETERS = 500
"""Parameters of one statement that are kept for policies."""


async def flush(
    entity: Entity,
    write: Write,
    path: Sequence[str],
    key_path: Sequence[str] = (),
    *,
    is_delete: bool = False,
) -> None:
    """Flush the session; what the database refuses becomes an error about the input.

    Args:
        entity: Whose rows are pending.
        write: Session and rights.
        path: Where the input stands.
        key_path: Where the key stands, for a row that is gone.
        is_delete: Whether rows are deleted.

    Raises:
        WriteError: The database refuses.

    Cost:
        Those of the pending rows: batches of one statement per table where they are alike.
    """
    try:
        await write.session.flush()
    except StaleDataError as error:
        raise missing(entity, key_path or path) from error
    except DBAPIError as error:
        refusal = translate_error(error, entity, path, is_delete=is_delete)
        if refusal is None:
            raise
        raise refusal from error


def missing(entity: Entity, path: Sequence[str]) -> NotFoundError:
    """Return the error about a row that is not there, or not for the subject."""
    return NotFoundError(f"There is no such {entity.name}.", path=path)


async def find_refused(
    predicate: Predicate, entity: Entity, keys: Sequence[KeyValue], write: Write
) -> int | None:
    """Return the index of the first row that misses what the policy asks of it, if any.

    Args:
        predicate: What is asked of ``entity.model``.
        entity: Whose rows.
        keys: Primary keys of written rows.
        write: Session and rights.

    Cost:
        One statement for all rows, more where keys exceed the parameters of one; none without a
        policy.
    """
    if isinstance(predicate, True_) or not keys:
        return None
    if len(keys) == 1:
        statement = select_permission(entity, keys[0], predicate)
        return None if await write.session.scalar(statement, await write.bound(statement)) else 0
    refused: set[tuple[Any, ...]] = set()
    many = select_refused(entity, predicate, write.compilation)
    for chunk in key_chunks(keys, write):
        parameters = await write.bound(many, {KEYS: plain_keys(chunk)})
        refused |= {tuple(row) for row in await write.session.execute(many, parameters)}
    return next((at for at, key in enumerate(keys) if key.values in refused), None)


def key_chunks(keys: Sequence[KeyValue], write: Write) -> Iterator[Sequence[KeyValue]]:
    """Cut keys of one kind into lists below the driver's limits."""
    width = max(len(keys[0].columns), 1)
    size = (write.dialect.max_parameters - _RESERVED_PARAMETERS) // width
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def plain_keys(keys: Sequence[KeyValue]) -> list[Any]:
    """Return what the parameter of a list of keys holds."""
    return [key.values[0] if len(key.values) == 1 else key.values for key in keys]


def primary_key_of(entity: Entity, row: Any) -> KeyValue:
    """Return the primary key of an instance that is in the database."""
    identity = sa.inspect(row).identity
    return KeyValue(tuple(column.key for column in entity.primary_key), tuple(identity))


async def load_values(row: Any, keys: Sequence[str], write: Write) -> tuple[Any, ...]:
    """Return attributes of an instance.

    Cost:
        One statement if the database made one of them and did not tell.
    """
    absent = sa.inspect(row).unloaded & set(keys)
    if absent:
        await write.session.refresh(row, list(absent))
    return tuple(getattr(row, key) for key in keys)


def remote_keys(relationship: orm.RelationshipProperty[Any]) -> list[str]:
    """Return the target's attribute keys that a relationship compares with, pair by pair."""
    pairs = relationship.local_remote_pairs or ()
    return [relationship.mapper.get_property_by_column(remote).key for _, remote in pairs]
