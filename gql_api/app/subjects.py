"""Users as subjects of requests, with the roles that they hold now."""

import sqlalchemy as sa

import gql_api as gql
from gql_api.app import models
from gql_api.app.accounts.sessions import has_session
from gql_api.app.roles import ADMIN
from gql_api.app.statements import fetch_rows

CLOSED_MESSAGE = (
    "The token is no longer valid: its account is closed, or its session has ended. Sign in again."
)
"""What is told of a user who may not come in; not why."""


async def subject_of(
    user_id: int, database: gql.Database, *, session_id: str | None = None
) -> gql.Subject:
    """Return a user as a subject; superusers hold the role ``admin``.

    Args:
        user_id: Primary key.
        database: Where the users are.
        session_id: Of the token; becomes the claim ``sid``. None for one that only expires.

    Raises:
        UnauthenticatedError: There is no such user, or it is not active, or the session is over.

    Cost:
        One statement.
    """
    statement = (
        sa.select(models.User.is_superuser, models.Role.name)
        .outerjoin(models.User.roles)
        .where(models.User.id == sa.literal(user_id, sa.BigInteger), models.User.is_active)
    )
    if session_id is not None:
        statement = statement.where(has_session(models.User.id, session_id))
    rows = await fetch_rows(statement, database)
    if not rows:
        raise gql.UnauthenticatedError(CLOSED_MESSAGE)
    roles = {name for _, name in rows if name is not None}
    is_superuser = any(is_superuser for is_superuser, _ in rows)
    claims = {} if session_id is None else {"sid": session_id}
    return gql.Subject(user_id, frozenset(roles | {ADMIN} if is_superuser else roles), claims)
