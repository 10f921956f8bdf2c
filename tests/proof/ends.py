"""SIGTERM under load: each request that a server has accepted is answered.

Run with ``python -m tests.proof.ends [rounds] [seed]``. Clients read and write over HTTP, on new connections
and on kept ones, while one ``gql-api serve`` after the other is asked to end. A client may be refused a
connection, and then goes to the next server; a connection that breaks, and an answer of 5xx, end the run with 1.
"""

import asyncio
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
import sqlalchemy as sa

import gql_api as gql
from gql_api.app.models import Tag
from tests.proof.killing import Service
from tests.proof.kills import started

CLIENTS = 16
LONGEST_LIFE_S = 0.5
"""Of a server under load, before it is asked to end."""

READ = (
    "{ posts(first: 5) { totalCount nodes { title author { username } tags { nodes { name } } } } }"
)
WRITE = (
    "mutation($name: String!) { createTag(input: {name: $name}) { tag { name } errors { code } } }"
)


@dataclass(slots=True)
class Load:
    """What clients send, and what becomes of it."""

    service: Service
    token: str
    chance: random.Random
    outcomes: Counter[str] = field(default_factory=Counter)
    written: set[str] = field(default_factory=set)
    is_over: bool = False

    async def run(self, number: int) -> None:
        """Send until it is over: on one connection, or on a new one each time."""
        limits = httpx.Limits(max_keepalive_connections=number % 2)
        headers = {"Authorization": f"Bearer {self.token}"}
        sent = 0
        async with httpx.AsyncClient(limits=limits, timeout=60, headers=headers) as client:
            while not self.is_over:
                sent += 1
                await self._ask(client, f"end {number} {sent}")

    async def _ask(self, client: httpx.AsyncClient, name: str) -> None:
        is_write = self.chance.random() < 0.3
        query = WRITE if is_write else READ
        body = {"query": query, "variables": {"name": name} if is_write else {}}
        try:
            answer = await client.post(self.service.url, json=body)
        except httpx.ConnectError:
            self.outcomes["connection refused"] += 1
            await asyncio.sleep(0.01)
        except httpx.TransportError as error:
            self.outcomes[f"lost: {type(error).__name__}"] += 1
        else:
            is_good = answer.status_code == 200 and "errors" not in answer.json()
            self.outcomes["answered" if is_good else f"refused: {answer.text[:200]}"] += 1
            if is_write and is_good:
                self.written.add(name)


async def main(rounds: int, seed: int) -> int:
    """End as many servers as said; print what became of the requests."""
    async with started(seed) as run:
        load = Load(run.service, run.token, run.chance)
        statuses: Counter[int] = Counter()
        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(load.run(number))
            for _ in range(rounds):
                await run.service.prepare()
                await asyncio.sleep(run.chance.uniform(0, LONGEST_LIFE_S))
                statuses[await run.service.end_server()] += 1
            load.is_over = True
        missing = load.written - await read_tags(run.service.database_url)
    _say(f"seed {seed}: {rounds} servers ended, by status {dict(statuses)}; {dict(load.outcomes)}")
    _say(f"{len(load.written)} acknowledged tags, {len(missing)} of them missing")
    is_good = load.outcomes.keys() <= {"answered", "connection refused"} and statuses.keys() == {0}
    return 0 if is_good and not missing else 1


async def read_tags(database_url: str) -> set[str]:
    """Return the names of all tags."""
    database = gql.open_database(database_url, gql.EngineOptions(null_pool=True))
    async with database.read_connection() as connection:
        names = set(await connection.scalars(sa.select(Tag.name)))
    await database.dispose()
    return names


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - its output


if __name__ == "__main__":
    _given = [int(each) for each in sys.argv[1:]]
    sys.exit(asyncio.run(main(*(_given + [100, int(time.time())][len(_given) :]))))
