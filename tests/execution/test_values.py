"""Sizes of JSON values."""

from typing import Any

import pytest

from gql_api.config import Limits
from gql_api.errors import LimitExceededError
from gql_api.execution.values import check_values


def _nested(depth: int) -> Any:
    value: Any = 1
    for index in range(depth):
        value = [value] if index % 2 else {"a": value}
    return value


def test_depth():
    """Objects and lists may stand as deep within each other as is allowed, and no deeper."""
    limits = Limits(max_json_depth=3)

    check_values(_nested(3), limits, "They")
    with pytest.raises(LimitExceededError) as caught:
        check_values(_nested(4), limits, "They")

    assert caught.value.code == "MAX_JSON_DEPTH_EXCEEDED"
    assert caught.value.message == (
        "The request nests more than 3 objects or lists in each other: use fewer."
    )


def test_depth_beyond_recursion():
    """Values deeper than Python's stack are measured too."""
    with pytest.raises(LimitExceededError):
        check_values(_nested(100_000), Limits(), "They")


@pytest.mark.parametrize("value", [1, "text", None, {}, [], {"a": [1, 2, {"b": None}]}])
def test_shallow(value: Any):
    """Ordinary values pass."""
    check_values(value, Limits(max_json_depth=3), "They")


def test_size():
    """Values are counted through objects and lists."""
    variables = {"a": 1, "b": [1, 2], "c": {"d": "x"}}

    check_values(variables, Limits(max_variable_values=6), "They")
    with pytest.raises(LimitExceededError) as caught:
        check_values(variables, Limits(max_variable_values=5), "They")

    assert caught.value.code == "MAX_VARIABLE_VALUES_EXCEEDED"
    assert caught.value.message == "They: there are 6 values or more, and at most 5 are allowed."
