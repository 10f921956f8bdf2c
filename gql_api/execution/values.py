"""How many JSON values there are and how deep they stand, measured without recursion."""

from collections.abc import Iterator
from typing import Any

from gql_api.config import Limits
from gql_api.errors import LimitExceededError


def check_values(value: Any, limits: Limits, subject: str, *, depth: int = 0) -> None:
    """Refuse too many values, and those that stand too deep within each other.

    Args:
        value: As read from JSON.
        limits: ``max_json_depth`` and ``max_variable_values``.
        subject: What holds the values, for the message.
        depth: Objects and lists around it.

    Raises:
        LimitExceededError: There are; nothing is looked at further than that.

    Cost:
        Linear in the number of values, or in the limit where that is less.
    """
    if not isinstance(value, dict | list):
        return
    level, total = [value], 0
    while level:
        depth += 1
        if depth > limits.max_json_depth:
            raise too_deep(limits)
        total += sum(map(len, level))
        if total > limits.max_variable_values:
            raise _too_many(total, limits, subject)
        level = [
            inner for each in level for inner in _inner(each) if isinstance(inner, dict | list)
        ]


def too_deep(limits: Limits) -> LimitExceededError:
    """Return the error of values too deep within each other."""
    message = (
        "The request nests more than "
        f"{limits.max_json_depth} objects or lists in each other: use fewer."
    )
    return LimitExceededError(message, limit="max_json_depth")


def _too_many(total: int, limits: Limits, subject: str) -> LimitExceededError:
    message = (
        f"{subject}: there are {total} values or more, and at most {limits.max_variable_values} "
        "are allowed."
    )
    return LimitExceededError(message, limit="max_variable_values")


def _inner(value: dict[str, Any] | list[Any]) -> Iterator[Any]:
    return iter(value.values() if isinstance(value, dict) else value)
