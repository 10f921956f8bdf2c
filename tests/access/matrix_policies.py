"""Policies over the bundled application's models that keep columns and types from callers."""

from typing import Any

import sqlalchemy as sa
from typing_extensions import override

import gql_api as gql
from gql_api.app import models
from gql_api.app.accounts.policies import UserPolicy
from gql_api.app.blog.policies import CommentPolicy, PostPolicy, TagPolicy
from gql_api.app.catalog.policies import CategoryPolicy, ProductPolicy, ReviewPolicy
from gql_api.app.inventory.policies import ItemPolicy
from gql_api.app.roles import is_admin, is_staff


class _Users(UserPolicy):
    """Accounts that are closed are for staff; addresses for admins."""

    @override
    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return sa.true() if is_staff(subject) else row.is_active | (row.id == subject.user_id)

    @override
    def readable_columns(self, subject: gql.SymbolicSubject) -> gql.ColumnSet:
        if is_admin(subject):
            return None
        rest = () if is_staff(subject) else (models.User.is_superuser, models.User.bio)
        return gql.all_but(models.User.email, *rest)


class _Posts(PostPolicy):
    """Staff count readers, and publish."""

    @override
    def readable_columns(self, subject: gql.SymbolicSubject) -> gql.ColumnSet:
        return None if is_staff(subject) else gql.all_but(models.Post.view_count)

    @override
    def writable_columns(self, subject: gql.SymbolicSubject) -> gql.ColumnSet:
        return None if is_staff(subject) else gql.all_but(models.Post.is_published)


class _Comments(CommentPolicy):
    """Strangers do not learn who wrote."""

    @override
    def readable_columns(self, subject: gql.SymbolicSubject) -> gql.ColumnSet:
        return None if subject.is_authenticated else gql.all_but(models.Comment.author_id)


class _Products(ProductPolicy):
    """The warehouse is for staff."""

    @override
    def readable_columns(self, subject: gql.SymbolicSubject) -> gql.ColumnSet:
        if is_staff(subject):
            return None
        return gql.all_but(models.Product.stock, "price", models.Product.created_by_id)


class _Categories(CategoryPolicy):
    """Strangers see no tree."""

    @override
    def readable_columns(self, subject: gql.SymbolicSubject) -> gql.ColumnSet:
        named = {"name", "description", "created_at", "updated_at"}
        return None if subject.is_authenticated else named


class _Reviews(ReviewPolicy):
    """What is said of a product that is gone is for staff."""

    @override
    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        if is_staff(subject):
            return sa.true()
        return row.product.has(models.Product.deleted_at.is_(None))


class _Items(ItemPolicy):
    """What belongings are like is not even the business of staff."""

    @override
    def readable_columns(self, subject: gql.SymbolicSubject) -> gql.ColumnSet:
        is_blind = is_staff(subject) and not is_admin(subject)
        return gql.all_but(models.Item.description) if is_blind else None


POLICIES: tuple[gql.Policy[Any], ...] = (
    _Users(),
    _Posts(),
    _Comments(),
    TagPolicy(),
    _Products(),
    _Categories(),
    _Reviews(),
    _Items(),
)
"""Roles and machine-learning models are left to the default: admins alone know of them."""
