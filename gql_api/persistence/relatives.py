"""Rows of to-many relationships, written after the rows that they belong to.

All that the inputs of one level ask of one relationship is done together.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError

from gql_api.errors import WriteError
from gql_api.mapping.descriptors import Entity, JoinKind, Relationship
from gql_api.persistence.choices import Choice, find_or_create
from gql_api.persistence.constraints import translate_error
from gql_api.persistence.deletion import delete_locked
from gql_api.persistence.flushing import (
    key_chunks,
    load_values,
    missing,
    plain_keys,
)
from gql_api.persistence.links import Create, PlacedCreate
from gql_api.persistence.locking import lock_rows
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.targets import Wanted, load_targets
from gql_api.persistence.versions import check_version
from gql_api.persistence.write import Write
from gql_api.plan.changes import KeyValue, RelatedChanges, UpdateRow
from gql_api.sql.writes import (
    KEYS,
    delete_pairs,
    insert_pairs,
    pair_columns,
    select_pairs,
    select_relatives,
)

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlacedUpdate:
    """A row to update, and where its input and its key stand."""

    change: UpdateRow
    path: Path
    key_path: Path


Update = Callable[[Sequence[PlacedUpdate], Sequence[Any], Write], Awaitable[list[Any]]]
"""Updates locked rows of one entity."""


@dataclass(frozen=True, slots=True)
class Writers:
    """What writes the rows of the next level."""

    create: Create
    update: Update


@dataclass(frozen=True, slots=True)
class Owner:
    """A row that is written, and what becomes of its relatives."""

    row: Any
    related: Sequence[RelatedChanges]
    path: Path


@dataclass(frozen=True, slots=True)
class _Asked:
    """A row that is asked for as a relative of an owner."""

    owner: tuple[Any, ...]
    """Values of the owner's local keys."""

    wanted: Wanted

    expected_version: str | None = None
    """That the row must have; None for any."""


@dataclass(frozen=True, slots=True)
class _Level:
    """What all owners ask of one relationship; each list in the order of the inputs."""

    relationship: Relationship
    parent: Entity
    target: Entity
    replace: list[tuple[tuple[Any, ...], list[Wanted], Path]] = field(default_factory=list)
    disconnect: list[_Asked] = field(default_factory=list)
    delete: list[_Asked] = field(default_factory=list)
    update: list[tuple[_Asked, PlacedUpdate]] = field(default_factory=list)
    connect: list[_Asked] = field(default_factory=list)
    choices: list[tuple[tuple[Any, ...], Choice]] = field(default_factory=list)
    create: list[tuple[tuple[Any, ...], PlacedCreate]] = field(default_factory=list)

    def add(self, owner: tuple[Any, ...], related: RelatedChanges, path: Path) -> None:
        """Add what one owner asks."""
        if related.replace is not None:
            wanted = [each.wanted for each in _asked(owner, related.replace, (*path, "set"))]
            self.replace.append((owner, wanted, (*path, "set")))
        self.disconnect.extend(_asked(owner, related.disconnect, (*path, "disconnect")))
        self.connect.extend(_asked(owner, related.connect, (*path, "connect")))
        for at, change in enumerate(related.update):
            here = (*path, "update", str(at))
            asked = _Asked(owner, Wanted(change.key, (*here, "id")))
            self.update.append((asked, PlacedUpdate(change, (*here, "input"), (*here, "id"))))
        for at, each in enumerate(related.delete):
            here = (*path, "delete", str(at))
            place = here if self.target.version is None else (*here, "key")
            self.delete.append(_Asked(owner, Wanted(each.key, place), each.expected_version))
        for at, keyed in enumerate(related.connect_or_create):
            here = (*path, "connectOrCreate", str(at))
            create = PlacedCreate(keyed.create, (*here, "create"))
            self.choices.append((owner, Choice(Wanted(keyed.key, (*here, "key")), create)))
        for at, new in enumerate(related.create):
            self.create.append((owner, PlacedCreate(new, (*path, "create", str(at)))))


