"""Versions of rows: a write that was made for an older one is refused."""

from collections.abc import Sequence
from typing import Any

from gql_api.errors import StaleVersionError
from gql_api.mapping.descriptors import Entity
from gql_api.mapping.versions import write_version
from gql_api.persistence.flushing import flush, primary_key_of
from gql_api.persistence.locking import lock_rows
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.rights import check_keys
from gql_api.persistence.targets import Wanted
from gql_api.persistence.write import Write
from gql_api.plan.changes import KeyValue


async def lock_version(
    entity: Entity,
    key: KeyValue,
    expected: str | None,
    write: Write,
    *,
    path: Sequence[str] = ("expectedVersion",),
    is_delete: bool = False,
) -> None:
    """Lock a row, and refuse to write it if it is not of the version that the caller has seen.

    Args:
        entity: Whose row; it has a version.
        key: Of the row.
        expected: The version as answers write it; None for any.
        write: Session and rights.
        path: Where the version stands, for errors.
        is_delete: Whether the row is to go.

    Raises:
        StaleVersionError: It has changed since.
        NotFoundError: The row is missing or not visible.
        ForbiddenError: The policy does not let the subject write the row.

    Cost:
        One SELECT that locks the row; none without an expected version.
    """
    if expected is None or entity.version is None:
        return
    column = KeyValue((entity.version.key,), ())
    refuse_any(check_keys(entity, [column], write.compilation.rights, path[:-1]))
    await flush(entity, write, path)
    (row,) = await lock_rows(entity, [Wanted(key, ("id",))], write, is_delete=is_delete)
    refuse_any(check_version(entity, row, expected, path))


def check_version(
    entity: Entity, row: Any, expected: str | None, path: Sequence[str]
) -> list[StaleVersionError]:
    """Tell whether a locked row has changed since the caller has seen it; at most one error.

    Args:
        entity: Whose row.
        row: Its instance, as it is now.
        expected: The version as answers write it; None for any.
        path: Where the version stands, for errors.
    """
    column = entity.version
    if expected is None or column is None:
        return []
    current = write_version(column.type, getattr(row, column.key))
    if current == expected:
        return []
    message = f"This {entity.name} has changed: read it again, and decide anew."
    key = primary_key_of(entity, row)
    return [
        StaleVersionError(message, path=path, version=current, entity=entity.name, key=key),
    ]
