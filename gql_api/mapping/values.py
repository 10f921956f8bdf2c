"""Values on the wire: how each kind of scalar is read and written.

One table for GraphQL scalars, cursors and global ids. Pure: knows neither GraphQL nor SQL.
"""

import base64
import binascii
import dataclasses
import datetime as dt
import decimal
import enum
import math
import re
import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

INT32_LIMIT = 2**31
INT64_LIMIT = 2**63
_DECIMAL_DIGITS = 1000  # on each side of the point; databases hold no more, or as many

MomentT = TypeVar("MomentT", dt.datetime, dt.date, dt.time)


class ScalarKind(enum.StrEnum):
    """The kinds of scalar that columns have; the value is the GraphQL name."""

    STRING = "String"
    BOOLEAN = "Boolean"
    INT = "Int"
    FLOAT = "Float"
    BIG_INT = "BigInt"
    DECIMAL = "Decimal"
    DATE_TIME = "DateTime"
    LOCAL_DATE_TIME = "LocalDateTime"
    DATE = "Date"
    TIME = "Time"
    DURATION = "Duration"
    UUID = "UUID"
    JSON = "JSON"
    BASE64 = "Base64"
    OPAQUE = "Opaque"
    ENUM = "Enum"


def write_value(kind: ScalarKind, value: object) -> Any:
    """Write a database value as the JSON value of its kind.

    Args:
        kind: Any kind but ``ENUM``, whose names the caller knows.
        value: Not None.

    Raises:
        ValueError: The value has no form on the wire (NaN, infinity, an integer too large).
    """
    return _WRITERS[kind](value)


def plain_value(kind: ScalarKind, value: Any) -> Any:
    """Turn what a type of the models' own gives into a value of its kind, where there is a way."""
    if value is None or isinstance(value, BaseException):
        return value
    if kind is ScalarKind.JSON:
        return _plain_json(value)
    if isinstance(value, list):
        return [plain_value(kind, each) for each in value]
    if kind in {ScalarKind.STRING, ScalarKind.OPAQUE} and not isinstance(value, str):
        return str(value.value if isinstance(value, enum.Enum) else value)
    return value


