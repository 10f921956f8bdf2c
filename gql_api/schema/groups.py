"""Groups: their types, and what their arguments mean."""

import enum
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

import strawberry
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.enum import EnumValue, StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

from gql_api.errors import BadUserInputError
from gql_api.mapping.descriptors import Column, Entity
from gql_api.mapping.values import ScalarKind
from gql_api.naming import NameTable
from gql_api.plan.aggregates import GroupKey, GroupOrder
from gql_api.plan.filters import And, Filter
from gql_api.schema.aggregates import (
    read_aggregate_conditions,
    read_aggregate_order,
    read_direction,
)
from gql_api.schema.conditions import given
from gql_api.schema.definitions import (
    TypedField,
    add_fields,
    argument,
    list_of,
    new_input,
    new_object,
    nullable,
)
from gql_api.schema.fields import PlannedField
from gql_api.schema.operands import Operands
from gql_api.schema.operators import is_sortable
from gql_api.schema.orders import order_facts
from gql_api.schema.table import TypeTable

Path = tuple[str, ...]


def build_groups_field(entity: Entity, table: TypeTable) -> list[StrawberryField]:
    """Make the field ``groups`` of an entity's connection; none where groups are switched off."""
    columns = grouped_columns(entity)
    if not table.config.has_groups or not columns:
        return []
    group = new_object(
        table.inflector.group_type(entity.name),
        description=f"Rows of {entity.name} that share the values of their key.",
    )
    add_fields(group, _group_fields(entity, columns, table))
    return [
        PlannedField(
            "groups",
            list_of(group),
            description="Groups of the rows that meet the conditions, on all pages.",
            arguments=_group_arguments(entity, columns, table),
        )
    ]


def grouped_columns(entity: Entity) -> list[Column]:
    """Return the columns that rows can be grouped by."""
    return [column for column in entity.columns.values() if is_sortable(column)]


def _group_fields(
    entity: Entity, columns: Sequence[Column], table: TypeTable
) -> list[StrawberryField]:
    types = table.entities[entity.name]
    values = new_object(
        table.inflector.group_key_values_type(entity.name),
        description=f"What the rows of a group share; null where {entity.name} is not grouped by.",
    )
    add_fields(
        values,
        [
            PlannedField(
                column.name,
                nullable(table.value_type(column.type)),
                description=column.description,
            )
            for column in columns
        ],
    )
    return [
        PlannedField("key", values, description="What the rows share."),
        PlannedField("aggregate", types.aggregate, description="Aggregates of the rows."),
        PlannedField(
            "nodes",
            list_of(types.object),
            description="The first rows, in the order of the list.",
            arguments=[_first(table, "rows")],
        ),
    ]


def _group_arguments(
    entity: Entity, columns: Sequence[Column], table: TypeTable
) -> list[StrawberryArgument]:
    types = table.entities[entity.name]
    key = _group_key_type(entity, columns, table)
    order = _group_order_type(entity, columns, table)
    return [
        argument("by", list_of(key), "What the rows of a group share, at least one."),
        argument("having", nullable(types.aggregate_filter), "Conditions on the groups."),
        argument("orderBy", nullable(list_of(order)), "Most significant first; the key follows."),
        _first(table, "groups"),
    ]


def _first(table: TypeTable, what: str) -> StrawberryArgument:
    config = table.config
    return argument(
        "first",
        nullable(int),
        f"Number of {what}; {config.default_page_size} when left out, "
        f"at most {config.max_page_size}.",
    )


def _group_key_type(entity: Entity, columns: Sequence[Column], table: TypeTable) -> type[Any]:
    type_ = new_input(
        table.inflector.group_key_type(entity.name),
        description=f"A field that rows of {entity.name} are grouped by.",
    )
    text = "Groups moments by the span that they lie in; for DateTime."
    zone = "IANA name of the time zone in which spans begin, such as Europe/Paris; UTC by default."
    add_fields(
        type_,
        [
            TypedField("field", _group_field_type(entity, columns, table), description="Field."),
            _optional("bucket", table.bucket, text),
            _optional("timeZone", str, zone),
        ],
    )
    return type_


def _group_field_type(
    entity: Entity, columns: Sequence[Column], table: TypeTable
) -> StrawberryEnumDefinition:
    names = NameTable()
    named = {names.claim(table.inflector.enum_value(each.name)): each for each in columns}
    type_name = table.inflector.group_field_type(entity.name)
    made: Any = enum.EnumType.__call__(
        enum.Enum, type_name, {name: column.key for name, column in named.items()}
    )
    return StrawberryEnumDefinition(
        wrapped_cls=made,
        name=type_name,
        values=[
            EnumValue(name, column.key, description=column.description)
            for name, column in named.items()
        ],
        description=f"Fields that rows of {entity.name} can be grouped by.",
    )


