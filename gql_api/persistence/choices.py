"""Rows that are taken by their keys, or created where there are none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gql_api.errors import UniqueViolationError
from gql_api.mapping.descriptors import Entity
from gql_api.persistence.flushing import load_values
from gql_api.persistence.links import Create, PlacedCreate
from gql_api.persistence.targets import Wanted, load_targets
from gql_api.persistence.write import Write
from gql_api.plan.changes import KeyValue


@dataclass(frozen=True, slots=True)
class Choice:
    """A row that is wanted, and the one that is created if it is not there."""

    wanted: Wanted
    create: PlacedCreate


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row that is there now."""

    values: tuple[Any, ...]
    """Of the columns that were asked for."""

    is_new: bool
    """Whether it was created for this choice, and not for an earlier one of the same key."""


async def find_or_create(
    target: Entity,
    choices: Sequence[Choice],
    columns: Sequence[str],
    write: Write,
    create: Create,
) -> list[Chosen]:
    """Find the visible rows with keys, and create those that are not there: one for each key.

    Args:
        target: Whose rows.
        choices: At least one.
        columns: Attribute keys to load of each row.
        write: Session and rights.
        create: Creates the rows.

    Raises:
        WriteError: A row cannot be created.

    Cost:
        One statement per kind of key, and those of creating rows, within a savepoint.
    """
    rows = await load_targets(target, [each.wanted for each in choices], columns, write)
    makers: dict[KeyValue, int] = {}
    for at, row in enumerate(rows):
        if row is None:
            makers.setdefault(choices[at].wanted.key, at)
    places = list(makers.values())
    made = await _create(target, [choices[at] for at in places], columns, write, create)
    new = dict(zip(places, made, strict=True))
    return [
        Chosen(row, is_new=False)
        if row is not None
        else _taken(new[makers[choices[at].wanted.key]], is_first=at in new)
        for at, row in enumerate(rows)
    ]


def _taken(made: Chosen, *, is_first: bool) -> Chosen:
    return Chosen(made.values, is_new=made.is_new and is_first)


async def _create(
    target: Entity,
    choices: Sequence[Choice],
    columns: Sequence[str],
    write: Write,
    create: Create,
) -> list[Chosen]:
    if not choices:
        return []
    try:
        async with write.session.begin_nested():
            rows = await create([each.create for each in choices], write)
    except UniqueViolationError:
        # somebody else has created one at the same moment
        wanted = [each.wanted for each in choices]
        known = await load_targets(target, wanted, columns, write, is_current=True)
        if not any(known):
            raise
        left = [each.create for each, row in zip(choices, known, strict=True) if row is None]
        others = iter(await create(left, write) if left else ())
        return [
            Chosen(row, is_new=False)
            if row is not None
            else Chosen(tuple(await load_values(next(others), columns, write)), is_new=True)
            for row in known
        ]
    return [Chosen(tuple(await load_values(row, columns, write)), is_new=True) for row in rows]
