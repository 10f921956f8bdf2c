"""What hostile requests cost: CPU of each, its growth as it doubles, memory, and what others notice.

Run with ``python -m tests.proof.hostile``. Each class of ``tests.server.hostile`` is sent in doubling sizes,
up to the largest body. Times are printed, not judged; an answer of 5xx, or a statement, ends the run with 1.
"""

import asyncio
import gc
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

import gql_api as gql
from bench.servers import serving_application
from tests.fixtures.statements import count_statements
from tests.server import notes
from tests.server.hostile import BODIES, DOCUMENTS, FILTER, VARIABLES

LARGEST_BODY = 1_000_000
FIRST_SIZE = 60
TRIES = 5
"""Of each request; the quickest counts, as the machine may be busy."""

WORTH_COMPARING_S = 0.001
"""CPU below which the growth of a request is noise."""

HONEST = {"query": "{ folders { totalCount nodes { id name } } }"}
HONEST_PAUSE_S = 0.01
ALONE_S = 10


application = gql.Application(name="notes", models=notes.Base, build_schema=notes.build)
"""What is served over HTTP."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A request that was answered."""

    name: str
    size: int
    """In bytes."""

    status: int
    cpu_s: float


def bodies() -> Iterator[tuple[str, list[list[bytes]]]]:
    """Yield each class with its bodies: by size, each as often as it is tried."""
    for name, document in DOCUMENTS.items():
        # A comment makes each a document that was not seen before.
        yield (
            f"document: {name}",
            _doubling(
                lambda size, salt, make=document: _encode({"query": f"{make(size)}\n#{salt}"})
            ),
        )
    for name, filter_ in VARIABLES.items():
        yield (
            f"variables: {name}",
            _doubling(
                lambda size, _, make=filter_: _encode(
                    {"query": FILTER, "variables": {"w": make(size)}}
                )
            ),
        )
    for name, body in BODIES.items():
        yield f"body: {name}", _doubling(lambda size, _, make=body: make(size))


def _doubling(make: Any) -> list[list[bytes]]:
    found: list[list[bytes]] = []
    size = FIRST_SIZE
    while True:
        try:
            tries = [make(size, salt) for salt in range(TRIES)]
        except RecursionError:  # of the corpus, which writes JSON by recursion
            return found
        found.append(tries)
        if len(tries[0]) > LARGEST_BODY or (len(found) > 1 and len(tries[0]) == len(found[-2][0])):
            return found
        size *= 2


def _encode(content: Any) -> bytes:
    return json.dumps(content).encode()


async def ask(app: FastAPI, body: bytes) -> int:
    """Send a body without a network, and return the status of the answer."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/json"), (b"host", b"test")],
        "server": ("test", 80),
        "client": ("127.0.0.1", 1),
        "app": app,
        "state": {},
    }
    parts = [{"type": "http.request", "body": body, "more_body": False}]
    statuses: list[int] = []

    async def receive() -> Any:
        return parts.pop() if parts else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    await asyncio.sleep(0)  # generators that were left are closed by the loop, in its next turn
    return statuses[0]


async def measure(app: FastAPI) -> list[Sample]:
    """Send everything once, as often as it is tried, and tell what each cost at its best."""
    found = []
    for name, sizes in bodies():
        for tries in sizes:
            best, status = float("inf"), 0
            for body in tries:
                started = time.process_time()
                status = await ask(app, body)
                best = min(best, time.process_time() - started)
            found.append(Sample(name, len(tries[0]), status, best))
    return found


def growths(samples: list[Sample]) -> list[tuple[float, Sample]]:
    """Return how much more CPU a request takes for each time that its size doubles."""
    found = []
    for before, after in pairwise(samples):
        grown = after.size / before.size
        if before.name == after.name and grown > 1 and before.cpu_s >= WORTH_COMPARING_S:
            found.append((after.cpu_s / before.cpu_s * 2 / grown, after))
    return found


def _attack(url: str) -> None:
    """Send all hostile bodies one after the other: the target of a process of its own."""
    with httpx.Client(timeout=60) as client:
        for _, sizes in bodies():
            for tries in sizes:
                client.post(url, content=tries[0], headers={"content-type": "application/json"})


def latencies(client: httpx.Client, url: str, goes_on: Callable[[], bool]) -> list[float]:
    """Ask an honest question again and again; return how long each answer took, in seconds."""
    found = []
    while goes_on():
        started = time.perf_counter()
        client.post(url, json=HONEST).raise_for_status()
        found.append(time.perf_counter() - started)
        time.sleep(HONEST_PAUSE_S)
    return found


def neighbour(database_url: str) -> tuple[list[float], list[float]]:
    """Return the latencies of an honest client alone, and beside a hostile one."""
    with (
        tempfile.NamedTemporaryFile() as log,
        serving_application(
            "tests.proof.hostile:application", database_url, {}, Path(log.name)
        ) as server,
        httpx.Client(timeout=60) as client,
    ):
        client.post(server.url, json=HONEST).raise_for_status()
        end = time.monotonic() + ALONE_S
        alone = latencies(client, server.url, lambda: time.monotonic() < end)
        attack = multiprocessing.get_context("spawn").Process(target=_attack, args=(server.url,))
        attack.start()
        return alone, latencies(client, server.url, attack.is_alive)


def resident_mb() -> float:
    """Return the memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def quantile(values: list[float], part: float) -> float:
    """Return the value below which a part of the others is, in milliseconds."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] * 1e3


def write(text: str) -> None:
    """Print a line."""
    print(text, flush=True)  # noqa: T201 - its output


def report(samples: list[Sample]) -> None:
    """Print what the requests cost."""
    costs = [each.cpu_s for each in samples]
    worst = max(samples, key=lambda each: each.cpu_s)
    growth, grown = max(growths(samples), key=lambda each: each[0])
    write(
        f"{len({each.name for each in samples})} classes, {len(samples)} requests of different sizes"
    )
    write(
        f"CPU per request, ms: median {statistics.median(costs) * 1e3:.2f}, p99 {quantile(costs, 0.99):.1f}, "
        f"largest {worst.cpu_s * 1e3:.1f} ({worst.name}, {worst.size:,} bytes)"
    )
    write(f"CPU as the size doubles: {growth:.2f} at most ({grown.name}, {grown.size:,} bytes)")


async def measure_twice(database_url: str) -> tuple[list[Sample], list[str]]:
    """Measure all after it was sent once, which fills caches; return the statements, too."""
    database = await notes.create_tables(gql.open_database(database_url))
    app = gql.create_app(notes.build(), database=database)
    async with app.router.lifespan_context(app):
        with count_statements(database) as sent:
            await measure(app)
            gc.collect()
            before = resident_mb()
            samples = await measure(app)
            gc.collect()
    write(f"memory: {before:.0f} MB before, {resident_mb():.0f} MB after")
    return samples, sent


def main() -> int:
    """Measure all, and tell whether the server stayed calm."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/notes.db"
        samples, sent = asyncio.run(measure_twice(url))
        alone, beside = neighbour(url)
    report(samples)
    for name, values in (("alone", alone), ("beside a hostile one", beside)):
        write(
            f"an honest client {name}: median {quantile(values, 0.5):.1f} ms, "
            f"p99 {quantile(values, 0.99):.1f} ms, {len(values)} requests"
        )
    broken = [each for each in samples if each.status >= 500]
    write(f"statements: {len(sent)}; answers of 5xx: {len(broken)}")
    return 1 if sent or broken else 0


if __name__ == "__main__":
    sys.exit(main())
