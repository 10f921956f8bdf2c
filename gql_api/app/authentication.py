"""Who asks: a bearer token becomes the subject of the request."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from starlette.requests import HTTPConnection

import gql_api as gql
from gql_api.app import models
from gql_api.app.roles import ADMIN
from gql_api.app.signing import signing
from gql_api.app.tokens import read_token

_SCHEME = "bearer"


async def authenticate(connection: HTTPConnection, database: gql.Database) -> gql.Subject:
    """Find out who sends a request.

    The user is looked up each time: a deleted or deactivated account, or a revoked role, counts at
    once, whatever its tokens say.

    Returns:
        The user with the roles of now; anonymous without the header ``Authorization``.

    Raises:
        UnauthenticatedError: The header holds no valid token of an active account.

    Cost:
        One statement, none for an anonymous caller.
    """
    header = connection.headers.get("authorization")
    if header is None:
        return gql.ANONYMOUS
    scheme, _, token = header.partition(" ")
    if scheme.lower() != _SCHEME:
        message = "The header Authorization is not of the form: Bearer <token>."
        raise gql.UnauthenticatedError(message)
    claims = read_token(token.strip(), signing().key)
    return await subject_of(claims.user_id, database)


async def subject_of(user_id: int, database: gql.Database) -> gql.Subject:
    """Return a user as a subject; superusers hold the role ``admin``.

    Raises:
        UnauthenticatedError: There is no such user, or it is not active.

    Cost:
        One statement.
    """
    rows = await _fetch(
        sa.select(models.User.is_superuser, models.Role.name)
        .outerjoin(models.User.roles)
        .where(models.User.id == user_id, models.User.is_active),
        database,
    )
    if not rows:
        message = "The account of this token is closed. Sign in with another one."
        raise gql.UnauthenticatedError(message)
    roles = {name for _, name in rows if name is not None}
    is_superuser = any(is_superuser for is_superuser, _ in rows)
    return gql.Subject(user_id, frozenset(roles | {ADMIN} if is_superuser else roles))


async def _fetch(statement: sa.Executable, database: gql.Database) -> list[Any]:
    try:
        return await _fetch_once(statement, database)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        return await _fetch_once(statement, database)


async def _fetch_once(statement: sa.Executable, database: gql.Database) -> list[Any]:
    async with database.read_connection() as connection:
        return list((await connection.execute(statement)).all())
