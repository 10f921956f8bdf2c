"""What every write of one operation shares."""

from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from gql_api.access.scopes import Scopes
from gql_api.access.subjects import Subject
from gql_api.database.dialects import Dialect
from gql_api.mapping.descriptors import Registry
from gql_api.sql.sources import Compilation


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """The session of an operation and the rights of its subject. Compared by identity."""

    session: AsyncSession
    """Owned by the caller, who commits or rolls back."""

    registry: Registry
    """Entities that changes name."""

    scopes: Scopes
    """Predicates of the subject's role set."""

    subject: Subject
    """Whose values are bound to those predicates."""

    dialect: Dialect
    """What the session's database can say."""

    compilation: Compilation = field(init=False, repr=False)
    """What statements are built from."""

    def __post_init__(self) -> None:
        """Gather what statements are built from."""
        compilation = Compilation(self.registry, self.scopes, self.dialect)
        object.__setattr__(self, "compilation", compilation)
