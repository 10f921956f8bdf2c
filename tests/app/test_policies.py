"""Who may see and write what, through the generated fields."""

from typing import Any

import pytest
import sqlalchemy as sa

from gql_api.app import models
from gql_api.app.catalog.models import Product
from gql_api.app.main import POLICIES
from tests.fixtures.demo import Demo

ERRORS = "errors { code message path }"
CREATIONS = {
    "Item": 'createItem(input: {title: "x", owner: {connect: {username: "ada"}}})',
    "Post": 'createPost(input: {title: "x", content: "x", author: {connect: {username: "ada"}}})',
    "Comment": 'createComment(input: {content: "x", author: {connect: {username: "ada"}}, post: {connect: {rowId: 1}}})',
    "MLModel": 'createMLModel(input: {name: "x", framework: "x", owner: {connect: {username: "ada"}}})',
    "Tag": 'createTag(input: {name: "x"})',
    "Role": 'createRole(input: {name: "x"})',
    "Category": 'createCategory(input: {name: "x"})',
    "Product": 'createProduct(input: {slug: "x", sku: "x", name: "x", price: "1"})',
    "Review": """createReview(input: {
        rating: 5, product: {connect: {slug: $slug}}, author: {connect: {username: "ada"}}
    })""",
}  # fmt: skip
OWNED = ("Item", "Post", "Comment", "MLModel", "Review")


async def create(demo: Demo, name: str, user: str | None) -> Any:
    """Create a row; return the codes of the errors."""
    slug = await demo.scalar(sa.select(Product.slug).where(Product.deleted_at.is_(None)))
    declared = "($slug: String!)" if "$slug" in CREATIONS[name] else ""
    text = f"mutation{declared} {{ {CREATIONS[name]} {{ {ERRORS} }} }}"
    payload = await demo.payload(text, user, **({"slug": slug} if declared else {}))
    return [error["code"] for error in payload["errors"]]


async def grant_staff(demo: Demo, user_id: int) -> None:
    """Give somebody the role staff."""
    role_id = await demo.scalar(sa.select(models.Role.id).filter_by(name="staff"))
    await demo.write(sa.insert(models.user_roles).values(user_id=user_id, role_id=role_id))


def test_every_model_has_a_policy():
    """No model is open by oversight."""
    mapped = {mapper.class_ for mapper in models.Base.registry.mappers}

    assert {policy.model for policy in POLICIES} == mapped
    assert len(POLICIES) == len(mapped)


@pytest.mark.parametrize("name", CREATIONS)
async def test_signed_out_callers_create_nothing(shared_demo: Demo, name: str):
    """Creation is for people who are signed in."""
    before = await shared_demo.everything()

    assert await create(shared_demo, name, None) == ["FORBIDDEN"]
    assert await shared_demo.everything() == before


@pytest.mark.parametrize("name", CREATIONS)
async def test_admins_create_everything(sqlite_demo: Demo, name: str):
    """Admins create rows of any kind, for anybody."""
    assert await create(sqlite_demo, name, "admin") == []


@pytest.mark.parametrize("name", OWNED)
async def test_own_rows(demo: Demo, name: str):
    """People create rows of their own; not in the name of others."""
    assert await create(demo, name, "grace") == ["FORBIDDEN"]
    assert await create(demo, name, "ada") == []


@pytest.mark.parametrize("name", ["Category", "Product", "Role"])
async def test_rows_of_staff(sqlite_demo: Demo, name: str):
    """Shelves and products are for staff, roles for admins."""
    assert await create(sqlite_demo, name, "ada") == ["FORBIDDEN"]
    await grant_staff(sqlite_demo, 1)

    assert await create(sqlite_demo, name, "ada") == (["FORBIDDEN"] if name == "Role" else [])


async def test_giving_away_by_update(demo: Demo):
    """The owner of a row cannot be changed to somebody else, neither by the owner nor the other."""
    text = f"""mutation($id: ID!) {{
      updateItem(id: $id, input: {{owner: {{connect: {{username: "grace"}}}}}}) {{ {ERRORS} }}
    }}"""
    id_ = await demo.id_of(models.Item, owner_id=1)

    assert await demo.refusal(text, "ada", id=id_) == [
        ("FORBIDDEN", "You may not change this Item in this way.", ["input"])
    ]
    assert await demo.refusal(text, "grace", id=id_) == [
        ("NOT_FOUND", "There is no such Item.", ["id"])
    ]


