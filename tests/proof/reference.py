"""The naive reference: plain Python over rows fetched one table at a time.

It shares no code with the package: conditions are three-valued by hand, pages are slices.
"""

import datetime as dt
import decimal
import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cmp_to_key
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Relation:
    """How rows of one table lead to rows of another."""

    target: str
    is_list: bool
    leads_to: Callable[["World", Row, Row], bool]


@dataclass
class World:
    """All rows of all tables, and who looks at them."""

    tables: dict[str, list[Row]]
    links: set[tuple[int, int]]
    user_id: int | None = None
    has_policy: bool = False

    def visible(self, entity: str) -> list[Row]:
        """Return the rows that the looker may see."""
        rows = self.tables[entity]
        if entity != "Book" or not self.has_policy:
            return rows
        return [row for row in rows if not row["isDraft"] or self._is_own(row)]

    def _is_own(self, row: Row) -> bool:
        return self.user_id is not None and row["authorId"] == self.user_id

    def related(self, entity: str, name: str, row: Row) -> list[Row]:
        """Return the visible rows that a relationship leads to."""
        relation = RELATIONS[entity][name]
        return [
            each for each in self.visible(relation.target) if relation.leads_to(self, row, each)
        ]


def _same(left: str, right: str) -> Callable[[World, Row, Row], bool]:
    def leads_to(_world: World, row: Row, other: Row) -> bool:
        return row[left] is not None and row[left] == other[right]

    return leads_to


def to_many(target: str, leads_to: Callable[[World, Row, Row], bool]) -> Relation:
    """Lead to many rows."""
    return Relation(target, is_list=True, leads_to=leads_to)


def to_one(target: str, leads_to: Callable[[World, Row, Row], bool]) -> Relation:
    """Lead to one row, or none."""
    return Relation(target, is_list=False, leads_to=leads_to)


RELATIONS: dict[str, dict[str, Relation]] = {
    "Author": {
        "books": to_many("Book", _same("rowId", "authorId")),
        "edited": to_many("Book", _same("rowId", "editorId")),
    },
    "Book": {
        "author": to_one("Author", _same("authorId", "rowId")),
        "editor": to_one("Author", _same("editorId", "rowId")),
        "parent": to_one("Book", _same("parentId", "rowId")),
        "children": to_many("Book", _same("rowId", "parentId")),
        "draftsBelow": to_many(
            "Book",
            lambda _world, row, other: row["rowId"] == other["parentId"] and other["isDraft"],
        ),
        "tags": to_many(
            "Tag", lambda world, row, other: (row["rowId"], other["rowId"]) in world.links
        ),
        "notes": to_many("Note", _same("rowId", "bookId")),
    },
    "Tag": {
        "books": to_many(
            "Book", lambda world, row, other: (other["rowId"], row["rowId"]) in world.links
        )
    },
    "Note": {"book": to_one("Book", _same("bookId", "rowId"))},
}
PRIMARY_KEYS = {
    "Author": ("rowId",),
    "Book": ("rowId",),
    "Tag": ("rowId",),
    "Note": ("bookId", "mark"),
}


# Conditions: trees of tuples


def holds(world: World, entity: str, condition: Any, row: Row) -> bool | None:
    """Evaluate a condition: true, false, or None for unknown."""
    kind, *parts = condition
    if kind == "and":
        result = _all([holds(world, entity, part, row) for part in parts[0]])
    elif kind == "or":
        result = _not(_all([_not(holds(world, entity, part, row)) for part in parts[0]]))
    elif kind == "not":
        result = _not(holds(world, entity, parts[0], row))
    elif kind == "compare":
        column, operator, value = parts
        result = compare(operator, row[column], value)
    elif kind == "count":
        name, operator, value = parts
        result = compare(operator, len(world.related(entity, name, row)), value)
    else:
        result = _quantified(world, entity, parts, row)
    return result


def _quantified(world: World, entity: str, parts: Sequence[Any], row: Row) -> bool:
    name, quantifier, inner = parts
    target = RELATIONS[entity][name].target
    found = [holds(world, target, inner, each) for each in world.related(entity, name, row)]
    if quantifier == "every":
        return all(each is True for each in found)
    has_one = any(each is True for each in found)
    return not has_one if quantifier == "none" else has_one


def _all(values: Sequence[bool | None]) -> bool | None:
    if any(value is False for value in values):
        return False
    return None if any(value is None for value in values) else True


def _not(value: bool | None) -> bool | None:  # noqa: FBT001 - a truth value, not a flag
    return None if value is None else not value


