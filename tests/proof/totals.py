"""Aggregates and groups: what is asked of them, drawn and written, and the naive reference's answer."""

import datetime as dt
import decimal
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cmp_to_key
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.proof import computing
from tests.proof.reference import Row, compare, compare_values
from tests.proof.values import wire_as
from tests.proof.writing import literal, plain, written_result

Offered = dict[str, set[str]]
"""The columns of each function, and of ``group``, as the schema names them."""

AnswerRow = Callable[[Row], dict[str, Any]]
"""Answers for one row."""

_BUCKETS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "HOUR")
_ZONES = (
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "Asia/Kolkata",
    "America/Havana",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
)
_DIRECTIONS = ("ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_LAST")


@dataclass
class AskedGroups:
    """Groups of a list."""

    by: list[tuple[str, str | None, str]]
    """Columns, each with the bucket and its time zone."""

    having: list[tuple[str, str, tuple[str, Any]]] = field(default_factory=list)
    """Functions and columns, each with an operator and an operand; ``count`` has no column."""

    order: list[tuple[str, str, str]] = field(default_factory=list)
    """``key``, ``count`` or a function; the column, if any; the direction."""

    first: int = 3
    nodes: int = 2


@dataclass
class AskedTotals:
    """What is asked of the aggregates of a list."""

    parts: list[tuple[str, str]]
    """Functions and columns."""

    groups: AskedGroups | None = None

    def columns(self) -> set[str]:
        """Return the names of all columns that are computed with; an empty one stands for none."""
        found = {column for _, column in self.parts}
        if self.groups is not None:
            found |= {column for column, *_ in self.groups.by}
            found |= {column for _, column, _ in (*self.groups.having, *self.groups.order)}
        return found


@st.composite
def totals(draw: st.DrawFn, offered: Offered, kinds: dict[str, str]) -> AskedTotals:
    """Some functions over some columns, and groups."""
    known = [
        (function, column)
        for function, columns in sorted(offered.items())
        if function != "group"
        for column in sorted(columns)
        # squares of the largest numbers are no numbers any more, and neighbours are one double
        if function != "stddev" or kinds[column] not in {"float", "bigint"}
    ]
    asked = AskedTotals(draw(st.lists(st.sampled_from(known), max_size=4, unique=True)))
    if draw(st.booleans()):
        kinds = {column: kind for column, kind in kinds.items() if computing.functions(kind)}
        by = draw(
            st.lists(st.sampled_from(sorted(offered["group"])), min_size=1, max_size=2, unique=True)
        )
        asked.groups = AskedGroups([draw(_group_keys(column, kinds[column])) for column in by])
        asked.groups.having = draw(
            st.lists(_conditions(kinds), max_size=2, unique_by=lambda each: each[0])
        )
        keys = [("key", column) for column in by]
        results = [
            (function, column)
            for column, kind in kinds.items()
            for function in computing.functions(kind)
            if computing.is_sorted(function, kind)
        ]
        sorted_by = draw(
            st.lists(
                st.sampled_from([("count", "")] * 2 + keys * 2 + results), max_size=2, unique=True
            )
        )
        asked.groups.order = [(*each, draw(st.sampled_from(_DIRECTIONS))) for each in sorted_by]
        asked.groups.first = draw(st.integers(0, 4))
        asked.groups.nodes = draw(st.integers(0, 3))
    return asked


@st.composite
def _conditions(draw: st.DrawFn, kinds: dict[str, str]) -> tuple[str, str, tuple[str, Any]]:
    if draw(st.booleans()):
        operators = st.sampled_from(("eq", "gt", "gte", "lt", "ne"))
        return "count", "", (draw(operators), draw(st.integers(0, 3)))
    column = draw(st.sampled_from(sorted(kinds)))
    function = draw(st.sampled_from(computing.functions(kinds[column])))
    return function, column, draw(computing.results(function, kinds[column]))


@st.composite
def _group_keys(draw: st.DrawFn, column: str, kind: str) -> tuple[str, str | None, str]:
    if kind != "moment" or draw(st.booleans()):
        return column, None, ""
    return column, draw(st.sampled_from(_BUCKETS)), draw(st.sampled_from(_ZONES))


# GraphQL


def totals_text(asked: AskedTotals, nodes: str, kinds: dict[str, str]) -> str:
    """Write the selection on a connection; ``nodes`` is that on the rows of groups."""
    return f"totalCount {_aggregate_text(asked)} {_groups_text(asked, nodes, kinds)}"


def _aggregate_text(asked: AskedTotals) -> str:
    inside = " ".join(f"{function} {{ {column} }}" for function, column in asked.parts)
    return f"aggregate {{ count {inside} }}"


def _groups_text(asked: AskedTotals, nodes: str, kinds: dict[str, str]) -> str:
    groups = asked.groups
    if groups is None:
        return ""
    by = []
    for column, bucket, zone in groups.by:
        name = re.sub(r"[A-Z]", lambda found: f"_{found[0]}", column).upper()
        span = "" if bucket is None else f', bucket: {bucket}, timeZone: "{zone}"'
        by.append(f"{{field: {name}{span}}}")
    arguments = [f"by: [{', '.join(by)}]", f"first: {groups.first}"]
    if groups.having:
        having = ", ".join(_having_text(*each, kinds) for each in groups.having)
        arguments.append(f"having: {{{having}}}")
    order = [
        f"{{{function}: {f'{{{column}: {direction}}}' if column else direction}}}"
        for function, column, direction in groups.order
    ]
    arguments.append(f"orderBy: [{', '.join(order)}]")
    keys = " ".join(column for column, *_ in groups.by)
    return (
        f"groups({', '.join(arguments)}) {{ key {{ {keys} }} {_aggregate_text(asked)} "
        f"nodes(first: {groups.nodes}) {{ {nodes} }} }}"
    )