@pytest.mark.parametrize(
    ("user", "is_visible"), [(None, False), ("grace", False), ("ada", True), ("admin", True)]
)
async def test_belongings(shared_demo: Demo, user: str | None, is_visible: bool):  # noqa: FBT001 - a parameter of the table
    """What somebody owns is seen by its owner and by staff."""
    text = """query($id: ID!, $rowId: Int!) {
      item(id: $id) { id }
      items(where: {rowId: {eq: $rowId}}) { totalCount }
      users(where: {items: {some: {rowId: {eq: $rowId}}}}) { totalCount }
    }"""
    row_id = await shared_demo.scalar(sa.select(models.Item.id).where(models.Item.owner_id == 1))
    id_ = await shared_demo.id_of(models.Item, id=row_id)
    count = {"totalCount": int(is_visible)}

    assert (await shared_demo.run(text, user, id=id_, rowId=row_id)).data == {
        "item": {"id": id_} if is_visible else None,
        "items": count,
        "users": count,
    }


@pytest.mark.parametrize(
    ("user", "is_visible"), [(None, False), ("grace", False), ("ada", True), ("admin", True)]
)
async def test_drafts(shared_demo: Demo, user: str | None, is_visible: bool):  # noqa: FBT001 - a parameter of the table
    """A draft and what is said below it is seen by its author and by staff, on every path."""
    text = """query($id: ID!, $rowId: Int!) {
      post(id: $id) { id }
      node(id: $id) { id }
      posts(where: {rowId: {eq: $rowId}}) { totalCount nodes { id } }
      comments(where: {postId: {eq: $rowId}}) { totalCount }
      userBy(key: {username: "ada"}) { posts(where: {rowId: {eq: $rowId}}) { totalCount } }
      users(where: {posts: {some: {rowId: {eq: $rowId}}}}) { totalCount }
    }"""
    comments = sa.select(models.Comment.post_id).where(~models.Post.is_published)
    row_id = await shared_demo.scalar(
        comments.join(models.Comment.post).where(models.Post.author_id == 1).limit(1)
    )
    assert row_id is not None
    id_ = await shared_demo.id_of(models.Post, id=row_id)

    data = (await shared_demo.run(text, user, id=id_, rowId=row_id)).data

    assert (data["post"] is not None) is is_visible
    assert (data["node"] is not None) is is_visible
    assert data["posts"]["totalCount"] == len(data["posts"]["nodes"]) == is_visible
    assert (data["comments"]["totalCount"] > 0) is is_visible
    assert data["userBy"]["posts"]["totalCount"] == is_visible
    assert data["users"]["totalCount"] == is_visible


async def test_staff_see_drafts(demo: Demo):
    """The role staff opens drafts."""
    text = "{ posts(where: {isPublished: {eq: false}}) { totalCount } }"
    drafts = await demo.scalar(sa.select(sa.func.count()).where(~models.Post.is_published))
    await grant_staff(demo, 2)

    assert (await demo.run(text, "grace")).data == {"posts": {"totalCount": drafts}}


async def test_deleted_products(shared_demo: Demo):
    """A deleted product is seen by nobody, whoever asks and wherever."""
    slug, id_ = (
        await shared_demo.rows(
            sa.select(Product.slug, Product.id)
            .where(Product.deleted_at.is_not(None), Product.reviews.any())
            .limit(1)
        )
    )[0]
    text = """query($slug: String!, $id: UUID!) {
      productBy(key: {slug: $slug}) { id }
      products(where: {slug: {eq: $slug}}) { totalCount }
      reviews(where: {productId: {eq: $id}}) { nodes { product { id } } }
      withProduct: reviews(where: {product: {slug: {eq: $slug}}}) { totalCount }
    }"""

    data = (await shared_demo.run(text, "admin", slug=slug, id=str(id_))).data

    assert data["productBy"] is None
    assert data["products"] == {"totalCount": 0}
    assert data["reviews"]["nodes"][0] == {"product": None}
    assert data["withProduct"] == {"totalCount": 0}
