"""Stock that never falls below nothing."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa

import gql_api as gql
from gql_api.app.catalog import models
from gql_api.app.descriptions import argument
from gql_api.app.roles import is_staff
from gql_api.app.statements import count_written

Product = models.Product

MAX_STOCK = 2**31 - 1
"""Most pieces that the column can hold."""


@dataclass(frozen=True, slots=True)
class StockTransfer:
    """Two products after pieces were moved."""

    source: models.Product
    target: models.Product


class CatalogMutations:
    """Operations on products."""

    @gql.mutation
    async def adjust_stock(
        self,
        info: gql.Info,
        product: Annotated[gql.ID, argument("Global id of the product.")],
        delta: Annotated[int, argument("Pieces that came in, or went out if negative.")],
    ) -> models.Product:
        """Add pieces to the stock of a product, or take them; never below 0. For staff."""
        _demand_staff(info)
        key = info.context.key_of(Product, product)
        # Compared as BIGINT: the bounds of a delta do not fit into the column's type.
        update = _update_products(
            [Product.id == key, Product.deleted_at.is_(None), *_stock_bounds(delta)],
            {"stock": Product.stock + delta},
        )
        if await count_written(info.context.session, update) == 0:
            await _refuse_adjustment(info, key, delta)
        return Product(id=key)

    @gql.mutation
    async def transfer_stock(
        self,
        info: gql.Info,
        source: Annotated[gql.ID, argument("Global id of the product to take from.")],
        target: Annotated[gql.ID, argument("Global id of the product to give to.")],
        quantity: Annotated[int, argument("Pieces to move, at least 1.")],
    ) -> StockTransfer:
        """Move pieces from the stock of one product to that of another. For staff."""
        _demand_staff(info)
        source_id = info.context.key_of(Product, source)
        target_id = info.context.key_of(Product, target)
        _check_transfer(source_id, target_id, quantity)
        stocks = await _lock_stocks(info, source_id, target_id)
        _check_stocks(stocks, source_id, target_id, quantity)
        change = sa.case((Product.id == source_id, -quantity), else_=quantity)
        update = _update_products(
            [Product.id.in_((source_id, target_id))], {"stock": Product.stock + change}
        )
        await count_written(info.context.session, update)
        return StockTransfer(Product(id=source_id), Product(id=target_id))


def _demand_staff(info: gql.Info) -> None:
    if not is_staff(info.context.subject):
        message = "Only staff may change the catalog."
        raise gql.ForbiddenError(message)


def _missing(path: tuple[str, ...]) -> gql.NotFoundError:
    return gql.NotFoundError("There is no such Product.", path=path)


def _update_products(
    conditions: list[sa.ColumnElement[bool]], values: Mapping[str, Any]
) -> sa.Update:
    """Return an update that also counts the version, which the ORM does for single rows only."""
    return sa.update(Product).where(*conditions).values(**values, version=Product.version + 1)


def _stock_bounds(delta: int) -> list[sa.ColumnElement[bool]]:
    return [
        Product.stock >= sa.literal(-delta, sa.BigInteger),
        Product.stock <= sa.literal(MAX_STOCK - delta, sa.BigInteger),
    ]


async def _refuse_adjustment(info: gql.Info, key: uuid.UUID, delta: int) -> None:
    """Tell why nothing was adjusted."""
    statement = sa.select(Product.stock).where(Product.id == key, Product.deleted_at.is_(None))
    stock = await info.context.session.scalar(statement)
    if stock is None:
        raise _missing(("product",))
    message = f"There are only {stock} pieces." if delta < 0 else f"At most {MAX_STOCK} pieces fit."
    raise gql.ValidationError(message, path=("delta",))


def _check_transfer(source_id: uuid.UUID, target_id: uuid.UUID, quantity: int) -> None:
    """Refuse what needs no look at the data."""
    refused: list[gql.WriteError] = []
    if source_id == target_id:
        message = "source and target are the same Product."
        refused.append(gql.ValidationError(message, path=("target",)))
    if quantity <= 0:
        message = f"quantity must be at least 1; got {quantity}."
        refused.append(gql.ValidationError(message, path=("quantity",)))
    gql.refuse_any(refused)


async def _lock_stocks(
    info: gql.Info, source_id: uuid.UUID, target_id: uuid.UUID
) -> Mapping[uuid.UUID, int]:
    """Lock two products in the order of their keys: opposite transfers then do not block."""
    statement = (
        sa.select(Product.id, Product.stock)
        .where(Product.id.in_((source_id, target_id)), Product.deleted_at.is_(None))
        .order_by(Product.id)
        .with_for_update()
    )
    return dict((await info.context.session.execute(statement)).all())


def _check_stocks(
    stocks: Mapping[uuid.UUID, int], source_id: uuid.UUID, target_id: uuid.UUID, quantity: int
) -> None:
    """Refuse missing products, too little stock, and more than fits."""
    missing = [
        _missing((name,))
        for name, key in (("source", source_id), ("target", target_id))
        if key not in stocks
    ]
    gql.refuse_any(missing)
    if stocks[source_id] < quantity:
        message = f"There are only {stocks[source_id]} pieces."
        raise gql.ValidationError(message, path=("quantity",))
    if stocks[target_id] > MAX_STOCK - quantity:
        message = f"At most {MAX_STOCK} pieces fit."
        raise gql.ValidationError(message, path=("quantity",))
