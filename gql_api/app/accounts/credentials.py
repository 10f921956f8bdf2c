"""Passwords and accounts at the door: the rules of a password, and who may come in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

import gql_api as gql
from gql_api.app.accounts import models
from gql_api.app.passwords import verify_password
from gql_api.app.signing import signing
from gql_api.app.tokens import issue_token

MIN_PASSWORD_LENGTH = 8
"""Fewest characters of a password."""

MAX_PASSWORD_LENGTH = 128
"""Most characters of a password."""


@dataclass(frozen=True, slots=True)
class Account:
    """What the door needs to know of a user."""

    user_id: int
    hashed_password: str
    is_active: bool
    roles: tuple[str, ...]


def check_password(password: str, *, path: Sequence[str] = ("password",)) -> list[gql.WriteError]:
    """Collect what is wrong with a new password; its text is in no message.

    Args:
        password: As chosen by the user.
        path: Where it stands in the arguments.
    """
    length = len(password)
    if length < MIN_PASSWORD_LENGTH:
        message = f"password must have at least {MIN_PASSWORD_LENGTH} characters; got {length}."
        return [gql.ValidationError(message, path=path)]
    if length > MAX_PASSWORD_LENGTH:
        message = f"password must have at most {MAX_PASSWORD_LENGTH} characters; got {length}."
        return [gql.ValidationError(message, path=path)]
    return []


async def authenticate_account(session: AsyncSession, login: str, password: str) -> Account:
    """Find the active account that a name and a password belong to.

    Raises:
        ForbiddenError: There is none. Neither the message nor the time it takes tells whether the
            name exists.

    Cost:
        One statement, and one check of a password in a thread.
    """
    account = await _load_account(session, login)
    is_long = len(password) > MAX_PASSWORD_LENGTH
    hashed_password = None if account is None or is_long else account.hashed_password
    is_right = await verify_password(password[:MAX_PASSWORD_LENGTH], hashed_password)
    if account is None or not is_right:
        message = "The name or the password is wrong."
        raise gql.ForbiddenError(message)
    if not account.is_active:
        message = "This account is not active."
        raise gql.ForbiddenError(message, path=("login",))
    return account


def token_of(account: Account) -> str:
    """Issue a token that is valid from now on."""
    return issue_token(
        account.user_id,
        account.roles,
        secret=signing().key,
        lifetime_s=signing().lifetime_s,
        now=datetime.now(UTC),
    )


async def _load_account(session: AsyncSession, login: str) -> Account | None:
    """Load the account with a name or an address, ignoring case; an address wins over a name."""
    user = models.User
    wanted = sa.func.lower(login.replace("\0", ""))
    is_address = sa.func.lower(user.email) == wanted
    statement = (
        sa.select(user.id, user.hashed_password, user.is_active, models.Role.name)
        .outerjoin(user.roles)
        .where(is_address | (sa.func.lower(user.username) == wanted))
        .order_by(is_address.desc(), models.Role.name)
    )
    rows = (await session.execute(statement)).all()
    if not rows:
        return None
    user_id, hashed_password, is_active, _ = rows[0]
    roles = tuple(role for id_, *_, role in rows if id_ == user_id and role is not None)
    return Account(user_id, hashed_password, is_active, roles)