def _asked(owner: tuple[Any, ...], keys: Iterable[KeyValue], path: Path) -> list[_Asked]:
    return [_Asked(owner, Wanted(key, (*path, str(at)))) for at, key in enumerate(keys)]


async def write_relatives(
    entity: Entity, owners: Sequence[Owner], write: Write, writers: Writers, *, are_new: bool
) -> None:
    """Write what the inputs of owners ask of their relatives.

    Args:
        entity: Of the owners.
        owners: Rows that are in the database.
        write: Session and rights.
        writers: Write the rows of the next level.
        are_new: Whether the owners have no relatives yet.

    Raises:
        NotFoundError: A row is missing, not visible, or no relative of its owner.
        ForbiddenError: The policy of the relatives does not let the subject write one of them.
        WriteError: The database refuses.

    Cost:
        For each relationship and each kind of change a fixed number of statements: one that finds
        or locks the rows, one or two that write them.
    """
    levels: dict[str, _Level] = {}
    for owner in owners:
        for related in owner.related:
            relationship = entity.relationships[related.relationship]
            target = write.registry.target(relationship)
            level = levels.setdefault(related.relationship, _Level(relationship, entity, target))
            values = await load_values(owner.row, relationship.join.local_keys, write)
            level.add(values, related, (*owner.path, relationship.name))
    for level in levels.values():
        if level.relationship.join.kind is JoinKind.SECONDARY:
            await _write_associated(level, write, writers, are_new=are_new)
        else:
            await _write_dependents(level, write, writers)


# One-to-many: the relatives hold the foreign key


async def _write_dependents(level: _Level, write: Write, writers: Writers) -> None:
    disconnect, connect = list(level.disconnect), list(level.connect)
    if level.replace:
        removed, added = await _differences(level, write)
        disconnect, connect = [*removed, *disconnect], [*added, *connect]
    released = dict.fromkeys(_released(level.relationship))
    rows = await _lock_dependents(level, disconnect, write)
    await _set_keys(level, [(each, released) for each in disconnect], rows, write, writers)
    await _delete_dependents(level, write)
    asked = [each for each, _ in level.update]
    rows = await _lock_dependents(level, asked, write)
    if rows:
        await writers.update([placed for _, placed in level.update], rows, write)
    remote = level.relationship.join.remote_keys
    connect += await _choose_dependents(level, write, writers)
    rows = await lock_rows(level.target, [each.wanted for each in connect], write)
    given = [(each, dict(zip(remote, each.owner, strict=True))) for each in connect]
    await _set_keys(level, given, rows, write, writers)
    created = [_owned(level, owner, placed) for owner, placed in level.create]
    if created:
        await writers.create(created, write)


def _owned(level: _Level, owner: tuple[Any, ...], placed: PlacedCreate) -> PlacedCreate:
    """Give a new row the foreign keys that lead to its owner."""
    keys = dict(zip(level.relationship.join.remote_keys, owner, strict=True))
    return replace(placed, change=replace(placed.change, values={**placed.change.values, **keys}))


async def _choose_dependents(level: _Level, write: Write, writers: Writers) -> list[_Asked]:
    """Create the rows that are not there; return those that are, to be connected."""
    if not level.choices:
        return []
    choices = [
        replace(choice, create=_owned(level, owner, choice.create))
        for owner, choice in level.choices
    ]
    primary = tuple(column.key for column in level.target.primary_key)
    chosen = await find_or_create(level.target, choices, primary, write, writers.create)
    return [
        _Asked(owner, Wanted(KeyValue(primary, row.values), choice.wanted.path))
        for (owner, choice), row in zip(level.choices, chosen, strict=True)
        if not row.is_new
    ]


async def _lock_dependents(
    level: _Level, asked: Sequence[_Asked], write: Write, *, is_delete: bool = False
) -> list[Any]:
    """Lock rows that belong to their owners; others are as good as missing."""
    wanted = [each.wanted for each in asked]
    rows = await lock_rows(level.target, wanted, write, is_delete=is_delete)
    errors: list[WriteError] = []
    for each, row in zip(asked, rows, strict=True):
        values = await load_values(row, level.relationship.join.remote_keys, write)
        if values != each.owner:
            errors.append(missing(level.target, each.wanted.path))
    refuse_any(errors)
    return rows


