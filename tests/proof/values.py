"""The kinds of values: what columns hold, and what each value looks like to clients."""

import base64
import datetime as dt
import decimal
import enum
import uuid
from dataclasses import dataclass
from typing import Any


class Mood(enum.Enum):
    """An enumeration whose order differs from that of its names."""

    SUNNY = "sunny"
    CLOUDY = "cloudy"
    FOGGY = "foggy"


class Name(str):
    """A name of an enumeration: in documents without quotes."""

    __slots__ = ()


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
}


def wire(value: Any) -> Any:
    """Write a value of any kind as clients see it."""
    match value:
        case enum.Enum():
            result: Any = Name(value.name)
        case decimal.Decimal():
            result = f"{value:.2f}"
        case dt.datetime():
            offset = "" if value.tzinfo is None else "+00:00"
            result = _clock(value.replace(tzinfo=None)) + offset
        case dt.time():
            result = _clock(value)
        case dt.date():
            result = value.isoformat()
        case uuid.UUID():
            result = str(value)
        case bytes():
            result = base64.b64encode(value).decode("ascii")
        case _:
            result = value
    return result


def wire_as(kind: str, value: Any) -> Any:
    """Write the value of a column as clients see it, or null."""
    return str(value) if kind == "bigint" and value is not None else wire(value)


def _clock(value: dt.datetime | dt.time) -> str:
    text = value.isoformat(timespec="microseconds")
    return text.rstrip("0").rstrip(".")
