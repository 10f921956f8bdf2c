"""How the cost of reads grows: tables and plots of one server, without peers.

With the size of a page, depth, the size of the table, clients, and types; and what the first run of a
document costs. The data is that of the peers' folder (see `bench.run`).
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

import gql_api as gql
from bench.load import Work, measure
from bench.pages import write_section
from bench.run import Peers, work_folder
from bench.servers import HERE, TARGETS, RunningServer, serving, serving_application
from bench.svg import Chart, bar_chart, line_chart, number

PAGE_SIZES = (10, 30, 100, 300, 1000, 3000, 10_000)
DEPTHS = (1, 2, 3, 4, 5, 6)
CLIENTS = (1, 4, 16, 64, 256)
TYPES = (10, 30, 100, 300, 500)
SIZES = (10_000, 100_000, 1_000_000)
"""Rows; ten million take more time and space: ``--sizes``."""

_LEVELS = (
    ("users(first: 10)", "id: rowId username"),
    ("posts(first: 3)", "id: rowId title"),
    ("comments(first: 3)", "id: rowId body"),
    ("author", "id: rowId username"),
    ("posts(first: 3)", "id: rowId title"),
    ("comments(first: 3)", "id: rowId body"),
)
_ROOMY = {
    "GQL_API_MAX_PAGE_SIZE": "10000",
    "GQL_API_MAX_COST": "10000000",
    "GQL_API_LOG_LEVEL": "warning",
    "GQL_API_POOL_SIZE": "10",
    "GQL_API_MAX_OVERFLOW": "0",
}
_COLD_DOCUMENTS = 20_000

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """One plot, and the table of its points."""

    name: str
    chart: Chart
    series: Mapping[str, Sequence[Point]]

    groups: Sequence[str] = ()
    """Of bars; empty for lines."""

    def svg(self) -> str:
        """Draw it."""
        if not self.groups:
            return line_chart(self.chart, self.series)
        bars = {name: [value for _, value in points] for name, points in self.series.items()}
        return bar_chart(self.chart, self.groups, bars)

    def markdown(self) -> str:
        """Write it as a table: a row per place on the horizontal axis."""
        places = sorted({place for points in self.series.values() for place, _ in points})
        head = f"| {self.chart.x_label} | {' | '.join(self.series)} |"
        lines = [head, f"| ---: |{' ---: |' * len(self.series)}"]
        for at, place in enumerate(places):
            cells = [dict(points).get(place) for points in self.series.values()]
            label = self.groups[at] if self.groups else f"{place:,.0f}"
            shown = ["-" if cell is None else number(cell) for cell in cells]
            lines.append(f"| {label} | {' | '.join(shown)} |")
        return f"**{self.chart.title}, {self.chart.y_label}**\n\n" + "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the data is, and how long one measurement takes."""

    database_url: str
    work: Path
    seconds: float
    sizes: Sequence[int]

    @contextmanager
    def servers(self) -> Iterator[Mapping[str, RunningServer]]:
        """Serve the blog on the json path and on the rows path."""
        json_path, rows_path = (
            replace(each, settings={**each.settings, **_ROOMY}) for each in TARGETS[:2]
        )
        with (
            serving(json_path, self.database_url, self.work / "curves-json.log") as one,
            serving(rows_path, self.database_url, self.work / "curves-rows.log") as other,
        ):
            yield {"json path": one, "rows path": other}

    def costs(self, points: Mapping[float, Work]) -> Mapping[str, Sequence[Point]]:
        """Measure CPU and time of each work, on both paths, with one client."""
        series: dict[str, list[Point]] = {}
        with self.servers() as servers:
            for at, work in points.items():
                for path, server in servers.items():
                    found = measure(server, work, seconds=self.seconds)
                    series.setdefault(f"{path}, CPU", []).append((at, found.cpu_ms))
                    series.setdefault(f"{path}, time", []).append((at, found.p50_ms))
        return series


