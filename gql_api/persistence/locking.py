"""Rows that are to be changed or deleted: loaded, locked, and permitted."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from gql_api.database.driver_errors import constraint_facts
from gql_api.errors import ForbiddenError, WriteError
from gql_api.mapping.descriptors import Entity
from gql_api.persistence.flushing import key_chunks, missing, plain_keys
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.targets import Wanted, load_targets
from gql_api.persistence.write import Write
from gql_api.plan.changes import KeyValue
from gql_api.sql.writes import (
    KEYS,
    are_distinct,
    key_parameters,
    select_row_to_write,
    select_rows_to_write,
)


async def lock_rows(
    entity: Entity, wanted: Sequence[Wanted], write: Write, *, is_delete: bool = False
) -> list[Any]:
    """Load and lock rows that the subject may write.

    Args:
        entity: Whose rows.
        wanted: Their keys, of any kinds.
        write: Session and rights.
        is_delete: Whether the rows are to go.

    Returns:
        An instance per key, in the same order; it belongs to the session.

    Raises:
        NotFoundError: A row is missing or not visible.
        ForbiddenError: The policy does not let the subject write a row.
        WriteRefusedError: Several of these.

    Cost:
        One SELECT for all rows; before it, where their keys are not primary keys, those of
        ``load_targets``.
    """
    if len(wanted) == 1:
        return [await _lock_row(entity, wanted[0], write, is_delete=is_delete)]
    if not wanted:
        return []
    keys = await _primary_keys(entity, wanted, write)
    found: dict[tuple[Any, ...], tuple[Any, bool]] = {}
    statement = select_rows_to_write(entity, write.compilation, is_delete=is_delete)
    known = list(dict.fromkeys(key for key in keys if key is not None))
    for chunk in key_chunks(known, write) if known else ():
        parameters = await write.bound(statement, {KEYS: plain_keys(chunk)})
        for row, is_permitted in await write.session.execute(statement, parameters):
            found[tuple(sa.inspect(row).identity)] = row, bool(is_permitted)
    errors: list[WriteError] = []
    rows = []
    for each, key in zip(wanted, keys, strict=True):
        row, is_permitted = found.get(key.values, (None, False)) if key else (None, False)
        if row is None:
            errors.append(missing(entity, each.path))
        elif not is_permitted:
            errors.append(_forbidden(entity, each.path, is_delete=is_delete))
        rows.append(row)
    refuse_any(errors)
    return rows


async def _primary_keys(
    entity: Entity, wanted: Sequence[Wanted], write: Write
) -> list[KeyValue | None]:
    """Return primary keys as the database spells them."""
    columns = tuple(column.key for column in entity.primary_key)
    is_known = are_distinct(entity, columns, write.compilation)
    unknown = [at for at, each in enumerate(wanted) if each.key.columns != columns or not is_known]
    keys: list[KeyValue | None] = [each.key for each in wanted]
    rows = await load_targets(entity, [wanted[at] for at in unknown], columns, write)
    for at, row in zip(unknown, rows, strict=True):
        keys[at] = None if row is None else KeyValue(columns, row)
    return keys


async def _lock_row(entity: Entity, wanted: Wanted, write: Write, *, is_delete: bool) -> Any:
    key, compilation = wanted.key, write.compilation
    statement = select_row_to_write(entity, key.columns, compilation, is_delete=is_delete)
    parameters = await write.bound(statement, key_parameters(key))
    try:
        found = (await write.session.execute(statement, parameters)).one_or_none()
    except DBAPIError as error:
        if constraint_facts(error) is None:
            raise
        raise missing(entity, wanted.path) from error  # no column can hold this key
    if found is None:
        raise missing(entity, wanted.path)
    row, is_permitted = found
    if not is_permitted:
        raise _forbidden(entity, wanted.path, is_delete=is_delete)
    return row


def _forbidden(entity: Entity, path: Sequence[str], *, is_delete: bool) -> ForbiddenError:
    verb = "delete" if is_delete else "change"
    return ForbiddenError(f"You may not {verb} this {entity.name}.", path=path)
