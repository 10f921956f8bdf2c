"""One run of a plan: its values, and the reader that its statements go to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from gql_api.loading.readers import Reader
from gql_api.sql.operands import slot_name
from gql_api.sql.pages import PARENT_KEYS
from gql_api.sql.places import place_parameters
from gql_api.sql.sources import Compilation, numbered_keys

ParentKey = tuple[Any, ...]
"""Values of a parent's local keys, in the order of the relationship's join."""

_ARRAY_CHUNK = 50_000
"""Keys of one statement where they are one array parameter."""

_NO_PLACES: Mapping[int, Sequence[Any]] = MappingProxyType({})

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
        self,
        statement: sa.Select[Any],
        parent_keys: Sequence[ParentKey] | None = None,
        places: Mapping[int, Sequence[Any]] = _NO_PLACES,
    ) -> Sequence[Sequence[Any]]:
        """Run one statement of the plan.

        Args:
            statement: Any.
            parent_keys: A chunk of them, where the statement takes them.
            places: Values of the keys that it answers with places, by index of the key.

        Cost:
            One statement.
        """
        parameters = self.parameters(parent_keys)
        for index, values in places.items():
            parameters.update(place_parameters(index, values))
        return await self.reader.fetch(statement, parameters)

    def parameters(self, parent_keys: Sequence[ParentKey] | None = None) -> dict[str, Any]:
        """Return the parameters of a statement of the plan."""
        parameters = {slot_name(slot): value for slot, value in enumerate(self.values)}
        parameters.update(self.subject_parameters)
        if parent_keys is not None:
            is_single = len(parent_keys[0]) == 1
            parameters[PARENT_KEYS] = (
                [key for (key,) in parent_keys] if is_single else list(parent_keys)
            )
            if not is_single and self.compilation.dialect.has_lateral:
                parameters.update(numbered_keys(PARENT_KEYS, parent_keys))
        return parameters

    def chunks(self, keys: Sequence[ParentKey]) -> Iterator[Sequence[ParentKey]]:
        """Cut parents' keys into lists below the driver's limits."""
        width = len(keys[0])
        dialect = self.compilation.dialect
        if dialect.has_arrays and width == 1:
            size = _ARRAY_CHUNK
        else:
            size = (dialect.max_parameters - _RESERVED_PARAMETERS) // width
        for start in range(0, len(keys), size):
            yield keys[start : start + size]


def leading_keys(fetched: Sequence[Sequence[Any]], width: int) -> list[ParentKey]:
    """Return the parents' keys that rows begin with.

    Args:
        fetched: The rows.
        width: Number of values of a key, at least one.
    """
    columns = [map(itemgetter(place), fetched) for place in range(width)]
    return list(zip(*columns, strict=True))
