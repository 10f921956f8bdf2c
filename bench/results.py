"""What a run has measured, and ratios of two servers, slice by slice."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COARSE_TURNS = 5
"""Fewer full turns of the connections in a slice make requests per second come in steps."""


@dataclass(frozen=True, slots=True)
class Results:
    """The slices of one run."""

    meta: Mapping[str, Any]
    """Of the runner: date, rounds, seconds, largest offset."""

    slices: Sequence[Mapping[str, Any]]
    """In the order in which they were measured."""

    statements: Mapping[tuple[str, str], tuple[int | None, int | None]]
    """Server and operation to statements and transaction commands per request."""

    @property
    def servers(self) -> list[str]:
        """The servers, in the order of the run."""
        return sorted({each["server"] for each in self.slices}, key=self._first)

    @property
    def operations(self) -> list[str]:
        """The operations, in the order of the run."""
        return list(dict.fromkeys(each["operation"] for each in self.slices))

    def _first(self, server: str) -> tuple[bool, int]:
        names = [each["server"] for each in self.slices]
        return server.startswith("gql_api"), names.index(server)

    def values(self, server: str, operation: str, column: str) -> list[float]:
        """Return a column of all slices of a server, in the order of the rounds."""
        return [
            each[column]
            for each in self.slices
            if (each["server"], each["operation"]) == (server, operation)
        ]

    def median(self, server: str, operation: str, column: str) -> float | None:
        """Return the median of a column; None where nothing was measured."""
        found = self.values(server, operation, column)
        return statistics.median(found) if found else None

    def ratio(self, server: str, base: str, operation: str, column: str) -> float | None:
        """Return the median of the ratios of each round; None where one was not measured."""
        pairs = zip(
            self.values(server, operation, column),
            self.values(base, operation, column),
            strict=False,
        )
        ratios = [mine / max(theirs, 1e-9) for mine, theirs in pairs]
        return statistics.median(ratios) if ratios else None

    def foreign_cores(self) -> float:
        """Return the median of the cores that other programs took while a slice was measured."""
        return statistics.median(each["foreign"] for each in self.slices)

    def memory_mb(self, server: str) -> float:
        """Return the memory of a server at the end of the run."""
        return float([each["rss_mb"] for each in self.slices if each["server"] == server][-1])


def read_results(summary: Path, slices: Path) -> Results:
    """Read what the runner and `slices.py` wrote."""
    found = json.loads(summary.read_text())
    statements = {
        (server, operation): (row["sql"], row["tx"])
        for operation, rows in found["results"].items()
        for server, row in rows.items()
    }
    return Results(found["meta"], json.loads(slices.read_text()), statements)
