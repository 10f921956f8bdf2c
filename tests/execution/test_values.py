"""Sizes of JSON values."""

from typing import Any

import pytest

from gql_api.config import Limits
from gql_api.errors import LimitExceededError
from gql_api.execution.values import check_depth, check_size


def _nested(depth: int) -> Any:
    value: Any = 1
    for index in range(depth):
        value = [value] if index % 2 else {"a": value}
    return value


def test_depth():
    """Objects and lists may stand as deep within each other as is allowed, and no deeper."""
    limits = Limits(max_json_depth=3)

    check_depth(_nested(3), limits)
    with pytest.raises(LimitExceededError) as caught:
        check_depth(_nested(4), limits)

    assert caught.value.code == "MAX_JSON_DEPTH_EXCEEDED"
    assert caught.value.message == (
        "The request nests more than 3 objects or lists in each other: use fewer."
    )


def test_depth_beyond_recursion():
    """Values deeper than Python's stack are measured too."""
    with pytest.raises(LimitExceededError):
        check_depth(_nested(100_000), Limits())


@pytest.mark.parametrize("value", [1, "text", None, {}, [], {"a": [1, 2, {"b": None}]}])
def test_shallow(value: Any):
    """Ordinary values pass."""
    check_depth(value, Limits(max_json_depth=3))


def test_size():
    """Values are counted through objects and lists."""
    variables = {"a": 1, "b": [1, 2], "c": {"d": "x"}}

    check_size(variables, Limits(max_variable_values=6))
    with pytest.raises(LimitExceededError) as caught:
        check_size(variables, Limits(max_variable_values=5))

    assert caught.value.code == "MAX_VARIABLE_VALUES_EXCEEDED"
    assert caught.value.message == "The variables hold 6 values or more: at most 5 are allowed."
