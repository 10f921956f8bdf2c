"""Stock and soft deletion: accepted, refused without a trace, and at the same time."""

import asyncio
import random
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from gql_api.app import models
from gql_api.app.catalog.operations import MAX_STOCK
from tests.fixtures.demo import Demo

ERRORS = "errors { __typename message code path }"
ADJUST = f"""
mutation($product: ID!, $delta: Int!) {{
  adjustStock(product: $product, delta: $delta) {{ product {{ stock version }} {ERRORS} }}
}}"""
TRANSFER = f"""
mutation($source: ID!, $target: ID!, $quantity: Int!) {{
  transferStock(source: $source, target: $target, quantity: $quantity) {{
    source {{ stock }} target {{ stock }} {ERRORS}
  }}
}}"""
DELETE = f"mutation($id: ID!) {{ deleteProduct(id: $id) {{ deletedId {ERRORS} }} }}"
RESTORE = (
    f"mutation($id: ID!) {{ restoreProduct(id: $id) {{ product {{ slug version }} {ERRORS} }} }}"
)
PURGE = DELETE.replace("deleteProduct", "purgeProduct")
READ = "query($id: ID!) { product(id: $id) { slug } node(id: $id) { id } }"

FIRST, SECOND, GONE = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)
FORBIDDEN = [("FORBIDDEN", "Only staff may change the catalog.", [])]
MISSING = "There is no such Product."
NOT_DELETED = "There is no such Product among the deleted ones."


async def stocked(demo: Demo) -> list[str]:
    """Make two products with 10 and 5 pieces, and a deleted one; return their global ids."""
    rows = [
        {"id": FIRST, "slug": "first", "sku": "F-1", "stock": 10, "deleted_at": None},
        {"id": SECOND, "slug": "second", "sku": "S-2", "stock": 5, "deleted_at": None},
        {"id": GONE, "slug": "gone", "sku": "G-3", "stock": 7, "deleted_at": sa.func.now()},
    ]
    for row in rows:
        await demo.write(sa.insert(models.Product).values(name="Thing", price=1, **row))
    return [await demo.id_of(models.Product, id=row["id"]) for row in rows]


async def stock_of(demo: Demo, key: uuid.UUID) -> Any:
    """Read the stock of a product."""
    return await demo.scalar(sa.select(models.Product.stock).where(models.Product.id == key))


@pytest.mark.parametrize(
    ("delta", "stock"), [(5, 15), (-10, 0), (0, 10), (MAX_STOCK - 10, MAX_STOCK)]
)
async def test_adjust_stock(demo: Demo, delta: int, stock: int):
    """Pieces come and go, down to none and up to what fits; the version grows."""
    first, *_ = await stocked(demo)

    payload = await demo.payload(ADJUST, "admin", product=first, delta=delta)

    assert payload == {"product": {"stock": stock, "version": "2"}, "errors": []}


async def test_adjust_stock_in_one_statement(demo: Demo):
    """Stock is adjusted in one statement; the second one reads the answer."""
    first, *_ = await stocked(demo)

    answer = await demo.run(ADJUST, "admin", product=first, delta=1)

    assert answer.errors == []
    assert [statement.split()[0] for statement in answer.statements] == ["UPDATE", "SELECT"]


@pytest.mark.parametrize(
    ("delta", "message"),
    [
        pytest.param(-11, "There are only 10 pieces.", id="one too many"),
        pytest.param(-(2**31), "There are only 10 pieces.", id="least number"),
        pytest.param(MAX_STOCK - 9, f"At most {MAX_STOCK} pieces fit.", id="more than fits"),
        pytest.param(MAX_STOCK, f"At most {MAX_STOCK} pieces fit.", id="greatest number"),
    ],
)
async def test_adjust_stock_refused(demo: Demo, delta: int, message: str):
    """Stock never falls below nothing, nor grows beyond what the column holds."""
    first, *_ = await stocked(demo)

    assert await demo.refusal(ADJUST, "admin", product=first, delta=delta) == [
        ("VALIDATION_FAILED", message, ["delta"])
    ]


async def test_adjust_stock_of_deleted_product(demo: Demo):
    """A deleted product has no stock to adjust."""
    *_, gone = await stocked(demo)

    assert await demo.refusal(ADJUST, "admin", product=gone, delta=1) == [
        ("NOT_FOUND", MISSING, ["product"])
    ]