def _having_text(function: str, column: str, asked: tuple[str, Any], kinds: dict[str, str]) -> str:
    if function == "count":
        operator, number = asked
        return f"count: {{{operator}: {number}}}"
    ((operator, value),) = written_result(function, kinds[column], *asked).items()
    return f"{function}: {{{column}: {{{operator}: {literal(plain(value))}}}}}"


# The reference


def answer_totals(
    asked: AskedTotals, rows: list[Row], kinds: dict[str, str], answer_row: AnswerRow, times: range
) -> dict[str, Any]:
    """Answer for the rows of a list, in its order; ``answer_row`` for one row of a group."""
    answer: dict[str, Any] = {"totalCount": len(rows), "aggregate": _aggregate(asked, rows, kinds)}
    if asked.groups is not None:
        answer["groups"] = _answer_groups(asked, rows, kinds, answer_row, times)
    return answer


def _aggregate(asked: AskedTotals, rows: list[Row], kinds: dict[str, str]) -> dict[str, Any]:
    answer: dict[str, Any] = {"count": len(rows)}
    for function, column in asked.parts:
        values = [row[column] for row in rows if row[column] is not None]
        result = computing.compute(function, values)
        answer.setdefault(function, {})[column] = _written(function, result, kinds[column])
    return answer


def _written(function: str, result: Any, kind: str) -> Any:
    if function in {"min", "max"}:
        return wire_as(kind, result)
    return computing.written(function, kind, result)


def _answer_groups(
    asked: AskedTotals, rows: list[Row], kinds: dict[str, str], answer_row: AnswerRow, times: range
) -> list[dict[str, Any]]:
    groups = asked.groups
    if groups is None:
        return []
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        values = tuple(_group_value(row[column], *span, times) for column, *span in groups.by)
        found.setdefault(values, []).append(row)
    kept = [
        (values, inside)
        for values, inside in found.items()
        if all(
            compare(operator, _result(function, column, inside), value) is True
            for function, column, (operator, value) in groups.having
        )
    ]
    names = [column for column, *_ in groups.by]
    order = [*groups.order, *(("key", name, "ASC") for name in names)]

    def compare_groups(left: Any, right: Any) -> int:
        for function, name, direction in order:
            one, other = (
                each[0][names.index(name)]
                if function == "key"
                else _result(function, name, each[1])
                for each in (left, right)
            )
            result = compare_values(one, other, direction)
            if result:
                return result
        return 0

    return [
        {
            "key": {
                name: wire_as(kinds[name], value) for name, value in zip(names, values, strict=True)
            },
            "aggregate": _aggregate(asked, inside, kinds),
            "nodes": [answer_row(row) for row in inside[: groups.nodes]],
        }
        for values, inside in sorted(kept, key=cmp_to_key(compare_groups))[: groups.first]
    ]


def _result(function: str, column: str, rows: list[Row]) -> Any:
    if function == "count":
        return len(rows)
    return computing.compute(function, [row[column] for row in rows])


def _group_value(value: Any, bucket: str | None, zone: str, times: range) -> Any:
    """Return what a row is grouped by; ``times`` are the years in which zones are known."""
    if bucket is None or value is None:
        return value
    # years as far apart as the calendar repeats, so that no local time is out of reach
    years = {1: 400, 9999: -400}.get(value.year, 0)
    moment = value.replace(year=value.year + years)
    known = ZoneInfo(zone if value.year in times else "UTC")
    start = _beginning(moment, bucket, known)
    if start.year - years not in times:
        start = start.astimezone(known).replace(tzinfo=dt.UTC)
    if start.year - years < 1:
        return dt.datetime(1, 1, 1, tzinfo=dt.UTC)
    return start.replace(year=start.year - years)


def _beginning(moment: dt.datetime, bucket: str, zone: ZoneInfo) -> dt.datetime:
    local = moment.astimezone(zone)
    if bucket == "HOUR":
        within = local.replace(tzinfo=None) - local.replace(
            tzinfo=None, minute=0, second=0, microsecond=0
        )
        return moment - within
    date = local.date()
    if bucket == "WEEK":
        date -= dt.timedelta(days=date.weekday())
    elif bucket in {"MONTH", "QUARTER", "YEAR"}:
        month = {"MONTH": date.month, "QUARTER": (date.month - 1) // 3 * 3 + 1, "YEAR": 1}[bucket]
        date = date.replace(day=1, month=month)
    return dt.datetime.combine(date, dt.time(), zone).astimezone(dt.UTC)


def is_alike(answer: Any, expected: Any) -> bool:
    """Compare answers: floats within 1e-9, exact numbers by their value, all else as it is."""
    match expected:
        case dict():
            return answer.keys() == expected.keys() and all(
                is_alike(answer[name], part) for name, part in expected.items()
            )
        case list():
            return len(answer) == len(expected) and all(map(is_alike, answer, expected))
        case decimal.Decimal():
            return answer is not None and decimal.Decimal(answer) == expected
        case float():
            return answer is not None and math.isclose(answer, expected, rel_tol=1e-9)
        case _:
            return bool(answer == expected)