def _group_order_type(entity: Entity, columns: Sequence[Column], table: TypeTable) -> type[Any]:
    types = table.entities[entity.name]
    by_key = new_input(
        table.inflector.group_key_order_type(entity.name),
        description=f"A part of the key that groups of {entity.name} are sorted by.",
        is_one_of=True,
    )
    add_fields(by_key, [_optional(each.name, table.sort_order, None) for each in columns])
    type_ = new_input(
        table.inflector.group_order_type(entity.name),
        description=f"One key of an order of groups of {entity.name}.",
        is_one_of=True,
    )
    aggregates = types.aggregate_order.__strawberry_definition__.fields
    add_fields(
        type_,
        [
            _optional("key", by_key, "By a part of the key."),
            *(_optional(each.python_name, _inner(each), each.description) for each in aggregates),
        ],
    )
    return type_


def _inner(field: StrawberryField) -> Any:
    optional: Any = field.resolve_type()
    return optional.of_type


def _optional(name: str, type_: Any, description: str | None) -> TypedField:
    return TypedField(name, nullable(type_), description=description, default=strawberry.UNSET)


class GroupReader:
    """Turns the arguments of ``groups`` into parts of plans.

    Args:
        operands: Takes the values.
    """

    def __init__(self, operands: Operands) -> None:
        self._operands = operands

    def read_keys(
        self, values: Sequence[Mapping[str, Any]], entity: Entity, path: Path
    ) -> tuple[GroupKey, ...]:
        """Read what rows are grouped by.

        Raises:
            BadUserInputError: There is no key, a field twice, a bucket on what is no date-time, or
                an unknown time zone.
        """
        if not values:
            message = f"{'.'.join(path)} is empty: name at least one field."
            raise BadUserInputError(message, path=path)
        keys = [_read_key(each, entity, (*path, str(at))) for at, each in enumerate(values)]
        for at, key in enumerate(keys):
            if key.column in (other.column for other in keys[:at]):
                name = entity.columns[key.column].name
                message = f"{'.'.join(path)} names {name} twice: name each field once."
                raise BadUserInputError(message, path=(*path, str(at)))
        return tuple(keys)

    def read_having(self, value: Mapping[str, Any] | None, entity: Entity, path: Path) -> Filter:
        """Read conditions on the aggregates of groups; all hold."""
        parts = read_aggregate_conditions(
            value or {}, entity, lambda each: each, self._operands, path
        )
        return And(tuple(parts))

    def read_order(
        self,
        values: Sequence[Mapping[str, Any]],
        keys: Sequence[GroupKey],
        entity: Entity,
        path: Path,
    ) -> tuple[GroupOrder, ...]:
        """Read an order of groups and append the keys, so that it is total.

        Raises:
            BadUserInputError: A direction is null, or a field is none of the keys.
        """
        order = [
            _read_order_item(each, keys, entity, (*path, str(at))) for at, each in enumerate(values)
        ]
        sorted_by = {each.value for each in order}
        rest = [GroupOrder(at) for at, _ in enumerate(keys) if at not in sorted_by]
        return tuple(dict.fromkeys([*order, *rest]))


def _read_key(value: Mapping[str, Any], entity: Entity, path: Path) -> GroupKey:
    column = entity.columns[value["field"].value]
    bucket, time_zone = value.get("bucket"), value.get("timeZone")
    if bucket is None:
        if time_zone is not None:
            message = f"{'.'.join(path)} has a timeZone and no bucket: pass both, or neither."
            raise BadUserInputError(message, path=(*path, "timeZone"))
        return GroupKey(column.key)
    if column.type.kind is not ScalarKind.DATE_TIME or column.type.own is not None:
        message = f"{'.'.join(path)} has a bucket, but {column.name} is no DateTime: leave the bucket out."
        raise BadUserInputError(message, path=(*path, "bucket"))
    if time_zone is not None and time_zone not in _time_zones():
        message = (
            f"{'.'.join((*path, 'timeZone'))} is no IANA time zone: pass one such as Europe/Paris."
        )
        raise BadUserInputError(message, path=(*path, "timeZone"))
    return GroupKey(column.key, bucket, time_zone or "UTC")


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _read_order_item(
    value: Mapping[str, Any], keys: Sequence[GroupKey], entity: Entity, path: Path
) -> GroupOrder:
    ((name, part),) = value.items()
    if name != "key":
        aggregate, direction = read_aggregate_order(value, entity, path)
        return GroupOrder(aggregate, *order_facts(direction))
    here = (*path, name)
    ((field, direction),) = given(part, here).items()
    columns = [entity.columns[key.column].name for key in keys]
    if field not in columns:
        message = f"{'.'.join((*here, field))} is not among the fields in by: add it there."
        raise BadUserInputError(message, path=(*here, field))
    direction = read_direction(direction, (*here, field))
    return GroupOrder(columns.index(field), *order_facts(direction))
