"""Plans that were made before are found again, up to a bound."""

import gc
import weakref

from gql_api.plan.filters import Compare, Operator
from gql_api.plan.known import KnownPlan, PlanCache
from gql_api.plan.pages import Page
from gql_api.plan.selections import ColumnField, Connection, Lookup, NodesField, Selection


def _plan(column: str) -> Connection:
    rows = Selection("Book", (ColumnField(column, column),))
    return Connection("Book", (NodesField("nodes", rows),), Page(0))


def test_equal_plans_are_one():
    """A plan that equals a known one is that one, with what was derived from it."""
    cache = PlanCache()
    known = cache.know(_plan("title"))
    known.derived["statement", 1] = "SELECT"

    again = cache.know(_plan("title"))

    assert again is known
    assert again.derived["statement", 1] == "SELECT"
    assert cache.know(_plan("subtitle")) is not known
    assert len(cache) == 2


def test_lookups_are_plans():
    """The rows that meet a condition are a plan like a page of a list."""
    cache = PlanCache()
    lookup = Lookup(Selection("Book", ()), Compare("id", Operator.EQ, 0))

    assert cache.know(lookup) is cache.know(lookup)


def test_oldest_is_forgotten():
    """Beyond the bound the plan that was not used for longest goes, and all that hangs on it."""
    cache = PlanCache(max_plans=2)
    first, second = cache.know(_plan("a")), cache.know(_plan("b"))
    gone = weakref.ref(second)
    cache.use(first)

    cache.know(_plan("c"))
    del second
    gc.collect()

    assert len(cache) == 2
    assert gone() is None
    assert cache.know(_plan("a")) is first


def test_derived_things_are_bounded():
    """A plan keeps a bounded number of derived things, the last ones."""
    known = KnownPlan(_plan("a"))

    for number in range(1_000):
        known.derived["statement", number] = number

    assert len(known.derived) == 32
    assert ("statement", 999) in known.derived
    assert ("statement", 0) not in known.derived


def test_forgotten_plan_stays_forgotten():
    """An operation may go on with a plan that was forgotten; it takes no place among the known."""
    cache = PlanCache(max_plans=1)
    held = cache.know(_plan("a"))
    cache.know(_plan("b"))

    cache.use(held)
    cache.know(_plan("c"))

    assert len(cache) == 1
    assert cache.know(_plan("a")) is not held
