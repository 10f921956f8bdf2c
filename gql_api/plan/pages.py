"""Order and pages of a list, as plain data."""

from dataclasses import dataclass

from gql_api.plan.aggregates import AggregateFunction


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One key of an order: a column of the row or of a to-one relative, or an aggregate of relatives.

    A column that is searched sorts by how well it matches.
    """

    path: tuple[str, ...]
    """Relationship keys that lead to the column; the last is the to-many one of an aggregate."""

    column: str | None
    """Attribute key; None for the number of rows that ``path`` ends in."""

    is_descending: bool = False
    """Greatest first."""

    are_nulls_first: bool = False
    """Where rows without a value stand."""

    search_slot: int | None = None
    """Slot of the words that the column is searched for."""

    function: AggregateFunction | None = None
    """What is computed over the rows that ``path`` ends in."""


@dataclass(frozen=True, slots=True)
class Seek:
    """A place in an order: the slots of one value per order key."""

    slots: tuple[int, ...]

    nulls: tuple[bool, ...]
    """Which of the values are null: part of the shape, since SQL compares them otherwise."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of an ordered list."""

    limit_slot: int
    """Slot of the number of rows."""

    at_most: int | None = None
    """A power of two that the number of rows does not exceed: part of the shape, so that databases
    plan a page of its size, whatever its limit."""

    is_backward: bool = False
    """Whether the rows are counted from the end (``last``)."""

    offset_slot: int | None = None
    """Slot of the number of rows to skip."""

    after: Seek | None = None
    """Rows strictly after this place."""

    before: Seek | None = None
    """Rows strictly before this place."""
