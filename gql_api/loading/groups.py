"""Groups and aggregates: what their statements return becomes answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gql_api.loading.rows import FetchedRow, RowShape
from gql_api.plan.aggregates import Aggregate, AggregateFunction
from gql_api.plan.selections import (
    AggregateField,
    AggregatePart,
    AggregateValue,
    GroupKeyField,
    GroupNodesField,
    GroupsField,
    GroupValueField,
    TypenameField,
)
from gql_api.sql.groups import read_aggregates

_COUNTS = frozenset({AggregateFunction.COUNT, AggregateFunction.COUNT_DISTINCT})


@dataclass(slots=True)
class LoadedGroup:
    """One group of a list."""

    keys: Sequence[Any]
    """What its rows share, in the order of the groups' keys."""

    aggregates: Mapping[Aggregate, Any]
    rows: list[FetchedRow] = field(default_factory=list)
    """In the order of the list."""


def read_groups(
    asked: GroupsField, fetched: Iterable[Sequence[Any]], shape: RowShape | None
) -> list[LoadedGroup]:
    """Read what ``select_groups`` returns for one list, without the parent's keys.

    Args:
        asked: The groups.
        fetched: Sorted by rank.
        shape: Of the rows of groups; None where these are not asked for.
    """
    width = len(asked.keys)
    wanted = read_aggregates(asked)
    groups: dict[int, LoadedGroup] = {}
    for rank, *values in fetched:
        if rank not in groups:
            computed = values[width : width + len(wanted)]
            aggregates = dict(zip(wanted, computed, strict=True))
            groups[rank] = LoadedGroup(values[:width], aggregates)
        row_rank, *row = values[width + len(wanted) :] or [None]
        if shape is not None and row_rank is not None:
            groups[rank].rows.append(shape.read(row))
    return list(groups.values())


def aggregate_answer(asked: AggregateField, computed: Mapping[Aggregate, Any]) -> dict[str, Any]:
    """Return the answer of an aggregate field; a list without rows computed nothing."""
    return _aggregate_answer(asked.fields, computed)


def _aggregate_answer(
    fields: Sequence[TypenameField | AggregateValue | AggregatePart],
    computed: Mapping[Aggregate, Any],
) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for each in fields:
        match each:
            case AggregatePart(response_key, inner):
                answer[response_key] = _aggregate_answer(inner, computed)
            case AggregateValue(response_key, aggregate):
                answer[response_key] = _aggregate_value(aggregate, computed)
            case TypenameField(response_key, type_name):
                answer[response_key] = type_name
    return answer


def _aggregate_value(aggregate: Aggregate, computed: Mapping[Aggregate, Any]) -> Any:
    return computed.get(aggregate, 0 if aggregate.function in _COUNTS else None)


def group_answer(
    asked: GroupsField,
    group: LoadedGroup,
    nodes: Mapping[str, Sequence[Any]],
) -> dict[str, Any]:
    """Return the answer of one group.

    Args:
        asked: The fields of groups.
        group: Keys and aggregates.
        nodes: Assembled rows of each field of rows, by response key.
    """
    answer: dict[str, Any] = {}
    for part in asked.fields:
        match part:
            case GroupKeyField(response_key, fields):
                answer[response_key] = _key_answer(fields, group)
            case AggregateField(response_key):
                answer[response_key] = aggregate_answer(part, group.aggregates)
            case GroupNodesField(response_key):
                answer[response_key] = nodes[response_key]
            case TypenameField(response_key, type_name):
                answer[response_key] = type_name
    return answer


def _key_answer(
    fields: Sequence[TypenameField | GroupValueField], group: LoadedGroup
) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for each in fields:
        if isinstance(each, TypenameField):
            answer[each.response_key] = each.type_name
        else:
            answer[each.response_key] = None if each.index is None else group.keys[each.index]
    return answer
