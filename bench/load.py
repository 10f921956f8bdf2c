"""A small load generator: requests on kept connections, and the CPU that a process takes meanwhile."""

import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.servers import RunningServer

_NS = 1e9
_LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement."""

    requests: int
    rate: float
    """Requests per second."""

    p50_ms: float
    p99_ms: float
    cpu_ms: float
    """CPU of the server process per request."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is asked over and over."""

    documents: Sequence[str]
    """In turn."""

    variables: Sequence[Mapping[str, Any]] = ({},)
    """In turn."""


def measure(server: RunningServer, work: Work, *, seconds: float, clients: int = 1) -> Measured:
    """Ask for a while, and measure; a fifth of the time goes to warming up.

    Raises:
        SystemExit: An answer holds errors, or is no answer.
    """
    return asyncio.run(_measure(server, work, seconds, clients))


async def _measure(server: RunningServer, work: Work, seconds: float, clients: int) -> Measured:
    requests = _requests(server.url, work)
    await _ask_for(server.url, requests, seconds / 5, clients)
    before, started_at = cpu_s(server.process.pid), time.perf_counter()
    times = await _ask_for(server.url, requests, seconds, clients)
    elapsed_s, used_s = time.perf_counter() - started_at, cpu_s(server.process.pid) - before
    ordered = sorted(times)
    return Measured(
        requests=len(ordered),
        rate=len(ordered) / elapsed_s,
        p50_ms=statistics.median(ordered) * 1000,
        p99_ms=ordered[int(len(ordered) * 0.99)] * 1000,
        cpu_ms=used_s * 1000 / len(ordered),
    )


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that the living threads of a process have taken. Linux only."""
    total = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            total += int(path.read_text().split()[0])
        except OSError:  # the thread has ended
            continue
    return total / _NS


def memory_mb(pid: int) -> float:
    """Return the memory of a process. Linux only."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (each for each in status.splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def _requests(url: str, work: Work) -> Iterator[bytes]:
    """Yield requests without end; each is written when it is needed."""
    parts = urlsplit(url)
    documents, variables = itertools.cycle(work.documents), itertools.cycle(work.variables)
    while True:
        body = json.dumps({"query": next(documents), "variables": next(variables)}).encode()
        head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


async def _ask_for(
    url: str, requests: Iterator[bytes], seconds: float, clients: int
) -> list[float]:
    deadline = time.perf_counter() + seconds
    found = await asyncio.gather(*(_client(url, requests, deadline) for _ in range(clients)))
    return [each for times in found for each in times]


async def _client(url: str, requests: Iterator[bytes], deadline: float) -> list[float]:
    """Ask one request after another on one connection; one at least."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    times: list[float] = []
    try:
        while not times or time.perf_counter() < deadline:
            started_at = time.perf_counter()
            writer.write(next(requests))
            answer = await _answer(reader)
            times.append(time.perf_counter() - started_at)
            if len(times) == 1:
                _check(answer)
    finally:
        writer.close()
    return times


def _check(answer: bytes) -> None:
    errors = json.loads(answer).get("errors")
    if errors:
        message = f"The server answers with errors: {errors[0]['message']}"
        raise SystemExit(message)


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    (length,) = (
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(_LENGTH)
    )
    return await reader.readexactly(length)
