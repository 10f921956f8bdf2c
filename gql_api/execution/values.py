"""How large and how deep JSON values are, measured without recursion."""

from collections.abc import Iterator
from typing import Any

from gql_api.config import Limits
from gql_api.errors import LimitExceededError


def check_depth(content: Any, limits: Limits) -> None:
    """Refuse values that stand too deep within each other.

    Args:
        content: As read from JSON.
        limits: ``max_json_depth``.

    Raises:
        LimitExceededError: They do.

    Cost:
        Linear in the number of objects and lists.
    """
    if isinstance(content, dict) and _is_shallow(content, limits):
        return
    level, depth = [content], 0
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        if depth > limits.max_json_depth:
            raise too_deep(limits)
        level = [inner for each in level for inner in _inner(each)]


def check_size(variables: Any, limits: Limits) -> None:
    """Refuse variables with too many values.

    Args:
        variables: By name, as sent.
        limits: ``max_variable_values``.

    Raises:
        LimitExceededError: There are more; they are counted no further than that.
    """
    if isinstance(variables, dict) and not _has_inner(variables):
        if len(variables) > limits.max_variable_values:
            raise _too_many(len(variables), limits)
        return
    total, stack = 0, [variables]
    while stack:
        each = stack.pop()
        total += len(each)
        if total > limits.max_variable_values:
            raise _too_many(total, limits)
        stack += [inner for inner in _inner(each) if isinstance(inner, dict | list)]


def too_deep(limits: Limits) -> LimitExceededError:
    """Return the error of values too deep within each other."""
    message = (
        "The request nests more than "
        f"{limits.max_json_depth} objects or lists in each other: use fewer."
    )
    return LimitExceededError(message, limit="max_json_depth")


def _too_many(total: int, limits: Limits) -> LimitExceededError:
    message = (
        f"The variables hold {total} values or more: at most {limits.max_variable_values} "
        "are allowed."
    )
    return LimitExceededError(message, limit="max_variable_values")


def _is_shallow(content: dict[str, Any], limits: Limits) -> bool:
    """Tell whether an object holds none but single values, or objects of such: most requests do."""
    inner = [each for each in content.values() if isinstance(each, dict | list)]
    if not inner:
        return True  # no limit is below one
    return limits.max_json_depth > 1 and not any(
        [isinstance(each, list) or _has_inner(each) for each in inner]  # noqa: C419 - faster
    )


def _has_inner(content: dict[str, Any]) -> bool:
    return any([isinstance(each, dict | list) for each in content.values()])  # noqa: C419 - faster


def _inner(value: dict[str, Any] | list[Any]) -> Iterator[Any]:
    return iter(value.values() if isinstance(value, dict) else value)
