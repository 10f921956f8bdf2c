"""The naive reference: plain Python over rows fetched one table at a time.

It shares no code with the package: conditions are three-valued by hand, pages are slices.
"""

import enum
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cmp_to_key
from typing import Any

from tests.proof import arrays, computing, documents, searching
from tests.proof.asking import AskedList, AskedRow, Place
from tests.proof.description import Models, Policy, Relation, Table
from tests.proof.values import KINDS, sort_key, wire_as

Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass
class World:
    """All rows of all tables, and who looks at them."""

    models: Models
    tables: dict[str, list[Row]]
    links: dict[str, set[tuple[Key, Key]]]
    user_id: int | None = None
    roles: frozenset[str] = frozenset()
    has_policies: bool = False

    def key(self, name: str, row: Row) -> Key:
        """Return the primary key of a row."""
        return tuple(row[column] for column in self.models.table[name].key)

    def withheld(self, name: str) -> tuple[str, ...]:
        """Return the columns that the looker may not read."""
        is_guest = self.has_policies and "guest" in self.roles
        return self.models.table[name].secrets if is_guest else ()

    def may_follow(self, name: str, relation: Relation) -> bool:
        """Tell whether the looker may read all columns that tie the rows of a relationship."""
        near, far = self.withheld(name), self.withheld(relation.target)
        chosen_by = () if relation.is_list else relation.order
        ties = [relation.condition, *(column for column, _ in chosen_by)]
        return not (
            any(one in near or other in far for one, other in relation.pairs)
            or any(column in far for column in ties)
        )

    def visible(self, name: str) -> list[Row]:
        """Return the rows that the looker may see."""
        policy = self.models.table[name].policy
        rows = self.tables[name]
        if policy is None or not self.has_policies:
            return rows
        return [row for row in rows if self._may_see(policy, row)]

    def _may_see(self, policy: Policy, row: Row) -> bool:
        value = row[policy.column]
        if policy.kind == "positive":
            return value is not None and value >= 0
        if policy.kind == "known":
            return value is not None
        if policy.kind == "role" and "staff" in self.roles:
            return True
        is_own = self.user_id is not None and row[str(policy.owner)] == self.user_id
        return value is False or is_own

    def related(self, name: str, relation: Relation, row: Row) -> list[Row]:
        """Return the visible rows that a relationship leads to, in the order of their keys.

        One at most where it leads to one: the first in the relationship's own order.
        """
        found = [
            each for each in self.visible(relation.target) if self._leads(name, relation, row, each)
        ]
        ordered = sort_rows(self, relation.target, relation.order, found)
        return ordered if relation.is_list else ordered[:1]

    def _leads(self, name: str, relation: Relation, row: Row, other: Row) -> bool:
        if relation.link is not None:
            near, far = self.key(name, row), self.key(relation.target, other)
            pair = (far, near) if relation.is_from_right else (near, far)
            return pair in self.links[relation.link]
        if relation.condition is not None and other[relation.condition] is not True:
            return False
        return all(
            row[near] is not None and row[near] == other[far] for near, far in relation.pairs
        )


# Conditions


def holds(world: World, name: str, condition: Any, row: Row) -> bool | None:
    """Evaluate a condition: true, false, or None for unknown."""
    kind, *parts = condition
    if kind in {"and", "siblings"}:
        return _all([holds(world, name, part, row) for part in parts[0]])
    if kind == "or":
        return _not(_all([_not(holds(world, name, part, row)) for part in parts[0]]))
    if kind == "not":
        return _not(holds(world, name, parts[0], row))
    return _CONDITIONS[kind](world, name, parts, row)


def _compared(world: World, name: str, parts: Sequence[Any], row: Row) -> bool | None:
    column, operators = parts
    kind = world.models.table[name].by_name[column].kind
    compare_as = {"document": _compare_document, "array": _compare_array}.get(
        KINDS[kind].form, _compare_scalar
    )
    return _all([compare_as(world, operator, row[column], value) for operator, value in operators])


def _compare_scalar(_world: World, operator: str, left: Any, right: Any) -> bool | None:
    return compare(operator, left, right)


def _compare_array(_world: World, operator: str, left: Any, right: Any) -> bool | None:
    if operator == "isNull":
        return (left is None) is right
    return None if left is None else arrays.compare(operator, left, right)


