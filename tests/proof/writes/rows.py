"""Rows in dictionaries: found by scans, refused as databases refuse them, deleted with what follows.

It shares no code with the package and knows no SQL. Rows have numbers of their own; what the
database makes, keys above all, is learnt after each operation (``reading.py``).
"""

import copy
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from tests.proof.writes.kinds import CODE_LENGTH, KINDS, Column, Kind, ToMany

Row = dict[str, Any]
Path = tuple[str, ...]
Fault = tuple[str, Path]
"""Code and path of an error."""

VALIDATION, UNIQUE, FOREIGN_KEY, CHECK, STALE, MISSING, FORBIDDEN, LIMIT = (
    "VALIDATION_FAILED",
    "UNIQUE_VIOLATION",
    "FOREIGN_KEY_VIOLATION",
    "CHECK_VIOLATION",
    "STALE_VERSION",
    "NOT_FOUND",
    "FORBIDDEN",
    "LIMIT_EXCEEDED",
)
NEVER = -1
WATCHED = {"open": "isOpen", "own": "score"}
"""The column that a predicate looks at."""


class Refused(Exception):  # noqa: N818 - it is an answer
    """Errors of a root field; for each the faults of which the database tells one."""

    def __init__(self, *errors: Iterable[Fault]) -> None:
        super().__init__(errors)
        self.errors = [frozenset(each) for each in errors]


@dataclass(frozen=True)
class Ref:
    """The global id of a row: what the database knows it by, which no row may have."""

    kind: str
    identity: Any


@dataclass(frozen=True)
class Looker:
    """Who writes: for each kind and verb the name of a predicate."""

    user: int
    rules: dict[tuple[str, str], str]

    def allows(self, verb: str, kind: str, row: Row) -> bool:
        """Tell whether a policy holds for a row."""
        match self.rules.get((verb, kind), "all"):
            case "all":
                return True
            case "open":
                return bool(row["isOpen"])
            case "own":
                return bool(row["score"] == self.user)
        return False


