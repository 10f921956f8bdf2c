"""Functions over the values of a column: of which kinds, their exact results, and what to ask of them."""

import decimal
import statistics
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from tests.proof.values import KINDS

NUMBERS = ("integer", "bigint", "float", "decimal", "key")
_RANGES = ("text", "words", "date", "moment", "local", "time", "span")
_SUMS = {"integer": "BigInt", "key": "BigInt", "bigint": "Decimal", "decimal": "Decimal"}
_COMPARED = ("eq", "ne", "lt", "lte", "gt", "gte")
_TURNS = ("lt", "lte", "gt", "gte")
_BETWEEN = (-3.0987, 0.123456, 1.87654, 1e6 + 0.654321)
"""Numbers that no average is, so that the last digit does not matter."""


def functions(kind: str) -> tuple[str, ...]:
    """Return the functions over columns of a kind that are compared and sorted by."""
    if not KINDS[kind].is_compared:
        return ()
    if kind in NUMBERS:
        # sums of whole numbers beyond a double are doubles where SQLite compares them, and squares
        # of the largest doubles are no numbers; of neighbours beyond a double nothing deviates
        exact = {"bigint": ("avg",), "float": ("sum", "avg")}.get(kind, ("sum", "avg", "stddev"))
        return ("countDistinct", "min", "max", *exact)
    return ("countDistinct", "min", "max") if kind in _RANGES else ("countDistinct",)


def is_sorted(function: str, kind: str) -> bool:
    """Tell whether equal results are equal to the last digit, whatever the order of the rows."""
    if function == "avg":
        return kind in {"integer", "key"}
    return function != "stddev" and (function, kind) != ("sum", "float")


def compute(function: str, values: Sequence[Any]) -> Any:
    """Compute a function exactly, but for deviations; None where there is no result.

    Args:
        function: As clients name it.
        values: Of a column, nulls among them.
    """
    known = [value for value in values if value is not None]
    if function == "countDistinct":
        return len(set(known))
    if not known or (function == "stddev" and len(known) < 2):
        return None
    if function in {"min", "max"}:
        return min(known) if function == "min" else max(known)
    exact = [Fraction(value) for value in known]
    if function == "stddev":
        return statistics.stdev(exact)
    total = sum(exact, Fraction())
    return total / len(exact) if function == "avg" else total


def result_kind(function: str, kind: str) -> str:
    """Return the scalar type of the results."""
    if function == "countDistinct":
        return "Int"
    if function in {"min", "max"}:
        return KINDS[kind].scalar
    return _SUMS.get(kind, "Float") if function == "sum" else "Float"


@st.composite
def results(draw: st.DrawFn, function: str, kind: str) -> tuple[str, Any]:
    """An operator and an operand for a result."""
    if draw(st.integers(0, 7)) == 0:
        return "isNull", draw(st.booleans())
    if function == "countDistinct":
        return draw(st.sampled_from(_COMPARED)), draw(st.integers(0, 2))
    if function in {"min", "max"}:
        operator = draw(st.sampled_from((*_COMPARED, "in", "notIn")))
        pool = st.sampled_from(KINDS[kind].pool)
        many = st.lists(pool, max_size=3)
        return operator, draw(many if operator in {"in", "notIn"} else pool)
    if function == "sum" and kind != "float":
        some = (0, 1, 2, 3, 9, 2**31) if kind != "decimal" else tuple(KINDS["decimal"].pool)
        return draw(st.sampled_from(_COMPARED)), draw(st.sampled_from(some))
    return draw(st.sampled_from(_TURNS)), draw(st.sampled_from(_BETWEEN))


def written(function: str, kind: str, value: Any) -> Any:
    """Write a result as clients see it; sums of exact numbers as numbers."""
    if value is None or function == "countDistinct":
        return value
    if function == "sum" and kind != "float":
        return decimal.Decimal(value.numerator) / decimal.Decimal(value.denominator)
    return float(value)
