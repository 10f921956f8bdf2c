"""Mutations under ``kill -9``: what was acknowledged stays, what was written is whole, and nothing doubles.

Run with ``python -m tests.proof.kills [server kills] [database kills] [seed]``. Clients send mutations
of one and of several fields over HTTP; at random moments the server is killed, or the database. After each
kill the tables are compared with what clients were told; at the end each mutation with a key, which is
sent again until it is answered, was done once.
"""

import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

import gql_api as gql
from gql_api.app.models import Comment, Post, Product, Tag
from gql_api.app.models import post_tags as links
from tests.proof.killing import Service

CLIENTS = 8
KEYED = 0.7
"""Of all mutations."""

LONGEST_LIFE_S = 0.8
"""Of a server under load, before it is killed."""

EXPECTED = {
    *("SERVICE_UNAVAILABLE", "CONFLICT", "ROLLED_BACK", "NOT_RUN"),
    *("RemoteProtocolError", "ReadError", "WriteError", "ConnectError", "CloseError"),
}
"""What a client may be told while something is dead."""

PRODUCTS = 4
STOCK = 1_000_000

_PIECE = "updateProduct(id: $%s, input: {increment: {stock: $%s}}) { errors { code message } }"
_TAG = "createTag(input: {name: $%s}) { tag { name } errors { code message } }"
DOCUMENTS = {
    "tag": f"mutation($a: String!) {{ {_TAG % 'a'} }}",
    "pair": f"mutation($a: String!, $b: String!) {{ a: {_TAG % 'a'} b: {_TAG % 'b'} }}",
    "post": """mutation($a: String!, $b: String!, $title: String!) { createPost(input: {
        title: $title, content: "x", author: {connect: {username: "admin"}}
        tags: {create: [{name: $a}, {name: $b}]}
        comments: {create: [{content: $title}, {content: $title}]}
    }) { post { title } errors { code message } } }""",
    "increment": f"mutation($p: ID!, $n: Int!) {{ {_PIECE % ('p', 'n')} }}",
    "transfer": (
        "mutation($p: ID!, $n: Int!, $q: ID!, $m: Int!) "
        f"{{ a: {_PIECE % ('p', 'n')} b: {_PIECE % ('q', 'm')} }}"
    ),
}


@dataclass(slots=True)
class Sent:
    """A mutation that a client sent."""

    kind: str
    number: int
    is_keyed: bool
    variables: dict[str, Any]
    is_acknowledged: bool = False
    tries: int = 0


