"""What the policies of all modules have in common: rows of owners, of staff and of admins."""

from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa
from typing_extensions import override

import gql_api as gql
from gql_api.app.roles import is_admin, is_staff

ModelT = TypeVar("ModelT")

Predicate = sa.ColumnElement[bool]


class OwnedPolicy(gql.Policy[ModelT]):
    """Everybody sees what there is; owners write their own rows, staff all of them."""

    owner: ClassVar[str]
    """Attribute of the model that holds the number of the user."""

    @override
    def creatable(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return own_rows(getattr(row, self.owner), subject, is_exempt=is_staff(subject))

    @override
    def updatable(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return own_rows(getattr(row, self.owner), subject, is_exempt=is_staff(subject))

    @override
    def deletable(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return own_rows(getattr(row, self.owner), subject, is_exempt=is_staff(subject))


class StaffPolicy(gql.Policy[ModelT]):
    """Everybody sees what there is; staff write."""

    @override
    def creatable(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return all_or_none(is_all=is_staff(subject))

    @override
    def updatable(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return all_or_none(is_all=is_staff(subject))

    @override
    def deletable(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return all_or_none(is_all=is_staff(subject))


class AdminPolicy(gql.Policy[ModelT]):
    """Everybody sees what there is; admins write."""

    @override
    def creatable(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return all_or_none(is_all=is_admin(subject))

    @override
    def updatable(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return all_or_none(is_all=is_admin(subject))

    @override
    def deletable(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return all_or_none(is_all=is_admin(subject))


def own_rows(owner: Any, subject: gql.SymbolicSubject, *, is_exempt: bool) -> Predicate:
    """Return the predicate of the subject's own rows; none for anonymous callers.

    Args:
        owner: Column that holds the number of the user.
        subject: Who asks.
        is_exempt: Whether the subject's role opens all rows.
    """
    if is_exempt or not subject.is_authenticated:
        return all_or_none(is_all=is_exempt)
    predicate: Predicate = owner == subject.user_id
    return predicate


def all_or_none(*, is_all: bool) -> Predicate:
    """Return the predicate of all rows, or of none."""
    return sa.true() if is_all else sa.false()
