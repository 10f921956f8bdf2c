"""Targets: the visible rows that links lead to, found for all links of a kind at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from gql_api.database.driver_errors import constraint_facts
from gql_api.mapping.descriptors import Entity
from gql_api.persistence.flushing import key_chunks, missing, plain_keys
from gql_api.persistence.write import Write
from gql_api.plan.changes import KeyValue
from gql_api.sql.places import place_parameters
from gql_api.sql.writes import (
    KEYS,
    are_distinct,
    are_placed,
    key_parameters,
    select_link_target,
    select_targets,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row that is asked for."""

    key: KeyValue
    path: tuple[str, ...]
    """Where the key stands, for errors."""


async def load_targets(
    target: Entity,
    wanted: Sequence[Wanted],
    columns: Sequence[str],
    write: Write,
    *,
    is_current: bool = False,
) -> list[tuple[Any, ...] | None]:
    """Load columns of the visible rows with keys; None where there is no such row.

    Args:
        target: Whose rows.
        wanted: Keys of any kinds.
        columns: Attribute keys.
        write: Session and rights.
        is_current: Whether rows count that were committed since the transaction began.

    Raises:
        NotFoundError: The database refuses a key, and with it the transaction.

    Cost:
        One statement per kind of key (global and primary key, or a unique key), however many there
        are; more where keys exceed the parameters of one. Composite keys with texts that the
        database folds cost one each.
    """
    found: list[tuple[Any, ...] | None] = [None] * len(wanted)
    kinds: dict[tuple[str, ...], list[int]] = {}
    for at, each in enumerate(wanted):
        kinds.setdefault(each.key.columns, []).append(at)
    for key, places in kinds.items():
        asked = _Asked(target, columns, write, is_current)
        rows = await _load_kind(asked, [wanted[at] for at in places], key)
        for at, row in zip(places, rows, strict=True):
            found[at] = row
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of targets, whatever their keys."""

    target: Entity
    columns: Sequence[str]
    write: Write
    is_current: bool


async def _load_kind(
    asked: _Asked, wanted: Sequence[Wanted], key: tuple[str, ...]
) -> list[tuple[Any, ...] | None]:
    target, write = asked.target, asked.write
    is_placed = are_placed(target, key, write.compilation)
    distinct = list(dict.fromkeys(each.key for each in wanted if None not in each.key.values))
    if len(distinct) <= 1 or not (is_placed or are_distinct(target, key, write.compilation)):
        singles = {each: await _load_one(asked, each, _path_of(each, wanted)) for each in distinct}
        return [singles.get(each.key) for each in wanted]
    found: dict[Any, tuple[Any, ...]] = {}
    statement = select_targets(
        target, key, asked.columns, write.compilation, is_current=asked.is_current
    )
    for chunk in key_chunks(distinct, write):
        plain = plain_keys(chunk)
        bound = place_parameters(0, plain) if is_placed else {KEYS: plain}
        rows = await _fetch(target, statement, bound, write, wanted[0].path)
        if is_placed:
            found |= {chunk[int(place) - 1].values: tuple(row) for place, *row in rows}
        else:
            width = len(key)
            found |= {tuple(row[:width]): tuple(row[width:]) for row in rows}
    return [found.get(each.key.values) for each in wanted]


def _path_of(key: KeyValue, wanted: Sequence[Wanted]) -> tuple[str, ...]:
    return next(each.path for each in wanted if each.key == key)


async def _load_one(asked: _Asked, key: KeyValue, path: tuple[str, ...]) -> tuple[Any, ...] | None:
    target, write = asked.target, asked.write
    statement = select_link_target(
        target,
        key.columns,
        tuple(asked.columns),
        write.compilation,
        is_current=asked.is_current,
    )
    rows = await _fetch(target, statement, key_parameters(key), write, path)
    return tuple(rows[0]) if rows else None


async def _fetch(
    target: Entity,
    statement: sa.Select[Any],
    parameters: Mapping[str, Any],
    write: Write,
    path: tuple[str, ...],
) -> Sequence[Any]:
    try:
        result = await write.session.execute(statement, await write.bound(statement, parameters))
    except DBAPIError as error:
        if constraint_facts(error) is None:
            raise
        raise missing(target, path) from error  # no column can hold this key, so no row has it
    rows: Sequence[Any] = result.all()
    return rows
