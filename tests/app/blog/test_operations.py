"""Publishing and tagging: accepted, refused without a trace, and at the same time."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from gql_api.app import models
from tests.fixtures.demo import Demo

ERRORS = "errors { __typename message code path }"
PUBLISH = f"""
mutation($id: ID!) {{ publishPost(id: $id) {{ post {{ isPublished }} {ERRORS} }} }}"""
ADD_TAG = f"""
mutation($post: ID!, $name: String!) {{
  addTagToPost(post: $post, name: $name) {{
    post {{ tags(orderBy: [{{name: ASC}}]) {{ nodes {{ name }} }} }} tag {{ name }} {ERRORS}
  }}
}}"""
REMOVE_TAG = ADD_TAG.replace("addTagToPost", "removeTagFromPost")


async def post_of(demo: Demo, username: str, *, is_published: bool, tags: str = "") -> str:
    """Return the global id of a post by somebody, with a tag if one is named."""
    author_id = await demo.scalar(sa.select(models.User.id).filter_by(username=username))
    statement = sa.select(models.Post.id).filter_by(author_id=author_id, is_published=is_published)
    if tags:
        statement = statement.where(models.Post.tags.any(models.Tag.name == tags))
    post_id = await demo.scalar(statement.order_by(models.Post.id).limit(1))
    assert post_id is not None
    return await demo.id_of(models.Post, id=post_id)


async def test_author_publishes(demo: Demo):
    """An author publishes a draft; then everybody may read it."""
    post = await post_of(demo, "ada", is_published=False)
    read = "query($id: ID!) { post(id: $id) { isPublished } }"
    assert (await demo.run(read, id=post)).data == {"post": None}

    for _ in range(2):
        payload = await demo.payload(PUBLISH, "ada", id=post)
        assert payload == {"post": {"isPublished": True}, "errors": []}

    assert (await demo.run(read, id=post)).data == {"post": {"isPublished": True}}


async def test_admin_publishes(demo: Demo):
    """An admin publishes anybody's draft."""
    post = await post_of(demo, "ada", is_published=False)

    payload = await demo.payload(PUBLISH, "admin", id=post)

    assert payload == {"post": {"isPublished": True}, "errors": []}


@pytest.mark.parametrize("user", [None, "grace"])
async def test_drafts_of_others_do_not_exist(shared_demo: Demo, user: str | None):
    """Whoever may not see a draft is told that there is none."""
    post = await post_of(shared_demo, "ada", is_published=False)

    assert await shared_demo.refusal(PUBLISH, user, id=post) == [
        ("NOT_FOUND", "There is no such Post.", ["id"])
    ]


@pytest.mark.parametrize("user", [None, "grace"])
async def test_published_posts_of_others(shared_demo: Demo, user: str | None):
    """A post that one sees but may not change is refused as such."""
    post = await post_of(shared_demo, "ada", is_published=True)

    assert await shared_demo.refusal(PUBLISH, user, id=post) == [
        ("FORBIDDEN", "You may not change this Post.", ["id"])
    ]


async def test_id_of_something_else(shared_demo: Demo):
    """The id of a user is no id of a post."""
    id_ = await shared_demo.id_of(models.User, username="ada")

    answer = await shared_demo.run(PUBLISH, "ada", id=id_)

    assert answer.data == {"publishPost": None}
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0].message == "id is an id of User: pass an id of Post."


async def test_existing_tag_is_used(demo: Demo):
    """A tag that exists is linked, not made again; linking it again changes nothing."""
    post = await post_of(demo, "ada", is_published=True)
    count = sa.select(sa.func.count()).select_from(models.Tag)
    before = await demo.scalar(count)

    for _ in range(2):
        payload = await demo.payload(ADD_TAG, "ada", post=post, name="asyncio")
        assert payload["errors"] == []
        assert payload["tag"] == {"name": "asyncio"}
        assert {"name": "asyncio"} in payload["post"]["tags"]["nodes"]

    assert await demo.scalar(count) == before


async def test_new_tag_is_made(demo: Demo):
    """A tag that does not exist is made."""
    post = await post_of(demo, "ada", is_published=True)

    payload = await demo.payload(ADD_TAG, "ada", post=post, name="brand new")

    assert payload["errors"] == []
    assert payload["tag"] == {"name": "brand new"}
    assert await demo.rows(sa.select(models.Tag.name).filter_by(name="brand new")) == [
        ("brand new",)
    ]


async def test_tag_is_removed(demo: Demo):
    """A removed tag leaves the post, and stays for others."""
    post = await post_of(demo, "ada", is_published=True, tags="python")

    payload = await demo.payload(REMOVE_TAG, "ada", post=post, name="python")

    assert payload["errors"] == []
    assert {"name": "python"} not in payload["post"]["tags"]["nodes"]
    assert await demo.rows(sa.select(models.Tag.name).filter_by(name="python")) == [("python",)]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("brand new", id="unknown"),
        pytest.param("a\0b", id="no name at all"),
        pytest.param("", id="nothing"),
    ],
)
async def test_tag_that_is_not_there(shared_demo: Demo, name: str):
    """A tag that the post does not have cannot be removed."""
    post = await post_of(shared_demo, "ada", is_published=True)

    assert await shared_demo.refusal(REMOVE_TAG, "ada", post=post, name=name) == [
        ("NOT_FOUND", "This Post has no such Tag.", ["name"])
    ]


