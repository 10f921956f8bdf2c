"""A real database that is restarted, crashes, loses a process and hangs, under load.

Run with ``python -m tests.proof.faults [rounds] [seed]``. Clients read and write over HTTP. Times are printed, not
judged; an answer that no client should see, a write that is lost or done twice, and an operation that has no
answer long after its deadline, end the run with 1.
"""

import asyncio
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from tests.proof.ends import read_tags
from tests.proof.killing import Service
from tests.proof.kills import started

CLIENTS = 12
DEADLINE_S = 3
SETTINGS = {"GQL_API_REQUEST_TIMEOUT_S": str(DEADLINE_S)}
CALM_S = 1.5
"""Between two faults."""

READ = "{ posts(first: 5) { totalCount nodes { title author { username } } } }"
WRITE = (
    "mutation($name: String!) { createTag(input: {name: $name}) { tag { name } errors { code } } }"
)
STATUSES = {200, 503, 504}
LEAK = re.compile(
    r"asyncpg|sqlalchemy|postgres|psycopg|traceback|connection was closed|\.s\.PGSQL", re.IGNORECASE
)


@dataclass(slots=True)
class Load:
    """What clients send, and what becomes of it."""

    service: Service
    token: str
    chance: random.Random
    outcomes: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    """Answers that no client should see."""

    written: Counter[str] = field(default_factory=Counter)
    """Names that were acknowledged, by how often."""

    answered_at: float = 0.0
    """When the last good answer came."""

    longest_s: float = 0.0
    is_over: bool = False

    async def run(self, number: int) -> None:
        """Send one operation after the other until it is over."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(timeout=60, headers=headers) as client:
            sent = 0
            while not self.is_over:
                sent += 1
                await self._ask(client, f"fault {number} {sent}")

    async def _ask(self, client: httpx.AsyncClient, name: str) -> None:
        is_write = self.chance.random() < 0.3
        body = {"query": WRITE, "variables": {"name": name}} if is_write else {"query": READ}
        began_at = time.monotonic()
        answer = await client.post(self.service.url, json=body)
        self.longest_s = max(self.longest_s, time.monotonic() - began_at)
        is_good = answer.status_code == 200 and "errors" not in answer.json()
        told = answer.json() if answer.status_code == 200 and not is_good else {"errors": ()}
        codes = {error["extensions"]["code"] for error in told["errors"]}
        self.outcomes["answered" if is_good else f"{answer.status_code} {' '.join(codes)}"] += 1
        if answer.status_code not in STATUSES or LEAK.search(answer.text):
            self.broken.append(answer.text[:300])
        if not is_good:
            await asyncio.sleep(0.02)
            return
        self.answered_at = time.monotonic()
        if is_write:
            if answer.json()["data"]["createTag"]["errors"]:  # it is there, though it was sent once
                self.broken.append(answer.text[:300])
            self.written[name] += 1


async def restart(service: Service) -> None:
    """Restart the database."""
    await service.restart_database()


async def crash(service: Service) -> None:
    """Kill all processes of the database, and start it again."""
    await service.kill_database()


async def lose_backend(service: Service) -> None:
    """Kill one process that serves a connection: the database ends all of them, and recovers."""
    await asyncio.to_thread(service.kill_backend)


async def hang(service: Service) -> None:
    """Stop all processes of the database for longer than the deadline, and let them go on."""
    service.signal_database(signal.SIGSTOP)
    await asyncio.sleep(DEADLINE_S + 1)
    service.signal_database(signal.SIGCONT)


FAULTS: list[Callable[[Service], Awaitable[None]]] = [restart, crash, lose_backend, hang]


async def main(rounds: int, seed: int) -> int:
    """Do each fault as often as said; print what became of the operations."""
    async with started(seed, SETTINGS) as run:
        load = Load(run.service, run.token, run.chance)
        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(load.run(number))
            for fault in FAULTS:
                await _repeat(fault, rounds, load)
            load.is_over = True
        stored = await read_tags(run.service.database_url)
    missing = load.written.keys() - stored
    _say(f"seed {seed}: {len(load.written)} acknowledged tags, {len(missing)} of them missing")
    _say(f"the slowest answer came after {load.longest_s:.2f} s; the deadline is {DEADLINE_S} s")
    for each in load.broken[:5]:
        _say(f"no client should see: {each}")
    is_whole = not missing and not load.broken and load.longest_s < 2 * DEADLINE_S
    return 0 if is_whole else 1


async def _repeat(fault: Callable[[Service], Awaitable[None]], rounds: int, load: Load) -> None:
    waits = []
    load.outcomes.clear()
    for _ in range(rounds):
        await asyncio.sleep(CALM_S + load.chance.random())
        await fault(load.service)
        waits.append(await _first_answer(load))
    _say(
        f"{fault.__name__}: {rounds} times; the first answer {max(waits):.2f} s after the end at most; "
        f"{dict(load.outcomes)}"
    )


async def _first_answer(load: Load) -> float:
    """Wait for a good answer; return how long it took, in seconds."""
    began_at = time.monotonic()
    while load.answered_at <= began_at:  # noqa: ASYNC110 - as often as it takes
        await asyncio.sleep(0.005)
    return load.answered_at - began_at


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - its output


if __name__ == "__main__":
    _given = [int(each) for each in sys.argv[1:]]
    sys.exit(asyncio.run(main(*(_given + [10, int(time.time())][len(_given) :]))))
