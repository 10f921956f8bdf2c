"""The price of an operation as a function of its variables: plain data that is evaluated per request."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from graphql import IntValueNode, ListValueNode, ValueNode, VariableNode

from gql_api.config import Limits
from gql_api.execution.arguments import Argument, check_argument, read_value, single_variables

_MAX_PRICES = 256
"""Prices of one operation that are kept: as many as there are usual sizes of pages."""

_MISSING = object()
_SIMPLE = frozenset({int, bool, type(None)})

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
class PriceInputs:
    """What the price of an operation depends on."""

    values: tuple[str, ...]
    """Variables whose values count: sizes of pages, conditions."""

    nulls: tuple[str, ...]
    """Single values in arguments, of which only counts whether they are null."""

    def key(self, variables: Mapping[str, Any]) -> Hashable | None:
        """Return what requests of one price have in common; None where values are unusual."""
        values = [variables.get(name, _MISSING) for name in self.values]
        for value in values:
            if value is not _MISSING and type(value) not in _SIMPLE:
                return None
        nulls = [variables.get(name, _MISSING) for name in self.nulls]
        facts = [each if each is None or each is _MISSING else True for each in nulls]
        return (*values, *facts)


@dataclass(slots=True)
class CostProgram:
    """The price of one operation."""

    selections: Sequence[Selection]
    """Each after those that it needs; the last one is the operation's own."""

    defaults: Mapping[str, ValueNode]
    """Of variables that a request may leave out."""

    inputs: PriceInputs | None = field(init=False)
    """What the price depends on; None where that is more than a few values."""

    _known: dict[Hashable, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Find out what the price depends on."""
        terms = [term for each in self.selections for term in chain(each.always, *each.by_type)]
        self.inputs = find_inputs(terms)

    def price(self, variables: Mapping[str, Any], limits: Limits) -> int:
        """Return the points of the operation; lists and filters are checked on the way.

        Args:
            variables: As sent.
            limits: Of lists and filters: those of the schema, the same ones for each request.

        Raises:
            LimitExceededError: A list or filter is larger than is allowed.

        Cost:
            Linear in the size of the document and of the variables that it uses; a look-up where a
            request differs from an earlier one in single values alone.
        """
        key = None if self.inputs is None else self.inputs.key(variables)
        if key is None:
            return self._compute(variables, limits)
        found = self._known.get(key)
        if found is None:
            found = self._compute(variables, limits)
            if len(self._known) >= _MAX_PRICES:
                self._known.clear()
            self._known[key] = found
        return found

    def _compute(self, variables: Mapping[str, Any], limits: Limits) -> int:
        given = {**self.defaults, **variables}
        prices: list[int] = []
        for selection in self.selections:
            price = _total(selection.always, given, limits, prices)
            if selection.by_type:
                others = [_total(terms, given, limits, prices) for terms in selection.by_type]
                price += max(others)
            prices.append(price)
        return prices[-1]


def find_inputs(terms: Iterable[Term]) -> PriceInputs | None:
    """Find out which variables decide on the price of some fields.

    Returns:
        None where a variable holds a list or an object, whose size counts.
    """
    values: dict[str, None] = {}
    nulls: dict[str, None] = {}
    for term in terms:
        nodes = [node for each in term.alternatives for _, node in each]
        if isinstance(term.repeats, PageSize):
            nodes += term.repeats.arguments
        values.update(dict.fromkeys(_names(nodes)))
        if isinstance(term.repeats, ListLength) and isinstance(term.repeats.value, VariableNode):
            return None
        for argument in term.arguments:
            names = single_variables(argument)
            if names is None:
                return None
            nulls.update(dict.fromkeys(names))
    return PriceInputs(tuple(values), tuple(nulls))


def _names(nodes: Iterable[ValueNode]) -> Iterator[str]:
    return (each.name.value for each in nodes if isinstance(each, VariableNode))


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
