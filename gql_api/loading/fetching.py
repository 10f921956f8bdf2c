"""Statements of plans are run, with the keys of parents where they take them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gql_api.loading.run import ParentKey, Run
from gql_api.sql.pages import Parents, placed_keys
from gql_api.sql.places import places_of
from gql_api.sql.sources import Compilation


class ReadyStatement:
    """A statement of a plan.

    Args:
        statement: What is selected.
        parents: Those whose keys it takes; None for the statement of a root field.
        compilation: What it was built from.
    """

    def __init__(
        self, statement: sa.Select[Any], parents: Parents | None, compilation: Compilation
    ) -> None:
        self._statement = statement
        self._has_parents = parents is not None
        self._indexes = () if parents is None else placed_keys(parents, compilation)

    async def fetch(self, keys: Sequence[ParentKey], run: Run) -> Sequence[Sequence[Any]]:
        """Return the rows for all keys.

        Cost:
            One statement, whatever the number of keys below the driver's limits.
        """
        if not self._has_parents:
            return await run.fetch(self._statement)
        fetched: list[Sequence[Any]] = []
        for chunk in run.chunks(keys):
            places = places_of(chunk, self._indexes)
            rows = await run.fetch(self._statement, chunk, places)
            fetched.extend(_with_values(rows, chunk, places) if places else rows)
        return fetched


def _with_values(
    rows: Sequence[Sequence[Any]], keys: Sequence[ParentKey], places: Mapping[int, Sequence[Any]]
) -> Iterator[Sequence[Any]]:
    """Put the parents' own values in the places of keys; rows of no parent are left out."""
    wanted = set(keys)
    for row in rows:
        values = list(row)
        for index, listed in places.items():
            values[index] = listed[values[index] - 1]
        if tuple(values[: len(keys[0])]) in wanted:
            yield values
