"""API keys of services: made and revoked by admins; only digests are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import sqlalchemy as sa

import gql_api as gql
from gql_api.app.accounts import models
from gql_api.app.base import INSTANT
from gql_api.app.descriptions import argument, same_as
from gql_api.app.roles import demand_admin
from gql_api.app.statements import fetch_rows

MAX_LIFETIME_DAYS = 3650
"""Longest lifetime of a key that has one."""


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key, and its row."""

    key: str
    """For the header ``X-API-Key``; nobody can see it again."""

    api_key: models.ApiKey


class ApiKeyMutations:
    """Operations on keys of services."""

    @gql.mutation(keeps_answer=False)
    async def create_api_key(
        self,
        info: gql.Info,
        name: Annotated[str, same_as(models.ApiKey.name)],
        roles: Annotated[list[str], argument("Names of the roles that the service has.")],
        expires_in_days: Annotated[int | None, argument("When it stops; never without.")] = None,
    ) -> NewApiKey:
        """Make a key for a service, as an admin. It is shown here, and never again."""
        demand_admin(info, "make API keys")
        keys = gql.Repository(models.ApiKey, info)
        gql.refuse_any(
            [*keys.check({"name": name}, is_new=False), *_check_lifetime(expires_in_days)]
        )
        role_ids = await _role_ids(info, roles)
        key = gql.new_api_key()
        values = {
            "name": name,
            "digest": gql.api_key_digest(key),
            "expires_at": _end(expires_in_days),
        }
        made = await keys.create(values)
        links = [{"api_key_id": made.id, "role_id": each} for each in role_ids]
        if links:
            await info.context.session.execute(sa.insert(models.api_key_roles), links)
        return NewApiKey(key, made)

    @gql.mutation
    async def revoke_api_key(
        self,
        info: gql.Info,
        api_key: Annotated[gql.ID, argument("Global id of the key.", name="id")],
    ) -> None:
        """Revoke a key, as an admin: it is refused from the next request on."""
        demand_admin(info, "revoke API keys")
        key = info.context.key_of(models.ApiKey, api_key)
        await gql.Repository(models.ApiKey, info).delete(key)


async def find_service(digest: str, database: gql.Database) -> gql.Subject | None:
    """Find whose key has a digest, with the roles of now.

    Returns:
        A subject with roles and no user id; None where there is no such key, or no more.

    Cost:
        One statement.
    """
    key = models.ApiKey
    now = sa.literal(datetime.now(UTC), INSTANT)
    statement = (
        sa.select(key.id, models.Role.name)
        .outerjoin(key.roles)
        .where(key.digest == digest, key.expires_at.is_(None) | (key.expires_at > now))
    )
    rows = await fetch_rows(statement, database)
    if not rows:
        return None
    return gql.Subject(roles=frozenset(name for _, name in rows if name is not None))


def _check_lifetime(days: int | None) -> Sequence[gql.WriteError]:
    if days is None or 0 < days <= MAX_LIFETIME_DAYS:
        return ()
    message = f"expiresInDays must be from 1 to {MAX_LIFETIME_DAYS}; got {days}."
    return (gql.ValidationError(message, path=("expiresInDays",)),)


def _end(days: int | None) -> datetime | None:
    return None if days is None else datetime.now(UTC) + timedelta(days=days)


async def _role_ids(info: gql.Info, names: Sequence[str]) -> list[int]:
    """Find roles by name; they stay until the end.

    Raises:
        NotFoundError: There is none of a name.
    """
    role = models.Role
    statement = (
        sa.select(role.name, role.id)
        .where(role.name.in_([each.replace("\0", "") for each in names]))
        .with_for_update(read=True, key_share=True)
    )
    rows = (await info.context.session.execute(statement)).all()
    found = {row.name: row.id for row in rows}
    gql.refuse_any(
        [
            gql.NotFoundError("There is no such Role.", path=("roles", str(number)))
            for number, name in enumerate(names)
            if name not in found
        ]
    )
    return sorted(set(found.values()))
