"""Sessions of people: refresh tokens that are used once, and what ends them.

A session is the refresh tokens of one sign-in; only digests are kept. It lives as long as one of
them does: tokens name their session, and are refused when it is over.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

import gql_api as gql
from gql_api.app.accounts import models
from gql_api.app.accounts.credentials import Account, account_of
from gql_api.app.signing import signing
from gql_api.app.statements import count_written
from gql_api.app.tokens import issue_token

PURGE_EVERY_S = 600
"""Time between two deletions of what has expired, of each process; in seconds."""

_TABLE = models.refresh_tokens
_KEPT = _TABLE.c
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Tokens:
    """What somebody who is signed in holds."""

    access: str
    """For the header ``Authorization``."""

    refresh: str
    """Gets the next tokens, once."""


class _Purge:
    """When what has expired is deleted next."""

    due_at = time.monotonic() + PURGE_EVERY_S


async def begin_session(info: gql.Info, account: Account) -> Tokens:
    """Begin the session of somebody who has proven who they are.

    Cost:
        One statement; at times one more after the commit.
    """
    _purge_later(info)
    return await _issue(info.context.session, account, secrets.token_hex(16))


async def continue_session(info: gql.Info, refresh_token: str) -> tuple[Account, Tokens]:
    """Exchange a refresh token for new tokens with the roles of now.

    Raises:
        ForbiddenError: It is none, has expired, or belongs to a closed account. It was used before:
            then somebody else has it, and its session is ended, although the operation is refused.

    Cost:
        Three statements; at times one more after the commit.
    """
    session, digest = info.context.session, _digest(refresh_token)
    found = (await session.execute(_select_token(digest))).first()
    if found is None:
        message = "The refresh token is not valid. Sign in again."
        raise gql.ForbiddenError(message, path=("refreshToken",))
    use = (
        sa.update(_TABLE)
        .where(_KEPT.digest == digest, sa.not_(_KEPT.is_used))
        .values(is_used=sa.true())
    )
    if found.is_used or await count_written(session, use) == 0:
        info.context.after_rollback(_ending(info.context.database, found.session_id))
        message = "The refresh token was used before: its session is ended. Sign in again."
        raise gql.ForbiddenError(message, path=("refreshToken",))
    account = await account_of(session, found.user_id)
    _purge_later(info)
    return account, await _issue(session, account, found.session_id)


async def end_session(session: AsyncSession, session_id: str) -> None:
    """End a session: its tokens are refused from the commit on.

    Cost:
        One statement.
    """
    await session.execute(sa.delete(_TABLE).where(_KEPT.session_id == session_id))


async def end_session_of_token(session: AsyncSession, refresh_token: str) -> None:
    """End the session of a refresh token, if there is one.

    Cost:
        Two statements.
    """
    statement = sa.select(_KEPT.session_id).where(_KEPT.digest == _digest(refresh_token))
    session_id = await session.scalar(statement)
    if session_id is not None:
        await end_session(session, session_id)


async def end_sessions(session: AsyncSession, user_id: int, *, but: str | None = None) -> None:
    """End the sessions of a user.

    Args:
        session: Of the operation.
        user_id: Whose.
        but: A session that stays.

    Cost:
        One statement.
    """
    statement = sa.delete(_TABLE).where(_KEPT.user_id == user_id)
    if but is not None:
        statement = statement.where(_KEPT.session_id != but)
    await session.execute(statement)


def has_session(user_id: Any, session_id: str) -> sa.ColumnElement[bool]:
    """Return the predicate of users who have a session."""
    return sa.exists().where(_KEPT.session_id == session_id, _KEPT.user_id == user_id)


def _select_token(digest: str) -> sa.Select[Any]:
    return sa.select(_KEPT.session_id, _KEPT.user_id, _KEPT.is_used).where(
        _KEPT.digest == digest, _KEPT.expires_at_s > int(time.time())
    )


async def _issue(session: AsyncSession, account: Account, session_id: str) -> Tokens:
    refresh = secrets.token_urlsafe(_BYTES)
    row = {
        "digest": _digest(refresh),
        "session_id": session_id,
        "user_id": account.user_id,
        "expires_at_s": int(time.time()) + signing().refresh_lifetime_s,
    }
    await session.execute(sa.insert(_TABLE).values(row))
    access = issue_token(
        account.user_id,
        account.roles,
        secret=signing().key,
        lifetime_s=signing().lifetime_s,
        now=datetime.now(UTC),
        session_id=session_id,
    )
    return Tokens(access, refresh)


def _ending(database: gql.Database, session_id: str) -> Any:
    async def end() -> None:
        async with gql.unit_of_work(database) as unit:
            await end_session(unit.session, session_id)

    return end


def _purge_later(info: gql.Info) -> None:
    """Have what has expired deleted after the commit, if it is time."""
    if time.monotonic() < _Purge.due_at:
        return
    _Purge.due_at = time.monotonic() + PURGE_EVERY_S
    database = info.context.database

    async def purge() -> None:
        async with gql.unit_of_work(database) as unit:
            expired = sa.delete(_TABLE).where(_KEPT.expires_at_s <= int(time.time()))
            await unit.session.execute(expired)

    info.context.after_commit(purge)


def _digest(refresh_token: str) -> str:
    # 256 random bits need no slow hash; found by the digest, no comparison tells a part of it
    return hashlib.sha256(refresh_token.encode(errors="surrogatepass")).hexdigest()
