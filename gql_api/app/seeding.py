"""Fill an empty database with demo data: once, in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gql_api.app import models
from gql_api.app.demo_data import DEMO_PASSWORD, ROLES, TAGS, DemoData, Size
from gql_api.app.passwords import hash_password

Progress = Callable[[str, int, int], None]
"""Called with a kind of row, how many are written, and how many there will be."""

CHUNK_ROWS = 2_000
"""Rows per execution: bounds memory, and how often progress is told."""

# Names the advisory lock that makes a second seeding wait for the first: any number of our own.
_SEED_LOCK = 5_519_280_443


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedCounts:
    """Rows written, by kind."""

    users: int
    posts: int
    comments: int
    items: int
    categories: int
    products: int
    reviews: int
    ml_models: int


async def seed(
    engine: AsyncEngine, *, size: Size = "demo", progress: Progress | None = None
) -> SeedCounts | None:
    """Write the demo data, unless there are users already.

    Args:
        engine: Of a database whose tables exist.
        size: ``demo``, or ``load`` for 100,000 posts.
        progress: Told about each chunk.

    Returns:
        What was written; None when nothing was, because users exist.

    Cost:
        One transaction; one execution per 2,000 rows, some 30 for ``demo`` and 250 for ``load``.
    """
    data = DemoData(size)
    hashed_password = await hash_password(DEMO_PASSWORD)
    if engine.dialect.name != "postgresql":
        engine = engine.execution_options(schema_translate_map=models.SCHEMA_TRANSLATE_MAP)
    async with engine.begin() as connection:
        await _wait_for_turn(connection)
        if await connection.scalar(sa.select(sa.exists(sa.select(models.User.id)))):
            return None
        return await _Seeding(connection, data, progress).run(hashed_password)


async def _wait_for_turn(connection: AsyncConnection) -> None:
    # Elsewhere a second seeding fails on the unique user names, and writes nothing.
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SEED_LOCK)))


class _Seeding:
    """One run, on one connection."""

    def __init__(
        self, connection: AsyncConnection, data: DemoData, progress: Progress | None
    ) -> None:
        self._connection = connection
        self._data = data
        self._progress = progress

    async def run(self, hashed_password: str) -> SeedCounts:
        """Write every kind of row, referred ones first."""
        user_ids = await self._write_users(hashed_password)
        await self._write_posts(user_ids)
        await self._write_catalog(user_ids)
        await self._write_belongings(user_ids)
        amounts = {**asdict(self._data.amounts), "categories": len(self._data.categories())}
        return SeedCounts(**amounts)

    async def _write_users(self, hashed_password: str) -> Sequence[int]:
        users = list(self._data.users())
        rows = (_columns(user, "roles") | {"hashed_password": hashed_password} for user in users)
        ids = await self._write_numbered(models.User, rows, len(users))
        roles = ({"name": name, "description": text} for name, text in ROLES)
        role_ids = await self._write_named(models.Role, roles)
        links = [
            {"user_id": id_, "role_id": role_ids[role]}
            for id_, user in zip(ids, users, strict=True)
            for role in user.roles
        ]
        await self._write(models.user_roles, links, len(links))
        return ids

    async def _write_posts(self, user_ids: Sequence[int]) -> None:
        total = self._data.amounts.posts
        rows = (
            _columns(post, "author", "tags") | {"author_id": user_ids[post.author]}
            for post in self._data.posts()
        )
        ids = await self._write_numbered(models.Post, rows, total)
        tag_ids = await self._write_named(models.Tag, ({"name": name} for name in TAGS))
        links = (
            {"post_id": id_, "tag_id": tag_ids[tag]}
            for id_, post in zip(ids, self._data.posts(), strict=True)
            for tag in post.tags
        )
        await self._write(models.post_tags, links, None)
        comments = (
            _columns(comment, "post", "author")
            | {"post_id": ids[comment.post], "author_id": user_ids[comment.author]}
            for comment in self._data.comments()
        )
        await self._write(models.Comment, comments, self._data.amounts.comments)

    async def _write_catalog(self, user_ids: Sequence[int]) -> None:
        category_ids = await self._write_categories()
        products = list(self._data.products())
        rows = (
            _columns(product, "category", "created_by")
            | {
                "category_id": category_ids[product.category],
                "created_by_id": user_ids[product.created_by],
            }
            for product in products
        )
        await self._write(models.Product, rows, len(products))
        reviews = (
            _columns(review, "product", "author")
            | {"product_id": products[review.product].id, "author_id": user_ids[review.author]}
            for review in self._data.reviews()
        )
        await self._write(models.Review, reviews, self._data.amounts.reviews)

    async def _write_categories(self) -> Sequence[int]:
        """Write one by one: each needs the id of its parent."""
        categories = self._data.categories()
        ids: list[int] = []
        for category in categories:
            parent_id = None if category.parent is None else ids[category.parent]
            row = _columns(category, "parent") | {"parent_id": parent_id}
            result = await self._connection.execute(sa.insert(models.Category).values(row))
            ids += result.inserted_primary_key or ()
        self._tell("categories", len(ids), len(categories))
        return ids

    async def _write_belongings(self, user_ids: Sequence[int]) -> None:
        amounts = self._data.amounts
        items = (
            _columns(item, "owner") | {"owner_id": user_ids[item.owner]}
            for item in self._data.items()
        )
        await self._write(models.Item, items, amounts.items)
        registered = (
            _columns(model, "owner") | {"owner_id": user_ids[model.owner]}
            for model in self._data.ml_models()
        )
        await self._write(models.MLModel, registered, amounts.ml_models)

    async def _write_named(self, model: Any, rows: Iterable[dict[str, Any]]) -> dict[str, int]:
        """Write the rows whose name is missing; return all ids by name."""
        known = await self._ids_by_name(model)
        missing = [row for row in rows if row["name"] not in known]
        await self._write(model, missing, len(missing))
        return await self._ids_by_name(model)

    async def _ids_by_name(self, model: Any) -> dict[str, int]:
        found = await self._connection.execute(sa.select(model.name, model.id))
        return {row.name: row.id for row in found}

    async def _write_numbered(
        self, model: Any, rows: Iterable[dict[str, Any]], total: int
    ) -> Sequence[int]:
        """Write rows and read back the ids, in the order of the rows: the database counts upwards."""
        await self._write(model, rows, total)
        newest = sa.select(model.id).order_by(model.id.desc()).limit(total)
        return (await self._connection.scalars(newest)).all()[::-1]

    async def _write(self, target: Any, rows: Iterable[dict[str, Any]], total: int | None) -> None:
        table: sa.Table = target if isinstance(target, sa.Table) else target.__table__
        written = 0
        for chunk in _chunks(rows):
            await self._connection.execute(sa.insert(table), chunk)
            written += len(chunk)
            self._tell(table.name, written, total or written)

    def _tell(self, kind: str, written: int, total: int) -> None:
        if self._progress is not None:
            self._progress(kind, written, total)


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK_ROWS)):
        yield chunk


def _columns(row: Any, *left_out: str) -> dict[str, Any]:
    """Turn a slotted row into values by column, without the fields that refer to other rows."""
    values = {name: getattr(row, name) for name in row.__slots__ if name not in left_out}
    if "created_at" in values:
        values["updated_at"] = values["created_at"]
    return values
