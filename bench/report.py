"""A run as Markdown tables and plots of ratios."""

from collections.abc import Callable, Iterator, Sequence

from bench.goals import CPU, DATABASE_CPU, GOALS, MEMORY_FACTOR, MEMORY_MB, RATE, Goal
from bench.results import COARSE_TURNS, Results
from bench.svg import Chart, bar_chart, number

SHALLOW_OFFSET = 10
"""Offsets below it skip few rows."""

_NAMES = {CPU: "CPU per request", DATABASE_CPU: "CPU of the database", RATE: "requests/s"}
_OURS = "gql_api"


def markdown(results: Results) -> str:
    """Write all tables of a run."""
    meta = results.meta
    rounds = "1 round" if meta["rounds"] == 1 else f"{meta['rounds']} rounds"
    title = (
        f"{meta['date']}, {meta['cpus']} cores, offsets below {meta['max_offset']}, "
        f"{meta['concurrency']} connections, {rounds} of {meta['seconds']} s. "
        f"Other programs took {results.foreign_cores():.1f} cores meanwhile."
    )
    parts = [title]
    for heading, column, base in (
        ("CPU of the server per request, to `limit`", CPU, "limit"),
        ("Requests per second, to `postgraphile`", RATE, "postgraphile"),
        ("CPU of the server per request, to `strawberry_hand`", CPU, "strawberry_hand"),
    ):
        if base in results.servers:
            parts += [f"**{heading}**", _ratio_table(results, base, column)]
    parts += ["**CPU of the server per request, in milliseconds**", _table(results, CPU)]
    parts += ["**Requests per second**", _table(results, RATE)]
    parts += ["**SQL statements per request, and memory at the end**", _facts_table(results)]
    goals = list(_goal_rows(results))
    if goals:
        parts += ["**What is meant to be reached**", _goal_table(results, goals)]
    return "\n\n".join(parts) + "\n"


def cpu_chart(results: Results) -> str:
    """Draw the CPU of each server per request, relative to ``limit``."""
    return _chart(
        results, Chart(title="Server CPU per request", y_label="times limit"), CPU, "limit"
    )


def rate_chart(results: Results) -> str:
    """Draw the requests per second of each server, relative to PostGraphile."""
    chart = Chart(title="Requests per second", y_label="times PostGraphile")
    return _chart(results, chart, RATE, "postgraphile")


def _chart(results: Results, chart: Chart, column: str, base: str) -> str:
    names = sorted(results.servers, key=lambda name: not name.startswith(_OURS))
    series = {
        name: [results.ratio(name, base, each, column) for each in results.operations]
        for name in names
        if name != base
    }
    return bar_chart(chart, results.operations, series)


def _ratio_table(results: Results, base: str, column: str) -> str:
    def cell(server: str, operation: str) -> str:
        ratio = results.ratio(server, base, operation, column)
        return _number(ratio) + _mark(results, server, operation, column)

    return _server_table(results, cell)


def _table(results: Results, column: str) -> str:
    def cell(server: str, operation: str) -> str:
        median = results.median(server, operation, column)
        return _number(median) + _mark(results, server, operation, column)

    return _server_table(results, cell)


def _server_table(results: Results, cell: Callable[[str, str], str]) -> str:
    lines = [_header("server", results.operations)]
    for server in results.servers:
        cells = [cell(server, each) for each in results.operations]
        name = f"**{server}**" if server.startswith(_OURS) else server
        lines.append(_line([name, *cells]))
    return "\n".join(lines)


def _facts_table(results: Results) -> str:
    lines = [_header("server", [*results.operations, "memory, MB"])]
    for server in results.servers:
        cells = [_statements(results, server, each) for each in results.operations]
        lines.append(_line([server, *cells, f"{results.memory_mb(server):.0f}"]))
    return "\n".join(lines)


def _statements(results: Results, server: str, operation: str) -> str:
    count, transaction = results.statements.get((server, operation), (None, None))
    if not count:
        return "-"
    return f"{count} + {transaction}" if transaction else str(count)


def _goal_rows(results: Results) -> Iterator[Goal]:
    is_shallow = results.meta["max_offset"] <= SHALLOW_OFFSET
    for goal in GOALS:
        if {goal.server, goal.base} <= set(results.servers) and (is_shallow or not goal.is_shallow):
            yield goal


def _goal_table(results: Results, goals: Sequence[Goal]) -> str:
    lines = [_header("ratio", results.operations)]
    for goal in goals:
        sign = "≥" if goal.is_least else "≤"
        cells = [_goal_cell(results, goal, each) for each in results.operations]
        name = f"{_NAMES[goal.column]}: {goal.server} / {goal.base} {sign}"
        lines.append(_line([name, *cells]))
    if {"gql_api", "limit"} <= set(results.servers):
        bound = MEMORY_FACTOR * results.memory_mb("limit") + MEMORY_MB
        found = results.memory_mb("gql_api")
        verdict = f"{found:.0f} of {bound:.0f}{'' if found <= bound else ' ✗'}"
        lines.append(
            _line(["memory of gql_api, MB ≤", verdict, *[""] * (len(results.operations) - 1)])
        )
    return "\n".join(lines)


def _goal_cell(results: Results, goal: Goal, operation: str) -> str:
    if operation not in goal.bounds:
        return ""
    ratio = results.ratio(goal.server, goal.base, operation, goal.column)
    if ratio is None:
        return "-"
    missed = "" if goal.holds(operation, ratio) else " ✗"
    return f"{_number(ratio)} of {_number(goal.bounds[operation])}{missed}"


def _mark(results: Results, server: str, operation: str, column: str) -> str:
    """Mark a rate that comes in steps, because few requests were completed in a slice."""
    rate = results.median(server, operation, RATE)
    if column != RATE or rate is None:
        return ""
    seconds = results.meta["seconds"] * (3 if operation in {"Q3", "Q4", "Q6"} else 1)
    is_coarse = rate * seconds < COARSE_TURNS * results.meta["concurrency"]
    return " ~" if is_coarse else ""


def _header(first: str, others: Sequence[str]) -> str:
    return f"{_line([first, *others])}\n| --- |{' ---: |' * len(others)}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    return "-" if value is None else number(value)
