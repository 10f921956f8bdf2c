"""What every write of one operation shares."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from gql_api.access.scopes import Scopes
from gql_api.access.subject_values import SubjectValues
from gql_api.access.subjects import Subject
from gql_api.database.dialects import Dialect
from gql_api.mapping.descriptors import Registry
from gql_api.persistence.hooks import Hooking
from gql_api.sql.sources import Compilation

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """The session of an operation and the rights of its subject. Compared by identity."""

    session: AsyncSession
    """Owned by the caller, who commits or rolls back."""

    compilation: Compilation
    """What statements are built from: entities, and the predicates of the subject's role set."""

    subject: Subject
    """Whose values are bound to those predicates."""

    hooking: Hooking
    """Calls the hooks of the schema."""

    values: SubjectValues | None = None
    """Loads further values for those predicates; None where the schema names none."""

    async def bound(
        self, statement: sa.Select[Any] | sa.Insert, parameters: Mapping[str, Any] = _NOTHING
    ) -> Mapping[str, Any]:
        """Return the parameters of a statement, with the subject's values.

        Args:
            statement: With predicates of policies.
            parameters: Of its own.

        Cost:
            None; what is loaded for the first time costs what its loader sends.
        """
        known = {**parameters, **self.subject.parameters}
        if self.values is None:
            return known
        return await self.values.bound(statement, known, self.subject)

    @property
    def registry(self) -> Registry:
        """Entities that changes name."""
        return self.compilation.registry

    @property
    def scopes(self) -> Scopes:
        """Predicates of the subject's role set."""
        return self.compilation.scopes

    @property
    def dialect(self) -> Dialect:
        """What the session's database can say."""
        return self.compilation.dialect
