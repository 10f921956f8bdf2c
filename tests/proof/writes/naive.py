"""What mutations do, in plain Python: one row after the other, level by level."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.proof.writes.kinds import KINDS, Kind, ToMany
from tests.proof.writes.rows import (
    FORBIDDEN,
    MISSING,
    NEVER,
    STALE,
    VALIDATION,
    Fault,
    Path,
    Refused,
    Row,
    Rows,
    is_wrong,
)

_LAST = 10**9


@dataclass
class Placed:
    """A row that is written: its input, and where that stands."""

    input: dict[str, Any]
    path: Path
    row: int = NEVER
    key_path: Path = ()
    version: str | None = None
    owner: tuple[str, int] | None = None
    """The relationship that a nested creation leaves out, and the row that it leads to."""


class World(Rows):
    """All rows, and what writes them."""

    # Creating

    def create(self, kind: Kind, placed: Sequence[Placed]) -> list[int]:
        """Create rows of one level, with all that their inputs hold."""
        if not placed:
            return []
        if self.looker.rules.get(("creatable", kind.name)) == "none":
            raise Refused([(FORBIDDEN, placed[0].path)])
        links = self._link(kind, placed)
        made = []
        for each, found in zip(placed, links, strict=True):
            row: Row = {"deleted": None, "rowId": None, "version": 1}
            row |= {column.name: column.default for column in kind.columns}
            row |= {link.name: None for link in kind.to_one}
            row |= {name: part for name, part in each.input.items() if name in kind.column}
            row |= found
            if each.owner is not None:
                row |= [each.owner]
            self.last += 1
            self.refuse(kind, self.last, row, each.path)
            self.rows[kind.name][self.last] = row
            made.append(self.last)
        for each, number in zip(placed, made, strict=True):
            if not self.looker.allows("creatable", kind.name, self.rows[kind.name][number]):
                raise Refused([(FORBIDDEN, each.path)])
        self._relate(kind, [(number, each) for number, each in zip(made, placed, strict=True)])
        return made

    def _link(self, kind: Kind, placed: Sequence[Placed]) -> list[dict[str, int | None]]:
        """Find or create what rows link to."""
        found: list[dict[str, int | None]] = [{} for _ in placed]
        missing: list[list[Fault]] = []
        new: dict[str, list[tuple[int, Any, Path]]] = {}
        asked = [
            (at, each, name)
            for at, each in enumerate(placed)
            for name in each.input
            if name in kind.link
        ]
        for at, each, name in asked:
            ((way, part),) = each.input[name].items()
            target, path = kind.link[name].target, (*each.path, name, way)
            number = self._linked(target, way, part)
            if number is not None or way in {"disconnect", "#"}:
                found[at][name] = number
            elif way == "connect":
                missing.append([(MISSING, path)])
            else:
                new.setdefault(name, []).append((at, part, path))
        if missing:
            raise Refused(*missing)
        for name, wanted in new.items():
            target = KINDS[kind.link[name].target]
            for at, number in self._make(target, wanted):
                found[at][name] = number
        return found

    def _linked(self, target: str, way: str, part: Any) -> int | None:
        """Return the row that a link names, if it is there; ``#`` is a row by its number."""
        match way:
            case "#":
                number: int | None = part
                return number
            case "connect":
                return self.find(target, part)
            case "connectOrCreate":
                return self.find(target, part["key"])
        return None

    def _make(
        self, target: Kind, wanted: Sequence[tuple[int, Any, Path]]
    ) -> Iterator[tuple[int, int]]:
        """Create rows that are linked to: one for all that name the same key."""
        makers: dict[Any, int] = {}
        placed = []
        for at, part, path in wanted:
            is_keyed = path[-1] == "connectOrCreate"
            key = repr(part["key"]) if is_keyed else at
            if key not in makers:
                makers[key] = len(placed)
                value, place = (part["create"], (*path, "create")) if is_keyed else (part, path)
                placed.append(Placed(value, place))
        made = self.create(target, placed)
        for at, part, path in wanted:
            key = repr(part["key"]) if path[-1] == "connectOrCreate" else at
            yield at, made[makers[key]]

    # Updating

    def update(self, kind: Kind, placed: Sequence[Placed]) -> None:
        """Change rows that may be changed, and what their inputs hold."""
        if not placed:
            return
        rows = self.rows[kind.name]
        stale = [
            [(STALE, (*each.key_path[:-1], "expectedVersion"))]
            for each in placed
            if each.version is not None and each.version != str(rows[each.row]["version"])
        ]
        if stale:
            raise Refused(*stale)
        links = self._link(kind, placed)
        changes = []
        for each, found in zip(placed, links, strict=True):
            values = {name: part for name, part in each.input.items() if name in kind.column}
            changes.append((each, values | found))
        self._refuse_increments(kind, changes)
        self._assign(kind, changes)
        for each, values in changes:
            is_written = values or "increment" in each.input
            if is_written and not self.looker.allows("updatable", kind.name, rows[each.row]):
                raise Refused([(FORBIDDEN, each.path)])
        self._relate(kind, [(each.row, each) for each in placed])

    def _refuse_increments(
        self, kind: Kind, changes: Sequence[tuple[Placed, dict[str, Any]]]
    ) -> None:
        totals: dict[int, Row] = {}
        for each, values in changes:
            row = totals.setdefault(each.row, dict(self.rows[kind.name][each.row]))
            _increase(row, each.input)
            faults = [
                [(VALIDATION, (*each.path, "increment", name))]
                for name in each.input.get("increment", ())
                if is_wrong(kind.column[name], row[name])
            ]
            if faults:
                raise Refused(*faults)
            row |= values

    def _assign(self, kind: Kind, changes: Sequence[tuple[Placed, dict[str, Any]]]) -> None:
        """Write rows together; if one is refused, in halves until it is found."""
        before = self.copied()
        final: dict[int, Row] = {}
        for each, values in changes:
            row = final.setdefault(each.row, dict(self.rows[kind.name][each.row]))
            _increase(row, each.input)
            row |= values
        try:
            for number in sorted(final, key=lambda at: self._place(kind, at)):
                self._store(kind, number, final[number], changes[0][0].path)
        except Refused:
            if len(changes) == 1:
                raise
            self.become(before)
            middle = len(changes) // 2
            self._assign(kind, changes[:middle])
            self._assign(kind, changes[middle:])

    def _place(self, kind: Kind, number: int) -> tuple[Any, ...]:
        """Return a row's place among those that are written together: by primary key."""
        row = self.rows[kind.name][number]
        if kind.has_generated_id:
            return (row["rowId"] or _LAST, number)
        return (self.identity(kind.name, row),)

    def _store(self, kind: Kind, number: int, row: Row, path: Path) -> None:
        old = self.rows[kind.name][number]
        if all(old[name] == row[name] for name in (*kind.column, *kind.link)):
            return
        self.refuse(kind, number, row, path, self.moved(kind, number, row, path))
        self.rows[kind.name][number] = row | {"version": old["version"] + 1}

    # Relatives

    def _relate(self, kind: Kind, owners: Sequence[tuple[int, Placed]]) -> None:
        """Write the relatives of rows, one relationship after the other."""
        levels: dict[str, list[_Asked]] = {}
        for number, placed in owners:
            for name, value in placed.input.items():
                if name in kind.relation:
                    levels.setdefault(name, []).append(_Asked(number, value, (*placed.path, name)))
        for name, asked in levels.items():
            relation = kind.relation[name]
            level = _Level(self, relation, asked)
            level.write_tied() if relation.back is None else level.write_owned()


