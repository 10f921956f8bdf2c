"""Trees of changes, walked level by level: all rows of a level are written together.

What a row links to is written before it, what is related to it after it. The number of statements
depends on the shape of the tree, not on the number of rows in a level.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.sql.elements import False_

from gql_api.errors import ForbiddenError, StaleVersionError
from gql_api.mapping.descriptors import Entity
from gql_api.persistence.flushing import find_refused, flush, primary_key_of
from gql_api.persistence.halving import apply_together
from gql_api.persistence.hooks import RowChange
from gql_api.persistence.insertion import NewRow, insert_rows
from gql_api.persistence.instances import assign_values
from gql_api.persistence.links import LinkedRow, PlacedCreate, load_links
from gql_api.persistence.locking import lock_rows
from gql_api.persistence.operations import compute_values
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.relatives import (
    Owner,
    PlacedUpdate,
    Writers,
    write_relatives,
)
from gql_api.persistence.targets import Wanted
from gql_api.persistence.versions import check_version
from gql_api.persistence.write import Write
from gql_api.sql.settled import is_settled


async def create_tree(placed: Sequence[PlacedCreate], write: Write) -> list[Any]:
    """Create rows of one entity with all that their inputs hold; checked before.

    Args:
        placed: Changes that meet the rules of their columns; at least one.
        write: Session and rights; nothing is pending.

    Returns:
        The instances, in the same order.

    Raises:
        WriteError: The policy or the database refuses, or a target is missing.
    """
    entity = write.registry.entities[placed[0].change.entity]
    creatable = write.scopes.creatable_rows(entity, entity.model)
    message = f"You may not create this {entity.name}."
    if isinstance(creatable, False_):
        raise ForbiddenError(message, path=placed[0].path)
    linked = [LinkedRow(each.change.links, each.change.values, each.path) for each in placed]
    values = await load_links(entity, linked, write, create_tree)
    changes: list[RowChange[Any]] = [
        RowChange(entity, each.path, own) for each, own in zip(placed, values, strict=True)
    ]
    await write.hooking.run("before_create", changes)
    rows = [NewRow(each.values, each.path) for each in changes]
    instances = await insert_rows(entity, rows, write)
    keys = [primary_key_of(entity, each) for each in instances]
    refused = await find_refused(creatable, entity, keys, write)
    if refused is not None:
        raise ForbiddenError(message, path=placed[refused].path)
    owners = [
        Owner(row, each.change.related, each.path)
        for row, each in zip(instances, placed, strict=True)
    ]
    await write_relatives(entity, owners, write, _WRITERS, are_new=True)
    for change, row in zip(changes, instances, strict=True):
        change.row = row
    await write.hooking.run("after_create", changes)
    return instances


async def update_tree(placed: Sequence[PlacedUpdate], write: Write) -> list[Any]:
    """Update rows of one entity with all that their inputs hold; checked before.

    Args:
        placed: Changes that meet the rules of their columns; at least one.
        write: Session and rights; nothing is pending.

    Returns:
        The instances, in the same order.

    Raises:
        WriteError: A row or a target is missing; the policy or the database refuses.
    """
    entity = write.registry.entities[placed[0].change.entity]
    wanted = [Wanted(each.change.key, each.key_path) for each in placed]
    return await apply_updates(placed, await lock_rows(entity, wanted, write), write)


async def apply_updates(
    placed: Sequence[PlacedUpdate], rows: Sequence[Any], write: Write
) -> list[Any]:
    """Update rows that are locked; otherwise as ``update_tree``."""
    entity = write.registry.entities[placed[0].change.entity]
    refuse_any(_stale(entity, placed, rows))
    linked = [LinkedRow(each.change.links, each.change.values, each.path) for each in placed]
    values = await load_links(entity, linked, write, create_tree)
    computed = await _compute_all(entity, placed, rows, values, write)
    changes: list[RowChange[Any]] = [
        RowChange(entity, each.path, own, row)
        for each, row, own in zip(placed, rows, computed, strict=True)
    ]
    await write.hooking.run("before_update", changes)
    changed = [
        _Changed(each, change.row, change.values)
        for each, change in zip(placed, changes, strict=True)
    ]
    written = [each for each in changed if each.values]
    await apply_together(written, partial(_assign, entity, write), write)
    await _check_updatable(entity, written, write)
    owners = [
        Owner(row, each.change.related, each.path) for row, each in zip(rows, placed, strict=True)
    ]
    await write_relatives(entity, owners, write, _WRITERS, are_new=False)
    await write.hooking.run("after_update", changes)
    return list(rows)


def _stale(
    entity: Entity, placed: Sequence[PlacedUpdate], rows: Sequence[Any]
) -> list[StaleVersionError]:
    """Find the rows that have changed since the caller has seen them."""
    return [
        error
        for each, row in zip(placed, rows, strict=True)
        for error in check_version(
            entity, row, each.change.expected_version, (*each.key_path[:-1], "expectedVersion")
        )
    ]


_WRITERS = Writers(create_tree, apply_updates)


async def _compute_all(
    entity: Entity,
    placed: Sequence[PlacedUpdate],
    rows: Sequence[Any],
    values: Sequence[dict[str, Any]],
    write: Write,
) -> list[dict[str, Any]]:
    """Add to the values of changes what their operations compute, one after the other."""
    if not any(each.change.operations for each in placed):
        return list(values)
    return await write.session.run_sync(
        lambda _session: list(_compute_each(entity, placed, rows, values))
    )


def _compute_each(
    entity: Entity,
    placed: Sequence[PlacedUpdate],
    rows: Sequence[Any],
    values: Sequence[dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    # two changes may be of one row
    earlier: dict[int, dict[str, Any]] = {}
    for each, row, own in zip(placed, rows, values, strict=True):
        known = earlier.setdefault(id(row), {})
        operations = each.change.operations
        known |= own | compute_values(entity, row, operations, each.path, known)
        yield {key: known[key] for key in (*own, *operations)}


@dataclass(frozen=True, slots=True)
class _Changed:
    """A locked row and its new values."""

    placed: PlacedUpdate
    row: Any
    values: Mapping[str, Any]


async def _assign(entity: Entity, write: Write, changed: Sequence[_Changed]) -> list[Any]:
    def assign(_session: Any) -> None:
        for each in changed:
            assign_values(entity, each.row, each.values)

    await write.session.run_sync(assign)
    if changed:
        await flush(entity, write, changed[0].placed.path, changed[0].placed.key_path)
    return list(changed)


async def _check_updatable(entity: Entity, written: Sequence[_Changed], write: Write) -> None:
    """Refuse rows that are not the subject's to change any more, by their own classes' policies."""
    by_class: dict[Entity, list[_Changed]] = {}
    for each in written:
        by_class.setdefault(write.registry.entity_of(type(each.row)), []).append(each)
    for own, changed in by_class.items():
        updatable = write.scopes.updatable_rows(own, own.model)
        if is_settled(updatable, own.model, {key for each in changed for key in each.values}):
            continue
        keys = [primary_key_of(own, each.row) for each in changed]
        refused = await find_refused(updatable, own, keys, write)
        if refused is not None:
            message = f"You may not change this {entity.name} in this way."
            raise ForbiddenError(message, path=changed[refused].placed.path)
