"""Scopes: the predicates of all policies for one role set."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gql_api.access.policies import Policy, Predicate
from gql_api.access.subjects import RoleSet, SymbolicSubject
from gql_api.mapping.descriptors import Entity


@dataclass(frozen=True, slots=True, eq=False)
class Scopes:
    """Predicates per entity for the subjects of one role set. Compared by identity."""

    role_set: RoleSet
    policies: Mapping[type[Any], Policy[Any]]
    """By model; a model without a policy is open."""

    def visible_rows(self, entity: Entity, row: Any) -> Predicate:
        """Return the predicate of the rows that may be seen.

        Args:
            entity: Whose rows.
            row: The model or an alias of it.
        """
        policy = self._policy(entity)
        return sa.true() if policy is None else policy.visible(row, self._subject)

    def creatable_rows(self, entity: Entity, row: Any) -> Predicate:
        """Return the predicate that a new row must meet."""
        policy = self._policy(entity)
        return sa.true() if policy is None else policy.creatable(row, self._subject)

    def updatable_rows(self, entity: Entity, row: Any) -> Predicate:
        """Return the predicate that a row must meet before and after a change."""
        policy = self._policy(entity)
        return sa.true() if policy is None else policy.updatable(row, self._subject)

    def deletable_rows(self, entity: Entity, row: Any) -> Predicate:
        """Return the predicate of the rows that may be deleted."""
        policy = self._policy(entity)
        return sa.true() if policy is None else policy.deletable(row, self._subject)

    @property
    def _subject(self) -> SymbolicSubject:
        return SymbolicSubject(self.role_set)

    def _policy(self, entity: Entity) -> Policy[Any] | None:
        return None if self.role_set.is_unrestricted else self.policies.get(entity.model)