@dataclass
class _Asked:
    """What one owner asks of one relationship."""

    owner: int
    value: dict[str, Any]
    path: Path


class _Level:
    """What all owners ask of one relationship."""

    def __init__(self, world: World, relation: ToMany, asked: Sequence[_Asked]) -> None:
        self.world = world
        self.relation = relation
        self.target = KINDS[relation.target]
        self.asked = asked

    def each(self, way: str) -> list[tuple[_Asked, Any, Path]]:
        """Return the items of one way, of all owners."""
        return [
            (asked, item, (*asked.path, way, str(at)))
            for asked in self.asked
            for at, item in enumerate(asked.value.get(way, ()))
        ]

    def differences(self) -> tuple[list[tuple[int, int, Path]], list[tuple[int, int, Path]]]:
        """Return who goes and who comes, for owners that name all they want."""
        wanted = self.found(self.each("set"))
        gone: list[tuple[int, int, Path]] = []
        come: list[tuple[int, int, Path]] = []
        for asked in self.asked:
            if "set" not in asked.value:
                continue
            mine = {number: path for owner, number, path in wanted if owner == asked.owner}
            live = self.world.live(self.target.name)
            now = [at for at in self.world.related(asked.owner, self.relation) if at in live]
            gone += [(asked.owner, at, (*asked.path, "set")) for at in now if at not in mine]
            come += [(asked.owner, at, path) for at, path in mine.items() if at not in now]
        return gone, come

    def found(self, items: list[tuple[_Asked, Any, Path]]) -> list[tuple[int, int, Path]]:
        """Find the visible rows that are named."""
        numbers = [self.world.find(self.target.name, key) for _, key, _ in items]
        missing = [
            [(MISSING, path)]
            for number, (_, _, path) in zip(numbers, items, strict=True)
            if number is None
        ]
        if missing:
            raise Refused(*missing)
        return [
            (asked.owner, number, path)
            for number, (asked, _, path) in zip(numbers, items, strict=True)
            if number is not None
        ]

    def updates(self) -> list[tuple[_Asked, Placed, dict[str, Any]]]:
        """Return what is changed in rows."""
        return [
            (
                asked,
                Placed(
                    item["input"],
                    (*path, "input"),
                    key_path=(*path, "id"),
                    version=item.get("expectedVersion"),
                ),
                {"id": item["id"]},
            )
            for asked, item, path in self.each("update")
        ]

    def deletions(self) -> list[tuple[_Asked, dict[str, Any], Path, str | None]]:
        """Return the rows that are to go: by key, or with a version."""
        if not self.target.has_version:
            return [(asked, key, path, None) for asked, key, path in self.each("delete")]
        return [
            (asked, item["key"], (*path, "key"), item.get("expectedVersion"))
            for asked, item, path in self.each("delete")
        ]

    def refuse_stale(
        self, wanted: Sequence[tuple[_Asked, dict[str, Any], Path, str | None]], rows: Sequence[int]
    ) -> None:
        """Refuse rows that have changed."""
        versions = [str(self.world.rows[self.target.name][row]["version"]) for row in rows]
        stale = [
            [(STALE, (*path[:-1], "expectedVersion"))]
            for (_, _, path, expected), version in zip(wanted, versions, strict=True)
            if expected is not None and expected != version
        ]
        if stale:
            raise Refused(*stale)

    # Rows that hold the foreign key

    def write_owned(self) -> None:
        """Write rows that lead back to their owners."""
        back, name = str(self.relation.back), self.target.name
        gone, come = self.differences()
        released = [
            *((owner, self._key(number), path) for owner, number, path in gone),
            *((asked.owner, key, path) for asked, key, path in self.each("disconnect")),
        ]
        rows = self.lock_own(released)
        self.tie(rows, [path for *_, path in released], [None] * len(rows))
        deleted = self.deletions()
        rows = self.lock_own(
            [(asked.owner, key, path) for asked, key, path, _ in deleted], "deletable"
        )
        self.refuse_stale(deleted, rows)
        if deleted:
            self.world.delete(self.target, rows, deleted[0][2])
        updates = self.updates()
        rows = self.lock_own([(asked.owner, key, each.key_path) for asked, each, key in updates])
        for (_, each, _), row in zip(updates, rows, strict=True):
            each.row = row
        self.world.update(self.target, [each for _, each, _ in updates])
        connect = [
            *((owner, self._key(number), path) for owner, number, path in come),
            *((asked.owner, key, path) for asked, key, path in self.each("connect")),
            *self.choose_owned(),
        ]
        rows = self.world.lock(name, [(key, path) for _, key, path in connect])
        self.tie(rows, [path for *_, path in connect], [owner for owner, *_ in connect])
        self.world.create(
            self.target,
            [
                Placed(item, path, owner=(back, asked.owner))
                for asked, item, path in self.each("create")
            ],
        )

    def _key(self, number: int) -> dict[str, Any]:
        return {"#": number}

    def lock_own(
        self, wanted: Sequence[tuple[int, dict[str, Any], Path]], verb: str = "updatable"
    ) -> list[int]:
        """Find rows to write that belong to their owners."""
        name, back = self.target.name, str(self.relation.back)
        rows = self.world.lock(name, [(key, path) for _, key, path in wanted], verb)
        strange = [
            [(MISSING, path)]
            for (owner, _, path), row in zip(wanted, rows, strict=True)
            if self.world.rows[name][row][back] != owner
        ]
        if strange:
            raise Refused(*strange)
        return rows

    def tie(self, rows: Sequence[int], paths: Sequence[Path], owners: Sequence[Any]) -> None:
        """Give rows their owners, or none."""
        back = str(self.relation.back)
        self.world.update(
            self.target,
            [
                Placed({back: {"#": owner}}, path, row, path)
                for row, path, owner in zip(rows, paths, owners, strict=True)
            ],
        )

    def choose(self, owned: Callable[[int], tuple[str, int] | None]) -> list[tuple[int, int, bool]]:
        """Find or create rows: the owner, the row, and whether it is new."""
        items = self.each("connectOrCreate")
        found = [self.world.find(self.target.name, item["key"]) for _, item, _ in items]
        makers: dict[str, int] = {}
        for at, (_, item, _) in enumerate(items):
            if found[at] is None:
                makers.setdefault(repr(item["key"]), at)
        places = list(makers.values())
        made = self.world.create(
            self.target,
            [
                Placed(
                    items[at][1]["create"],
                    (*items[at][2], "create"),
                    owner=owned(items[at][0].owner),
                )
                for at in places
            ],
        )
        new = dict(zip(places, made, strict=True))
        chosen = []
        for at, (asked, item, _) in enumerate(items):
            number = found[at]
            if number is None:
                number = new[makers[repr(item["key"])]]
            chosen.append((asked.owner, number, at in new))
        return chosen

    def choose_owned(self) -> list[tuple[int, dict[str, Any], Path]]:
        """Create the rows that are not there; return those that are."""
        chosen = self.choose(lambda owner: (str(self.relation.back), owner))
        paths = [(*path, "key") for _, _, path in self.each("connectOrCreate")]
        return [
            (owner, self._key(number), path)
            for (owner, number, is_new), path in zip(chosen, paths, strict=True)
            if not is_new
        ]

    # Rows that are tied by pairs

    def pair(self, owner: int, number: int) -> tuple[int, int]:
        """Return what ties two rows."""
        return (owner, number) if self.relation.is_from_left else (number, owner)

    def related_only(self, found: Sequence[tuple[int, int, Path]]) -> None:
        """Refuse rows that are no relatives."""
        strange = [
            [(MISSING, path)]
            for owner, number, path in found
            if self.pair(owner, number) not in self.world.pairs
        ]
        if strange:
            raise Refused(*strange)

    def write_tied(self) -> None:
        """Write rows that pairs tie to their owners."""
        world, name = self.world, self.target.name
        gone, come = self.differences()
        released = [*gone, *self.found(self.each("disconnect"))]
        self.related_only(released)
        world.pairs -= {self.pair(owner, number) for owner, number, _ in released}
        deleted = self.deletions()
        found = self.found([(asked, key, path) for asked, key, path, _ in deleted])
        self.related_only(found)
        world.pairs -= {self.pair(owner, number) for owner, number, _ in found}
        rows = world.lock(name, [(key, path) for _, key, path, _ in deleted], "deletable")
        self.refuse_stale(deleted, rows)
        if deleted:
            world.delete(self.target, rows, deleted[0][2])
        updates = self.updates()
        found = self.found([(asked, key, each.key_path) for asked, each, key in updates])
        self.related_only(found)
        rows = world.lock(name, [(key, each.key_path) for _, each, key in updates])
        for (_, each, _), row in zip(updates, rows, strict=True):
            each.row = row
        world.update(self.target, [each for _, each, _ in updates])
        tied = [*come, *self.found(self.each("connect"))]
        pairs = {self.pair(owner, number) for owner, number, _ in tied}
        pairs |= {self.pair(owner, number) for owner, number, _ in self.choose(lambda _: None)}
        items = self.each("create")
        made = world.create(self.target, [Placed(item, path) for _, item, path in items])
        pairs |= {
            self.pair(asked.owner, number)
            for (asked, _, _), number in zip(items, made, strict=True)
        }
        world.pairs |= pairs


def _increase(row: Row, value: dict[str, Any]) -> None:
    for name, number in value.get("increment", {}).items():
        row[name] = (row[name] or 0) + number
