"""Who may do what with users and roles: people manage themselves, admins everybody."""

from typing import Any

from typing_extensions import override

import gql_api as gql
from gql_api.app.accounts import models
from gql_api.app.policies import AdminPolicy, Predicate, own_rows
from gql_api.app.roles import ADMIN, is_admin


class UserPolicy(AdminPolicy[models.User]):
    """Accounts are created by signing up, or by admins; people look after their own."""

    @override
    def updatable(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return own_rows(row.id, subject, is_exempt=is_admin(subject))

    @override
    def deletable(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return own_rows(row.id, subject, is_exempt=is_admin(subject))


class RolePolicy(AdminPolicy[models.Role]):
    """Roles are the business of admins."""


POLICIES = (UserPolicy(), RolePolicy(), gql.Roles(ADMIN).on(models.ApiKey))
"""One per model of the module."""
