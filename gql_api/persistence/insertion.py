"""New rows of one entity, inserted together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gql_api.mapping.descriptors import Entity
from gql_api.persistence.flushing import flush
from gql_api.persistence.halving import apply_together
from gql_api.persistence.instances import new_instance
from gql_api.persistence.write import Write


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to insert."""

    values: Mapping[str, Any]
    """Attribute key to value, foreign keys included."""

    path: tuple[str, ...]
    """Where its input stands, for errors."""


async def insert_rows(entity: Entity, rows: Sequence[NewRow], write: Write) -> list[Any]:
    """Insert rows and return their instances, in the same order.

    Args:
        entity: Whose rows.
        rows: Any number.
        write: Session and rights.

    Raises:
        WriteError: The database refuses a row; the path is that of the first one.

    Cost:
        One INSERT per table for each batch of rows with the same columns, of a thousand or as many
        as the parameters of one statement allow; otherwise as ``apply_together``. SQLite does not
        tell which of the keys that it makes is whose: there each such row is an INSERT of its own.
    """
    return await apply_together(rows, partial(_insert, entity, write), write)


async def _insert(entity: Entity, write: Write, rows: Sequence[NewRow]) -> list[Any]:
    made = [new_instance(entity, row.values) for row in rows]
    # rows with the same columns become one statement if nothing stands between them
    alike: dict[frozenset[str], list[Any]] = {}
    for row, instance in zip(rows, made, strict=True):
        columns = frozenset(key for key, value in row.values.items() if value is not None)
        alike.setdefault(columns, []).append(instance)
    for instances in alike.values():
        write.session.add_all(instances)
    if rows:
        await flush(entity, write, rows[0].path)
    return made