def _compare_document(world: World, operator: str, left: Any, right: Any) -> bool | None:
    value = None if left is None else left.value
    if operator == "isNull":
        return (value is None) is right
    if operator == "path":
        path, conditions = right
        found = documents.value_at(value, path)
        return _all([_compare_found(world, found, *each) for each in conditions])
    if left is None:
        return None
    known = documents.has_key if operator == "hasKey" else documents.contains
    return known(left, right)


def _compare_found(world: World, found: Any, kind: str, right: Any) -> bool | None:
    """Compare the value at a path as one of a kind, or tell whether there is any."""
    if kind == "isNull":
        return (found is None) is right
    value = documents.of_kind(found, kind)
    if kind == "number":
        read = documents.exact if world.models.database == "postgresql" else float
        value = None if value is None else read(value)
        right = [(operator, _read_number(operand, read)) for operator, operand in right]
    return _all([compare(operator, value, operand) for operator, operand in right])


def _read_number(operand: Any, read: Callable[[float], Any]) -> Any:
    if isinstance(operand, list):
        return [read(each) for each in operand]
    return operand if isinstance(operand, bool) else read(operand)


def _identified(world: World, name: str, parts: Sequence[Any], row: Row) -> bool | None:
    operator, keys = parts
    key = world.key(name, row)
    return key in keys if operator in {"eq", "in"} else key not in keys


def _counted(world: World, name: str, parts: Sequence[Any], row: Row) -> bool | None:
    relation, operator, value = parts
    count = len(world.related(name, world.models.table[name].relation[relation], row))
    return compare(operator, count, value)


def _totalled(world: World, name: str, parts: Sequence[Any], row: Row) -> bool | None:
    to, function, column, (operator, value) = parts
    relation = world.models.table[name].relation[to]
    values = [each[column] for each in world.related(name, relation, row)]
    return compare(operator, computing.compute(function, values), value)


def _quantified(world: World, name: str, parts: Sequence[Any], row: Row) -> bool:
    to, quantifier, inner = parts
    relation = world.models.table[name].relation[to]
    related = world.related(name, relation, row)
    found = [holds(world, relation.target, inner, each) for each in related]
    if quantifier == "every":
        return all(each is True for each in found)
    has_one = any(each is True for each in found)
    return not has_one if quantifier == "none" else has_one


_CONDITIONS: dict[str, Callable[[World, str, Sequence[Any], Row], bool | None]] = {
    "compare": _compared,
    "ids": _identified,
    "count": _counted,
    "total": _totalled,
    "relation": _quantified,
}


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


def _is_like(text: str, pattern: str) -> bool:
    """Match a pattern by hand: % any text, _ any character, a backslash escapes."""
    parts, escaped = [], False
    for character in pattern:
        if not escaped and character == "\\":
            escaped = True
            continue
        wild = {"%": ".*", "_": "."}.get(character) if not escaped else None
        parts.append(wild or re.escape(character))
        escaped = False
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
    "like": _is_like,
    "ilike": lambda left, right: _is_like(left.lower(), right.lower()),
    "contains": lambda left, right: right in left,
    "startsWith": lambda left, right: left.startswith(right),
    "endsWith": lambda left, right: left.endswith(right),
    "icontains": lambda left, right: right.lower() in left.lower(),
    "istartsWith": lambda left, right: left.lower().startswith(right.lower()),
    "iendsWith": lambda left, right: left.lower().endswith(right.lower()),
    "search": searching.matches,
}


# Orders: (path to the value, direction)


def sort_rows(world: World, name: str, order: Sequence[Any], rows: Sequence[Row]) -> list[Row]:
    """Sort rows by the keys of an order and then by the primary key."""
    return sorted(
        rows, key=cmp_to_key(lambda left, right: compare_rows(world, name, order, left, right))
    )


def compare_rows(world: World, name: str, order: Sequence[Any], left: Row, right: Row) -> int:
    """Tell which of two rows comes first: a negative number, zero or a positive one."""
    total = [*order, *(((key,), "ASC") for key in world.models.table[name].key)]
    for path, direction in total:
        steps = (path,) if isinstance(path, str) else path
        one, other = (_value(world, name, steps, row) for row in (left, right))
        result = compare_values(one, other, direction)
        if result:
            return result
    return 0


def _value(world: World, name: str, path: Sequence[Any], row: Row) -> Any:
    step, *rest = path
    table = world.models.table[name]
    if step.endswith("Aggregate"):
        relation = table.relation[step.removesuffix("Aggregate")]
        return _total_value(world.related(name, relation, row), *rest)
    if step in table.relation:
        found = world.related(name, table.relation[step], row)
        if not found:
            return 0.0 if "searchRank" in rest else None
        return _value(world, table.relation[step].target, rest, found[0])
    return searching.rank(row[rest[0]], rest[1]) if step == "searchRank" else row[step]