def _plain_json(value: Any) -> Any:
    """Turn an object into JSON: models and data classes by their fields, others as text."""
    match value:
        case None | bool() | int() | float():
            plain: Any = value
        case enum.Enum():
            plain = _plain_json(value.value)
        case str():
            plain = str(value)
        case Mapping():
            plain = {str(key): _plain_json(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            plain = [_plain_json(each) for each in value]
        case _:
            plain = _plain_object(value)
    return plain


def _plain_object(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return _plain_json(value.model_dump(mode="json"))
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {each.name: _plain_json(getattr(value, each.name)) for each in fields}
    kinds = (kind for base, kind in _KIND_BY_CLASS if isinstance(value, base))
    return write_value(next(kinds, ScalarKind.OPAQUE), value)


_KIND_BY_CLASS: tuple[tuple[type[Any], ScalarKind], ...] = (
    # the first match wins: subclasses stand before their bases
    (dt.datetime, ScalarKind.LOCAL_DATE_TIME),
    (dt.date, ScalarKind.DATE),
    (dt.time, ScalarKind.TIME),
    (dt.timedelta, ScalarKind.DURATION),
    (bytes, ScalarKind.BASE64),
)


def read_value(kind: ScalarKind, value: object) -> Any:
    """Read the JSON value of a kind into the value that the column binds.

    Args:
        kind: Any kind but ``ENUM``, whose names the caller knows.
        value: Not None.

    Raises:
        ValueError: The value is no literal of this kind; the message says what is.
    """
    return _READERS[kind](value)


def _write_int(value: Any) -> int:
    number = int(value)
    if not -INT32_LIMIT <= number < INT32_LIMIT:
        message = f"Int cannot represent {number}: it has more than 32 bits."
        raise ValueError(message)
    return number


def _write_float(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        message = f"Float cannot represent {number}."
        raise ValueError(message)
    return number


def _write_decimal(value: Any) -> str:
    number = value if isinstance(value, decimal.Decimal) else decimal.Decimal(str(value))
    if not number.is_finite():
        message = f"Decimal cannot represent {number}."
        raise ValueError(message)
    return format(number, "f")


def _write_clock(value: dt.datetime | dt.time) -> str:
    text = value.replace(tzinfo=None).isoformat()
    return text.rstrip("0") if value.microsecond else text


def _write_date_time(value: Any) -> str:
    moment: dt.datetime = _as_date_time(value)
    if moment.tzinfo is dt.UTC:  # as drivers give most of them
        text = moment.isoformat()
        return f"{text[:-6].rstrip('0')}+00:00" if moment.microsecond else text
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC)
    return f"{_write_clock(moment)}+00:00"


def _write_local_date_time(value: Any) -> str:
    return _write_clock(_as_date_time(value))


def _as_date_time(value: Any) -> dt.datetime:
    return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))


def _write_date(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _write_time(value: Any) -> str:
    return _write_clock(value) if isinstance(value, dt.time) else str(value)


def _write_duration(value: Any) -> str:
    """Write ISO 8601: days, hours, minutes, seconds, one sign in front."""
    span: dt.timedelta = value
    sign, span = ("-", -span) if span < dt.timedelta() else ("", span)
    hours, rest = divmod(span.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{span.microseconds:06d}".rstrip("0") if span.microseconds else ""
    date = f"{span.days}D" if span.days else ""
    clock = "".join(
        (
            f"{hours}H" if hours else "",
            f"{minutes}M" if minutes else "",
            f"{seconds}{fraction}S" if seconds or fraction else "",
        )
    )
    if not date and not clock:
        return "PT0S"
    return f"{sign}P{date}{'T' if clock else ''}{clock}"


def _write_uuid(value: Any) -> str:
    return str(value if isinstance(value, uuid.UUID) else uuid.UUID(str(value)))


def _write_base64(value: Any) -> str:
    return base64.b64encode(bytes(value)).decode("ascii")


_WRITERS: Mapping[ScalarKind, Callable[[Any], Any]] = MappingProxyType(
    {
        ScalarKind.STRING: str,
        ScalarKind.BOOLEAN: bool,
        ScalarKind.INT: _write_int,
        ScalarKind.FLOAT: _write_float,
        ScalarKind.BIG_INT: lambda value: str(int(value)),
        ScalarKind.DECIMAL: _write_decimal,
        ScalarKind.DATE_TIME: _write_date_time,
        ScalarKind.LOCAL_DATE_TIME: _write_local_date_time,
        ScalarKind.DATE: _write_date,
        ScalarKind.TIME: _write_time,
        ScalarKind.DURATION: _write_duration,
        ScalarKind.UUID: _write_uuid,
        ScalarKind.JSON: lambda value: value,
        ScalarKind.BASE64: _write_base64,
        ScalarKind.OPAQUE: str,
    }
)


def _read_string(value: object) -> str:
    if not isinstance(value, str):
        message = f"String cannot represent {value!r}: pass a string."
        raise ValueError(message)
    if "\x00" in value:
        message = "String cannot hold the character U+0000."
        raise ValueError(message)
    return value


def _read_boolean(value: object) -> bool:
    if not isinstance(value, bool):
        message = f"Boolean cannot represent {value!r}: pass true or false."
        raise ValueError(message)
    return value


def _read_int(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        message = f"Int cannot represent {value!r}: pass a whole number."
        raise ValueError(message)
    return _write_int(value)


def _read_float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"Float cannot represent {value!r}: pass a number."
        raise ValueError(message)
    return _write_float(value)


def _read_big_int(value: object) -> int:
    text = str(value)
    if isinstance(value, bool | float) or not re.fullmatch(r"[+-]?[0-9]{1,19}", text):
        message = f"BigInt cannot represent {value!r}: pass a whole number as a string."
        raise ValueError(message)
    number = int(text)
    if not -INT64_LIMIT <= number < INT64_LIMIT:
        message = f"BigInt cannot represent {text}: it has more than 64 bits."
        raise ValueError(message)
    return number


def _read_decimal(value: object) -> decimal.Decimal:
    shown = repr(value)[:40]
    message = f'Decimal cannot represent {shown}: pass a number as a string, such as "9.99".'
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(message)
    try:
        number = decimal.Decimal(str(value))
    except decimal.InvalidOperation:
        raise ValueError(message) from None
    if not number.is_finite():
        raise ValueError(message)
    if number and not -_DECIMAL_DIGITS < _last_digit(number) <= number.adjusted() < _DECIMAL_DIGITS:
        message = f"Decimal cannot represent {str(value)[:20]}: it has too many digits."
        raise ValueError(message)
    return number


def _last_digit(number: decimal.Decimal) -> int:
    """Return the power of ten of the last digit of a finite number."""
    return int(number.as_tuple().exponent)


def _read_date_time(value: object) -> dt.datetime:
    moment = _read_iso(dt.datetime.fromisoformat, value, "DateTime", "2024-05-01T12:30:00+00:00")
    if moment.tzinfo is None:
        message = f"DateTime cannot represent {value!r}: add an offset, such as +00:00."
        raise ValueError(message)
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        message = f"DateTime cannot represent {value!r}: it is out of range."
        raise ValueError(message) from None


def _read_local_date_time(value: object) -> dt.datetime:
    moment = _read_iso(dt.datetime.fromisoformat, value, "LocalDateTime", "2024-05-01T12:30:00")
    if moment.tzinfo is not None:
        message = f"LocalDateTime cannot represent {value!r}: leave out the offset."
        raise ValueError(message)
    return moment


def _read_date(value: object) -> dt.date:
    return _read_iso(dt.date.fromisoformat, value, "Date", "2024-05-01")


def _read_time(value: object) -> dt.time:
    clock = _read_iso(dt.time.fromisoformat, value, "Time", "12:30:00")
    if clock.tzinfo is not None:
        message = f"Time cannot represent {value!r}: leave out the offset."
        raise ValueError(message)
    return clock


def _read_iso(parse: Callable[[str], MomentT], value: object, name: str, example: str) -> MomentT:
    if isinstance(value, str):
        try:
            return parse(value)
        except ValueError:
            pass
    message = f'{name} cannot represent {value!r}: pass ISO 8601, such as "{example}".'
    raise ValueError(message)


_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?!$)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d{1,6})?)S)?)?"
)


