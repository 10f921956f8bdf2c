"""Seeding: once, whole, related as generated, on every database."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from gql_api.app import models
from gql_api.app.demo_data import DEMO_PASSWORD, DemoData
from gql_api.app.passwords import verify_password
from gql_api.app.seeding import SeedCounts, seed
from gql_api.database.engines import Database, EngineOptions, open_database

DEMO_COUNTS = SeedCounts(
    users=12,
    posts=60,
    comments=180,
    items=40,
    categories=14,
    products=36,
    reviews=110,
    ml_models=24,
)


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Database]:
    """A database with the tables of the models, and no rows."""
    is_postgresql = database_url.startswith("postgresql")
    translation = None if is_postgresql else models.SCHEMA_TRANSLATE_MAP
    database = open_database(database_url, EngineOptions(schema_translate_map=translation))
    async with database.write_engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.create_all)
    yield database
    await database.dispose()


async def fetch(database: Database, statement: sa.Select[Any]) -> list[Any]:
    """Run a statement; give its rows as tuples."""
    async with database.read_connection() as connection:
        return [tuple(row) for row in await connection.execute(statement)]


async def counts(database: Database) -> SeedCounts:
    """Count what is in the tables."""
    kinds = {
        "users": models.User,
        "posts": models.Post,
        "comments": models.Comment,
        "items": models.Item,
        "categories": models.Category,
        "products": models.Product,
        "reviews": models.Review,
        "ml_models": models.MLModel,
    }
    found = {
        name: (await fetch(database, sa.select(sa.func.count()).select_from(kind)))[0][0]
        for name, kind in kinds.items()
    }
    return SeedCounts(**found)


async def test_counts(shop: Database):
    """What is said to be written is there."""
    assert await seed(shop.write_engine) == DEMO_COUNTS
    assert await counts(shop) == DEMO_COUNTS


async def test_second_time(shop: Database):
    """Seeding again does nothing."""
    await seed(shop.write_engine)

    assert await seed(shop.write_engine) is None
    assert await counts(shop) == DEMO_COUNTS


async def test_own_data_stays_alone(shop: Database):
    """A database with a user of its own gets no demo data."""
    async with shop.session() as session, session.begin():
        session.add(models.User(username="me", email="me@example.org", hashed_password="-"))  # noqa: S106 - no password

    assert await seed(shop.write_engine) is None
    assert await fetch(shop, sa.select(models.User.username)) == [("me",)]


async def test_names_that_exist_are_used(shop: Database):
    """Roles and tags that somebody made before are not made twice."""
    async with shop.session() as session, session.begin():
        session.add_all([models.Role(name="admin"), models.Tag(name="python")])

    assert await seed(shop.write_engine) == DEMO_COUNTS


async def test_posts_keep_author_and_tags(shop: Database):
    """Each post has the author and the tags that were generated with it."""
    data = DemoData("demo")
    names = [user.username for user in data.users()]
    expected = sorted(
        (post.created_at.isoformat()[:19], post.title, names[post.author], tag)
        for post in data.posts()
        for tag in post.tags
    )
    await seed(shop.write_engine)

    statement = (
        sa.select(models.Post.created_at, models.Post.title, models.User.username, models.Tag.name)
        .join(models.Post.author)
        .join(models.Post.tags)
    )
    found = [(at.isoformat()[:19], *rest) for at, *rest in await fetch(shop, statement)]
    assert sorted(found) == expected


async def test_comments_keep_post_and_author(shop: Database):
    """Each comment is below the post, and by the user, that it was generated for."""
    data = DemoData("demo")
    names = [user.username for user in data.users()]
    titles = [post.title for post in data.posts()]
    expected = sorted(
        (each.content, titles[each.post], names[each.author]) for each in data.comments()
    )
    await seed(shop.write_engine)

    statement = (
        sa.select(models.Comment.content, models.Post.title, models.User.username)
        .join(models.Comment.post)
        .join(models.Comment.author)
    )
    assert sorted(await fetch(shop, statement)) == expected


async def test_categories_are_a_tree(shop: Database):
    """Each category is below the one that it was generated below."""
    await seed(shop.write_engine)
    above = sa.orm.aliased(models.Category)

    statement = sa.select(models.Category.name, above.name).outerjoin(
        above, models.Category.parent_id == above.id
    )
    tree = dict(await fetch(shop, statement))
    assert tree["Coffee"] == "Kitchen"
    assert tree["Kitchen"] == "Home"
    assert tree["Home"] is None


async def test_known_users_can_sign_in(shop: Database):
    """The people named in the documentation have its password and their roles."""
    await seed(shop.write_engine)

    statement = (
        sa.select(models.User.username, models.User.is_superuser, models.Role.name)
        .join(models.User.roles)
        .where(models.User.username.in_(["ada", "grace", "admin"]))
        .order_by(models.User.id)
    )
    assert await fetch(shop, statement) == [
        ("ada", False, "author"),
        ("grace", False, "author"),
        ("admin", True, "admin"),
    ]
    hashes = await fetch(shop, sa.select(models.User.hashed_password).distinct())
    assert await verify_password(DEMO_PASSWORD, hashes[0][0])


async def test_progress(shop: Database):
    """Progress ends at the total of each kind."""
    told: dict[str, tuple[int, int]] = {}

    await seed(
        shop.write_engine, progress=lambda kind, done, total: told.update({kind: (done, total)})
    )

    assert told["posts"] == (60, 60)
    assert told["comments"] == (180, 180)
    assert told["categories"] == (14, 14)
    assert all(done == total for done, total in told.values())


async def test_failure_writes_nothing(shop: Database):
    """An error in the middle leaves the database as it was."""

    def fail(kind: str, _done: int, _total: int) -> None:
        if kind == "products":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await seed(shop.write_engine, progress=fail)

    assert await fetch(shop, sa.select(models.User.id)) == []
    assert await seed(shop.write_engine) == DEMO_COUNTS


async def test_two_at_once(postgres: Database):
    """Of two processes that seed at once, one does and one waits."""
    async with postgres.write_engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.create_all)

    results = await asyncio.gather(*(seed(postgres.write_engine) for _ in range(2)))

    assert sorted(results, key=str) == sorted([DEMO_COUNTS, None], key=str)
