"""Who asks: the subject of a request, its role set, and its symbolic twin in policies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class RoleSet:
    """What policies may branch on: part of the key of every plan and statement."""

    roles: frozenset[str] = frozenset()
    is_authenticated: bool = False

    is_unrestricted: bool = False
    """Whether policies do not apply: for trusted code such as seeding, never for a request."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who asks. The default is anonymous."""

    user_id: Any = None
    """Primary key of the user; None for an anonymous caller."""

    roles: frozenset[str] = frozenset()

    claims: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Further values that policies may compare with, by name."""

    is_unrestricted: bool = False
    """Whether policies do not apply: for trusted code, never for a request."""

    @property
    def role_set(self) -> RoleSet:
        """The part of the subject that decides which SQL is built."""
        return RoleSet(self.roles, self.user_id is not None, self.is_unrestricted)

    @property
    def parameters(self) -> dict[str, Any]:
        """The part of the subject that is bound to that SQL, by parameter name."""
        claims = {_claim_parameter(name): value for name, value in self.claims.items()}
        return {USER_ID_PARAMETER: self.user_id, **claims}

    @property
    def settings(self) -> dict[str, str]:
        """The subject as settings of a transaction, for row-level security of the database."""
        return {
            "gql_api.user_id": "" if self.user_id is None else str(self.user_id),
            "gql_api.roles": json.dumps(sorted(self.roles)),
            "gql_api.claims": json.dumps(dict(self.claims), default=str),
        }


USER_ID_PARAMETER = "subject_user_id"
"""Name of the bind parameter that holds the subject's user id."""

VALUE_PREFIX = "subject_value_"
"""What names of bind parameters begin with that hold values to be loaded."""


def _claim_parameter(name: str) -> str:
    return f"subject_claim_{name}"


@dataclass(frozen=True, slots=True)
class SymbolicSubject:
    """The subject as policies see it: roles are known, values are bind parameters.

    A policy is called once per role set; its predicates then serve every subject of that set.
    """

    role_set: RoleSet

    def has_role(self, name: str) -> bool:
        """Tell whether the role set holds a role."""
        return name in self.role_set.roles

    @property
    def is_authenticated(self) -> bool:
        """Whether there is a user."""
        return self.role_set.is_authenticated

    @property
    def user_id(self) -> sa.BindParameter[Any]:
        """The user's id: compares as NULL for an anonymous caller."""
        return sa.bindparam(USER_ID_PARAMETER)

    def claim(self, name: str) -> sa.BindParameter[Any]:
        """The value of a claim; every request of the role set must have it."""
        return sa.bindparam(_claim_parameter(name))

    def value(self, name: str) -> sa.BindParameter[Any]:
        """A value that is loaded once per request, where a statement needs it.

        A list goes with ``in_``. What loads it is a function of this name among the
        ``subject_values`` of ``build_schema``.
        """
        return sa.bindparam(VALUE_PREFIX + name)


ADMIN_ROLE = "admin"
"""Role of a subject that may see how the server is doing, and what its schema holds."""

ANONYMOUS = Subject()
"""Nobody in particular."""

UNRESTRICTED = Subject(is_unrestricted=True)
"""Trusted code of the application itself."""


def is_administrator(subject: Subject) -> bool:
    """Tell whether a subject may see how the server is doing; trusted code may."""
    return ADMIN_ROLE in subject.roles or subject.is_unrestricted
