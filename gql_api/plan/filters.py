"""Conditions on rows, as plain data."""

import enum
from dataclasses import dataclass

from gql_api.mapping.values import ScalarKind
from gql_api.plan.aggregates import Aggregate, RelatedAggregate


class Operator(enum.StrEnum):
    """Comparison operators; the value is the GraphQL name."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    NOT_IN = "notIn"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    LIKE = "like"
    ILIKE = "ilike"
    CONTAINS = "contains"
    ICONTAINS = "icontains"
    STARTS_WITH = "startsWith"
    ISTARTS_WITH = "istartsWith"
    ENDS_WITH = "endsWith"
    IENDS_WITH = "iendsWith"
    CONTAINED_BY = "containedBy"
    OVERLAPS = "overlaps"
    HAS_KEY = "hasKey"
    SEARCH = "search"


class Quantifier(enum.StrEnum):
    """How many rows of a relationship must meet a condition; the value is the GraphQL name."""

    SOME = "some"
    EVERY = "every"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold; true when there are none."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds; false when there are none."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """SQL's three-valued NOT."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path into a JSON document."""

    slot: int
    """Holds the key of an object, or the index of an array in digits."""

    is_index: bool
    """Whether it can be an index: part of the shape, since databases tell them from keys."""


@dataclass(frozen=True, slots=True)
class DocumentValue:
    """The value at a path in a JSON column: NULL where there is none of the kind."""

    column: str
    """Attribute key."""

    path: tuple[Step, ...] = ()
    """Leads to the value; empty for the document itself."""

    kind: ScalarKind | None = None
    """STRING, FLOAT or BOOLEAN; None for a value of any type but null, that is only told from
    NULL."""


Compared = str | DocumentValue | Aggregate | RelatedAggregate
"""What a row is judged by; an aggregate of rows is what a group of them is judged by."""


@dataclass(frozen=True, slots=True)
class Compare:
    """A value of the row compared with another."""

    column: Compared
    """Attribute key, or what is found in the document of one or computed over relatives."""

    operator: Operator
    """A list operator finds a sequence in its slot."""

    slot: int
    """Index of the operand."""


@dataclass(frozen=True, slots=True)
class IsNull:
    """A value of the row is NULL, or is not."""

    column: Compared
    is_null: bool


@dataclass(frozen=True, slots=True)
class KeyIn:
    """A composite key is among the tuples in the slot; false when there are none."""

    columns: tuple[str, ...]
    slot: int


@dataclass(frozen=True, slots=True)
class Related:
    """Rows of a relationship meet a condition; a to-one relationship always asks for ``SOME``."""

    relationship: str
    quantifier: Quantifier
    part: "Filter"


Filter = And | Or | Not | Compare | IsNull | KeyIn | Related

TRUE = And(())
"""Holds for every row."""
