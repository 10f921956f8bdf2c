"""Counts and aggregates as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gql_api.mapping.descriptors import Entity
from gql_api.plan.aggregates import ROW_COUNT, Aggregate
from gql_api.plan.selections import (
    AggregateField,
    AggregatePart,
    AggregateValue,
    TotalCountField,
    TypenameField,
)
from gql_api.sql.aggregates import aggregate_column, compile_aggregate
from gql_api.sql.json_forms import Expression, compile_form
from gql_api.sql.json_objects import json_object, quoted
from gql_api.sql.json_rows import JsonList, RowWriter
from gql_api.sql.pages import list_predicates

TotalField = TotalCountField | AggregateField


@dataclass(frozen=True, slots=True)
class Totals:
    """What is asked of all rows of a list."""

    values: Mapping[str, Expression]
    """By response key."""

    table: Any = None
    """The one row that they are computed from; None where they stand alone."""


def compile_totals(fields: Sequence[TotalField], listed: JsonList, writer: RowWriter) -> Totals:
    """Compile counts and aggregates, with one pass over the rows of the list."""
    wanted = list(dict.fromkeys(each for field in fields for each in _aggregates(field)))
    source = listed.make_source()
    compilation = writer.compilation
    values = [compile_aggregate(each, source, compilation.dialect, is_read=True) for each in wanted]
    predicates = list_predicates(listed.connection.filter, source, compilation)
    if len(fields) == 1:
        (field,) = fields
        found = dict(zip(wanted, values, strict=True))
        value = compile_total(field, found, source.entity)
        alone = writer.select_from(source, [value], predicates).scalar_subquery()
        return Totals({field.response_key: alone})
    labelled = [value.label(f"a{at}") for at, value in enumerate(values)]
    table = writer.select_from(source, labelled, predicates).subquery(writer.name("total"))
    computed: dict[Aggregate, Expression] = {
        each: table.c[f"a{at}"] for at, each in enumerate(wanted)
    }
    return Totals(
        {field.response_key: compile_total(field, computed, source.entity) for field in fields},
        table,
    )


def compile_total(
    field: TotalField, computed: Mapping[Aggregate, Expression], entity: Entity
) -> Expression:
    """Compile the value of a field over aggregates."""
    if isinstance(field, TotalCountField):
        return _compile_value(ROW_COUNT, computed, entity)
    return _compile_object(field.fields, computed, entity)


def _aggregates(field: TotalField) -> Sequence[Aggregate]:
    return (ROW_COUNT,) if isinstance(field, TotalCountField) else tuple(field)


def _compile_object(
    fields: Sequence[TypenameField | AggregateValue | AggregatePart],
    computed: Mapping[Aggregate, Expression],
    entity: Entity,
) -> Expression:
    pairs: list[tuple[str, Expression]] = []
    for field in fields:
        match field:
            case TypenameField(key, type_name):
                pairs.append((key, quoted(type_name)))
            case AggregateValue(key, aggregate):
                pairs.append((key, _compile_value(aggregate, computed, entity)))
            case AggregatePart(key, inner):
                pairs.append((key, _compile_object(inner, computed, entity)))
    return json_object(pairs)


def _compile_value(
    aggregate: Aggregate, computed: Mapping[Aggregate, Expression], entity: Entity
) -> Expression:
    return compile_form(computed[aggregate], aggregate_column(aggregate, entity).type)
