"""The roles that policies and operations know by name; others may exist in the database."""

import gql_api as gql

ADMIN = "admin"
"""Manages users, roles and everything that they own. Superusers hold it without a grant."""

STAFF = "staff"
"""Runs the catalog, and edits what others wrote."""


def is_admin(subject: gql.Subject | gql.SymbolicSubject) -> bool:
    """Tell whether a subject manages users."""
    return _holds(subject, ADMIN)


def demand_admin(info: gql.Info, deed: str, path: tuple[str, ...] = ()) -> None:
    """Refuse an operation to those who do not manage users.

    Args:
        info: Of the operation.
        deed: What only admins may do, as in "grant roles".
        path: Where the culprit stands in the arguments.

    Raises:
        ForbiddenError: The caller is no admin.
    """
    if not is_admin(info.context.subject):
        message = f"Only admins may {deed}."
        raise gql.ForbiddenError(message, path=path)


def is_staff(subject: gql.Subject | gql.SymbolicSubject) -> bool:
    """Tell whether a subject may write what others own; admins may too."""
    return _holds(subject, ADMIN) or _holds(subject, STAFF)


def _holds(subject: gql.Subject | gql.SymbolicSubject, role: str) -> bool:
    return role in (subject.roles if isinstance(subject, gql.Subject) else subject.role_set.roles)
