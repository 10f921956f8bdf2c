"""Aggregates: their types, and what arguments about them mean.

Functions whose fields have the same types share one type: averages and deviations, least and
greatest values.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import strawberry

from gql_api.errors import BadUserInputError
from gql_api.mapping.descriptors import Column, Entity
from gql_api.mapping.values import ScalarKind
from gql_api.plan.aggregates import ROW_COUNT, Aggregate, AggregateFunction
from gql_api.plan.filters import Compare, Compared, Filter, IsNull, Operator
from gql_api.schema.conditions import given, operations
from gql_api.schema.definitions import TypedField, add_fields, new_input, new_object, nullable
from gql_api.schema.fields import PlannedField
from gql_api.schema.operands import Operands, column_operand, comparison_operand
from gql_api.schema.operators import is_sortable, scalar_operators
from gql_api.schema.scalars import scalar_type
from gql_api.schema.table import SortOrder, TypeTable
from gql_api.sql.aggregates import NUMBERS, aggregate_column, aggregate_kind

Path = tuple[str, ...]

_RANGED = NUMBERS | {
    ScalarKind.STRING,
    ScalarKind.DATE_TIME,
    ScalarKind.LOCAL_DATE_TIME,
    ScalarKind.DATE,
    ScalarKind.TIME,
    ScalarKind.DURATION,
}
_PARTS: Mapping[AggregateFunction, str] = MappingProxyType(
    {
        AggregateFunction.COUNT_DISTINCT: "count_distinct",
        AggregateFunction.SUM: "sum",
        AggregateFunction.AVG: "average",
        AggregateFunction.MIN: "range",
        AggregateFunction.MAX: "range",
        AggregateFunction.STDDEV: "average",
    }
)
_DESCRIPTIONS: Mapping[AggregateFunction, str] = MappingProxyType(
    {
        AggregateFunction.COUNT: "Number of rows.",
        AggregateFunction.COUNT_DISTINCT: "Number of different values, null left out.",
        AggregateFunction.SUM: "Sum, exact for whole numbers and decimals.",
        AggregateFunction.AVG: "Average.",
        AggregateFunction.MIN: "Least value.",
        AggregateFunction.MAX: "Greatest value.",
        AggregateFunction.STDDEV: "Sample standard deviation; null for fewer than two values.",
    }
)
_PART_DESCRIPTIONS = {
    "count_distinct": "Numbers of different values of {}.",
    "sum": "Sums of {}.",
    "average": "Averages or deviations of {}.",
    "range": "Least or greatest values of {}.",
}


def aggregated_columns(entity: Entity, function: AggregateFunction) -> list[Column]:
    """Return the columns of an entity that a function can be computed over."""
    columns = [column for column in entity.columns.values() if is_sortable(column)]
    match function:
        case AggregateFunction.COUNT:
            return []
        case AggregateFunction.COUNT_DISTINCT:
            return columns
        case AggregateFunction.MIN | AggregateFunction.MAX:
            return [column for column in columns if column.type.kind in _RANGED]
        case _:  # the database adds what it holds, a type of one's own may give something else
            return [each for each in columns if each.type.kind in NUMBERS and each.type.own is None]


def build_aggregate_types(entity: Entity, table: TypeTable) -> None:
    """Fill in the aggregates of an entity: answers, conditions and orders; at least the count."""
    types = table.entities[entity.name]
    functions = list(AggregateFunction) if table.config.has_aggregates else []
    offered = [each for each in functions if aggregated_columns(entity, each)]
    count = _DESCRIPTIONS[AggregateFunction.COUNT]
    add_fields(
        types.aggregate,
        [
            PlannedField("count", int, description=count),
            *_function_fields(offered, lambda each: _answer_part(entity, each, table)),
        ],
    )
    add_fields(
        types.aggregate_filter,
        [
            _optional("count", scalar_operators(ScalarKind.INT, table), count),
            *_optional_fields(offered, lambda each: _filter_part(entity, each, table)),
        ],
    )
    add_fields(
        types.aggregate_order,
        [
            _optional("count", table.sort_order, count),
            *_optional_fields(offered, lambda each: _order_part(entity, each, table)),
        ],
    )


def _function_fields(
    functions: Sequence[AggregateFunction], part: Callable[[AggregateFunction], type[Any]]
) -> list[PlannedField]:
    return [
        PlannedField(each.value, part(each), description=_DESCRIPTIONS[each]) for each in functions
    ]


def _optional_fields(
    functions: Sequence[AggregateFunction], part: Callable[[AggregateFunction], type[Any]]
) -> list[TypedField]:
    return [_optional(each.value, part(each), _DESCRIPTIONS[each]) for each in functions]


def _answer_part(entity: Entity, function: AggregateFunction, table: TypeTable) -> type[Any]:
    """Return the object that holds the values of a function, by column."""
    name = table.inflector.aggregate_type(entity.name, _PARTS[function])
    return _part(name, entity, function, table, new_object, _answer_field)


def _answer_field(column: Column, function: AggregateFunction, _table: TypeTable) -> TypedField:
    type_ = scalar_type(aggregate_kind(function, column.type.kind))
    is_count = function is AggregateFunction.COUNT_DISTINCT
    return PlannedField(
        column.name, type_ if is_count else nullable(type_), description=column.description
    )


def _filter_part(entity: Entity, function: AggregateFunction, table: TypeTable) -> type[Any]:
    name = table.inflector.aggregate_filter_type(_part_name(entity, function, table))
    return _part(name, entity, function, table, new_input, _filter_field)


def _filter_field(column: Column, function: AggregateFunction, table: TypeTable) -> TypedField:
    operators = scalar_operators(aggregate_kind(function, column.type.kind), table)
    return _optional(column.name, operators, column.description)


def _order_part(entity: Entity, function: AggregateFunction, table: TypeTable) -> type[Any]:
    name = table.inflector.aggregate_order_type(_part_name(entity, function, table))

    def new_order(name: str, *, description: str) -> type[Any]:
        return new_input(name, description=description, is_one_of=True)

    return _part(name, entity, function, table, new_order, _order_field)


def _order_field(column: Column, _function: AggregateFunction, table: TypeTable) -> TypedField:
    return _optional(column.name, table.sort_order, column.description)


def _part_name(entity: Entity, function: AggregateFunction, table: TypeTable) -> str:
    return table.inflector.aggregate_part(entity.name, _PARTS[function])


def _part(
    name: str,
    entity: Entity,
    function: AggregateFunction,
    table: TypeTable,
    make: Callable[..., type[Any]],
    field: Callable[[Column, AggregateFunction, TypeTable], TypedField],
) -> type[Any]:
    """Return the type of a function's columns, made when it is first asked for."""
    if name not in table.aggregates:
        text = _PART_DESCRIPTIONS[_PARTS[function]].format(entity.name)
        table.aggregates[name] = made = make(name, description=text)
        columns = aggregated_columns(entity, function)
        add_fields(made, [field(column, function, table) for column in columns])
    return table.aggregates[name]


