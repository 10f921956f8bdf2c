"""What the reads are meant to reach, as ratios of servers in one run."""

from collections.abc import Mapping
from dataclasses import dataclass

CPU = "app_cpu_ms"
"""CPU of the server process per request, in milliseconds."""

DATABASE_CPU = "pg_cpu_ms"
"""CPU of the database per request, in milliseconds."""

RATE = "rps"
"""Requests per second."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on the ratio of one server to another, per operation."""

    server: str
    base: str
    column: str
    bounds: Mapping[str, float]
    is_least: bool = False
    """Whether the ratio must be the bound at least; else at most."""

    is_shallow: bool = False
    """Whether it counts in a run with shallow offsets only."""

    def holds(self, operation: str, found: float) -> bool:
        """Tell whether a ratio meets the bound."""
        bound = self.bounds[operation]
        return found >= bound if self.is_least else found <= bound


_READS = ("Q1", "Q2", "Q3", "Q4", "Q5", "Q6")
_HEAVY = ("Q3", "Q4", "Q6")
_GUARDED = ("Q1", "Q2", "Q3")


def _each(*bounds: float) -> dict[str, float]:
    return dict(zip(_READS, bounds, strict=True))


GOALS = (
    Goal("gql_api", "limit", CPU, _each(2.0, 1.7, 1.4, 1.4, 1.6, 1.3)),
    Goal("gql_api", "rest", CPU, _each(0.3, 0.2, 0.05, 0.05, 0.3, 0.05)),
    Goal(
        "gql_api",
        "postgraphile",
        RATE,
        _each(1.8, 2.0, 2.0, 2.5, 1.2, 3.5),
        is_least=True,
        is_shallow=True,
    ),
    Goal("gql_api_rows", "limit", CPU, _each(8, 8, 8, 8, 8, 15)),
    Goal("gql_api_sqlite", "limit", CPU, _each(8, 8, 8, 8, 8, 15)),
    Goal("gql_api_rows", "strawberry_hand", CPU, dict.fromkeys(_HEAVY, 0.1)),
    Goal("gql_api_sqlite", "strawberry_hand", CPU, dict.fromkeys(_HEAVY, 0.1)),
    Goal("gql_api_resolvers", "strawberry_hand", CPU, dict.fromkeys(_HEAVY, 1.0)),
    Goal("gql_api_resolvers", "strawberry_mapper", CPU, dict.fromkeys(_HEAVY, 1.0)),
    Goal("gql_api_policies", "gql_api", CPU, dict.fromkeys(_GUARDED, 1.2)),
    Goal("gql_api_policies", "gql_api", DATABASE_CPU, dict.fromkeys(_GUARDED, 1.3)),
)

MEMORY_FACTOR, MEMORY_MB = 1.5, 100
"""Memory at the end: at most so many times that of ``limit``, and so many MB more."""
