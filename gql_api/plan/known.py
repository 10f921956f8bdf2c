"""Plans that were made before: equal ones are one, and keep what is derived from them."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from typing_extensions import override

from gql_api.plan.selections import Connection, Lookup

PlanT = TypeVar("PlanT", bound=Connection | Lookup)

_MAX_PLANS = 1_000
_MAX_DERIVED = 32


class Derived(dict[Hashable, Any]):
    """What is derived from a plan, by what it is and for whom; what was kept last stays."""

    @override
    def __setitem__(self, key: Hashable, value: Any) -> None:
        """Keep something; what was kept first is forgotten where there is too much."""
        if key not in self and len(self) >= _MAX_DERIVED:
            del self[next(iter(self))]
        super().__setitem__(key, value)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class KnownPlan(Generic[PlanT]):
    """A plan, and what was derived from it. Compared by identity, so that to find it costs nothing."""

    plan: PlanT

    derived: Derived = field(default_factory=Derived)
    """Statements, compiled SQL, functions that read rows: each by what it is and the
    compilation that it is for."""


class PlanCache:
    """Known plans; the ones used last are kept, whatever documents ask for them.

    Args:
        max_plans: With statements and compiled SQL one takes 10 to 100 kB.
    """

    def __init__(self, max_plans: int = _MAX_PLANS) -> None:
        self._known: dict[Connection | Lookup, KnownPlan[Any]] = {}
        self._used: dict[KnownPlan[Any], None] = {}
        self._max_plans = max_plans

    def __len__(self) -> int:
        """Return the number of plans that are kept."""
        return len(self._known)

    def know(self, plan: PlanT) -> KnownPlan[PlanT]:
        """Return the known plan that equals a new one; the new one is known from now on.

        Cost:
            Linear in the size of the plan.
        """
        known = self._known.get(plan)
        if known is not None:
            self.use(known)
            return known
        known = self._known[plan] = KnownPlan(plan)
        self._used[known] = None
        if len(self._used) > self._max_plans:
            oldest = next(iter(self._used))
            del self._used[oldest], self._known[oldest.plan]
        return known

    def use(self, known: KnownPlan[Any]) -> None:
        """Note that a plan is used, so that others are forgotten before it."""
        if known in self._used:  # else it was forgotten while an operation held it
            del self._used[known]
            self._used[known] = None
