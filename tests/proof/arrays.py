"""Array columns: what is asked of them, and what the naive reference says they meet."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

Items = Sequence[Any]

_COMPARISONS: dict[str, Callable[[Items, Items], bool]] = {
    "eq": lambda items, others: list(items) == list(others),
    "ne": lambda items, others: list(items) != list(others),
    # null is in no list
    "contains": lambda items, others: all(each in items for each in others),
    "containedBy": lambda items, others: all(each in others for each in items),
    "overlaps": lambda items, others: any(each in items for each in others),
}
WHOLE = ("eq", "ne")
"""Operators whose operands may hold nulls."""


@st.composite
def operators(draw: st.DrawFn, pool: Sequence[tuple[Any, ...]]) -> tuple[str, Any]:
    """An operator of an array column, and its operand.

    Args:
        draw: Of Hypothesis.
        pool: The arrays that are drawn.
    """
    operator = draw(st.sampled_from((*_COMPARISONS, "isNull")))
    if operator == "isNull":
        return operator, draw(st.booleans())
    if operator in WHOLE:
        return operator, list(draw(st.sampled_from(pool)))
    items = sorted({item for array in pool for item in array if item is not None})
    return operator, draw(st.lists(st.sampled_from(items), max_size=3))


def compare(operator: str, items: Items, others: Items) -> bool:
    """Compare an array with a list."""
    return _COMPARISONS[operator](items, others)
