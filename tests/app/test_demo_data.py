"""The demo data: the same each time, distinct where it must be, believable."""

from itertools import islice

import pytest

from gql_api.app import models
from gql_api.app.demo_data import AMOUNTS, ROLES, TAGS, DemoData, Size

KINDS = ("users", "posts", "comments", "items", "categories", "products", "reviews", "ml_models")


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed(kind: str):
    """The same seed gives the same rows, whatever was asked for before."""
    first, second = DemoData("demo"), DemoData("demo")
    list(second.users())

    assert list(getattr(first, kind)()) == list(getattr(second, kind)())


@pytest.mark.parametrize("kind", [each for each in KINDS if each != "categories"])
def test_other_seed(kind: str):
    """Another seed gives other rows."""
    first, second = DemoData("demo"), DemoData("demo", seed=2)

    assert list(getattr(first, kind)()) != list(getattr(second, kind)())


@pytest.mark.parametrize("kind", [each for each in KINDS if each != "categories"])
def test_amounts(kind: str):
    """There are as many rows as announced."""
    assert len(list(getattr(DemoData("demo"), kind)())) == getattr(AMOUNTS["demo"], kind)


def test_load_is_large():
    """The large size is what measurements are made with."""
    amounts = AMOUNTS["load"]

    assert (amounts.users, amounts.posts, amounts.comments) == (2_000, 100_000, 300_000)


@pytest.mark.parametrize("size", ["demo", "load"])
def test_names_are_distinct(size: Size):
    """User names, addresses, slugs and stock-keeping units occur once, whatever their case."""
    data = DemoData(size)
    users, products = list(data.users()), list(data.products())

    for values in (
        [user.username.lower() for user in users],
        [user.email.lower() for user in users],
        [product.slug for product in products],
        [product.sku for product in products],
        [product.id for product in products],
    ):
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("size", ["demo", "load"])
def test_texts_fit(size: Size):
    """No text is longer than its column."""
    data = DemoData(size)
    rows = {
        models.User: data.users(),
        models.Post: islice(data.posts(), 2_000),
        models.Item: data.items(),
        models.Product: data.products(),
        models.MLModel: data.ml_models(),
    }

    for model, kind in rows.items():
        columns = model.__table__.c
        for row in kind:
            for name in set(row.__slots__) & set(columns.keys()):
                length = getattr(columns[name].type, "length", None)
                assert length is None or len(getattr(row, name)) <= length


def test_posts_are_in_order_of_time():
    """Later posts are newer; none is from the future."""
    times = [post.created_at for post in DemoData("demo").posts()]

    assert times == sorted(set(times))


def test_positions_exist():
    """Rows refer to rows that are there."""
    data = DemoData("demo")
    amounts = data.amounts

    assert all(0 <= post.author < amounts.users for post in data.posts())
    assert all(0 <= each.post < amounts.posts for each in data.comments())
    assert all(0 <= each.product < amounts.products for each in data.reviews())
    categories = data.categories()
    assert all(each.parent is None or each.parent < at for at, each in enumerate(categories))


def test_variety():
    """The demo has what its sample queries ask for."""
    data = DemoData("demo")
    posts, products, users = list(data.posts()), list(data.products()), list(data.users())

    assert sum("python" in post.tags for post in posts) >= 2
    assert {post.is_published for post in posts} == {True, False}
    assert {product.status for product in products} == set(models.ProductStatus)
    assert {product.deleted_at is None for product in products} == {True, False}
    assert {user.is_active for user in users} == {True, False}
    assert any(model.accuracy is None for model in data.ml_models())
    assert len({item.owner for item in data.items()}) < len(users)
    assert all(post.content.count(".") >= 4 for post in posts)
    assert all(set(post.tags) <= set(TAGS) for post in posts)
    assert all(set(user.roles) <= {name for name, _ in ROLES} for user in users)
