"""Publishing posts, and tagging them by name."""

from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa

import gql_api as gql
from gql_api.app.blog import models
from gql_api.app.descriptions import argument
from gql_api.app.statements import count_written, insert_unless_exists


@dataclass(frozen=True, slots=True)
class Tagging:
    """A post and a tag that was added or removed."""

    post: models.Post
    tag: models.Tag


class BlogMutations:
    """Operations on posts."""

    @gql.mutation
    async def publish_post(
        self,
        info: gql.Info,
        post_id: Annotated[gql.ID, argument("Global id of the post.", name="id")],
    ) -> models.Post:
        """Let everybody read a post. Publishing it again changes nothing."""
        key = info.context.key_of(models.Post, post_id)
        return await gql.Repository(models.Post, info).update(key, {"is_published": True})

    @gql.mutation
    async def add_tag_to_post(
        self,
        info: gql.Info,
        post: Annotated[gql.ID, argument("Global id of the post.")],
        name: Annotated[str, argument("Name of the tag; made if there is none.")],
    ) -> Tagging:
        """Add a tag to a post that one may change. Adding it again changes nothing."""
        tags = gql.Repository(models.Tag, info)
        gql.refuse_any(tags.check({"name": name}, is_new=True))
        found_post = await _lock_post(info, post)
        with tags.refusals():
            tag = await _obtain_tag(info, name)
        await _insert(info, models.post_tags, {"post_id": found_post.id, "tag_id": tag.id})
        return Tagging(found_post, tag)

    @gql.mutation
    async def remove_tag_from_post(
        self,
        info: gql.Info,
        post: Annotated[gql.ID, argument("Global id of the post.")],
        name: Annotated[str, argument("Name of the tag.")],
    ) -> Tagging:
        """Remove a tag from a post that one may change. The tag itself stays."""
        found_post = await _lock_post(info, post)
        tag = await _find_tag(info, name.replace("\0", ""))
        if tag is not None:
            link = models.post_tags.c
            delete = sa.delete(models.post_tags).where(
                link.post_id == found_post.id, link.tag_id == tag.id
            )
            if await count_written(info.context.session, delete) > 0:
                return Tagging(found_post, tag)
        message = "This Post has no such Tag."
        raise gql.NotFoundError(message, path=("name",))


async def _lock_post(info: gql.Info, global_id: str) -> models.Post:
    """Load a post that the caller may change."""
    key = info.context.key_of(models.Post, global_id)
    return await gql.Repository(models.Post, info).update(key, {}, key_path=("post",))


async def _obtain_tag(info: gql.Info, name: str) -> models.Tag:
    """Find a tag, or make it; a request that makes the same one at the same time is waited for."""
    tag = await _find_tag(info, name)
    if tag is not None:
        return tag
    await _insert(info, models.Tag.__table__, {"name": name})
    tag = await _find_tag(info, name)
    assert tag is not None  # noqa: S101 - made a moment ago, by this request or another
    return tag


async def _find_tag(info: gql.Info, name: str) -> models.Tag | None:
    # Locked against deletion. A locking read also sees what was committed a moment ago, where
    # transactions read a snapshot.
    statement = (
        sa.select(models.Tag)
        .where(models.Tag.name == name)
        .with_for_update(read=True, key_share=True)
    )
    found: models.Tag | None = await info.context.session.scalar(statement)
    return found


async def _insert(info: gql.Info, table: sa.FromClause, values: dict[str, object]) -> None:
    dialect = info.context.database.dialect.name
    statement = insert_unless_exists(table, values, dialect=dialect)
    await count_written(info.context.session, statement)