async def _delete_dependents(level: _Level, write: Write) -> None:
    rows = await _lock_dependents(level, level.delete, write, is_delete=True)
    _refuse_stale(level, rows)
    await delete_locked(level.target, rows, write, [each.wanted.path for each in level.delete])


def _refuse_stale(level: _Level, rows: Sequence[Any]) -> None:
    """Refuse to delete locked rows that have changed since the caller has seen them."""
    stale: list[WriteError] = []
    for each, row in zip(level.delete, rows, strict=True):
        path = (*each.wanted.path[:-1], "expectedVersion")
        stale += check_version(level.target, row, each.expected_version, path)
    refuse_any(stale)


async def _set_keys(
    level: _Level,
    given: Sequence[tuple[_Asked, dict[str, Any]]],
    rows: Sequence[Any],
    write: Write,
    writers: Writers,
) -> None:
    """Set foreign keys of locked rows."""
    if not rows:
        return
    name = level.target.name
    placed = [
        PlacedUpdate(UpdateRow(name, each.wanted.key, values), each.wanted.path, each.wanted.path)
        for each, values in given
    ]
    await writers.update(placed, rows, write)


def _released(relationship: Relationship) -> list[str]:
    """Return the foreign keys of the target that become NULL."""
    attributes = orm.class_mapper(relationship.property.mapper.class_).column_attrs
    return [key for key in relationship.join.remote_keys if attributes[key].columns[0].nullable]


async def _differences(level: _Level, write: Write) -> tuple[list[_Asked], list[_Asked]]:
    """Return the visible relatives that are to go, and those that are to come."""
    primary = tuple(column.key for column in level.target.primary_key)
    asked = [(owner, each) for owner, wanted, _ in level.replace for each in wanted]
    found = await _find(level, [each for _, each in asked], primary, write)
    wanted = {
        (owner, row): Wanted(KeyValue(primary, row), each.path)
        for (owner, each), row in zip(asked, found, strict=True)
    }
    places = {owner: path for owner, _, path in level.replace}
    owners = [KeyValue(level.relationship.join.local_keys, owner) for owner in places]
    width, current = len(level.relationship.join.local_keys), set()
    statement = select_relatives(level.parent, level.relationship, write.compilation)
    for chunk in key_chunks(owners, write):
        parameters = await write.bound(statement, {KEYS: plain_keys(chunk)})
        for row in await write.session.execute(statement, parameters):
            current.add((tuple(row[:width]), tuple(row[width:])))
    removed = [
        _Asked(owner, Wanted(KeyValue(primary, row), places[owner]))
        for owner, row in sorted(current - wanted.keys(), key=repr)
    ]
    added = [
        _Asked(owner, each) for (owner, row), each in wanted.items() if (owner, row) not in current
    ]
    return removed, added


async def _find(
    level: _Level, wanted: Sequence[Wanted], columns: Sequence[str], write: Write
) -> list[tuple[Any, ...]]:
    """Load columns of visible rows that must be there."""
    rows = await load_targets(level.target, wanted, columns, write)
    refuse_any(
        [
            missing(level.target, each.path)
            for each, row in zip(wanted, rows, strict=True)
            if row is None
        ]
    )
    return [row for row in rows if row is not None]


# Many-to-many: rows of an association table tie both