async def test_adjust_stock_at_once(postgres_demo: Demo):
    """Of 20 requests for one piece out of 10, ten succeed."""
    first, *_ = await stocked(postgres_demo)

    payloads = await asyncio.gather(
        *(postgres_demo.payload(ADJUST, "admin", product=first, delta=-1) for _ in range(20))
    )

    refused = [payload for payload in payloads if payload["errors"]]
    assert len(refused) == 10
    assert await stock_of(postgres_demo, FIRST) == 0


async def test_transfer_stock(demo: Demo):
    """Pieces move from one product to another."""
    first, second, _ = await stocked(demo)

    payload = await demo.payload(TRANSFER, "admin", source=first, target=second, quantity=10)

    assert payload == {"source": {"stock": 0}, "target": {"stock": 15}, "errors": []}
    versions = sa.select(models.Product.version).where(models.Product.id.in_((FIRST, SECOND)))
    assert await demo.rows(versions) == [(2,), (2,)]


@pytest.mark.parametrize(
    ("source", "target", "quantity", "errors"),
    [
        pytest.param(
            0, 1, 11, [("VALIDATION_FAILED", "There are only 10 pieces.", ["quantity"])], id="too little"
        ),
        pytest.param(
            0, 1, 0, [("VALIDATION_FAILED", "quantity must be at least 1; got 0.", ["quantity"])], id="nothing"
        ),
        pytest.param(
            0, 1, -3, [("VALIDATION_FAILED", "quantity must be at least 1; got -3.", ["quantity"])], id="backwards"
        ),
        pytest.param(
            1, 1, 1, [("VALIDATION_FAILED", "source and target are the same Product.", ["target"])], id="same"
        ),
        pytest.param(2, 1, 1, [("NOT_FOUND", MISSING, ["source"])], id="source is deleted"),
        pytest.param(0, 2, 1, [("NOT_FOUND", MISSING, ["target"])], id="target is deleted"),
    ],
)  # fmt: skip
async def test_transfer_stock_refused(
    demo: Demo, source: int, target: int, quantity: int, errors: list[Any]
):
    """What cannot be moved is refused, and nothing moves."""
    ids = await stocked(demo)

    found = await demo.refusal(
        TRANSFER, "admin", source=ids[source], target=ids[target], quantity=quantity
    )

    assert found == errors


async def test_transfer_beyond_what_fits(demo: Demo):
    """A stock does not grow beyond what the column holds."""
    first, second, _ = await stocked(demo)
    await demo.payload(ADJUST, "admin", product=second, delta=MAX_STOCK - 10)

    found = await demo.refusal(TRANSFER, "admin", source=first, target=second, quantity=6)

    assert found == [("VALIDATION_FAILED", f"At most {MAX_STOCK} pieces fit.", ["quantity"])]


async def test_transfers_at_once(postgres_demo: Demo):
    """Of 20 transfers of one piece out of 10, ten succeed, and no piece is lost or made."""
    first, second, _ = await stocked(postgres_demo)

    payloads = await asyncio.gather(
        *(
            postgres_demo.payload(TRANSFER, "admin", source=first, target=second, quantity=1)
            for _ in range(20)
        )
    )

    assert sum(not payload["errors"] for payload in payloads) == 10
    assert await stock_of(postgres_demo, FIRST) == 0
    assert await stock_of(postgres_demo, SECOND) == 15


async def test_opposite_transfers_at_once(postgres_demo: Demo):
    """Transfers in both directions do not block each other, and keep the sum."""
    first, second, _ = await stocked(postgres_demo)
    pairs = [(first, second), (second, first)] * 10
    random.Random(7).shuffle(pairs)  # noqa: S311 - an order, no secret

    answers = await asyncio.gather(
        *(
            postgres_demo.run(TRANSFER, "admin", source=source, target=target, quantity=2)
            for source, target in pairs
        )
    )

    assert [answer.errors for answer in answers] == [[]] * 20
    stocks = [await stock_of(postgres_demo, key) for key in (FIRST, SECOND)]
    assert sum(stocks) == 15
    assert min(stocks) >= 0


async def test_delete_product(demo: Demo):
    """A deleted product stays in the database, and nobody sees it."""
    first, *_ = await stocked(demo)

    assert await demo.payload(DELETE, "admin", id=first) == {"deletedId": first, "errors": []}

    assert (await demo.run(READ, "admin", id=first)).data == {"product": None, "node": None}
    deleted = sa.select(models.Product.deleted_at, models.Product.version).filter_by(id=FIRST)
    ((deleted_at, version),) = await demo.rows(deleted)
    assert deleted_at is not None
    assert version == 2


