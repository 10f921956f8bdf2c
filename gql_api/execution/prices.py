"""The price of an operation as a function of its variables: plain data that is evaluated per request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import IntValueNode, ListValueNode, ValueNode

from gql_api.config import Limits
from gql_api.execution.arguments import Argument, check_argument, read_value

Conditions = frozenset[tuple[bool, ValueNode]]
"""Of ``@skip`` and ``@include``: what each argument must be for a field to be there."""


@dataclass(frozen=True, slots=True)
class PageSize:
    """How many rows a page holds, as ``first`` or ``last`` say."""

    arguments: tuple[ValueNode, ...]
    default: int
    most: int

    @property
    def key(self) -> tuple[int, ...]:
        """What tells two sizes in one document apart."""
        return tuple(map(id, self.arguments))

    def read(self, variables: Mapping[str, Any]) -> int:
        """Return the number of rows."""
        for each in self.arguments:
            value = read_value(each, variables)
            if isinstance(value, IntValueNode):
                value = int(value.value)
            if isinstance(value, int | float):
                return int(max(0, min(value, self.most)))
        return self.default


@dataclass(frozen=True, slots=True)
class ListLength:
    """How many items the list in an argument holds."""

    value: ValueNode

    @property
    def key(self) -> tuple[int, ...]:
        """What tells two lists in one document apart."""
        return (id(self.value),)

    def read(self, variables: Mapping[str, Any]) -> int:
        """Return the number of items; a value that is no list stands for one."""
        value = read_value(self.value, variables)
        if isinstance(value, ListValueNode):
            return len(value.values)
        return len(value) if isinstance(value, list | tuple) else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A field of a merged selection."""

    points: int = 0
    """Paid once."""

    each: int = 0
    """Paid for each object, besides the price of its selection."""

    repeats: PageSize | ListLength | None = None
    """How many objects there are; one if None."""

    selection: int | None = None
    """Number of the selection of the objects."""

    arguments: tuple[Argument, ...] = ()
    alternatives: tuple[Conditions, ...] = ()
    """Where none of these holds the field is left out; empty if it is always there."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A merged selection."""

    always: Sequence[Term]
    by_type: Sequence[Sequence[Term]]
    """Terms of types of which only one applies."""


@dataclass(frozen=True, slots=True)
class CostProgram:
    """The price of one operation."""

    selections: Sequence[Selection]
    """Each after those that it needs; the last one is the operation's own."""

    defaults: Mapping[str, ValueNode]
    """Of variables that a request may leave out."""

    def price(self, variables: Mapping[str, Any], limits: Limits) -> int:
        """Return the points of the operation; lists and filters are checked on the way.

        Args:
            variables: As sent.
            limits: Of lists and filters.

        Raises:
            LimitExceededError: A list or filter is larger than is allowed.

        Cost:
            Linear in the size of the document and of the variables that it uses.
        """
        given = {**self.defaults, **variables}
        prices: list[int] = []
        for selection in self.selections:
            price = _total(selection.always, given, limits, prices)
            if selection.by_type:
                others = [_total(terms, given, limits, prices) for terms in selection.by_type]
                price += max(others)
            prices.append(price)
        return prices[-1]


def _total(
    terms: Sequence[Term], given: Mapping[str, Any], limits: Limits, prices: Sequence[int]
) -> int:
    total = 0  # a loop: a generator costs more than what it sums up
    for term in terms:
        total += _price(term, given, limits, prices)
    return total


def _price(term: Term, given: Mapping[str, Any], limits: Limits, prices: Sequence[int]) -> int:
    if term.alternatives and not any(_holds(each, given) for each in term.alternatives):
        return 0
    points = term.points
    for each in term.arguments:
        points += check_argument(each, given, limits)
    inner = term.each + (0 if term.selection is None else prices[term.selection])
    return points + inner * (1 if term.repeats is None else term.repeats.read(given))


def _holds(conditions: Conditions, given: Mapping[str, Any]) -> bool:
    for expected, node in conditions:
        value = read_value(node, given)
        if bool(getattr(value, "value", value)) is not expected:
            return False
    return True
