"""Who asks: a bearer token or an API key becomes the subject of the request."""

from datetime import UTC, datetime

import sqlalchemy as sa
from starlette.requests import HTTPConnection

import gql_api as gql
from gql_api.app import models
from gql_api.app.accounts.api_keys import find_service
from gql_api.app.accounts.attempts import attempts
from gql_api.app.identity_provider import identity_provider
from gql_api.app.roles import ADMIN
from gql_api.app.signing import signing
from gql_api.app.statements import fetch_rows
from gql_api.app.subjects import subject_of
from gql_api.app.tokens import ALGORITHM, issue_token, read_token
from gql_api.jwt import algorithm_of, bearer_token

OPERATOR_LIFETIME_S = 12 * 60 * 60
"""How long a token is valid that whoever holds the signing key issues, in seconds."""


async def authenticate_person(connection: HTTPConnection, database: gql.Database) -> gql.Subject:
    """Find out which person sends a request.

    The user is looked up each time: a deleted or deactivated account, a revoked role, or the end of
    a session, counts at once, whatever its tokens say.

    Returns:
        The user with the roles of now; anonymous without the header ``Authorization``.

    Raises:
        UnauthenticatedError: The header holds no valid token of an active account.

    Cost:
        One statement, two for a token of an identity provider, none for an anonymous caller.
    """
    token = bearer_token(connection)
    if token is None:
        return gql.ANONYMOUS
    provider = identity_provider()
    if provider is not None and algorithm_of(token) != ALGORITHM:
        return await provider(connection, database)
    claims = read_token(token, signing().key)
    return await subject_of(claims.user_id, database, session_id=claims.session_id)


authenticate = gql.api_key_authenticator(find_service, otherwise=authenticate_person)
"""Finds out who sends a request: a service by its key, or a person by a token."""


async def issue_token_for(
    database: gql.Database, *, user: str | None = None, role: str | None = None
) -> str:
    """Issue a token without a password, for whoever holds the signing key anyway.

    Args:
        database: Where the users are.
        user: Name of the user.
        role: Role that the user must hold; superusers hold ``admin``.

    Returns:
        A token of the first active user who meets both.

    Raises:
        ConfigurationError: Nobody does, or neither is given.

    Cost:
        One statement.
    """
    if user is None and role is None:
        message = "A token needs a user or a role."
        raise gql.ConfigurationError(message, fix="Name one.")
    account = models.User
    statement = sa.select(account.id).where(account.is_active).order_by(account.id).limit(1)
    if user is not None:
        statement = statement.where(sa.func.lower(account.username) == sa.func.lower(user))
    if role is not None:
        is_granted = account.roles.any(models.Role.name == role)
        holds = is_granted | account.is_superuser if role == ADMIN else is_granted
        statement = statement.where(holds)
    rows = await fetch_rows(statement, database)
    if not rows:
        named = "" if user is None else f" named {user!r}"
        held = "" if role is None else f" with the role {role!r}"
        message = f"There is no active user{named}{held}."
        raise gql.ConfigurationError(message, fix="Seed the demo data, or name another.")
    return issue_token(
        rows[0].id,
        [] if role is None else [role],
        secret=signing().key,
        lifetime_s=OPERATOR_LIFETIME_S,
        now=datetime.now(UTC),
    )


def check_settings() -> None:
    """Refuse to serve with settings that nobody could sign in with.

    Raises:
        ConfigurationError: As ``signing``, ``attempts`` and ``identity_provider``.
    """
    signing()
    attempts()
    identity_provider()
