"""Links: to-one relationships become values of foreign keys, for all rows of a level at once.

Relationship attributes are never touched: whatever their loading, only columns are set.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import orm

from gql_api.errors import UniqueViolationError, ValidationError, WriteError
from gql_api.mapping.descriptors import Entity, Relationship
from gql_api.persistence.flushing import load_values, missing, remote_keys
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.targets import Wanted, load_targets
from gql_api.persistence.write import Write
from gql_api.plan.changes import CreateRow, KeyValue, Link, NewLink, ToOne

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlacedCreate:
    """A row to create, and where its input stands."""

    change: CreateRow
    path: Path


Create = Callable[[Sequence[PlacedCreate], Write], Awaitable[list[Any]]]
"""Creates rows of one entity; returns their instances in the same order."""


@dataclass(frozen=True, slots=True)
class LinkedRow:
    """A row that is written with links."""

    links: Sequence[ToOne]
    values: Mapping[str, Any]
    """Attribute key to value; links must not contradict them."""

    path: Path
    """Where the input stands."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A link of one of the rows."""

    row: int
    relationship: Relationship
    link: ToOne
    path: Path
    """Where the link stands, the name of the relationship included."""

    @property
    def identity(self) -> KeyValue | None:
        """The key of the target, if it is named."""
        return self.link.target if isinstance(self.link, Link) else self.link.key

    @property
    def key_path(self) -> Path:
        """Where the key of the target stands."""
        if isinstance(self.link, Link):
            return (*self.path, "connect")
        return (*self.path, "connectOrCreate", "key")

    @property
    def create_path(self) -> Path:
        """Where the target to create stands."""
        if isinstance(self.link, NewLink) and self.link.key is not None:
            return (*self.path, "connectOrCreate", "create")
        return (*self.path, "create")


Found = dict[int, tuple[Any, ...]]
"""Index of a link to the values that its foreign keys take."""


async def load_links(
    entity: Entity, rows: Sequence[LinkedRow], write: Write, create: Create
) -> list[dict[str, Any]]:
    """Find or create the targets of links; return the values with the foreign keys that they set.

    Args:
        entity: Whose rows are written.
        rows: Their links and values.
        write: Session and rights.
        create: Creates the targets that are new.

    Raises:
        NotFoundError: A target is missing or not visible.
        ValidationError: A link wants another value for a column that is set already.
        WriteRefusedError: Several of these.
        WriteError: A target cannot be created.

    Cost:
        One statement per target's entity and kind of key, and those of creating targets, whatever
        the number of rows.
    """
    placed = [
        _Placed(at, relationship, link, (*row.path, relationship.name))
        for at, row in enumerate(rows)
        for link in row.links
        for relationship in (entity.relationships[link.relationship],)
    ]
    found = await _load_existing(placed, write)
    for batch in _by_relationship(placed, found):
        found |= await _create_targets(batch, write, create)
    values = [dict(row.values) for row in rows]
    errors: list[WriteError] = []
    for at, each in enumerate(placed):
        keys = _foreign_values(entity, each, found.get(at))
        if any(values[each.row].get(key, value) != value for key, value in keys.items()):
            message = f"{each.relationship.name} does not go together with the other values."
            errors.append(ValidationError(message, path=each.path))
        values[each.row].update(keys)
    refuse_any(errors)
    return values


def _foreign_values(
    entity: Entity, placed: _Placed, found: tuple[Any, ...] | None
) -> dict[str, Any]:
    if found is None:
        return dict.fromkeys(_released_keys(entity, placed.relationship))
    return dict(zip(placed.relationship.foreign_keys, found, strict=True))


async def _load_existing(
    placed: Sequence[_Placed], write: Write, *, is_current: bool = False
) -> Found:
    """Load the targets that links name by keys; only those that may be created can be absent."""
    kinds: dict[tuple[str, tuple[str, ...]], list[tuple[int, Wanted]]] = {}
    for at, each in enumerate(placed):
        if each.identity is not None:
            columns = tuple(remote_keys(each.relationship.property))
            kind = kinds.setdefault((each.relationship.target, columns), [])
            kind.append((at, Wanted(each.identity, each.key_path)))
    found: Found = {}
    errors: list[WriteError] = []
    for (name, columns), wanted in kinds.items():
        target = write.registry.entities[name]
        asked_for = [asked for _, asked in wanted]
        rows = await load_targets(target, asked_for, columns, write, is_current=is_current)
        for (at, asked), row in zip(wanted, rows, strict=True):
            if row is not None:
                found[at] = row
            elif isinstance(placed[at].link, Link):
                errors.append(missing(target, asked.path))
    refuse_any(errors)
    return found


def _by_relationship(
    placed: Sequence[_Placed], found: Found
) -> Iterator[list[tuple[int, _Placed]]]:
    """Yield the links whose targets are to be created, those of one relationship together."""
    batches: dict[str, list[tuple[int, _Placed]]] = {}
    for at, each in enumerate(placed):
        if isinstance(each.link, NewLink) and at not in found:
            batches.setdefault(each.relationship.key, []).append((at, each))
    yield from batches.values()


async def _create_targets(
    batch: Sequence[tuple[int, _Placed]], write: Write, create: Create
) -> Found:
    """Create targets, one for all links that name the same key."""
    makers: dict[Any, tuple[int, _Placed]] = {}
    for at, each in batch:
        makers.setdefault(each.identity or at, (at, each))
    columns = tuple(remote_keys(batch[0][1].relationship.property))
    new = list(makers.values())
    try:
        made = await _create_within_savepoint(new, columns, write, create)
    except UniqueViolationError:
        # somebody else has created one at the same moment
        known = await _load_existing([each for _, each in new], write, is_current=True)
        if not known:
            raise
        left = [each for at, each in enumerate(new) if at not in known]
        made = {new[at][0]: row for at, row in known.items()}
        made |= await _create_all(left, columns, write, create)
    return {at: made[makers[each.identity or at][0]] for at, each in batch}


async def _create_within_savepoint(
    new: Sequence[tuple[int, _Placed]], columns: Sequence[str], write: Write, create: Create
) -> Found:
    if all(each.identity is None for _, each in new):
        return await _create_all(new, columns, write, create)
    async with write.session.begin_nested():
        return await _create_all(new, columns, write, create)


async def _create_all(
    new: Sequence[tuple[int, _Placed]], columns: Sequence[str], write: Write, create: Create
) -> Found:
    if not new:
        return {}
    changes = [
        PlacedCreate(each.link.create, each.create_path)
        for _, each in new
        if isinstance(each.link, NewLink)
    ]
    rows = await create(changes, write)
    values = [await load_values(row, columns, write) for row in rows]
    return {at: row for (at, _), row in zip(new, values, strict=True)}


def _released_keys(entity: Entity, relationship: Relationship) -> list[str]:
    """Return the foreign keys that become NULL: if possible none that other links share."""
    columns = orm.class_mapper(entity.model).column_attrs
    nullable = [key for key in relationship.foreign_keys if columns[key].columns[0].nullable]
    shared = {
        key
        for other in entity.relationships.values()
        if other.key != relationship.key
        for key in other.foreign_keys
    }
    return [key for key in nullable if key not in shared] or nullable
