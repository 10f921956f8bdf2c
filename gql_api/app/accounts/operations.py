"""Signing up and in, users with passwords, and the granting of roles."""

from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa

import gql_api as gql
from gql_api.app.accounts import models
from gql_api.app.accounts.attempts import attempts
from gql_api.app.accounts.credentials import (
    Account,
    authenticate_account,
    check_password,
)
from gql_api.app.accounts.inputs import CreateUserInput, UpdateUserInput, given_values
from gql_api.app.accounts.sessions import (
    Tokens,
    begin_session,
    continue_session,
    end_session,
    end_session_of_token,
    end_sessions,
)
from gql_api.app.descriptions import argument, same_as
from gql_api.app.passwords import hash_password
from gql_api.app.roles import demand_admin, is_admin
from gql_api.app.signing import signing
from gql_api.app.statements import count_written, insert_unless_exists

_ADMIN_FIELDS = {"is_active": "isActive", "is_superuser": "isSuperuser"}

Password = Annotated[str, argument("From 8 to 128 characters; kept as a hash only.")]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a caller gets at the door."""

    token: str
    """For the header ``Authorization: Bearer …``."""

    refresh_token: str
    """For ``refresh``, once."""

    expires_in_s: int
    """When the token does."""

    user: models.User


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A user and a role that was granted or revoked."""

    user: models.User
    role: models.Role


class AccountQueries:
    """Queries about the caller."""

    @gql.query
    async def me(self, info: gql.Info) -> models.User | None:
        """The user who is signed in; null when nobody is."""
        user_id = info.context.subject.user_id
        return None if user_id is None else models.User(id=user_id)


class AccountMutations:
    """Operations on users and their roles."""

    @gql.mutation(keeps_answer=False)
    async def sign_up(
        self,
        info: gql.Info,
        username: Annotated[str, same_as(models.User.username)],
        email: Annotated[str, same_as(models.User.email)],
        password: Password,
        full_name: Annotated[str | None, same_as(models.User.full_name)] = None,
    ) -> SignedIn:
        """Create an account, and sign in."""
        values = {"username": username, "email": email, "full_name": full_name}
        # A rule of the house, not of the policy: whoever comes may open an account.
        users = gql.Repository(models.User, info, subject=gql.UNRESTRICTED)
        gql.refuse_any([*users.check(values, is_new=True), *check_password(password)])
        await attempts().begin_from(info.context.client_address)
        hashed_password = await hash_password(password)
        user = await users.create({**values, "hashed_password": hashed_password})
        account = Account(user.id, hashed_password, is_active=True, roles=())
        return _signed_in(await begin_session(info, account), user)

    @gql.mutation(keeps_answer=False)
    async def sign_in(
        self,
        info: gql.Info,
        login: Annotated[str, argument("User name or address, in any case.")],
        password: Annotated[str, argument("The password of the account.")],
    ) -> SignedIn:
        """Get a token for an account. After too many attempts: RateLimited, for a while."""
        await attempts().begin(login, info.context.client_address)
        account = await authenticate_account(info.context.session, login, password)
        await attempts().succeed(login)
        return _signed_in(await begin_session(info, account), models.User(id=account.user_id))

    @gql.mutation(keeps_answer=False)
    async def refresh(
        self,
        info: gql.Info,
        refresh_token: Annotated[str, argument("As given last; it can be used once.")],
    ) -> SignedIn:
        """Get new tokens before or after the token has expired. Send no token along.

        A refresh token that comes twice is in two hands: its session is ended.
        """
        account, tokens = await continue_session(info, refresh_token)
        return _signed_in(tokens, models.User(id=account.user_id))

    @gql.mutation
    async def sign_out(
        self,
        info: gql.Info,
        refresh_token: Annotated[
            str | None, argument("Of the session; needed where the token has expired.")
        ] = None,
    ) -> None:
        """End a session: its token and refresh token are refused from now on."""
        session_id = info.context.subject.claims.get("sid")
        if refresh_token is not None:
            await end_session_of_token(info.context.session, refresh_token)
        elif session_id is not None:
            await end_session(info.context.session, session_id)
        else:
            message = "Nobody is signed in by a session: pass its refreshToken."
            raise gql.ForbiddenError(message, path=("refreshToken",))

    @gql.mutation
    async def sign_out_everywhere(
        self,
        info: gql.Info,
        user: Annotated[
            gql.ID | None, argument("Global id; oneself, unless an admin asks.")
        ] = None,
    ) -> None:
        """End all sessions of a user: oneself, or anybody as an admin."""
        user_id = info.context.subject.user_id
        if user is not None and (key := info.context.key_of(models.User, user)) != user_id:
            demand_admin(info, "sign others out", ("user",))
            user_id = key
        if user_id is None:
            message = "Nobody is signed in."
            raise gql.ForbiddenError(message)
        await end_sessions(info.context.session, user_id)

    @gql.mutation
    async def create_user(
        self,
        info: gql.Info,
        input: Annotated[CreateUserInput, argument("The new row.")],  # noqa: A002 - the argument's name
    ) -> models.User:
        """Create one User, as an admin. People create their own accounts with signUp."""
        demand_admin(info, "create users", ("input",))
        users = gql.Repository(models.User, info)
        values = await _checked_values(users, given_values(input), is_new=True)
        return await users.create(values, path=("input",))

    @gql.mutation
    async def update_user(
        self,
        info: gql.Info,
        user_id: Annotated[gql.ID, argument("Global id.", name="id")],
        input: Annotated[UpdateUserInput, argument("What changes.")],  # noqa: A002 - the argument's name
    ) -> models.User:
        """Change one User: oneself, or anybody as an admin. A new password ends other sessions."""
        key = info.context.key_of(models.User, user_id)
        users = gql.Repository(models.User, info)
        given = given_values(input)
        if not is_admin(info.context.subject):
            gql.refuse_any(_forbidden_fields(given))
        if "password" in given:
            await users.update(key, {})  # a stranger is refused before anything is hashed
        values = await _checked_values(users, given, is_new=False)
        if "password" in given:
            own = info.context.subject.claims.get("sid")
            await end_sessions(info.context.session, key, but=own)
        return await users.update(key, values, path=("input",))

    @gql.mutation
    async def grant_role(
        self,
        info: gql.Info,
        user: Annotated[gql.ID, argument("Global id of the user.")],
        role: Annotated[str, argument("Name of the role.")],
    ) -> RoleChange:
        """Give a role to a user, as an admin. Granting it again changes nothing."""
        demand_admin(info, "grant roles")
        change = await _load_change(info, user, role)
        link = {"user_id": change.user.id, "role_id": change.role.id}
        dialect = info.context.database.dialect.name
        insert = insert_unless_exists(models.user_roles, link, dialect=dialect)
        await count_written(info.context.session, insert)
        return change

    @gql.mutation
    async def revoke_role(
        self,
        info: gql.Info,
        user: Annotated[gql.ID, argument("Global id of the user.")],
        role: Annotated[str, argument("Name of the role.")],
    ) -> RoleChange:
        """Take a role from a user, as an admin. It counts at once, whatever a token says."""
        demand_admin(info, "revoke roles")
        change = await _load_change(info, user, role)
        link = models.user_roles.c
        delete = sa.delete(models.user_roles).where(
            link.user_id == change.user.id, link.role_id == change.role.id
        )
        if await count_written(info.context.session, delete) == 0:
            message = f"This User does not have the role {change.role.name}."
            raise gql.NotFoundError(message, path=("role",))
        return change


