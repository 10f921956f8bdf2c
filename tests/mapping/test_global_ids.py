"""Global ids."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gql_api.errors import BadUserInputError
from gql_api.mapping.global_ids import decode_global_id, encode_global_id
from gql_api.mapping.registry import describe_models, mapped_classes
from tests.fixtures import models

REGISTRY = describe_models(mapped_classes(models.Base))


@given(st.text().filter(lambda text: "\x00" not in text))
def test_text_key(code: str):
    """A text key survives, quotes and emptiness included."""
    entity = REGISTRY.entities["Category"]

    assert decode_global_id(REGISTRY, encode_global_id(entity, {"code": code})) == (entity, (code,))


@given(st.integers(-(2**31), 2**31 - 1), st.uuids())
def test_composite_key(book_id: int, reader_id: Any):
    """A composite key survives with the type of each column."""
    entity = REGISTRY.entities["Loan"]

    text = encode_global_id(entity, {"reader_id": reader_id, "book_id": book_id, "other": 1})

    assert decode_global_id(REGISTRY, text) == (entity, (book_id, reader_id))


@given(st.integers(-(2**63), 2**63 - 1))
def test_big_key(key: int):
    """A key of 64 bits survives."""
    entity = REGISTRY.entities["Sample"]

    assert decode_global_id(REGISTRY, encode_global_id(entity, {"id": key})) == (entity, (key,))


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("1", id="a number"),
        pytest.param("ü", id="not ASCII"),
        pytest.param("!!!!", id="no Base64"),
        pytest.param(base64.urlsafe_b64encode(b"\xff").decode(), id="no JSON"),
        pytest.param(_encoded({"a": 1}), id="no list"),
        pytest.param(_encoded([]), id="empty list"),
        pytest.param(_encoded([1, 1]), id="no name"),
        pytest.param(_encoded([["Book"], 1]), id="list for a name"),
        pytest.param(_encoded(["Ghost", 1]), id="unknown type"),
        pytest.param(_encoded(["Shelf", "attic", 1]), id="keyless type"),
        pytest.param(_encoded(["Book"]), id="no key"),
        pytest.param(_encoded(["Book", 1, 2]), id="too many columns"),
        pytest.param(_encoded(["Book", "1"]), id="text for a number"),
        pytest.param(_encoded(["Book", 2**40]), id="too large"),
        pytest.param(_encoded(["Book", None]), id="null"),
        pytest.param(_encoded(["Book", [1]]), id="list for a number"),
        pytest.param(_encoded(["Category", "a\x00"]), id="U+0000"),
        pytest.param(_encoded(["Loan", 1, "x"]), id="no UUID"),
    ],
)
def test_tampering(text: str):
    """What this API did not write is refused with one message."""
    with pytest.raises(BadUserInputError) as caught:
        decode_global_id(REGISTRY, text)

    assert (
        caught.value.message == f'id is "{text}", no id of this API: pass an id that it returned.'
    )


def test_long_text():
    """The message quotes the beginning of a long text only."""
    with pytest.raises(BadUserInputError) as caught:
        decode_global_id(REGISTRY, "x" * 1000)

    assert caught.value.message == (
        f'id is "{"x" * 80}", no id of this API: pass an id that it returned.'
    )