def compare(operator: str, left: Any, right: Any) -> bool | None:
    """Compare as SQL does."""
    if operator == "isNull":
        return (left is None) is right
    if operator == "in":
        return False if not right else None if left is None else left in right
    if operator == "notIn":
        return True if not right else None if left is None else left not in right
    if left is None:
        return None
    return _OPERATORS[operator](left, right)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
    "contains": lambda left, right: right in left,
    "startsWith": lambda left, right: left.startswith(right),
    "endsWith": lambda left, right: left.endswith(right),
    "icontains": lambda left, right: right.lower() in left.lower(),
    "istartsWith": lambda left, right: left.lower().startswith(right.lower()),
    "iendsWith": lambda left, right: left.lower().endswith(right.lower()),
}


# Orders: (path to the value, direction)


def sort_rows(world: World, entity: str, order: Sequence[Any], rows: Sequence[Row]) -> list[Row]:
    """Sort rows by the keys of an order and then by the primary key."""
    given = [(path, direction) for path, direction in order]
    given += [((key,), "ASC") for key in PRIMARY_KEYS[entity]]

    def compare_rows(left: Row, right: Row) -> int:
        for path, direction in given:
            one, other = (_value(world, entity, path, row) for row in (left, right))
            result = _compare_values(one, other, direction)
            if result:
                return result
        return 0

    return sorted(rows, key=cmp_to_key(compare_rows))


def _value(world: World, entity: str, path: Sequence[str], row: Row) -> Any:
    name, *rest = path
    if name.endswith("Aggregate"):
        return len(world.related(entity, name.removesuffix("Aggregate"), row))
    if not rest:
        return row[name]
    found = world.related(entity, name, row)
    return _value(world, RELATIONS[entity][name].target, rest, found[0]) if found else None


def _compare_values(left: Any, right: Any, direction: str) -> int:
    are_nulls_first = direction in {"DESC", "ASC_NULLS_FIRST", "DESC_NULLS_FIRST"}
    if left is None or right is None:
        if left is right:
            return 0
        return -1 if (left is None) == are_nulls_first else 1
    if isinstance(left, enum.Enum):
        left, right = left.name, right.name
    sign = (left > right) - (left < right)
    return -sign if direction.startswith("DESC") else sign


# Lists


@dataclass
class AskedList:
    """One list of an operation: what is asked of it."""

    entity: str
    where: Any = ("and", [])
    order: list[Any] = field(default_factory=list)
    first: int | None = None
    last: int | None = None
    offset: int | None = None
    columns: list[str] = field(default_factory=list)
    to_one: dict[str, "AskedRow"] = field(default_factory=dict)
    to_many: dict[str, tuple[str, "AskedList"]] = field(default_factory=dict)


@dataclass
class AskedRow:
    """What is asked of one row."""

    entity: str
    columns: list[str]
    to_one: dict[str, "AskedRow"] = field(default_factory=dict)


DEFAULT_SIZE = 20


def answer_list(world: World, asked: AskedList, rows: Sequence[Row]) -> dict[str, Any]:
    """Answer a list of the rows given: all visible ones, or a parent's."""
    matching = [row for row in rows if holds(world, asked.entity, asked.where, row) is True]
    ordered = sort_rows(world, asked.entity, asked.order, matching)
    if asked.last is not None:
        start, stop = max(len(ordered) - asked.last, 0), len(ordered)
    else:
        start = min(asked.offset or 0, len(ordered))
        size = DEFAULT_SIZE if asked.first is None else asked.first
        stop = min(start + size, len(ordered))
    return {
        "totalCount": len(ordered),
        "pageInfo": {"hasNextPage": stop < len(ordered), "hasPreviousPage": start > 0},
        "nodes": [answer_row(world, asked, row) for row in ordered[start:stop]],
    }


def answer_row(world: World, asked: "AskedList | AskedRow", row: Row) -> dict[str, Any]:
    """Answer one row."""
    answer = {name: wire(row[name]) for name in asked.columns}
    for name, inner in asked.to_one.items():
        found = world.related(asked.entity, name, row)
        answer[name] = answer_row(world, inner, found[0]) if found else None
    if isinstance(asked, AskedList):
        for alias, (name, nested) in asked.to_many.items():
            answer[alias] = answer_list(world, nested, world.related(asked.entity, name, row))
    return answer


def wire(value: Any) -> Any:
    """Write a value as clients see it."""
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, decimal.Decimal):
        return f"{value:.2f}"
    if isinstance(value, dt.datetime):
        text = value.replace(tzinfo=None).isoformat(timespec="microseconds")
        return text.rstrip("0").rstrip(".") + "+00:00"
    return value
