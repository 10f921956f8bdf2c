"""Many clients change the same rows at once: nothing is lost, nothing is made up.

``GQL_API_PROOF_LOAD`` says how much: increments and their clients, transfers and theirs.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa

import gql_api as gql
from gql_api.app.models import Product
from gql_api.mapping.global_ids import encode_global_id
from tests.fixtures.demo import Demo

INCREMENTS, INCREMENTING, TRANSFERS, TRANSFERRING = map(
    int, os.environ.get("GQL_API_PROOF_LOAD", "500 40 200 25").split()
)
PRODUCTS = 20
STOCK = 10
"""Of each product before transfers: some are refused."""

_PIECE = "id: $id, input: {increment: {stock: 1}}"
INCREMENT = (
    f"mutation One($id: ID!) {{ updateProduct({_PIECE}) {{ errors {{ code message }} }} }}",
    "mutation Own($id: ID!) { adjustStock(product: $id, delta: 1) { errors { code message } } }",
    (
        f"mutation Two($id: ID!) {{ updateProduct({_PIECE}) {{ product {{ stock version }} "
        "errors { code message } } }"
    ),
)
TRANSFER = (
    (
        "mutation Own($source: ID!, $target: ID!, $n: Int!) { transferStock(source: $source, "
        "target: $target, quantity: $n) { errors { code } } }"
    ),
    (
        "mutation Two($source: ID!, $target: ID!, $n: Int!, $less: Int!) { "
        "give: updateProduct(id: $target, input: {increment: {stock: $n}}) { errors { code } } "
        "take: updateProduct(id: $source, input: {increment: {stock: $less}}) { errors { code } } }"
    ),
)


@pytest.fixture(params=["postgresql", "mariadb"])
def demo(request: pytest.FixtureRequest) -> Demo:
    """The application on databases that have row locks."""
    names = {"postgresql": "postgres_demo", "mariadb": "mariadb_demo"}
    found: Demo = request.getfixturevalue(names[request.param])
    return found


async def _crowd(clients: int, total: int, work: Callable[[random.Random], Awaitable[str]]) -> Any:
    """Let clients share out a number of works; return how often each outcome came."""
    numbers = iter(range(total))
    outcomes: Counter[str] = Counter()

    async def client(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - not for secrets
        for _ in numbers:
            outcomes[await work(chance)] += 1

    await asyncio.gather(*(client(seed) for seed in range(clients)))
    return outcomes


async def _write(demo: Demo, subject: gql.Subject, text: str, **variables: Any) -> str:
    """Run a mutation until it does not lose against others, nor finds all connections waiting for locks.

    Returns:
        Its refusal, if any.
    """
    while True:
        result = await demo.schema.execute(
            text,
            variable_values=variables,
            context_value=gql.Context(demo.database, subject, request_id="r-1"),
        )
        codes = {error.extensions["code"] for error in result.errors or ()}
        refusals = [
            each["code"] for part in (result.data or {}).values() if part for each in part["errors"]
        ]
        if not codes & {
            "CONFLICT",
            "SERVICE_UNAVAILABLE",
        }:  # both wrote nothing, and may be repeated
            assert bool(codes) <= bool(refusals), result.errors
            return refusals[0] if refusals else "written"


async def _stocks(demo: Demo, keys: list[Any]) -> list[int]:
    rows = await demo.rows(sa.select(Product.stock).where(Product.id.in_(keys)))
    return [row[0] for row in rows]


def _id(demo: Demo, key: Any) -> str:
    return encode_global_id(demo.schema.table.registry.by_model[Product], {"id": key})


async def test_increments(demo: Demo):
    """Increments of one stock by many clients, by all mutations that there are: none is lost."""
    key = await demo.scalar(sa.select(Product.id).where(Product.deleted_at.is_(None)))
    before = await demo.rows(sa.select(Product.stock, Product.version).where(Product.id == key))
    subject = await demo.subject("admin")

    outcomes = await _crowd(
        INCREMENTING,
        INCREMENTS,
        lambda chance: _write(demo, subject, chance.choice(INCREMENT), id=_id(demo, key)),
    )

    ((stock, version),) = before
    after = await demo.rows(sa.select(Product.stock, Product.version).where(Product.id == key))
    assert outcomes == {"written": INCREMENTS}
    assert after == [(stock + INCREMENTS, version + INCREMENTS)]
    assert demo.database.pool_status().write.checked_out == 0


async def test_transfers(demo: Demo):
    """Transfers between products: the sum stays, and no stock is ever below nothing."""
    subject = await demo.subject("admin")
    keys = await _make_products(demo)
    seen: list[list[int]] = []

    async def transfer(chance: random.Random) -> str:
        source, target = (_id(demo, key) for key in chance.sample(keys, 2))
        quantity, text = chance.randint(1, STOCK), chance.choice(TRANSFER)
        amounts = {"n": quantity} | ({"less": -quantity} if "$less" in text else {})
        if chance.random() < 0.1:
            seen.append(await _stocks(demo, keys))
        return await _write(demo, subject, text, source=source, target=target, **amounts)

    outcomes = await _crowd(TRANSFERRING, TRANSFERS, transfer)

    seen.append(await _stocks(demo, keys))
    assert set(outcomes) == {"written", "VALIDATION_FAILED"}
    assert outcomes.total() == TRANSFERS
    assert {sum(stocks) for stocks in seen} == {PRODUCTS * STOCK}
    assert min(map(min, seen)) >= 0
    assert demo.database.pool_status().write.checked_out == 0


async def _make_products(demo: Demo) -> list[Any]:
    rows = [
        {"slug": f"load-{at}", "sku": f"load-{at}", "name": "x", "price": 1, "stock": STOCK}
        for at in range(PRODUCTS)
    ]
    async with gql.unit_of_work(demo.database) as unit:
        await unit.session.execute(sa.insert(Product), rows)
    found = await demo.rows(sa.select(Product.id).where(Product.slug.like("load-%")))
    return [row[0] for row in found]
