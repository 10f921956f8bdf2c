"""Aggregates and groups of a list, as plain data."""

import enum
from dataclasses import dataclass


class AggregateFunction(enum.StrEnum):
    """What is computed over the rows of a list; the value is the GraphQL name."""

    COUNT = "count"
    COUNT_DISTINCT = "countDistinct"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    STDDEV = "stddev"


class Bucket(enum.StrEnum):
    """Spans of time that moments are grouped by; weeks begin on Monday."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One function over one column of the rows."""

    function: AggregateFunction

    column: str | None = None
    """Attribute key; None to count the rows."""


ROW_COUNT = Aggregate(AggregateFunction.COUNT)
"""Number of rows."""


@dataclass(frozen=True, slots=True)
class RelatedAggregate:
    """An aggregate of the visible rows that a to-many relationship leads to."""

    relationship: str
    aggregate: Aggregate


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What the rows of one group share: the value of a column, or the span that it lies in."""

    column: str
    """Attribute key."""

    bucket: Bucket | None = None

    time_zone: str = "UTC"
    """IANA name of the zone in which spans begin; part of the SQL text."""


@dataclass(frozen=True, slots=True)
class GroupOrder:
    """One key of the order of groups."""

    value: int | Aggregate
    """Index of a key of the groups, or an aggregate of their rows."""

    is_descending: bool = False
    are_nulls_first: bool = False
