"""Passwords and accounts at the door: the rules of a password, and who may come in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

import gql_api as gql
from gql_api.app.accounts import models
from gql_api.app.passwords import verify_password

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


async def account_of(session: AsyncSession, user_id: int) -> Account:
    """Load the active account of a user.

    Raises:
        ForbiddenError: It is not active, or there is none any more.

    Cost:
        One statement.
    """
    statement = _select_accounts().where(models.User.id == user_id).order_by(models.Role.name)
    account = _first_account((await session.execute(statement)).all())
    if account is None or not account.is_active:
        message = "This account is not active."
        raise gql.ForbiddenError(message)
    return account


async def _load_account(session: AsyncSession, login: str) -> Account | None:
    """Load the account with a name or an address, ignoring case; an address wins over a name."""
    user = models.User
    wanted = sa.func.lower(login.replace("\0", ""))
    is_address = sa.func.lower(user.email) == wanted
    statement = (
        _select_accounts()
        .where(is_address | (sa.func.lower(user.username) == wanted))
        .order_by(is_address.desc(), models.Role.name)
    )
    return _first_account((await session.execute(statement)).all())


def _select_accounts() -> sa.Select[Any]:
    """Select accounts with a row per role."""
    user = models.User
    columns: tuple[Any, ...] = (user.id, user.hashed_password, user.is_active, models.Role.name)
    return sa.select(*columns).outerjoin(user.roles)


def _first_account(rows: Sequence[Any]) -> Account | None:
    if not rows:
        return None
    user_id, hashed_password, is_active, _ = rows[0]
    roles = tuple(role for id_, *_, role in rows if id_ == user_id and role is not None)
    return Account(user_id, hashed_password, is_active, roles)
