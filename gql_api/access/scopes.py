"""Scopes: the predicates of all policies for one role set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gql_api.access.policies import Policy, Predicate
from gql_api.access.subject_values import with_arrays
from gql_api.access.subjects import RoleSet, SymbolicSubject
from gql_api.mapping.descriptors import Entity


@dataclass(frozen=True, slots=True, eq=False)
class SubtypeRow:
    """The rows of a subclass among those of its base."""

    model: type[Any]
    row: Any
    """What stands for the model's attributes in the statement."""

    is_other: Predicate
    """True for the rows that are not of the subclass."""


@dataclass(frozen=True, slots=True, eq=False)
class Scopes:
    """Predicates per entity for the subjects of one role set. Compared by identity."""

    role_set: RoleSet
    policies: Mapping[type[Any], Policy[Any]]
    """By model."""

    default: Policy[Any] | None = None
    """Holds for models of which neither they nor their bases have a policy; None: they are open."""

    has_arrays: bool = False
    """Whether a list that a predicate compares with is one array parameter."""

    def visible_rows(
        self, entity: Entity, row: Any, subtypes: Sequence[SubtypeRow] = ()
    ) -> Predicate:
        """Return the predicate of the rows that may be seen.

        Args:
            entity: Whose rows; policies of the classes that it inherits from hold as well.
            row: The model or an alias of it.
            subtypes: Subclasses with policies that their rows must meet besides.
        """
        return self._all("visible", entity, row, subtypes)

    def creatable_rows(self, entity: Entity, row: Any) -> Predicate:
        """Return the predicate that a new row must meet."""
        return self._all("creatable", entity, row, ())

    def updatable_rows(
        self, entity: Entity, row: Any, subtypes: Sequence[SubtypeRow] = ()
    ) -> Predicate:
        """Return the predicate that a row must meet before and after a change."""
        return self._all("updatable", entity, row, subtypes)

    def deletable_rows(
        self, entity: Entity, row: Any, subtypes: Sequence[SubtypeRow] = ()
    ) -> Predicate:
        """Return the predicate of the rows that may be deleted."""
        return self._all("deletable", entity, row, subtypes)

    def restorable_rows(
        self, entity: Entity, row: Any, subtypes: Sequence[SubtypeRow] = ()
    ) -> Predicate:
        """Return the predicate of the deleted rows that may be brought back."""
        return self._all("restorable", entity, row, subtypes)

    def purgeable_rows(
        self, entity: Entity, row: Any, subtypes: Sequence[SubtypeRow] = ()
    ) -> Predicate:
        """Return the predicate of the deleted rows that may be removed for good."""
        return self._all("purgeable", entity, row, subtypes)

    def sees_deleted(self, entity: Entity) -> bool:
        """Tell whether lists of an entity may include deleted rows: every policy on them agrees."""
        below = [self._policy(each) for each in self.guarded_subclasses(entity)]
        policies = [*self.policies_of(entity), *(each for each in below if each is not None)]
        return all(each.sees_deleted(self.subject) for each in policies)

    def guarded_subclasses(self, entity: Entity) -> list[type[Any]]:
        """Return the subclasses of an entity's model that have policies of their own."""
        mapper = sa.inspect(entity.model)
        return [
            each.class_
            for each in mapper.self_and_descendants
            if each is not mapper and self._policy(each.class_) is not None
            # without a discriminator, rows of other tables are in no list of the base
            if mapper.polymorphic_on is not None or not each.concrete
        ]

    def policies_of(self, entity: Entity) -> list[Policy[Any]]:
        """Return the policies of an entity's model and of those that it inherits from, nearest first."""
        if self.role_set.is_unrestricted:
            return []
        found = [
            policy
            for each in sa.inspect(entity.model).iterate_to_root()
            if (policy := self._policy(each.class_)) is not None
        ]
        return found or ([] if self.default is None else [self.default.on(entity.model)])

    def is_closed(self, entity: Entity) -> bool:
        """Tell whether an entity does not exist for the role set."""
        return any(each.is_closed(self.subject) for each in self.policies_of(entity))

    @property
    def subject(self) -> SymbolicSubject:
        """What policies are called with."""
        return SymbolicSubject(self.role_set)

    def _all(
        self,
        operation: str,
        entity: Entity,
        row: Any,
        subtypes: Sequence[SubtypeRow],
    ) -> Predicate:
        asked: list[Predicate] = [
            self._ask(policy, operation, row) for policy in self.policies_of(entity)
        ]
        for each in subtypes:
            policy = self.policies[each.model]
            asked.append(sa.or_(each.is_other, self._ask(policy, operation, each.row)))
        if len(asked) == 1:
            (only,) = asked
            return only
        return sa.and_(*asked) if asked else sa.true()

    def _policy(self, model: type[Any]) -> Policy[Any] | None:
        return None if self.role_set.is_unrestricted else self.policies.get(model)

    def _ask(self, policy: Policy[Any], operation: str, row: Any) -> Predicate:
        if policy.is_closed(self.subject):
            return sa.false()
        predicate: Predicate = getattr(policy, operation)(row, self.subject)
        return with_arrays(predicate) if self.has_arrays else predicate
