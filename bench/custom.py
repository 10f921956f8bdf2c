"""The same blog with a resolver by hand on every type: what it answers takes the resolvers path."""

import strawberry

import gql_api as gql
from bench import models


@gql.type(models.User, all_fields=True)
class User:
    """An author."""

    @strawberry.field
    async def kind(self) -> str:
        """What it is."""
        return "user"


@gql.type(models.Post, all_fields=True)
class Post:
    """A post, with tags and comments."""

    @strawberry.field
    async def kind(self) -> str:
        """What it is."""
        return "post"


@gql.type(models.Tag, all_fields=True)
class Tag:
    """A label."""

    @strawberry.field
    async def kind(self) -> str:
        """What it is."""
        return "tag"


@gql.type(models.Comment, all_fields=True)
class Comment:
    """A comment on a post."""

    @strawberry.field
    async def kind(self) -> str:
        """What it is."""
        return "comment"


def build_schema(*, dialect: str, config: gql.ApiConfig) -> gql.Schema:
    """Build the schema of the blog, with its resolvers."""
    return gql.build_schema(
        models.Base, dialect=dialect, config=config, types=[User, Post, Tag, Comment]
    )


application = gql.Application(name="bench", models=models.Base, build_schema=build_schema)