async def test_tag_of_other_posts(demo: Demo):
    """A tag that others have, but not this post, cannot be removed from it."""
    post = await post_of(demo, "ada", is_published=True, tags="python")
    await demo.payload(REMOVE_TAG, "ada", post=post, name="python")

    assert await demo.refusal(REMOVE_TAG, "ada", post=post, name="python") == [
        ("NOT_FOUND", "This Post has no such Tag.", ["name"])
    ]


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        pytest.param("", "VALIDATION_FAILED", "name must not be blank.", id="nothing"),
        pytest.param(" ", "VALIDATION_FAILED", "name must not be blank.", id="blank"),
        pytest.param(
            "x" * 51,
            "VALIDATION_FAILED",
            "name must have at most 50 characters; got 51.",
            id="long",
        ),
    ],
)
async def test_name_breaks_a_rule(shared_demo: Demo, name: str, code: str, message: str):
    """The rules of the column hold for tags that are made on the way."""
    post = await post_of(shared_demo, "ada", is_published=True)

    assert await shared_demo.refusal(ADD_TAG, "ada", post=post, name=name) == [
        (code, message, ["name"])
    ]


async def test_name_that_cannot_be_stored(postgres_shared_demo: Demo):
    """What PostgreSQL cannot hold is refused with the name of the argument."""
    post = await post_of(postgres_shared_demo, "ada", is_published=True)

    assert await postgres_shared_demo.refusal(ADD_TAG, "ada", post=post, name="a\0b") == [
        ("VALIDATION_FAILED", "A value cannot be stored.", [])
    ]


@pytest.mark.parametrize("text", [ADD_TAG, REMOVE_TAG])
@pytest.mark.parametrize("user", [None, "grace"])
async def test_posts_of_others(shared_demo: Demo, text: str, user: str | None):
    """Only who may change a post tags it."""
    post = await post_of(shared_demo, "ada", is_published=True, tags="python")

    assert await shared_demo.refusal(text, user, post=post, name="python") == [
        ("FORBIDDEN", "You may not change this Post.", ["post"])
    ]


@pytest.mark.parametrize("text", [ADD_TAG, REMOVE_TAG])
async def test_missing_post(shared_demo: Demo, text: str):
    """A draft of somebody else is as good as missing."""
    post = await post_of(shared_demo, "ada", is_published=False)

    assert await shared_demo.refusal(text, "grace", post=post, name="python") == [
        ("NOT_FOUND", "There is no such Post.", ["post"])
    ]


async def _add_at_once(demo: Demo, posts: list[str], user: str, name: str) -> list[Any]:
    return await asyncio.gather(
        *(demo.payload(ADD_TAG, user, post=post, name=name) for post in posts)
    )


async def test_same_tag_at_once(postgres_demo: Demo):
    """Of two requests that make the same tag at the same time, both succeed, with one tag."""
    posts = [
        await postgres_demo.id_of(models.Post, id=post_id)
        for (post_id,) in await postgres_demo.rows(sa.select(models.Post.id).limit(10))
    ]

    payloads = await _add_at_once(postgres_demo, posts, "admin", "brand new")

    assert [payload["errors"] for payload in payloads] == [[]] * 10
    tags = await postgres_demo.rows(sa.select(models.Tag.id).filter_by(name="brand new"))
    assert len(tags) == 1
    links = sa.select(sa.func.count()).where(models.post_tags.c.tag_id == tags[0][0])
    assert await postgres_demo.scalar(links) == 10


async def test_same_link_at_once(postgres_demo: Demo):
    """Requests that give one post the same new tag all succeed, with one link."""
    post = await post_of(postgres_demo, "ada", is_published=True)

    payloads = await _add_at_once(postgres_demo, [post] * 6, "ada", "brand new")

    assert [payload["errors"] for payload in payloads] == [[]] * 6
    tag_id = await postgres_demo.scalar(sa.select(models.Tag.id).filter_by(name="brand new"))
    links = sa.select(sa.func.count()).where(models.post_tags.c.tag_id == tag_id)
    assert await postgres_demo.scalar(links) == 1


async def test_interleaved_requests(postgres_demo: Demo):
    """A request waits for another one that has made the tag and not committed, then uses it."""
    post = await post_of(postgres_demo, "ada", is_published=True)
    async with postgres_demo.database.write_engine.connect() as other:
        await other.execute(sa.insert(models.Tag).values(name="brand new"))
        request = asyncio.create_task(
            postgres_demo.payload(ADD_TAG, "ada", post=post, name="brand new")
        )
        await _until_waiting(postgres_demo)
        await other.commit()

    assert (await request)["errors"] == []
    tags = await postgres_demo.rows(sa.select(models.Tag.id).filter_by(name="brand new"))
    assert len(tags) == 1


async def _until_waiting(demo: Demo) -> None:
    """Wait until a session of the database waits for a lock."""
    activity = sa.table("pg_stat_activity", sa.column("wait_event_type"), sa.column("datname"))
    waiting = sa.select(sa.func.count()).where(
        activity.c.wait_event_type == "Lock", activity.c.datname == sa.func.current_database()
    )
    async with asyncio.timeout(10):
        while not await demo.scalar(waiting):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.02)