def page_sizes(bench: Bench) -> list[Curve]:
    """Pages of more and more rows."""
    document = (
        "query P($n: Int!) { posts(first: $n) { nodes { id: rowId title viewCount createdAt } } }"
    )
    points = {float(size): Work([document], [{"n": size}]) for size in PAGE_SIZES}
    chart = Chart(title="Size of a page", y_label="ms per request", x_label="rows")
    return [Curve("page-size", chart, bench.costs(points))]


def depths(bench: Bench) -> list[Curve]:
    """Relationships within relationships."""
    points = {float(depth): Work([_nested(depth)]) for depth in DEPTHS}
    chart = Chart(title="Depth", y_label="ms per request", x_label="levels")
    return [Curve("depth", chart, bench.costs(points))]


def clients(bench: Bench) -> list[Curve]:
    """More and more clients at once, each with a page of 100 rows."""
    document = "{ posts(first: 100) { nodes { id: rowId title isPublished viewCount createdAt } } }"
    rates: dict[str, list[Point]] = {}
    times: dict[str, list[Point]] = {}
    with bench.servers() as servers:
        for count in CLIENTS:
            for path, server in servers.items():
                found = measure(server, Work([document]), seconds=bench.seconds, clients=count)
                rates.setdefault(path, []).append((count, found.rate))
                times.setdefault(f"{path}, median", []).append((count, found.p50_ms))
                times.setdefault(f"{path}, 99 %", []).append((count, found.p99_ms))
    rate = Chart(title="Clients: throughput", y_label="requests per second", x_label="clients")
    time = Chart(title="Clients: time of an answer", y_label="ms", x_label="clients")
    return [Curve("clients-rate", rate, rates), Curve("clients-time", time, times)]


def cold_and_warm(bench: Bench) -> list[Curve]:
    """Documents that are new each time, and such that are known."""
    names = ("Q1", "Q2", "Q3", "Q4", "Q5")
    variables = {"Q1": {"id": 7}, "Q5": {"minViews": 9000, "offset": 0}}
    series: dict[str, list[Point]] = {"new document": [], "known document": []}
    with bench.servers() as servers:
        server = servers["json path"]
        for place, name in enumerate(names):
            text = (HERE / "operations" / f"{name}.graphql").read_text()
            given = [variables.get(name, {"offset": 0})]
            cold = [
                text.replace(f"query {name}(", f"query {name}n{at}(")
                for at in range(_COLD_DOCUMENTS)
            ]
            for kind, documents in (("new document", cold), ("known document", [text])):
                found = measure(server, Work(documents, given), seconds=bench.seconds)
                series[kind].append((place, found.cpu_ms))
    chart = Chart(
        title="New and known documents",
        y_label="CPU, ms per request",
        x_label="operation",
        is_ratio=False,
    )
    return [Curve("cold-warm", chart, series, names)]


def table_sizes(bench: Bench) -> list[Curve]:
    """The same pages of small and of large tables."""
    os.environ["BENCH_SIZES"] = ",".join(map(str, bench.sizes))
    from bench import sizes  # noqa: PLC0415 - its tables follow from the line above

    url = asyncio.run(_own_database(bench.database_url))
    asyncio.run(sizes.fill(url))
    series: dict[str, list[Point]] = {}
    log = bench.work / "curves-sizes.log"
    with serving_application("bench.sizes:application", url, _ROOMY, log) as server:
        for size, model in sizes.MODELS.items():
            for name, document in _pages_of(model, size).items():
                found = measure(server, Work([document]), seconds=bench.seconds)
                series.setdefault(name, []).append((size, found.p50_ms))
    chart = Chart(title="Size of the table", y_label="ms per request", x_label="rows of the table")
    return [Curve("table-size", chart, series)]