@dataclass
class Rows:
    """All rows by kind and number, pairs of numbers of persons and skills."""

    dialect: str
    rows: dict[str, dict[int, Row]] = field(default_factory=lambda: {name: {} for name in KINDS})
    pairs: set[tuple[int, int]] = field(default_factory=set)
    looker: Looker = field(default_factory=lambda: Looker(0, {}))
    last: int = 0
    moment: int = 0

    def copied(self) -> Self:
        """Return the same world, apart."""
        return copy.deepcopy(self)

    def become(self, other: "Rows") -> None:
        """Be as another world was."""
        self.rows, self.pairs = other.copied().rows, set(other.pairs)

    @property
    def is_vague(self) -> bool:
        """Whether the database does not tell which foreign key it refuses."""
        return self.dialect == "sqlite"

    # Finding

    def live(self, kind: str) -> dict[int, Row]:
        """Return the rows that the looker sees."""
        return {
            number: row
            for number, row in self.rows[kind].items()
            if row["deleted"] is None and self.looker.allows("visible", kind, row)
        }

    def identity(self, kind: str, row: Row) -> Any:
        """Return what the database knows a row by."""
        match kind:
            case "Team":
                return row["code"]
            case "Room":
                return (self.rows["Team"][row["team"]]["code"], row["number"])
        return row["rowId"]

    def matches(self, kind: str, row: Row, key: dict[str, Any]) -> bool:
        """Tell whether a key names a row."""
        ((name, value),) = key.items()
        match name:
            case "id":
                return bool(self.identity(kind, row) == value.identity)
            case "teamCodeNumber":
                return bool(self.identity(kind, row) == (value["teamCode"], value["number"]))
        return value is not None and bool(row[name] == value)

    def find(self, kind: str, key: dict[str, Any]) -> int | None:
        """Find the visible row with a key."""
        if "#" in key:
            return key["#"] if key["#"] in self.live(kind) else None
        rows = self.live(kind).items()
        return next((number for number, row in rows if self.matches(kind, row, key)), None)

    def related(self, owner: int, relation: ToMany) -> list[int]:
        """Return the rows of a relationship, seen or not."""
        if relation.back is not None:
            rows = self.rows[relation.target].items()
            return [number for number, row in rows if row[relation.back] == owner]
        if relation.is_from_left:
            return [right for left, right in sorted(self.pairs) if left == owner]
        return [left for left, right in sorted(self.pairs) if right == owner]

    # Rules that need no row

    def check(self, kind: Kind, value: dict[str, Any], path: Path) -> Iterator[Fault]:
        """Collect what is wrong with an input, and with all within it."""
        for name, each in value.items():
            if name in kind.column and is_wrong(kind.column[name], each):
                yield VALIDATION, (*path, name)
        for name, each in value.items():
            if name in kind.link:
                yield from self._check_link(KINDS[kind.link[name].target], each, (*path, name))
        for name, each in value.items():
            if name in kind.relation:
                yield from self._check_list(kind.relation[name], each, (*path, name))

    def _check_link(self, target: Kind, value: dict[str, Any], path: Path) -> Iterator[Fault]:
        ((way, part),) = value.items()
        if way == "create":
            yield from self.check(target, part, (*path, way))
        elif way == "connectOrCreate":
            yield from self.check(target, part["create"], (*path, way, "create"))

    def _check_list(self, relation: ToMany, value: dict[str, Any], path: Path) -> Iterator[Fault]:
        target = KINDS[relation.target]
        for way, inner in (
            ("create", ()),
            ("connectOrCreate", ("create",)),
            ("update", ("input",)),
        ):
            for at, each in enumerate(value.get(way, ())):
                content = each[inner[0]] if inner else each
                yield from self.check(target, content, (*path, way, str(at), *inner))

    # What the database refuses

    def refuse(
        self, kind: Kind, number: int, row: Row, path: Path, known: Sequence[Fault] = ()
    ) -> None:
        """Refuse what the database would; it tells one fault of all."""
        faults = [*known, *self._foreign_faults(kind, row, path)]
        faults += [
            (CHECK, (*path, column.name))
            for column in kind.columns
            if column.unlucky is not None and row[column.name] == column.unlucky
        ]
        for names in kind.unique:
            values = [row[name] for name in names]
            others = [other for at, other in self.rows[kind.name].items() if at != number]
            is_taken = any([other[name] for name in names] == values for other in others)
            if is_taken and None not in values:
                faults.append((UNIQUE, (*path, names[0])))
        if faults:
            raise Refused(faults)

    def _foreign_faults(self, kind: Kind, row: Row, path: Path) -> Iterator[Fault]:
        for column in kind.columns:
            value = row[column.name]
            if column.target is None or value is None:
                continue
            if not any(each["code"] == value for each in self.rows[column.target].values()):
                yield FOREIGN_KEY, (*path, column.name)
                if self.is_vague:
                    yield FOREIGN_KEY, path

    def moved(self, kind: Kind, room: int, row: Row, path: Path) -> list[Fault]:
        """Tell what is wrong with another key for a row that others refer to."""
        is_moved = kind.name == "Room" and self.rows["Room"][room]["team"] != row["team"]
        if is_moved and any(task["room"] == room for task in self.rows["Task"].values()):
            # SQLite does not tell which foreign key it is
            return [(FOREIGN_KEY, path), (FOREIGN_KEY, (*path, "team"))][: 1 + self.is_vague]
        return []

    def lock(
        self, kind: str, wanted: Sequence[tuple[dict[str, Any], Path]], verb: str = "updatable"
    ) -> list[int]:
        """Find the rows that are to be written, and may be."""
        found: list[int] = []
        errors: list[list[Fault]] = []
        for key, path in wanted:
            number = self.find(kind, key)
            if number is None:
                errors.append([(MISSING, path)])
            elif not self.looker.allows(verb, kind, self.rows[kind][number]):
                errors.append([(FORBIDDEN, path)])
            found.append(NEVER if number is None else number)
        if errors:
            raise Refused(*errors)
        return found

    # Deleting

    def delete(self, kind: Kind, numbers: Sequence[int], path: Path) -> None:
        """Delete rows with all that goes along, softly where the kind is deleted so."""
        if not kind.is_soft:
            self.remove(kind, numbers, path)
            return
        self.moment += 1
        for number in dict.fromkeys(numbers):
            self._mark(kind, number, None, self.moment)

    def _mark(self, kind: Kind, number: int, before: int | None, after: int | None) -> None:
        row = self.rows[kind.name][number]
        row["deleted"] = after
        row["version"] += 1
        for relation in kind.to_many:
            for each in self.related(number, relation):
                if relation.has_cascade and (self.rows[relation.target][each]["deleted"] == before):
                    self._mark(KINDS[relation.target], each, before, after)

    def restore(self, kind: Kind, number: int) -> None:
        """Bring a row back, with what was deleted with it."""
        self._mark(kind, number, self.rows[kind.name][number]["deleted"], None)

    def remove(self, kind: Kind, numbers: Sequence[int], path: Path) -> None:
        """Remove rows for good; others are released, or in the way."""
        gone: dict[tuple[str, int], None] = {}
        for number in numbers:
            self._gather(kind, number, gone)
        released = list(self._released(gone))
        is_held = any(KINDS[name].link[back].is_required for name, _, back in released)
        if is_held or self._are_origins(gone):
            raise Refused([(FOREIGN_KEY, path)])
        for name, number, back in released:
            self.rows[name][number][back] = None
        for name, number in {(name, number) for name, number, _ in released}:
            self.rows[name][number]["version"] += 1
        for name, number in gone:
            del self.rows[name][number]
        self.pairs = {
            (left, right)
            for left, right in self.pairs
            if ("Person", left) not in gone and ("Skill", right) not in gone
        }

    def _released(self, gone: Collection[tuple[str, int]]) -> Iterator[tuple[str, int, str]]:
        """Return the rows that stay without their owners."""
        for name, number in gone:
            for relation in KINDS[name].to_many:
                if relation.back is not None:
                    for each in self.related(number, relation):
                        if (relation.target, each) not in gone:
                            yield relation.target, each, relation.back

    def _are_origins(self, gone: Collection[tuple[str, int]]) -> bool:
        """Tell whether items that stay come from teams that go."""
        codes = {self.rows[name][number]["code"] for name, number in gone if name == "Team"}
        return any(item["originCode"] in codes for item in self.rows["Item"].values())

    def _gather(self, kind: Kind, number: int, gone: dict[tuple[str, int], None]) -> None:
        gone[kind.name, number] = None
        for relation in kind.to_many:
            for each in self.related(number, relation) if relation.has_cascade else ():
                self._gather(KINDS[relation.target], each, gone)


def is_wrong(column: Column, value: Any) -> bool:
    if value is None:
        return not column.is_nullable
    if isinstance(value, str):
        return len(value) > CODE_LENGTH
    return column.minimum is not None and value < column.minimum
