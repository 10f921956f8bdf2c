"""The application's models: what they promise readers, and what the databases enforce."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from gql_api.app import models
from gql_api.database.driver_errors import constraint_facts
from gql_api.database.engines import Database, EngineOptions, open_database

MAPPERS = [
    pytest.param(each, id=each.class_.__name__)
    for each in sorted(models.Base.registry.mappers, key=lambda each: each.class_.__name__)
]


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


def make_user(name: str = "ada") -> models.User:
    """A user that can be written."""
    return models.User(username=name, email=f"{name}@example.org", hashed_password="hash")  # noqa: S106 - no password


def make_product(slug: str = "kettle") -> models.Product:
    """A product that can be written."""
    return models.Product(slug=slug, sku=slug.upper(), name="Kettle", price=Decimal("10.50"))


async def save(database: Database, *rows: models.Base) -> None:
    """Write rows in a transaction of their own."""
    async with database.session() as session, session.begin():
        session.add_all(rows)


async def count(database: Database, target: type[models.Base] | sa.Table) -> int | None:
    """Count the rows of a table."""
    async with database.read_connection() as connection:
        return await connection.scalar(sa.select(sa.func.count()).select_from(target))


async def delete_raw(database: Database, table: str) -> None:
    """Delete the row 1 of a table behind the models' back."""
    schema = "app." if database.dialect.has_schemas else ""
    async with database.write_engine.begin() as connection:
        await connection.exec_driver_sql(f"DELETE FROM {schema}{table} WHERE id = 1")


async def save_everything(database: Database) -> None:
    """Write a user with one row of every kind that belongs to users or posts."""
    user = make_user()
    post = models.Post(title="T", content="C", author=user, tags=[models.Tag(name="python")])
    post.comments = [models.Comment(content="Hm.", author=user)]
    user.roles = [models.Role(name="author")]
    await save(
        database,
        post,
        models.Item(title="Pan", owner=user),
        models.MLModel(name="m", framework="JAX", owner=user),
    )


def broken_check(error: DBAPIError) -> str | None:
    """Name the check that an error is about."""
    facts = constraint_facts(error)
    assert facts is not None
    assert facts.kind == "check"
    return facts.constraint


@pytest.mark.parametrize("mapper", MAPPERS)
def test_everything_is_described(mapper: orm.Mapper[models.Base]):
    """Each class, column and relationship says in one sentence what it is."""
    attributes = [*mapper.column_attrs, *mapper.relationships]
    docs = {attribute.key: attribute.doc for attribute in attributes}
    docs[mapper.class_.__name__] = mapper.class_.__dict__["__doc__"]

    assert {
        key: doc for key, doc in docs.items() if not re.fullmatch(r"[A-Z].+\.", doc or "")
    } == {}


@pytest.mark.parametrize("mapper", MAPPERS)
def test_relationships_never_load_by_themselves(mapper: orm.Mapper[models.Base]):
    """Each relationship raises when it is not loaded, and has its other side."""
    careless = [each.key for each in mapper.relationships if each.lazy != "raise"]
    one_sided = [each.key for each in mapper.relationships if not each.back_populates]

    assert (careless, one_sided) == ([], [])


