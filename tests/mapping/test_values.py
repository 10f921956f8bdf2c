"""Values on the wire."""

import datetime as dt
import decimal
import math
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gql_api.mapping.values import ScalarKind, read_value, write_value

K = ScalarKind

_MOMENTS = st.datetimes(timezones=st.just(dt.UTC))

VALUES: dict[ScalarKind, st.SearchStrategy[Any]] = {
    K.STRING: st.text().filter(lambda text: "\x00" not in text),
    K.BOOLEAN: st.booleans(),
    K.INT: st.integers(-(2**31), 2**31 - 1),
    K.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    K.BIG_INT: st.integers(-(2**63), 2**63 - 1),
    K.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False, places=10),
    K.DATE_TIME: _MOMENTS,
    K.LOCAL_DATE_TIME: st.datetimes(),
    K.DATE: st.dates(),
    K.TIME: st.times(),
    K.DURATION: st.timedeltas(),
    K.UUID: st.uuids(),
    K.JSON: st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    K.BASE64: st.binary(),
}


@given(st.data())
@pytest.mark.parametrize("kind", sorted(VALUES))
def test_round_trip(kind: ScalarKind, data: st.DataObject):
    """What is written reads back as the same value."""
    value = data.draw(VALUES[kind])

    again = read_value(kind, write_value(kind, value))

    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        pytest.param(K.BIG_INT, 2**53 + 1, "9007199254740993", id="beyond doubles"),
        pytest.param(K.DECIMAL, decimal.Decimal("1E+3"), "1000", id="no exponent"),
        pytest.param(K.DECIMAL, decimal.Decimal("1.50"), "1.50", id="scale stays"),
        pytest.param(K.DECIMAL, 2.5, "2.5", id="float for a decimal"),
        pytest.param(
            K.DATE_TIME,
            dt.datetime(2024, 5, 1, 14, 30, tzinfo=dt.timezone(dt.timedelta(hours=2))),
            "2024-05-01T12:30:00+00:00",
            id="other offset",
        ),
        pytest.param(
            K.DATE_TIME,
            dt.datetime(2024, 5, 1, 12, 30, 0, 120_000),  # noqa: DTZ001 - as SQLite gives it
            "2024-05-01T12:30:00.12+00:00",
            id="trailing zeros",
        ),
        pytest.param(
            K.LOCAL_DATE_TIME, "2024-05-01 12:30:00", "2024-05-01T12:30:00", id="text of a moment"
        ),
        pytest.param(K.DATE, dt.datetime(2024, 5, 1, 12), "2024-05-01", id="moment for a date"),  # noqa: DTZ001
        pytest.param(K.DATE, "2024-05-01", "2024-05-01", id="text for a date"),
        pytest.param(K.TIME, "12:30", "12:30", id="text for a time"),
        pytest.param(K.DURATION, dt.timedelta(), "PT0S", id="no time"),
        pytest.param(K.DURATION, dt.timedelta(days=-1, hours=-2), "-P1DT2H", id="negative"),
        pytest.param(K.DURATION, dt.timedelta(minutes=3), "PT3M", id="minutes alone"),
        pytest.param(K.UUID, "0" * 32, "00000000-0000-0000-0000-000000000000", id="text of a uuid"),
        pytest.param(K.BASE64, memoryview(b"\xff"), "/w==", id="buffer"),
        pytest.param(K.OPAQUE, ("a", 1), "('a', 1)", id="opaque"),
    ],
)
def test_written_forms(kind: ScalarKind, value: Any, written: Any):
    """Each value has one form."""
    assert write_value(kind, value) == written


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (K.INT, 2**31, "Int cannot represent 2147483648: it has more than 32 bits."),
        (K.FLOAT, math.nan, "Float cannot represent nan."),
        (K.FLOAT, -math.inf, "Float cannot represent -inf."),
        (K.DECIMAL, decimal.Decimal("NaN"), "Decimal cannot represent NaN."),
    ],
)
def test_values_without_form(kind: ScalarKind, value: Any, message: str):
    """A value that JSON cannot hold is refused by name."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is asserted
        write_value(kind, value)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("kind", "literal", "value"),
    [
        (K.FLOAT, 1, 1.0),
        (K.BIG_INT, 5, 5),
        (K.BIG_INT, "+5", 5),
        (K.DECIMAL, 5, decimal.Decimal(5)),
        (K.DECIMAL, 0.1, decimal.Decimal("0.1")),
        (K.DATE_TIME, "2024-05-01T14:30:00+02:00", dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.UTC)),
        (K.DATE_TIME, "2024-05-01T12:30:00Z", dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.UTC)),
        (K.DURATION, "P2W", dt.timedelta(weeks=2)),
        (K.DURATION, "-PT1.5S", dt.timedelta(seconds=-1.5)),
        (K.UUID, "0" * 31 + "1", uuid.UUID(int=1)),
    ],
)
def test_accepted_forms(kind: ScalarKind, literal: Any, value: Any):
    """Other literals of the same value are accepted."""
    assert read_value(kind, literal) == value


@pytest.mark.parametrize(
    ("kind", "literal", "message"),
    [
        (K.STRING, 1, "String cannot represent 1: pass a string."),
        (K.STRING, "a\x00", "String cannot hold the character U+0000."),
        (K.BOOLEAN, 1, "Boolean cannot represent 1: pass true or false."),
        (K.INT, True, "Int cannot represent True: pass a whole number."),
        (K.INT, 1.5, "Int cannot represent 1.5: pass a whole number."),
        (K.INT, -(2**31) - 1, "Int cannot represent -2147483649: it has more than 32 bits."),
        (K.FLOAT, "1", "Float cannot represent '1': pass a number."),
        (K.FLOAT, True, "Float cannot represent True: pass a number."),
        (K.FLOAT, math.inf, "Float cannot represent inf."),
        (K.BIG_INT, 1.0, "BigInt cannot represent 1.0: pass a whole number as a string."),
        (K.BIG_INT, "1e3", "BigInt cannot represent '1e3': pass a whole number as a string."),
        (
            K.BIG_INT,
            str(2**63),
            "BigInt cannot represent 9223372036854775808: it has more than 64 bits.",
        ),
        (
            K.DECIMAL,
            "abc",
            "Decimal cannot represent 'abc': pass a number as a string, such as \"9.99\".",
        ),
        (
            K.DECIMAL,
            "NaN",
            "Decimal cannot represent 'NaN': pass a number as a string, such as \"9.99\".",
        ),
        (
            K.DECIMAL,
            True,
            'Decimal cannot represent True: pass a number as a string, such as "9.99".',
        ),
        (
            K.DATE_TIME,
            "2024-05-01T12:30:00",
            "DateTime cannot represent '2024-05-01T12:30:00': add an offset, such as +00:00.",
        ),
        (
            K.DATE_TIME,
            "0001-01-01T00:00:00+01:00",
            "DateTime cannot represent '0001-01-01T00:00:00+01:00': it is out of range.",
        ),
        (
            K.DATE_TIME,
            5,
            'DateTime cannot represent 5: pass ISO 8601, such as "2024-05-01T12:30:00+00:00".',
        ),
        (
            K.LOCAL_DATE_TIME,
            "2024-05-01T12:30:00Z",
            "LocalDateTime cannot represent '2024-05-01T12:30:00Z': leave out the offset.",
        ),
        (
            K.DATE,
            "2024-13-01",
            "Date cannot represent '2024-13-01': pass ISO 8601, such as \"2024-05-01\".",
        ),
        (K.TIME, "25:00", "Time cannot represent '25:00': pass ISO 8601, such as \"12:30:00\"."),
        (
            K.TIME,
            "12:00:00+01:00",
            "Time cannot represent '12:00:00+01:00': leave out the offset.",
        ),
        (K.DURATION, "P", "Duration cannot represent 'P': pass ISO 8601, such as \"P1DT2H30M\"."),
        (
            K.DURATION,
            "P1DT",
            "Duration cannot represent 'P1DT': pass ISO 8601, such as \"P1DT2H30M\".",
        ),
        (
            K.DURATION,
            "P9999999999D",
            "Duration cannot represent 'P9999999999D': it is out of range.",
        ),
        (K.UUID, "x", "UUID cannot represent 'x': pass its 36 characters."),
        (K.UUID, 5, "UUID cannot represent 5: pass its 36 characters."),
        (
            K.BASE64,
            "a",
            "Base64 cannot represent 'a': pass standard Base64 with padding.",
        ),
        (K.OPAQUE, "a", "Opaque values cannot be passed in, got 'a'."),
    ],
)
def test_refusals(kind: ScalarKind, literal: Any, message: str):
    """A literal of another kind is refused with what to pass."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is asserted
        read_value(kind, literal)

    assert str(caught.value) == message
