"""Who may do what with posts, tags and comments: drafts are their authors' own."""

from typing import Any

import sqlalchemy as sa
from typing_extensions import override

import gql_api as gql
from gql_api.app.blog import models
from gql_api.app.policies import OwnedPolicy, Predicate, StaffPolicy, all_or_none
from gql_api.app.roles import is_staff


class PostPolicy(OwnedPolicy[models.Post]):
    """A draft is seen by its author and by staff."""

    owner = "author_id"

    @override
    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return _readable_posts(row, subject)


class CommentPolicy(OwnedPolicy[models.Comment]):
    """A comment is seen by whoever may read the post."""

    owner = "author_id"

    @override
    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        if is_staff(subject):
            return sa.true()
        predicate: Predicate = row.post.has(_readable_posts(models.Post, subject))
        return predicate


class TagPolicy(StaffPolicy[models.Tag]):
    """Whoever is signed in may make a tag; staff keep them in order."""

    @override
    def creatable(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return all_or_none(is_all=subject.is_authenticated)


def _readable_posts(row: Any, subject: gql.SymbolicSubject) -> Predicate:
    if is_staff(subject):
        return sa.true()
    predicate: Predicate = row.is_published
    return predicate | (row.author_id == subject.user_id) if subject.is_authenticated else predicate


POLICIES = (PostPolicy(), CommentPolicy(), TagPolicy())
"""One per model of the module."""
