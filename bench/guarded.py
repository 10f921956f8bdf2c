"""The same blog with a policy on every type: each lets all rows be seen, which is looked up in each of them."""

from typing import Any

import sqlalchemy as sa
from typing_extensions import override

import gql_api as gql
from bench import models


class UserPolicy(gql.Policy[models.User]):
    """All users."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        return sa.or_(row.id == subject.user_id, row.id > 0)


class PostPolicy(gql.Policy[models.Post]):
    """All posts."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        return sa.or_(row.author_id == subject.user_id, row.author_id > 0)


class TagPolicy(gql.Policy[models.Tag]):
    """All tags."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        return row.id > 0


class CommentPolicy(gql.Policy[models.Comment]):
    """All comments."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        return sa.or_(row.author_id == subject.user_id, row.author_id > 0)


def build_schema(*, dialect: str, config: gql.ApiConfig) -> gql.Schema:
    """Build the schema of the blog, with its policies."""
    policies = [UserPolicy(), PostPolicy(), TagPolicy(), CommentPolicy()]
    return gql.build_schema(models.Base, dialect=dialect, config=config, policies=policies)


application = gql.Application(name="bench", models=models.Base, build_schema=build_schema)