@pytest.mark.parametrize("table", models.Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_foreign_keys_are_indexed(table: sa.Table):
    """Each foreign key leads an index or the primary key."""
    leading = {next(iter(index.columns)).name for index in table.indexes}
    leading.add(next(iter(table.primary_key.columns)).name)

    assert {key.parent.name for key in table.foreign_keys} <= leading


def test_repr_shows_no_secret():
    """The hash of the password does not get into logs."""
    assert repr(make_user()) == "User(username='ada')"


def test_password_hash_is_hidden():
    """Clients never see that there is a column for the hash."""
    assert models.User.__table__.c.hashed_password.info == {"gql": {"hidden": True}}


async def test_deleting_a_user_in_sql(shop: Database):
    """Items, posts, models and role links go; so do the posts' comments and tag links."""
    await save_everything(shop)

    await delete_raw(shop, "users")

    gone = (
        models.Item,
        models.Post,
        models.MLModel,
        models.user_roles,
        models.Comment,
        models.post_tags,
    )
    assert [await count(shop, each) for each in gone] == [0] * 6
    assert [await count(shop, each) for each in (models.Role, models.Tag)] == [1, 1]


async def test_deleting_a_post_in_sql(shop: Database):
    """Its comments and tag links go; author and tag stay."""
    await save_everything(shop)

    await delete_raw(shop, "posts")

    assert [await count(shop, each) for each in (models.Comment, models.post_tags)] == [0, 0]
    assert [await count(shop, each) for each in (models.User, models.Tag)] == [1, 1]


async def test_deleting_a_user_in_a_session(shop: Database):
    """The session loads nothing to delete a user: the database cascades."""
    await save_everything(shop)
    statements: list[str] = []
    sa.event.listen(
        shop.write_engine.sync_engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: statements.append(statement.split()[0]),
    )

    async with shop.session() as session, session.begin():
        await session.delete(await session.get_one(models.User, 1))

    assert [each for each in statements if each != "BEGIN"] == ["SELECT", "DELETE"]
    kinds = (models.Item, models.Post, models.Comment, models.MLModel)
    assert [await count(shop, each) for each in kinds] == [0, 0, 0, 0]


async def test_comments_outlive_their_writer(shop: Database):
    """A comment below somebody else's post stays, without an author."""
    post = models.Post(title="T", content="C", author=make_user("grace"))
    await save(shop, make_user())
    await save(shop, models.Comment(content="Hm.", post=post, author_id=1))

    await delete_raw(shop, "users")

    async with shop.read_connection() as connection:
        assert await connection.scalar(sa.select(models.Comment.author_id)) is None
    assert await count(shop, models.Comment) == 1


async def test_category_in_use_stays(shop: Database):
    """A category that has products cannot be deleted."""
    product = make_product()
    product.category = models.Category(name="Kitchen")
    await save(shop, product)

    with pytest.raises(IntegrityError):
        await delete_raw(shop, "categories")


@pytest.mark.parametrize("column", ["email", "username"])
async def test_user_names_ignore_case(shop: Database, column: str):
    """The same e-mail address or name in another case is taken."""
    await save(shop, make_user())
    other = make_user("grace")
    setattr(other, column, getattr(make_user(), column).upper())

    with pytest.raises(IntegrityError):
        await save(shop, other)


async def test_slug_of_a_live_product_is_taken(shop: Database):
    """Two products that are not deleted cannot share a slug."""
    await save(shop, make_product())
    other = make_product()
    other.sku = "OTHER"

    with pytest.raises(IntegrityError):
        await save(shop, other)


async def test_slug_and_sku_of_a_deleted_product_are_free(shop: Database):
    """A deleted product keeps neither its slug nor its stock-keeping unit to itself."""
    deleted = make_product()
    deleted.deleted_at = datetime.now(UTC)
    await save(shop, deleted)

    await save(shop, make_product())

    assert await count(shop, models.Product) == 2


@pytest.mark.parametrize(("column", "value"), [("stock", -1), ("price", Decimal("-0.01"))])
async def test_product_numbers_are_not_negative(shop: Database, column: str, value: object):
    """The database refuses negative stock and prices."""
    product = make_product()
    setattr(product, column, value)

    with pytest.raises(DBAPIError) as refused:
        await save(shop, product)

    assert broken_check(refused.value) == f"ck_products_{column}_not_negative"


@pytest.mark.parametrize("rating", [0, 6])
async def test_rating_has_bounds(shop: Database, rating: int):
    """The database refuses ratings outside 1 to 5."""
    with pytest.raises(DBAPIError) as refused:
        await save(shop, models.Review(rating=rating, product=make_product()))

    assert broken_check(refused.value) == "ck_reviews_rating_range"


async def test_unknown_status(shop: Database):
    """A status is one of the three."""
    product = make_product()
    product.status = "SOLD"  # type: ignore[assignment]  # what is tested

    with pytest.raises(StatementError):
        await save(shop, product)


async def test_defaults_are_read_back(shop: Database):
    """A new row knows what the database chose for it, without another statement."""
    user = make_user()
    product = make_product()

    await save(shop, user, product)

    assert (user.id, user.is_active, user.is_superuser, user.bio) == (1, True, False, None)
    chosen = (product.stock, product.status, product.version, product.attributes)
    assert chosen == (0, models.ProductStatus.DRAFT, 1, {})
    assert user.created_at == user.updated_at


async def test_bulk_update_moves_updated_at(shop: Database):
    """An UPDATE that names no timestamp moves ``updated_at`` and leaves ``created_at``."""
    past = datetime(2020, 1, 1, tzinfo=UTC)
    user = make_user()
    user.created_at = user.updated_at = past
    await save(shop, user)

    async with shop.write_engine.begin() as connection:
        await connection.execute(sa.update(models.User).values(bio="Hello."))

    async with shop.session() as session:
        found = await session.get_one(models.User, 1)
    assert found.created_at.replace(tzinfo=UTC) == past
    assert abs(datetime.now(UTC) - found.updated_at.replace(tzinfo=UTC)) < timedelta(minutes=5)


async def test_versions_grow(shop: Database):
    """Each change of a product makes a new version, readable without loading."""
    product = make_product()
    await save(shop, product)

    async with shop.session() as session, session.begin():
        found = await session.get_one(models.Product, product.id)
        found.name = "Pot"
        await session.flush()
        assert (found.version, found.updated_at >= found.created_at) == (2, True)


async def test_sqlite_moments_compare_with_bound_ones(sqlite_url: str):
    """A default moment is stored in the form of a bound one: text of 26 characters."""
    options = EngineOptions(schema_translate_map=models.SCHEMA_TRANSLATE_MAP)
    database = open_database(sqlite_url, options)
    async with database.write_engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.create_all)
    await save(database, models.Tag(name="python"))

    async with database.read_connection() as connection:
        stored = await connection.exec_driver_sql("SELECT created_at FROM tags")
        text = stored.scalar_one()
    await database.dispose()

    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", text)


async def test_sqlite_gives_no_number_twice(sqlite_url: str):
    """A new user never gets the number, and so the tokens, of a deleted one."""
    options = EngineOptions(schema_translate_map=models.SCHEMA_TRANSLATE_MAP)
    database = open_database(sqlite_url, options)
    async with database.write_engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.create_all)
    await save(database, make_user())
    await delete_raw(database, "users")

    user = make_user()
    await save(database, user)
    await database.dispose()

    assert user.id == 2