def _read_duration(value: object) -> dt.timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        message = f'Duration cannot represent {value!r}: pass ISO 8601, such as "P1DT2H30M".'
        raise ValueError(message)
    parts = {name: text for name, text in match.groupdict().items() if name != "sign" and text}
    try:
        seconds = decimal.Decimal(parts.pop("seconds", "0"))
        span = dt.timedelta(
            **{name: int(text) for name, text in parts.items()},
            microseconds=int(seconds * 1_000_000),
        )
    except OverflowError:
        message = f"Duration cannot represent {value!r}: it is out of range."
        raise ValueError(message) from None
    return -span if match["sign"] == "-" else span


def _read_uuid(value: object) -> uuid.UUID:
    try:
        return uuid.UUID(value if isinstance(value, str) else "")
    except ValueError:
        message = f"UUID cannot represent {value!r}: pass its 36 characters."
        raise ValueError(message) from None


def _read_base64(value: object) -> bytes:
    try:
        return base64.b64decode(value if isinstance(value, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        message = f"Base64 cannot represent {value!r}: pass standard Base64 with padding."
        raise ValueError(message) from None


def _refuse(value: object) -> Any:
    message = f"Opaque values cannot be passed in, got {value!r}."
    raise ValueError(message)


_READERS: Mapping[ScalarKind, Callable[[object], Any]] = MappingProxyType(
    {
        ScalarKind.STRING: _read_string,
        ScalarKind.BOOLEAN: _read_boolean,
        ScalarKind.INT: _read_int,
        ScalarKind.FLOAT: _read_float,
        ScalarKind.BIG_INT: _read_big_int,
        ScalarKind.DECIMAL: _read_decimal,
        ScalarKind.DATE_TIME: _read_date_time,
        ScalarKind.LOCAL_DATE_TIME: _read_local_date_time,
        ScalarKind.DATE: _read_date,
        ScalarKind.TIME: _read_time,
        ScalarKind.DURATION: _read_duration,
        ScalarKind.UUID: _read_uuid,
        ScalarKind.JSON: lambda value: value,
        ScalarKind.BASE64: _read_base64,
        ScalarKind.OPAQUE: _refuse,
    }
)