def _total_value(related: list[Row], function: str, column: str = "") -> Any:
    if function == "count":
        return len(related)
    return computing.compute(function, [each[column] for each in related])


def compare_values(left: Any, right: Any, direction: str) -> int:
    """Tell which of two values comes first in a direction."""
    are_nulls_first = direction in {"DESC", "ASC_NULLS_FIRST", "DESC_NULLS_FIRST"}
    if left is None or right is None:
        if left is right:
            return 0
        return -1 if (left is None) == are_nulls_first else 1
    if isinstance(left, enum.Enum):
        left, right = sort_key(left), sort_key(right)
    sign = (left > right) - (left < right)
    return -sign if direction.startswith("DESC") else sign


# Answers


@dataclass
class _Slice:
    """A page: its rows, and whether others stand on its sides."""

    rows: list[Row]
    has_previous: bool
    has_next: bool
    total: int = field(default=0)


def page_rows(world: World, asked: AskedList, rows: Sequence[Row], default_size: int) -> _Slice:
    """Cut a page out of the rows given, all visible ones or a parent's."""
    matching = [row for row in rows if holds(world, asked.table, asked.where, row) is True]
    ordered = sort_rows(world, asked.table, asked.sorted_by, matching)
    inside = [row for row in ordered if _is_between(world, asked, row)]
    before = [
        row for row in ordered if asked.after and not _is_past(world, asked, row, asked.after, 1)
    ]
    behind = [
        row for row in ordered if asked.before and not _is_past(world, asked, row, asked.before, -1)
    ]
    if asked.last is not None:
        start, stop = max(len(inside) - asked.last, 0), len(inside)
    else:
        start = min(asked.offset or 0, len(inside))
        stop = min(start + (default_size if asked.first is None else asked.first), len(inside))
    return _Slice(
        inside[start:stop],
        has_previous=start > 0 or bool(before),
        has_next=stop < len(inside) or bool(behind),
        total=len(ordered),
    )


def _is_between(world: World, asked: AskedList, row: Row) -> bool:
    is_after = asked.after is None or _is_past(world, asked, row, asked.after, 1)
    return is_after and (asked.before is None or _is_past(world, asked, row, asked.before, -1))


def _is_past(world: World, asked: AskedList, row: Row, place: Place, sign: int) -> bool:
    return sign * compare_rows(world, asked.table, asked.sorted_by, row, place.row) > 0


def answer_list(
    world: World, asked: AskedList, rows: Sequence[Row], default_size: int
) -> dict[str, Any]:
    """Answer a list of the rows given: all visible ones, or a parent's."""
    page = page_rows(world, asked, rows, default_size)
    answer: dict[str, Any] = {}
    if asked.has_total:
        answer["totalCount"] = page.total
    if asked.has_facts:
        answer["pageInfo"] = {"hasNextPage": page.has_next, "hasPreviousPage": page.has_previous}
    nodes = [answer_row(world, asked.row, row, default_size) for row in page.rows]
    if asked.has_nodes:
        answer["nodes"] = nodes
    if asked.has_edges:
        answer["edges"] = [{"node": node} for node in nodes]
    return answer


def _answer_field(table: Table, name: str, row: Row) -> Any:
    if name == "__typename":
        return table.name
    if name != "version" or table.version is None:
        return wire_as(table.by_name[name].kind, row[name])
    value = wire_as(table.version.kind, row[table.version.name])
    return "" if value is None else str(value)


def answer_row(world: World, asked: AskedRow, row: Row, default_size: int) -> dict[str, Any]:
    """Answer one row."""
    table, withheld = world.models.table[asked.table], world.withheld(asked.table)
    answer: dict[str, Any] = {
        alias: None if name in withheld else _answer_field(table, name, row)
        for alias, name in asked.columns.items()
    }
    for alias, path in asked.paths.items():
        answer[alias] = documents.value_at(answer[alias], path)
    for alias, (name, inner) in asked.to_one.items():
        relation = table.relation[name]
        is_told = world.may_follow(asked.table, relation)
        found = world.related(asked.table, relation, row) if is_told else []
        answer[alias] = answer_row(world, inner, found[0], default_size) if found else None
    for alias, (name, nested) in asked.to_many.items():
        related = world.related(asked.table, table.relation[name], row)
        answer[alias] = answer_list(world, nested, related, default_size)
    return answer
