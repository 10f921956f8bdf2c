"""Scalars: one GraphQL scalar per kind of value, over the one table of ``mapping.values``."""

import datetime as dt
import decimal
import uuid
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from gql_api.mapping.values import ScalarKind, read_value, write_value

BigInt = NewType("BigInt", int)
"""A whole number of up to 64 bits, a string on the wire."""

LocalDateTime = NewType("LocalDateTime", dt.datetime)
"""A date and time without a time zone."""

JSON = NewType("JSON", object)
"""Any JSON value."""

Base64 = NewType("Base64", bytes)
"""Bytes."""

Opaque = NewType("Opaque", str)
"""The text of a value whose database type has no GraphQL form."""

PYTHON_TYPES: Mapping[ScalarKind, Any] = MappingProxyType(
    {
        ScalarKind.STRING: str,
        ScalarKind.BOOLEAN: bool,
        ScalarKind.INT: int,
        ScalarKind.FLOAT: float,
        ScalarKind.BIG_INT: BigInt,
        ScalarKind.DECIMAL: decimal.Decimal,
        ScalarKind.DATE_TIME: dt.datetime,
        ScalarKind.LOCAL_DATE_TIME: LocalDateTime,
        ScalarKind.DATE: dt.date,
        ScalarKind.TIME: dt.time,
        ScalarKind.DURATION: dt.timedelta,
        ScalarKind.UUID: uuid.UUID,
        ScalarKind.JSON: JSON,
        ScalarKind.BASE64: Base64,
        ScalarKind.OPAQUE: Opaque,
    }
)
"""The Python type that stands for each kind in annotations and definitions."""

_DESCRIPTIONS: Mapping[ScalarKind, tuple[str, str | None]] = MappingProxyType(
    {
        ScalarKind.BIG_INT: ("A whole number of up to 64 bits, as a string.", None),
        ScalarKind.DECIMAL: ("An exact decimal number, as a string.", None),
        ScalarKind.DATE_TIME: (
            "A moment, in ISO 8601 with an offset; always +00:00 in answers.",
            "https://scalars.graphql.org/andimarek/date-time",
        ),
        ScalarKind.LOCAL_DATE_TIME: (
            "A date and time without a time zone, in ISO 8601.",
            "https://scalars.graphql.org/andimarek/local-date-time",
        ),
        ScalarKind.DATE: (
            "A date, as in 2024-05-01.",
            "https://scalars.graphql.org/andimarek/local-date",
        ),
        ScalarKind.TIME: ("A time of day without a time zone, as in 12:30:00.", None),
        ScalarKind.DURATION: (
            "A duration, in ISO 8601, as in P1DT2H30M.",
            "https://scalars.graphql.org/chillicream/duration",
        ),
        ScalarKind.UUID: (
            "A universally unique identifier, in its 36 characters.",
            "https://www.rfc-editor.org/rfc/rfc9562",
        ),
        ScalarKind.JSON: ("Any JSON value.", "https://www.rfc-editor.org/rfc/rfc8259"),
        ScalarKind.BASE64: ("Bytes, in Base64.", "https://www.rfc-editor.org/rfc/rfc4648"),
        ScalarKind.OPAQUE: ("The text of a value that cannot be passed in.", None),
    }
)


def _serialize(kind: ScalarKind, value: object) -> Any:
    """Write a value; one without a form on the wire is an error that names it, not a defect."""
    try:
        return write_value(kind, value)
    except ValueError as error:
        raise GraphQLError(str(error)) from error


def _parse(kind: ScalarKind, value: object) -> Any:
    """Read a value; one that is no literal of the kind is the client's error, not a defect."""
    try:
        return read_value(kind, value)
    except ValueError as error:
        raise GraphQLError(str(error)) from error


def scalar_map() -> dict[object, ScalarDefinition]:
    """Return the custom scalars of every schema, by Python type."""
    return {
        PYTHON_TYPES[kind]: strawberry.scalar(
            name=kind.value,
            description=description,
            specified_by_url=url,
            serialize=partial(_serialize, kind),
            parse_value=partial(_parse, kind),
        )
        for kind, (description, url) in _DESCRIPTIONS.items()
    }


def scalar_type(kind: ScalarKind) -> Any:
    """Return the type of a scalar field."""
    return PYTHON_TYPES[kind]
