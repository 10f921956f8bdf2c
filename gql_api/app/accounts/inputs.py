"""Inputs of operations on users: with a password, which the generated ones do not know."""

import dataclasses
from typing import Any

import strawberry

from gql_api.app.accounts import models
from gql_api.app.descriptions import doc_of, optional_field

User = models.User

_PASSWORD = "From 8 to 128 characters; kept as a hash only."  # noqa: S105 - a description


@strawberry.input(description="A new User.")
class CreateUserInput:
    """Columns of a user that clients may set, and the password."""

    username: str = strawberry.field(description=doc_of(User.username))
    email: str = strawberry.field(description=doc_of(User.email))
    password: str = strawberry.field(description=_PASSWORD)
    full_name: str | None = optional_field(User.full_name)
    bio: str | None = optional_field(User.bio)
    is_active: bool | None = optional_field(User.is_active)
    is_superuser: bool | None = optional_field(User.is_superuser)


@strawberry.input(description="Changes to a User; absent fields stay.")
class UpdateUserInput:
    """Columns of a user that clients may change, and the password."""

    username: str | None = optional_field(User.username)
    email: str | None = optional_field(User.email)
    password: str | None = strawberry.field(default=strawberry.UNSET, description=_PASSWORD)
    full_name: str | None = optional_field(User.full_name)
    bio: str | None = optional_field(User.bio)
    is_active: bool | None = optional_field(User.is_active)
    is_superuser: bool | None = optional_field(User.is_superuser)


def given_values(value: CreateUserInput | UpdateUserInput) -> dict[str, Any]:
    """Return the values that an input sets, by attribute key; absent ones are left out."""
    fields = (each.name for each in dataclasses.fields(value))
    values = {name: getattr(value, name) for name in fields}
    return {name: each for name, each in values.items() if each is not strawberry.UNSET}