def types(bench: Bench) -> list[Curve]:
    """Schemas of more and more models, with and without aggregates and groups."""
    starts: dict[str, list[Point]] = {}
    memory: dict[str, list[Point]] = {}
    runs: dict[str, list[Point]] = {}
    for count in TYPES:
        for kind in ("full", "large"):
            program = [sys.executable, "-m", "bench.types", str(count), kind]
            done = subprocess.run(program, check=True, capture_output=True, cwd=HERE.parent)
            found = json.loads(done.stdout)
            name = "for_large_schema()" if kind == "large" else "everything on"
            starts.setdefault(name, []).append((count, found["build_s"]))
            memory.setdefault(name, []).append((count, found["memory_mb"]))
            runs.setdefault(f"{name}, first", []).append((count, found["cold_ms"]))
            runs.setdefault(f"{name}, known", []).append((count, found["warm_ms"]))
    start = Chart(title="Models: building the schema", y_label="CPU, seconds", x_label="models")
    size = Chart(title="Models: memory of the process", y_label="MB", x_label="models")
    run = Chart(title="Models: one operation", y_label="CPU, ms", x_label="models")
    return [
        Curve("types-build", start, starts),
        Curve("types-memory", size, memory),
        Curve("types-operation", run, runs),
    ]


KINDS: Mapping[str, Callable[[Bench], list[Curve]]] = {
    "page-size": page_sizes,
    "depth": depths,
    "table-size": table_sizes,
    "clients": clients,
    "types": types,
    "cold-warm": cold_and_warm,
}


def main() -> int:
    """Measure, and print or write the tables and plots."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers-folder", type=Path, default=HERE.parents[1] / "shared" / "bench")
    parser.add_argument("--only", default=",".join(KINDS), help=f"of {', '.join(KINDS)}")
    parser.add_argument("--seconds", type=float, default=3, help="of one measurement")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="rows of the tables")
    parser.add_argument("--docs", type=Path, help="folder of the pages: their tables and plots")
    options = parser.parse_args()
    peers = Peers(options.peers_folder.resolve(), work_folder())
    sizes = list(map(int, options.sizes.split(",")))
    bench = Bench(peers.start(), peers.work, options.seconds, sizes)
    for kind in options.only.split(","):
        _write(kind, KINDS[kind](bench), options.docs)
    return 0


def _write(kind: str, curves: Sequence[Curve], docs: Path | None) -> None:
    today = datetime.now(UTC).date().isoformat()
    title = f"{today}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.0f}."
    text = "\n\n".join([title, *(each.markdown() for each in curves)])
    print(f"{text}\n", flush=True)
    if docs is None:
        return
    (docs / "images").mkdir(exist_ok=True)
    for curve in curves:
        (docs / "images" / f"curve-{curve.name}.svg").write_text(curve.svg())
    write_section(docs / "speed.md", f"curve-{kind}", text)


def _nested(depth: int) -> str:
    """Write a query of so many levels."""
    text = ""
    for field, columns in reversed(_LEVELS[:depth]):
        inner = f"{columns} {text}"
        text = (
            f"{field} {{ {inner} }}" if "(" not in field else f"{field} {{ nodes {{ {inner} }} }}"
        )
    return f"{{ {text} }}"


def _pages_of(model: type[object], size: int) -> Mapping[str, str]:
    """Write the queries of one table, by what they show."""
    field = gql.Inflector().many_field(model.__name__)
    middle = size // 2
    columns = "nodes { id: rowId title score }"
    return {
        "first page": f"{{ {field}(first: 50) {{ {columns} }} }}",
        "page behind a key": f"{{ {field}(first: 50, where: {{rowId: {{gt: {middle}}}}}) {{ {columns} }} }}",
        "page of an index": (
            f"{{ {field}(first: 50, where: {{score: {{eq: 77}}}}) {{ {columns} }} }}"
        ),
        "page at half of the offsets": f"{{ {field}(first: 50, offset: {middle}) {{ {columns} }} }}",
        "totalCount": f"{{ {field} {{ totalCount }} }}",
    }


async def _own_database(url: str) -> str:
    """Return a database of this module's own, on the same server; made where it does not exist."""
    name = "gql_api_curves"
    database = gql.open_database(url)
    try:
        async with database.read_connection() as connection:
            known = await connection.exec_driver_sql("SELECT datname FROM pg_database")
            if name not in set(known.scalars()):
                await connection.exec_driver_sql(f"CREATE DATABASE {name}")
    finally:
        await database.dispose()
    return sa.make_url(url).set(database=name).render_as_string(hide_password=False)


if __name__ == "__main__":
    sys.exit(main())