def _optional(name: str, type_: Any, description: str | None) -> TypedField:
    return TypedField(name, nullable(type_), description=description, default=strawberry.UNSET)


def read_aggregate_conditions(
    value: Mapping[str, Any],
    entity: Entity,
    compared: Callable[[Aggregate], Compared],
    operands: Operands,
    path: Path,
) -> list[Filter]:
    """Read conditions on aggregates; all parts hold.

    Args:
        value: Function to operators, or to columns with their operators.
        entity: Whose rows are aggregated.
        compared: Returns what a condition compares.
        operands: Takes the values.
        path: Where the value stands.

    Raises:
        BadUserInputError: An operand is null, or one that no database takes.
    """
    parts: list[Filter] = []
    for name, part in operations(value, path):
        function, here = AggregateFunction(name), (*path, name)
        if function is AggregateFunction.COUNT:
            parts += _read_conditions(ROW_COUNT, part, entity, compared, operands, here)
            continue
        for column_name, each in operations(part, here):
            aggregate = Aggregate(function, _column_key(entity, column_name))
            inner = (*here, column_name)
            parts += _read_conditions(aggregate, each, entity, compared, operands, inner)
    return parts


def _read_conditions(
    aggregate: Aggregate,
    value: Mapping[str, Any],
    entity: Entity,
    compared: Callable[[Aggregate], Compared],
    operands: Operands,
    path: Path,
) -> list[Filter]:
    column = aggregate_column(aggregate, entity)
    parts: list[Filter] = []
    for name, operand in operations(value, path):
        if name == "isNull":
            parts.append(IsNull(compared(aggregate), bool(operand)))
            continue
        here, operator = (*path, name), Operator(name)
        bound = comparison_operand(operator, column_operand(column, operand, here), here)
        parts.append(Compare(compared(aggregate), operator, operands.add(bound)))
    return parts


def read_aggregate_order(
    value: Mapping[str, Any], entity: Entity, path: Path
) -> tuple[Aggregate, SortOrder]:
    """Read an aggregate to sort by, and its direction.

    Raises:
        BadUserInputError: A direction is null.
    """
    ((name, part),) = value.items()
    function, here = AggregateFunction(name), (*path, name)
    if function is AggregateFunction.COUNT:
        return ROW_COUNT, read_direction(part, here)
    ((column_name, direction),) = given(part, here).items()
    aggregate = Aggregate(function, _column_key(entity, column_name))
    return aggregate, read_direction(direction, (*here, column_name))


def read_direction(direction: SortOrder | None, path: Path) -> SortOrder:
    """Return a direction.

    Raises:
        BadUserInputError: It is null.
    """
    if direction is not None:
        return direction
    message = f"{'.'.join(path)} is null: pass a direction, such as ASC."
    raise BadUserInputError(message, path=path)


def _column_key(entity: Entity, name: str) -> str:
    return next(column.key for column in entity.columns.values() if column.name == name)