async def _write_associated(
    level: _Level, write: Write, writers: Writers, *, are_new: bool
) -> None:
    disconnect, connect = list(level.disconnect), list(level.connect)
    if level.replace:
        removed, added = await _differences(level, write)
        disconnect, connect = [*removed, *disconnect], [*added, *connect]
    await _untie(level, disconnect, write)
    await _delete_associated(level, write)
    if level.update:
        asked = [each for each, _ in level.update]
        await _pairs_of(level, asked, write)
        rows = await lock_rows(level.target, [each.wanted for each in asked], write)
        await writers.update([placed for _, placed in level.update], rows, write)
    pairs: list[tuple[KeyValue, Path]] = []
    if connect:
        ends = await _find(level, [each.wanted for each in connect], _far(level), write)
        pairs = [
            (_pair(level, each.owner, end), each.wanted.path)
            for each, end in zip(connect, ends, strict=True)
        ]
    if level.choices:
        pairs += await _choose_associated(level, write, writers)
    if pairs and not are_new:
        known = await _known_pairs(level, [pair for pair, _ in pairs], write)
        pairs = [(pair, path) for pair, path in pairs if pair not in known]
    if level.create:
        rows = await writers.create([placed for _, placed in level.create], write)
        for (owner, placed), row in zip(level.create, rows, strict=True):
            end = await load_values(row, _far(level), write)
            pairs.append((_pair(level, owner, end), placed.path))
    await _tie(level, pairs, write)


async def _choose_associated(
    level: _Level, write: Write, writers: Writers
) -> list[tuple[KeyValue, Path]]:
    """Find or create rows; return the association rows that tie them."""
    choices = [choice for _, choice in level.choices]
    chosen = await find_or_create(level.target, choices, _far(level), write, writers.create)
    return [
        (_pair(level, owner, row.values), choice.wanted.path)
        for (owner, choice), row in zip(level.choices, chosen, strict=True)
    ]


def _far(level: _Level) -> tuple[str, ...]:
    return tuple(key for _, key in level.relationship.join.secondary_pairs)


def _pair(level: _Level, owner: tuple[Any, ...], end: Sequence[Any]) -> KeyValue:
    return KeyValue(pair_columns(level.relationship), (*owner, *end))


async def _pairs_of(level: _Level, asked: Sequence[_Asked], write: Write) -> list[KeyValue]:
    """Return the association rows of relatives; a row that is none is as good as missing."""
    if not asked:
        return []
    ends = await _find(level, [each.wanted for each in asked], _far(level), write)
    pairs = [_pair(level, each.owner, end) for each, end in zip(asked, ends, strict=True)]
    known = await _known_pairs(level, pairs, write)
    refuse_any(
        [
            missing(level.target, each.wanted.path)
            for each, pair in zip(asked, pairs, strict=True)
            if pair not in known
        ]
    )
    return pairs


async def _known_pairs(level: _Level, pairs: Sequence[KeyValue], write: Write) -> set[KeyValue]:
    statement, columns = select_pairs(level.relationship, write.compilation), pairs[0].columns
    known = set()
    for chunk in key_chunks(pairs, write):
        rows = await write.session.execute(statement, {KEYS: plain_keys(chunk)})
        known |= {KeyValue(columns, tuple(row)) for row in rows}
    return known


async def _untie(level: _Level, asked: Sequence[_Asked], write: Write) -> None:
    pairs = await _pairs_of(level, asked, write)
    statement = delete_pairs(level.relationship, write.compilation)
    for chunk in key_chunks(pairs, write) if pairs else ():
        await write.session.execute(statement, {KEYS: plain_keys(chunk)})


async def _delete_associated(level: _Level, write: Write) -> None:
    if not level.delete:
        return
    await _untie(level, level.delete, write)
    wanted = [each.wanted for each in level.delete]
    rows = await lock_rows(level.target, wanted, write, is_delete=True)
    _refuse_stale(level, rows)
    await delete_locked(level.target, rows, write, [each.path for each in wanted])


async def _tie(level: _Level, pairs: Sequence[tuple[KeyValue, Path]], write: Write) -> None:
    first = dict(reversed(pairs))
    if not first:
        return
    rows = [dict(zip(pair.columns, pair.values, strict=True)) for pair in first]
    try:
        await write.session.execute(insert_pairs(level.relationship), rows)
    except DBAPIError as error:
        refusal = translate_error(error, level.parent, pairs[0][1])
        if refusal is None:
            raise
        raise refusal from error
