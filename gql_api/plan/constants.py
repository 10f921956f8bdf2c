"""Conditions that hold for every row, or for none, whatever the rows."""

from collections.abc import Iterable, Sequence
from typing import Any

from gql_api.mapping.descriptors import Entity
from gql_api.plan import filters
from gql_api.plan.filters import Filter, Operator, Quantifier


def constant_value(part: Filter, entity: Entity, values: Sequence[Any]) -> bool | None:
    """Return what a condition is for each row of an entity; None where that depends on the row.

    Args:
        part: The condition.
        entity: Its columns tell whether they may be null.
        values: Value of each slot.
    """
    match part:
        case filters.And(parts):
            found: bool | None = _all(constant_value(each, entity, values) for each in parts)
        case filters.Or(parts):
            found = _negated(_all(_negated(constant_value(each, entity, values)) for each in parts))
        case filters.Not(inner):
            found = _negated(constant_value(inner, entity, values))
        case filters.IsNull(str() as column, is_null) if column in entity.columns:
            found = None if entity.columns[column].is_nullable else not is_null
        case filters.Compare(_, Operator.IN | Operator.NOT_IN as operator, slot):
            found = None if values[slot] else operator is Operator.NOT_IN
        case filters.KeyIn(_, slot):
            found = None if values[slot] else False
        case filters.Related(_, Quantifier.EVERY, filters.And(())):
            found = True
        case _:
            found = None
    return found


def _all(values: Iterable[bool | None]) -> bool | None:
    known = list(values)
    if False in known:
        return False
    return None if None in known else True


def _negated(value: bool | None) -> bool | None:  # noqa: FBT001 - the value itself, not an option
    return None if value is None else not value
