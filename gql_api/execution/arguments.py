"""What filters, orders and lists in arguments ask for, over the variables of a request.

Values of the document and of the variables are walked alike, without recursion.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
)

from gql_api.config import Limits
from gql_api.errors import LimitExceededError

CONDITION_ARGUMENTS = frozenset({"where", "having", "orderBy"})
"""Arguments whose conditions and keys are counted."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a field, as it stands in a document."""

    path: Path
    """Response key of the field, and name of the argument."""

    value: ValueNode
    type: GraphQLInputType


@dataclass(slots=True)
class ArgumentSize:
    """What an argument asks for."""

    depth: int = 0
    """Input objects within each other."""

    conditions: int = 0
    """Values in input objects: conditions of a filter, keys of an order."""

    objects: int = 0
    """Input objects."""

    longest: int = 0
    """Items of the longest list."""


def check_argument(argument: Argument, variables: Mapping[str, Any], limits: Limits) -> int:
    """Compare an argument with the limits.

    Args:
        argument: Of a field that will run.
        variables: By name, defaults included; those that a request leaves out are missing.
        limits: ``max_list_length``, ``max_filter_depth`` and ``max_filter_conditions``.

    Returns:
        How many points it costs: one for each input object and each condition.

    Raises:
        LimitExceededError: There is more of something than is allowed.
    """
    size = measure_argument(argument, variables)
    where = ".".join(argument.path)
    _check(size.longest, limits, "max_list_length", f"{where} holds a list of", "items", argument)
    if argument.path[-1] not in CONDITION_ARGUMENTS:
        return size.objects
    _check(size.depth, limits, "max_filter_depth", f"{where} nests", "input objects", argument)
    _check(size.conditions, limits, "max_filter_conditions", f"{where} has", "conditions", argument)
    return size.conditions + size.objects


def measure_argument(argument: Argument, variables: Mapping[str, Any]) -> ArgumentSize:
    """Measure an argument.

    Cost:
        Linear in the number of its values.
    """
    size = ArgumentSize()
    stack: list[tuple[Any, Any, int]] = [(argument.value, argument.type, 0)]
    while stack:
        value, type_, depth = stack.pop()
        value, type_ = read_value(value, variables), _nullable(type_)
        if value is None or isinstance(value, NullValueNode):
            continue
        if isinstance(type_, GraphQLList):
            items = _items(value)
            size.longest = max(size.longest, len(items))
            stack += [(item, type_.of_type, depth) for item in items]
        elif isinstance(type_, GraphQLInputObjectType):
            size.depth = max(size.depth, depth + 1)
            size.objects += 1
            fields = type_.fields
            members = list(_members(value))
            known = [
                (each, fields[name].type, depth + 1) for name, each in members if name in fields
            ]
            stack += known
            size.conditions += len(members) - len(known)  # mistakes, each of which is told
        else:
            size.conditions += depth > 0
    return size


def single_variables(argument: Argument) -> list[str] | None:
    """Return the variables of an argument, where each holds a single value.

    Returns:
        Names; None where a variable stands for a list or an input object, whose size counts.
    """
    names: list[str] = []
    stack: list[tuple[Any, Any]] = [(argument.value, argument.type)]
    while stack:
        value, type_ = stack.pop()
        type_ = _nullable(type_)
        if isinstance(value, VariableNode):
            if isinstance(type_, GraphQLList | GraphQLInputObjectType):
                return None
            names.append(value.name.value)
        elif isinstance(type_, GraphQLList):
            stack += [(item, type_.of_type) for item in _items(value)]
        elif isinstance(type_, GraphQLInputObjectType):
            fields = type_.fields
            stack += [(each, fields[name].type) for name, each in _members(value) if name in fields]
    return names


def read_value(value: Any, variables: Mapping[str, Any]) -> Any:
    """Return what a variable holds, anything else as it is; a default is a node again."""
    return variables.get(value.name.value) if isinstance(value, VariableNode) else value


def _nullable(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def _items(value: Any) -> Sequence[Any]:
    """Return the items of a list; another value stands for a list of one."""
    if isinstance(value, ListValueNode):
        return value.values
    return value if isinstance(value, list | tuple) else (value,)


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, ObjectValueNode):
        yield from ((each.name.value, each.value) for each in value.fields)
    elif isinstance(value, dict):
        yield from value.items()


def _check(
    amount: int, limits: Limits, name: str, subject: str, unit: str, argument: Argument
) -> None:
    limit = getattr(limits, name)
    if amount > limit:
        message = f"{subject} {amount} {unit}: at most {limit} are allowed."
        raise LimitExceededError(message, limit=name, path=argument.path)
