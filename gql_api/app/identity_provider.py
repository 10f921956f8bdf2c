"""Tokens of an identity provider, where one is set: its users are those of the application."""

import functools

import sqlalchemy as sa

import gql_api as gql
from gql_api.app import models
from gql_api.app.statements import fetch_rows
from gql_api.app.subjects import CLOSED_MESSAGE, subject_of
from gql_api.jwt import Claims, PublishedKeys, TokenRules, jwt_authenticator
from gql_api.settings import load_settings

ADDRESS_CLAIM = "email"
"""The claim that holds an address, which counts if the provider has verified it."""


@functools.cache
def identity_provider() -> gql.Authenticate | None:
    """Make what checks the tokens of the provider, once for all requests of the process.

    Returns:
        None where no provider is set.

    Raises:
        ConfigurationError: A setting cannot be used.
    """
    settings = load_settings()
    if settings.jwks_url is None:
        return None
    rules = TokenRules(
        algorithms=settings.jwt_algorithms.split(),
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
    )
    find = functools.partial(find_person, claim=settings.jwt_user_claim)
    return jwt_authenticator(keys=PublishedKeys(settings.jwks_url), rules=rules, subject_of=find)


async def find_person(claims: Claims, database: gql.Database, *, claim: str) -> gql.Subject:
    """Find the user whom valid claims are about, with the roles of the application.

    Args:
        claims: Of the provider.
        database: Where the users are.
        claim: Name of the claim that holds an address, if it is ``email``, else a user name.

    Raises:
        UnauthenticatedError: The claim is missing, the address is not verified, or there is no such
            active user.

    Cost:
        Two statements.
    """
    value = claims.get(claim)
    is_address = claim == ADDRESS_CLAIM
    if not isinstance(value, str) or (is_address and claims.get("email_verified") is not True):
        message = f"The token has no {'verified ' if is_address else ''}{claim}."
        raise gql.UnauthenticatedError(message)
    column = models.User.email if is_address else models.User.username
    wanted = sa.func.lower(column) == sa.func.lower(value.replace("\0", ""))
    rows = await fetch_rows(sa.select(models.User.id).where(wanted), database)
    if not rows:
        raise gql.UnauthenticatedError(CLOSED_MESSAGE)
    return await subject_of(rows[0].id, database)
