"""Aggregates are assembled: one column of values each, for many lists or groups at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from gql_api.loading.forms import Convert, Form, Values, objects
from gql_api.mapping.descriptors import Entity
from gql_api.plan.aggregates import Aggregate, AggregateFunction
from gql_api.plan.selections import AggregateField, AggregatePart, AggregateValue, TypenameField
from gql_api.sql.aggregates import aggregate_column

_COUNTS = frozenset({AggregateFunction.COUNT, AggregateFunction.COUNT_DISTINCT})

Computed = Mapping[Aggregate, Values]
"""Columns of aggregates, one value per list or group."""


def of_no_rows(aggregate: Aggregate) -> Any:
    """Return an aggregate of no rows."""
    return 0 if aggregate.function in _COUNTS else None


class ReadyAggregates:
    """How aggregates of one entity are read.

    Args:
        wanted: Each once, in the order of the statement.
        entity: Whose rows are aggregated.
        form: Of the answers.
    """

    def __init__(self, wanted: Sequence[Aggregate], entity: Entity, form: Form) -> None:
        self._wanted = wanted
        self._converters: list[Convert] = []
        for each in wanted:
            column = aggregate_column(each, entity)
            self._converters.append(form.converter(column.type, is_nullable=column.is_nullable))

    def read(self, rows: Sequence[Sequence[Any]]) -> Computed:
        """Read rows of all wanted aggregates; there is at least one."""
        columns = zip(*rows, strict=True)
        return {
            each: convert(column)
            for each, convert, column in zip(self._wanted, self._converters, columns, strict=True)
        }


def aggregate_answers(
    fields: Sequence[TypenameField | AggregateValue | AggregatePart], computed: Computed, count: int
) -> list[dict[str, Any]]:
    """Return the answers of an aggregate field.

    Args:
        fields: Its own.
        computed: At least what they ask for.
        count: Number of answers.
    """
    columns: list[Values] = []
    for each in fields:
        match each:
            case AggregatePart(_, inner):
                columns.append(aggregate_answers(inner, computed, count))
            case AggregateValue(_, aggregate):
                columns.append(computed[aggregate])
            case TypenameField(_, type_name):
                columns.append((type_name,) * count)
    return objects([each.response_key for each in fields], columns, count)


def empty_aggregate(field: AggregateField) -> dict[str, Any]:
    """Return the answer of an aggregate field for a list without rows."""
    computed = {each: (of_no_rows(each),) for each in field}
    return aggregate_answers(field.fields, computed, 1)[0]
