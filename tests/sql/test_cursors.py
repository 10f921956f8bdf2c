"""Cursors."""

import base64
import datetime as dt
import decimal
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gql_api.errors import CursorMismatchError, InvalidCursorError
from gql_api.mapping.registry import describe_models, mapped_classes
from gql_api.plan.aggregates import AggregateFunction
from gql_api.plan.pages import OrderKey
from gql_api.sql.cursors import CursorCodec
from tests.fixtures import models
from tests.fixtures.models import State

REGISTRY = describe_models(mapped_classes(models.Base))
VALUES = {
    "id": st.integers(-(2**63), 2**63 - 1),
    "exact": st.decimals(allow_nan=False, allow_infinity=False, places=10),
    "ratio": st.floats(allow_nan=False, allow_infinity=False),
    "day": st.dates(),
    "clock": st.times(),
    "moment": st.datetimes(timezones=st.just(dt.UTC)),
    "local_moment": st.datetimes(),
    "span": st.timedeltas(),
    "token": st.uuids(),
    "content": st.binary(),
    "flag": st.booleans(),
    "note": st.text().filter(lambda text: "\x00" not in text),
    "state": st.sampled_from(State),
}


def _codec(*keys: OrderKey, entity: str = "Sample") -> CursorCodec:
    return CursorCodec(REGISTRY.entities[entity], keys, REGISTRY)


def _key(column: str | None, *path: str, **options: Any) -> OrderKey:
    return OrderKey(path, column, **options)


@given(st.data(), st.permutations(sorted(VALUES)), st.integers(1, len(VALUES)))
def test_round_trip(data: st.DataObject, columns: list[str], size: int):
    """A place reads back with the value of every kind, None included."""
    chosen = columns[:size]
    place = tuple(data.draw(st.none() | VALUES[column]) for column in chosen)
    codec = _codec(*map(_key, chosen))

    assert codec.decode(codec.encode(place), argument="after") == place


def test_relatives():
    """Columns of relatives and counts are parts of a place."""
    codec = _codec(
        _key("pen_name", "author"),
        _key(None, "tags", function=AggregateFunction.COUNT),
        _key("id"),
        entity="Book",
    )

    place = ('Ann "the" O\'Hara', 7, 3)
    assert codec.decode(codec.encode(place), argument="after") == place


def test_decimal_scale():
    """A decimal keeps every digit."""
    codec = _codec(_key("exact"))
    place = (decimal.Decimal("1234567890.0000000001"),)

    assert str(codec.decode(codec.encode(place), argument="after")[0]) == "1234567890.0000000001"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param([_key("id")], id="fewer keys"),
        pytest.param([_key("id"), _key("note")], id="other sequence"),
        pytest.param([_key("note", is_descending=True), _key("id")], id="other direction"),
        pytest.param([_key("note", are_nulls_first=True), _key("id")], id="other place of nulls"),
        pytest.param([_key("state"), _key("id")], id="other column"),
    ],
)
def test_other_order(other: list[OrderKey]):
    """A cursor of another order is refused, not misread."""
    text = _codec(_key("note"), _key("id")).encode(("a", 1))

    with pytest.raises(CursorMismatchError) as caught:
        _codec(*other).decode(text, argument="after")

    assert caught.value.message == (
        'The cursor in "after" belongs to another list or another "orderBy": '
        "pass the same order, or start from the first page."
    )
    assert caught.value.path == ("after",)


def test_other_entity():
    """A cursor of another list is refused."""
    text = _codec(_key("id"), entity="Tag").encode((1,))

    with pytest.raises(CursorMismatchError):
        _codec(_key("id"), entity="Book").decode(text, argument="before")


def _forged(codec: CursorCodec, *parts: Any) -> str:
    fingerprint = json.loads(base64.urlsafe_b64decode(codec.encode((1, 1))))[0]
    return base64.urlsafe_b64encode(json.dumps([fingerprint, *parts]).encode()).decode()


COUNTED = _codec(_key(None, "tags", function=AggregateFunction.COUNT), _key("id"), entity="Book")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("garbage", id="garbage"),
        pytest.param("ü", id="not ASCII"),
        pytest.param(base64.urlsafe_b64encode(b"{}").decode(), id="no list"),
        pytest.param(base64.urlsafe_b64encode(b"[]").decode(), id="empty list"),
        pytest.param(base64.urlsafe_b64encode(b"[1,2]").decode(), id="no fingerprint"),
        pytest.param(_forged(COUNTED, 1), id="too few values"),
        pytest.param(_forged(COUNTED, 1, "1"), id="text for a number"),
        pytest.param(_forged(COUNTED, 1, 2**40), id="too large"),
        pytest.param(_forged(COUNTED, "1", 1), id="text for a count"),
        pytest.param(_forged(COUNTED, None, 1), id="null for a count"),
        pytest.param(_forged(COUNTED, *[True, 1]), id="boolean for a count"),
        pytest.param(_forged(COUNTED, 2**63, 1), id="too large a count"),
    ],
)
def test_garbage(text: str):
    """What is no cursor is refused with what to pass."""
    with pytest.raises(InvalidCursorError) as caught:
        COUNTED.decode(text, argument="before")

    assert caught.value.message == (
        '"before" is no cursor of this API: pass "endCursor" or an edge\'s "cursor".'
    )
    assert caught.value.path == ("before",)