@dataclass(slots=True)
class Run:
    """What clients do, and what they were told."""

    service: Service
    chance: random.Random
    token: str = ""
    products: list[str] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    may_begin: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared while the next server starts, which takes the processors for itself."""

    in_flight: int = 0
    cut: int = 0
    """Mutations that were under way when something was killed."""

    is_over: bool = False
    refusals: Counter[str] = field(default_factory=Counter)
    """What was answered instead of a result, by code."""

    def draw(self) -> Sent:
        """Choose a mutation."""
        kind = self.chance.choice(list(DOCUMENTS))
        number = len(self.sent)
        made = Sent(kind, number, self.chance.random() < KEYED, {})
        if kind in {"tag", "pair", "post"}:
            made.variables = {"a": f"kill {number} a", "b": f"kill {number} b"}
            made.variables["title"] = f"kill {number}"
            made.variables = {
                name: value
                for name, value in made.variables.items()
                if f"${name}" in DOCUMENTS[kind]
            }
        else:
            # a counter that nothing tells from its neighbours is changed with a key alone
            made.is_keyed = True
            one, other = self.chance.sample(self.products, 2)
            made.variables = {"p": one, "n": 1}
            if kind == "transfer":
                amount = self.chance.randint(1, 5)
                made.variables = {"p": one, "n": amount, "q": other, "m": -amount}
        self.sent.append(made)
        return made


async def send(run: Run, client: httpx.AsyncClient, sent: Sent) -> None:
    """Send a mutation, one with a key until it is answered.

    Raises:
        AssertionError: It was refused: then it was done before, or only in part.
    """
    headers = {"Authorization": f"Bearer {run.token}"}
    if sent.is_keyed:
        headers["Idempotency-Key"] = f"kill-{sent.number}"
    body = {"query": DOCUMENTS[sent.kind], "variables": sent.variables}
    while not sent.is_acknowledged:
        sent.tries += 1
        run.in_flight += 1
        try:
            answer = (await client.post(run.service.url, json=body, headers=headers)).json()
        except (httpx.TransportError, ValueError) as error:
            run.refusals[type(error).__name__] += 1
        else:
            sent.is_acknowledged = _is_done(run, sent, answer)
        finally:
            run.in_flight -= 1
        if not sent.is_acknowledged:
            if not sent.is_keyed:
                return
            await asyncio.sleep(0.05)


def _is_done(run: Run, sent: Sent, answer: Any) -> bool:
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    payloads = [payload for payload in (answer.get("data") or {}).values() if payload]
    refused = [error for payload in payloads for error in payload["errors"]]
    assert refused == [], f"{sent} was refused: {refused}"
    run.refusals.update(codes)
    return not codes


async def _client(run: Run) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        while not run.is_over:
            await run.may_begin.wait()
            await send(run, client, run.draw())


@asynccontextmanager
async def _load(run: Run) -> AsyncIterator[None]:
    """Let clients send until the block ends; then wait until each has its answer."""
    run.is_over = False
    run.may_begin.set()
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(_client(run))
        yield
        run.is_over = True


async def kill_servers(run: Run, times: int) -> None:
    """Kill the server at random moments, and compare after each."""
    async with _load(run):
        for number in range(times):
            run.may_begin.clear()
            await run.service.prepare()
            run.may_begin.set()
            await asyncio.sleep(run.chance.uniform(0, LONGEST_LIFE_S))
            run.cut += run.in_flight
            run.service.kill_server()
            await compare(run)
            _say(run, f"server {number + 1}")
    await compare(run, is_end=True)


async def kill_databases(run: Run, times: int) -> None:
    """Kill the database at random moments, and compare after each."""
    async with _load(run):
        for number in range(times):
            await asyncio.sleep(run.chance.uniform(0.2, 0.2 + LONGEST_LIFE_S))
            run.cut += run.in_flight
            await run.service.kill_database()
            await compare(run)
            _say(run, f"database {number + 1}")
    await compare(run, is_end=True)


async def compare(run: Run, *, is_end: bool = False) -> None:
    """See that acknowledged mutations are there and no mutation is there in part, or twice."""
    known = [sent for sent in run.sent if sent.is_acknowledged]
    tags, posts, stocks = await _read(run)
    for sent in run.sent:
        names = [value for name, value in sent.variables.items() if name in {"a", "b"}]
        assert sum(name in tags for name in names) in {0, len(names)}, f"{sent} is there in part"
        title = f"kill {sent.number}"
        assert posts.get(title, (1, 2, 2)) == (1, 2, 2), f"{sent} is {posts[title]}"
    for sent in known:
        assert "a" not in sent.variables or sent.variables["a"] in tags, f"{sent} is lost"
        assert sent.kind != "post" or f"kill {sent.number}" in posts, f"{sent} is lost"
    _compare_stocks(run, known, stocks, is_end=is_end)
    assert set(run.refusals) <= EXPECTED, run.refusals
    assert not is_end or all(sent.is_acknowledged for sent in run.sent if sent.is_keyed)


def _compare_stocks(run: Run, known: list[Sent], stocks: list[int], *, is_end: bool) -> None:
    begun = sum(sent.kind == "increment" for sent in run.sent)
    done = sum(sent.kind == "increment" for sent in known)
    added = sum(stocks) - PRODUCTS * STOCK
    assert done <= added <= begun, f"{added} pieces of {done} acknowledged, {begun} begun"
    if is_end:
        expected = Counter(dict.fromkeys(run.products, STOCK))
        for sent in known:
            for product, amount in (("p", "n"), ("q", "m")):
                if product in sent.variables:
                    expected[sent.variables[product]] += sent.variables[amount]
        assert [expected[each] for each in run.products] == stocks


async def _read(run: Run) -> tuple[set[str], dict[str, tuple[int, int, int]], list[int]]:
    """Read all that mutations wrote, at one moment."""
    comments = sa.select(sa.func.count()).where(Comment.post_id == Post.id).scalar_subquery()
    tied = sa.select(sa.func.count()).where(links.c.post_id == Post.id).scalar_subquery()
    titled = sa.select(Post.title, tied, comments).where(Post.title.like("kill %"))
    database = gql.open_database(run.service.database_url, gql.EngineOptions(null_pool=True))
    async with database.write_engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        names = await connection.scalars(sa.select(Tag.name).where(Tag.name.like("kill %")))
        tags = set(names)
        found = Counter(tuple(row) for row in await connection.execute(titled))
        stocked = sa.select(Product.stock).where(Product.slug.like("kill-%"))
        stocks = list(await connection.scalars(stocked.order_by(Product.slug)))
    await database.dispose()
    assert len({title for title, *_ in found}) == found.total(), "a post is there twice"
    return tags, {title: (1, tags_, texts) for title, tags_, texts in found}, stocks


async def make_products(run: Run) -> None:
    """Write the products whose stocks are changed."""
    rows = [
        {"slug": f"kill-{at}", "sku": f"kill-{at}", "name": "x", "price": 1, "stock": STOCK}
        for at in range(PRODUCTS)
    ]
    database = gql.open_database(run.service.database_url, gql.EngineOptions(null_pool=True))
    async with database.write_engine.begin() as connection:
        await connection.execute(sa.insert(Product), rows)
    await database.dispose()
    query = (
        '{ products(where: {slug: {startsWith: "kill-"}}, orderBy: {slug: ASC}) { nodes { id } } }'
    )
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.post(run.service.url, json={"query": query})
    run.products = [node["id"] for node in answer.json()["data"]["products"]["nodes"]]


@asynccontextmanager
async def started(seed: int, settings: Mapping[str, str] | None = None) -> AsyncIterator[Run]:
    """Start a database with a server, of such settings; end both."""
    # not below a private folder: the user of the database passes through it
    folder = Path(tempfile.mkdtemp(prefix="gql-kills-"))
    run = Run(Service(folder, settings), random.Random(seed))  # noqa: S311 - not for secrets
    try:
        await run.service.start()
        run.token = run.service.token()
        await make_products(run)
        yield run
    finally:
        await asyncio.to_thread(run.service.stop)
        shutil.rmtree(folder, ignore_errors=True)


async def main(servers: int, databases: int, seed: int) -> None:
    """Kill both as often as said; print what was done."""
    async with started(seed) as run:
        await kill_servers(run, servers)
        await kill_databases(run, databases)
        _say(run, f"seed {seed}: {servers} servers and {databases} databases killed")


def _say(run: Run, text: str) -> None:
    known = sum(sent.is_acknowledged for sent in run.sent)
    again = sum(sent.tries > 1 for sent in run.sent)
    print(  # noqa: T201 - its output
        f"{text}: {len(run.sent)} mutations, {known} acknowledged, {run.cut} under way at a kill, "
        f"{again} sent again; {dict(run.refusals)}",
        flush=True,
    )


if __name__ == "__main__":
    _given = [int(each) for each in sys.argv[1:]]
    asyncio.run(main(*(_given + [300, 50, int(time.time())][len(_given) :])))