async def test_delete_what_is_deleted(demo: Demo):
    """Deleting a deleted product finds nothing."""
    *_, gone = await stocked(demo)

    assert await demo.refusal(DELETE, "admin", id=gone) == [("NOT_FOUND", MISSING, ["id"])]


async def test_slug_of_deleted_product_is_free(demo: Demo):
    """A new product may take slug and sku of a deleted one, which then cannot come back."""
    *_, gone = await stocked(demo)
    create = (
        'mutation { createProduct(input: {slug: "gone", sku: "N-4", name: "New", price: "1"}) '
        f"{{ product {{ slug }} {ERRORS} }} }}"
    )

    assert await demo.payload(create, "admin") == {"product": {"slug": "gone"}, "errors": []}

    assert await demo.refusal(RESTORE, "admin", id=gone) == [
        ("UNIQUE_VIOLATION", "slug is taken already.", ["slug"])
    ]


async def test_restore_product(demo: Demo):
    """A restored product is seen again."""
    *_, gone = await stocked(demo)

    payload = await demo.payload(RESTORE, "admin", id=gone)

    assert payload == {"product": {"slug": "gone", "version": "2"}, "errors": []}
    assert (await demo.run(READ, id=gone)).data["product"] == {"slug": "gone"}


async def test_purge_product(demo: Demo):
    """A purged product is gone for good, and its reviews with it."""
    *_, gone = await stocked(demo)
    await demo.write(sa.insert(models.Review).values(rating=5, product_id=GONE))

    assert await demo.payload(PURGE, "admin", id=gone) == {"deletedId": gone, "errors": []}

    assert await demo.rows(sa.select(models.Product.id).filter_by(id=GONE)) == []
    assert await demo.rows(sa.select(models.Review.id).filter_by(product_id=GONE)) == []


@pytest.mark.parametrize("text", [RESTORE, PURGE])
async def test_only_what_is_deleted(demo: Demo, text: str):
    """A product that is not deleted is neither restored nor purged."""
    first, *_ = await stocked(demo)

    assert await demo.refusal(text, "admin", id=first) == [("NOT_FOUND", NOT_DELETED, ["id"])]


@pytest.mark.parametrize("user", [None, "ada"])
async def test_catalog_is_for_staff(shared_demo: Demo, user: str | None):
    """Others change nothing of the catalog."""
    id_ = await shared_demo.id_of(models.Product, deleted_at=None)

    assert await shared_demo.refusal(ADJUST, user, product=id_, delta=1) == FORBIDDEN
    assert (
        await shared_demo.refusal(TRANSFER, user, source=id_, target=id_, quantity=1) == FORBIDDEN
    )
    gone = await shared_demo.scalar(
        sa.select(models.Product.id).where(models.Product.deleted_at.is_not(None)).limit(1)
    )
    deleted_id = await shared_demo.id_of(models.Product, id=gone)
    forbidden = [("FORBIDDEN", "You may not delete this Product.", ["id"])]
    assert await shared_demo.refusal(DELETE, user, id=id_) == forbidden
    for text in (RESTORE, PURGE):  # deleted products are hidden from others: there is none
        refusal = await shared_demo.refusal(text, user, id=deleted_id)
        assert refusal == [("NOT_FOUND", NOT_DELETED, ["id"])]


async def test_deleted_products(shared_demo: Demo):
    """Staff list deleted products on demand; nobody else does."""
    text = "{ products(includeDeleted: true, where: {deletedAt: {isNull: false}}) { totalCount } }"

    shown = await shared_demo.run(text, "admin")
    refused = await shared_demo.run(text, "ada")

    assert shown.data["products"]["totalCount"] > 0
    assert [error.extensions["code"] for error in refused.errors] == ["FORBIDDEN"]


async def test_staff_run_the_catalog(demo: Demo):
    """The role staff opens the catalog."""
    first, *_ = await stocked(demo)
    grace = await demo.id_of(models.User, username="grace")
    grant = f'mutation($user: ID!) {{ grantRole(user: $user, role: "staff") {{ {ERRORS} }} }}'
    assert await demo.payload(grant, "admin", user=grace) == {"errors": []}

    payload = await demo.payload(ADJUST, "grace", product=first, delta=1)

    assert payload == {"product": {"stock": 11, "version": "2"}, "errors": []}
