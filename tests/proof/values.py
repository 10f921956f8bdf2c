"""The kinds of values: what columns hold, and what each value looks like to clients."""

import base64
import datetime as dt
import decimal
import enum
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.proof import documents, searching
from tests.proof.documents import Document


class Mood(enum.Enum):
    """An enumeration whose order differs from that of its names."""

    SUNNY = "sunny"
    CLOUDY = "cloudy"
    FOGGY = "foggy"


class Weather(enum.Enum):
    """An enumeration of PostgreSQL's own, which sorts by its declaration."""

    RAIN = "rain"
    HAIL = "hail"
    SNOW = "snow"


class Name(str):
    """A name of an enumeration: in documents without quotes."""

    __slots__ = ()


@dataclass(frozen=True)
class Typed:
    """A value as clients write it, with its type."""

    value: Any
    type_: str


TEXTS = ["", "a", "A", "b", "ab", "a%b", "a_b", "a\\b", "É", "é", "O'x", '"q"', "zz", "%", "日本"]
PATTERNS = ["", "%", "a%", "%b", "_", "a_b", "a\\_b", "a\\%b", "%\\\\%", "É", "é%", "A%", "日_"]
"""What ``like`` and ``ilike`` are asked for; no pattern ends with a single escape."""


def _moment(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Kind:
    """One kind of column."""

    scalar: str
    """Name of the GraphQL type."""

    pool: tuple[Any, ...]
    """The values that are drawn."""

    is_ordered: bool = True
    """Whether there are operators such as ``lt``; rows sort by every kind."""

    is_key: bool = True
    """Whether keys are made of it."""

    is_compared: bool = True
    """Whether rows are sorted and grouped by it, and have a least and a greatest value."""

    form: str = "scalar"
    """``scalar``, ``document``, ``array`` or ``words``: which operators there are."""

    operators: tuple[str, ...] = ()
    """Those of documents that not every database has."""

    databases: tuple[str, ...] = ("postgresql", "sqlite", "mariadb")
    """Where columns of the kind are drawn."""


_ALONE = ("postgresql",)


def _documents(operators: tuple[str, ...], databases: tuple[str, ...]) -> Kind:
    return Kind(
        "JSON",
        tuple(map(Document, documents.VALUES)),
        is_key=False,
        is_compared=False,
        form="document",
        operators=operators,
        databases=databases,
    )


KINDS = {
    "text": Kind("String", tuple(TEXTS)),
    "integer": Kind("Int", (-1, 0, 1, 2, 2, 7, 2_147_483_647, -2_147_483_648)),
    "bigint": Kind("BigInt", (-(2**63), -1, 0, 5, 2**53, 2**53 + 1, 2**62)),
    "float": Kind("Float", (-1.5, 0.0, 0.1, 0.3, 0.1 + 0.2, 1 / 3, 1e300, 5e-300), is_key=False),
    "decimal": Kind(
        "Decimal",
        tuple(map(decimal.Decimal, ("0.00", "0.10", "0.30", "-9.99", "999999.99"))),
        is_key=False,
    ),
    "boolean": Kind("Boolean", (True, False), is_ordered=False, is_key=False),
    "date": Kind("Date", (dt.date(2024, 2, 29), dt.date(1969, 12, 31), dt.date(2000, 1, 1))),
    "moment": Kind(
        "DateTime",
        (
            _moment(2024, 2, 29, 23, 59, 59),
            _moment(2024, 2, 29, 23, 59, 59, 1),
            _moment(2024, 2, 29, 23, 59, 59, 120_000),
            _moment(1969, 12, 31),
            # midnights that clocks repeat and skip, an hour of one half, the first year and the last
            _moment(2024, 11, 3, 4, 30),
            _moment(2024, 11, 3, 5, 30),
            _moment(2018, 11, 4, 10),
            _moment(2019, 4, 6, 15, 15),
            _moment(1, 1, 1, 12),
            _moment(9999, 12, 31, 23, 59, 59),
        ),
    ),
    "local": Kind(
        "LocalDateTime",
        (
            dt.datetime(2024, 3, 31, 2, 30),  # noqa: DTZ001 - without a zone
            dt.datetime(2024, 3, 31, 2, 30, 0, 999_999),  # noqa: DTZ001
            dt.datetime(1969, 12, 31),  # noqa: DTZ001
        ),
    ),
    "time": Kind(
        "Time", (dt.time(0), dt.time(12, 30), dt.time(12, 30, 0, 1), dt.time(23, 59, 59, 999_999))
    ),
    "uuid": Kind(
        "UUID",
        tuple(
            uuid.UUID(text)
            for text in (
                # MariaDB compares the parts from the right: these have one order both ways
                "00000000-0000-4000-8000-000000000000",
                "0a000000-0000-4000-8000-0000000000ff",
                "0b000000-0a00-4a00-8800-0000000000ff",
                "f0000000-0a00-4b00-9000-f00000000001",
            )
        ),
    ),
    "enum": Kind("Mood", tuple(Mood), is_ordered=False, is_key=False),
    "bytes": Kind(
        "Base64", (b"", b"a", b"\x00\xff", b"\x00\x00", b"\xff"), is_ordered=False, is_key=False
    ),
    "key": Kind("Int", (1, 2, 3, 4, 5, 6)),
    "span": Kind(
        "Duration",
        tuple(
            dt.timedelta(**parts)
            for parts in (
                {},
                {"days": 1, "hours": 2, "minutes": 30},
                {"days": -1},
                {"seconds": -90},
                {"hours": 24, "seconds": 1},
                {"days": 400},
                {"minutes": 59, "seconds": 59},
            )
        ),
        is_key=False,
    ),
    "listed": Kind(
        "Mood",
        tuple(Mood),
        is_ordered=False,
        is_key=False,
        databases=("sqlite", "mariadb"),
    ),
    "native": Kind("Weather", tuple(Weather), is_ordered=False, is_key=False, databases=_ALONE),
    "json": _documents(("contains",), ("postgresql", "sqlite")),
    "jsonb": _documents(("contains", "search"), _ALONE),
    "longtext": _documents((), ("mariadb",)),
    "texts": Kind(
        "String",
        ((), ("a",), ("a", "b"), ("b", "a", "a"), (None,), ("a", None, "É"), ("",), ("a,b", '"q"')),
        is_key=False,
        is_compared=False,
        form="array",
        databases=_ALONE,
    ),
    "numbers": Kind(
        "Int",
        ((), (1,), (2, 1), (1, 2), (1, 1, None), (None, None), (2_147_483_647, -1)),
        is_key=False,
        is_compared=False,
        form="array",
        databases=_ALONE,
    ),
    "dates": Kind(
        "Date",
        (
            (),
            (dt.date(2024, 2, 29),),
            (dt.date(2024, 2, 29), dt.date(1969, 12, 31)),
            (None, dt.date(1, 1, 2)),
            (dt.date(9999, 12, 30),),
        ),
        is_key=False,
        is_compared=False,
        form="array",
        databases=_ALONE,
    ),
    "words": Kind("String", searching.TEXTS, is_key=False, form="words", databases=_ALONE),
}
LATER = tuple(KINDS)[tuple(KINDS).index("key") + 1 :]
"""Kinds of the columns that are drawn after all others, so that a seed keeps its relationships."""


def wire(value: Any) -> Any:
    """Write a value of any kind as clients see it."""
    writer = next((write for type_, write in _WRITERS if isinstance(value, type_)), None)
    return value if writer is None else writer(value)


def sort_key(value: enum.Enum) -> str | int:
    """Return what a value of an enumeration sorts by."""
    return [*Weather].index(value) if isinstance(value, Weather) else value.name


def wire_as(kind: str, value: Any) -> Any:
    """Write the value of a column as clients see it, or null."""
    return str(value) if kind == "bigint" and value is not None else wire(value)


def _span(value: dt.timedelta) -> str:
    """Write whole seconds as days, hours, minutes and seconds, those that are not 0."""
    seconds = value // dt.timedelta(seconds=1)
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    parts = (seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    days, *clock = (f"{part}{unit}" * (part > 0) for part, unit in zip(parts, "DHMS", strict=True))
    time = "".join(clock)
    return f"{sign}P{days}{'T' * bool(time)}{time}" if days or time else "PT0S"


def _clock(value: dt.datetime | dt.time) -> str:
    text = value.isoformat(timespec="microseconds")
    return text.rstrip("0").rstrip(".")


def _moment_text(value: dt.datetime) -> str:
    offset = "" if value.tzinfo is None else "+00:00"
    return _clock(value.replace(tzinfo=None)) + offset


_WRITERS: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
    (enum.Enum, lambda value: Name(value.name)),
    (decimal.Decimal, lambda value: f"{value:.2f}"),
    (dt.datetime, _moment_text),  # dates too
    (dt.date, dt.date.isoformat),
    (dt.time, _clock),
    (dt.timedelta, _span),
    (uuid.UUID, str),
    (Document, lambda value: value.value),
    (tuple, lambda value: [wire(each) for each in value]),
    (bytes, lambda value: base64.b64encode(value).decode("ascii")),
)