def _signed_in(tokens: Tokens, user: models.User) -> SignedIn:
    return SignedIn(tokens.access, tokens.refresh, signing().lifetime_s, user)


def _forbidden_fields(given: dict[str, Any]) -> list[gql.WriteError]:
    return [
        gql.ForbiddenError(f"Only admins may set {name}.", path=("input", name))
        for key, name in _ADMIN_FIELDS.items()
        if key in given
    ]


async def _checked_values(
    users: gql.Repository[models.User], given: dict[str, Any], *, is_new: bool
) -> dict[str, Any]:
    """Check the values of an input; return them with the hash in the password's place."""
    path = ("input", "password")
    values = {key: value for key, value in given.items() if key != "password"}
    refused: list[gql.WriteError] = [*users.check(values, is_new=is_new, path=("input",))]
    if "password" not in given:
        gql.refuse_any(refused)
        return values
    password = given["password"]
    if password is None:
        refused.append(gql.ValidationError("password must not be null.", path=path))
    else:
        refused += check_password(password, path=path)
    gql.refuse_any(refused)
    return {**values, "hashed_password": await hash_password(password)}


async def _load_change(info: gql.Info, user: str, role: str) -> RoleChange:
    """Load whom and what a grant is about; both stay until the end."""
    key = info.context.key_of(models.User, user)
    session = info.context.session
    found_user = await session.get(
        models.User, key, with_for_update={"read": True, "key_share": True}
    )
    found_role = await session.scalar(
        sa.select(models.Role)
        .where(models.Role.name == role.replace("\0", ""))
        .with_for_update(read=True, key_share=True)
    )
    refused: list[gql.WriteError] = []
    if found_user is None:
        refused.append(gql.NotFoundError("There is no such User.", path=("user",)))
    if found_role is None:
        refused.append(gql.NotFoundError("There is no such Role.", path=("role",)))
    gql.refuse_any(refused)
    assert found_user is not None  # noqa: S101 - refused otherwise
    assert found_role is not None  # noqa: S101 - refused otherwise
    return RoleChange(found_user, found_role)
