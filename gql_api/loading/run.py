"""One run of a plan: its values, and the reader that its statements go to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gql_api.loading.readers import Reader
from gql_api.sql.operands import slot_name
from gql_api.sql.pages import PARENT_KEYS
from gql_api.sql.sources import Compilation

ParentKey = tuple[Any, ...]
"""Values of a parent's local keys, in the order of the relationship's join."""

_ARRAY_CHUNK = 50_000
"""Keys of one statement where they are one array parameter."""

_RESERVED_PARAMETERS = 500
"""Parameters of one statement that are kept for filters and policies."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What the statements of one plan share. Compared by identity."""

    compilation: Compilation
    reader: Reader
    values: Sequence[Any]
    """Value of each slot of the plan."""

    subject_parameters: Mapping[str, Any]
    """Values that policies compare with."""

    async def fetch(
        self, statement: sa.Select[Any], parent_keys: Sequence[Any] | None = None
    ) -> Sequence[Sequence[Any]]:
        """Run one statement of the plan.

        Cost:
            One statement.
        """
        return await self.reader.fetch(statement, self.parameters(parent_keys))

    def parameters(self, parent_keys: Sequence[Any] | None = None) -> dict[str, Any]:
        """Return the parameters of a statement of the plan."""
        parameters = {slot_name(slot): value for slot, value in enumerate(self.values)}
        parameters.update(self.subject_parameters)
        if parent_keys is not None:
            parameters[PARENT_KEYS] = parent_keys
        return parameters

    def chunks(self, keys: Sequence[ParentKey]) -> Iterator[list[Any]]:
        """Cut parents' keys into lists below the driver's limits, as statements bind them."""
        width = len(keys[0])
        dialect = self.compilation.dialect
        if dialect.has_arrays and width == 1:
            size = _ARRAY_CHUNK
        else:
            size = (dialect.max_parameters - _RESERVED_PARAMETERS) // width
        for start in range(0, len(keys), size):
            chunk = keys[start : start + size]
            yield [key[0] for key in chunk] if width == 1 else list(chunk)
