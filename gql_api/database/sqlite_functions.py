"""SQL functions that SQLite lacks, in Python; registered on every connection.

All names begin with ``gql_``. Each function gives NULL for NULL, each aggregate skips NULLs.
"""

import math
from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from decimal import Context, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from gql_api.database import documents

Scalar = int | float | str | bytes | None
_EXACT = Context(prec=1_000)
_CYCLE = 400
"""Years after which dates fall on the same days of the week, and clocks change alike."""


def casefold(text: Scalar) -> Scalar:
    """Fold the case of a text beyond ASCII: ``ß`` becomes ``ss``. Numbers count as their text."""
    return None if text is None else str(text).casefold()


def parse_datetime(value: Scalar) -> datetime | None:
    """Read a date-time as existing files hold it.

    ISO 8601 text with ``T`` or a space, with or without time, fraction and zone; numbers are
    seconds since 1970.

    Returns:
        The instant in UTC without a zone; None where the value is not a date-time.
    """
    try:
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value.strip())
        elif isinstance(value, int | float):
            parsed = datetime.fromtimestamp(value, UTC)
        else:
            return None
        return parsed if parsed.tzinfo is None else parsed.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None


def parse_date(value: Scalar) -> date | None:
    """Read a date as existing files hold it; the time of a date-time is dropped."""
    parsed = parse_datetime(value)
    return None if parsed is None else parsed.date()


def instant_text(value: Scalar) -> str | None:
    """Write a date-time so that equal instants are equal texts and texts order like instants."""
    parsed = parse_datetime(value)
    return None if parsed is None else parsed.isoformat(sep=" ", timespec="microseconds")


def date_text(value: Scalar) -> str | None:
    """Write a date as ``2021-03-04``."""
    parsed = parse_date(value)
    return None if parsed is None else parsed.isoformat()


def bucket_text(value: Scalar, bucket: Scalar, time_zone: Scalar) -> str | None:
    """Write the beginning of the span that a date-time lies in, as an instant.

    Args:
        value: A date-time in any written form; without a zone it is in UTC.
        bucket: second, minute, hour, day, week, month, quarter or year.
        time_zone: IANA name.
    """
    parsed = parse_datetime(value)
    if parsed is None:
        return None
    # local times of the first and the last year may lie beyond what Python counts
    shift = {MINYEAR: _CYCLE, MAXYEAR: -_CYCLE}.get(parsed.year, 0)
    moment = parsed.replace(year=parsed.year + shift, tzinfo=UTC)
    start = _truncate(moment, str(bucket), ZoneInfo(str(time_zone)))
    year = start.year - shift
    start = start.replace(year=year, tzinfo=None) if year >= MINYEAR else datetime.min  # noqa: DTZ901 - UTC
    return start.isoformat(sep=" ", timespec="microseconds")


def _truncate(moment: datetime, bucket: str, zone: ZoneInfo) -> datetime:
    """Return the beginning of a span; the hour that a clock repeats is two, a day begins once."""
    local = moment.astimezone(zone)
    match bucket:
        case "second":
            return moment - timedelta(microseconds=local.microsecond)
        case "minute":
            return moment - timedelta(seconds=local.second, microseconds=local.microsecond)
        case "hour":
            return moment - timedelta(
                minutes=local.minute, seconds=local.second, microseconds=local.microsecond
            )
        case _:
            day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
            return _DAYS[bucket](day).astimezone(UTC)


_DAYS: dict[str, Callable[[datetime], datetime]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
    "quarter": lambda day: day.replace(month=day.month - (day.month - 1) % 3, day=1),
    "year": lambda day: day.replace(month=1, day=1),
}


class SampleDeviation:
    """The sample standard deviation, NULL for fewer than two values (Welford's algorithm)."""

    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0
        self.squares = 0.0

    def step(self, value: Scalar) -> None:
        """Take one value."""
        if value is None:
            return
        number = float(value)
        self.count += 1
        delta = number - self.mean
        self.mean += delta / self.count
        self.squares += delta * (number - self.mean)

    def finalize(self) -> float | None:
        """Give the deviation of the values taken."""
        return math.sqrt(self.squares / (self.count - 1)) if self.count > 1 else None


class ExactSum:
    """The exact sum of whole numbers and decimals, as text; NULL without values.

    ``SUM`` of SQLite fails above 64 bits and adds decimals as floating-point numbers. Here each
    number counts as the shortest decimal that reads back as it, which is what was written up to 15
    digits.
    """

    def __init__(self) -> None:
        self.total: Decimal | int | None = None

    def step(self, value: Scalar) -> None:
        """Take one value; what is not a number counts as nothing."""
        if value is None or isinstance(value, bytes):
            return
        try:
            number = value if isinstance(value, int) else Decimal(str(value))
        except InvalidOperation:
            return
        if isinstance(number, Decimal) and not number.is_finite():
            return
        self.total = number if self.total is None else _add(self.total, number)

    def finalize(self) -> str | None:
        """Give the sum of the values taken, without an exponent."""
        return None if self.total is None else format(Decimal(self.total), "f")


SCALARS: tuple[tuple[str, int, Callable[..., Scalar]], ...] = (
    ("gql_casefold", 1, casefold),
    ("gql_instant", 1, instant_text),
    ("gql_date", 1, date_text),
    ("gql_bucket", 3, bucket_text),
    ("gql_json_text", 2, documents.sqlite_text),
    ("gql_json_number", 2, documents.sqlite_number),
    ("gql_json_boolean", 2, documents.sqlite_boolean),
    ("gql_json_exists", 2, documents.sqlite_exists),
    ("gql_json_contains", 2, documents.sqlite_contains),
    ("gql_json_has_key", 2, documents.sqlite_has_key),
)
"""Name, number of arguments and function of each deterministic function."""

AGGREGATES: tuple[tuple[str, type[SampleDeviation] | type[ExactSum]], ...] = (
    ("gql_stddev", SampleDeviation),
    ("gql_sum", ExactSum),
)
"""Name and class of each aggregate of one argument."""


def _add(left: Decimal | int, right: Decimal | int) -> Decimal | int:
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    return _EXACT.add(Decimal(left), Decimal(right))
