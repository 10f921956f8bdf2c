"""The type table: every generated type of one schema, made empty first and filled in later."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry
from strawberry.types.enum import EnumValue, StrawberryEnumDefinition

from gql_api.config import ApiConfig
from gql_api.database.dialects import Dialect
from gql_api.loading.rows import LoadedRow, entity_of
from gql_api.mapping.descriptors import Entity, EnumDescriptor, Registry, ValueType
from gql_api.naming import Inflector
from gql_api.plan.aggregates import Bucket
from gql_api.schema.declarations import TypeDeclaration
from gql_api.schema.definitions import (
    TypedField,
    add_fields,
    list_of,
    new_input,
    new_interface,
    new_object,
    nullable,
)
from gql_api.schema.scalars import scalar_type


class SortOrder(enum.Enum):
    """Direction of an order, and where rows without a value stand."""

    ASC = "ASC"
    DESC = "DESC"
    ASC_NULLS_FIRST = "ASC_NULLS_FIRST"
    ASC_NULLS_LAST = "ASC_NULLS_LAST"
    DESC_NULLS_FIRST = "DESC_NULLS_FIRST"
    DESC_NULLS_LAST = "DESC_NULLS_LAST"


_SORT_ORDER_DESCRIPTIONS = {
    "ASC": "Least first, rows without a value last.",
    "DESC": "Rows without a value first, then greatest first.",
    "ASC_NULLS_FIRST": "Rows without a value first, then least first.",
    "ASC_NULLS_LAST": "Least first, rows without a value last.",
    "DESC_NULLS_FIRST": "Rows without a value first, then greatest first.",
    "DESC_NULLS_LAST": "Greatest first, rows without a value last.",
}


@dataclass(frozen=True, slots=True, eq=False)
class EntityTypes:
    """The types of one entity."""

    object: type[Any]
    """Of its rows: an interface where they are of several types."""

    own: type[Any] | None
    """Of the rows that belong to no descendant; None where there are no such rows."""

    edge: type[Any]
    connection: type[Any]
    filter: type[Any]
    list_filter: type[Any]
    aggregate_filter: type[Any]
    order: type[Any]
    aggregate: type[Any]
    aggregate_order: type[Any]
    key: type[Any]


@dataclass(slots=True, eq=False)
class TypeTable:
    """All types of one schema."""

    registry: Registry
    inflector: Inflector
    config: ApiConfig
    dialect: Dialect
    declarations: Mapping[type[Any], TypeDeclaration]
    """By model."""

    entities: dict[str, EntityTypes] = field(default_factory=dict)
    """By name of the entity."""

    operators: dict[str, type[Any]] = field(default_factory=dict)
    """Operator inputs by name."""

    aggregates: dict[str, type[Any]] = field(default_factory=dict)
    """Types of functions over columns, by name."""

    enums: dict[EnumDescriptor, StrawberryEnumDefinition] = field(default_factory=dict)
    node: type[Any] = field(init=False)
    page_info: type[Any] = field(init=False)
    sort_order: StrawberryEnumDefinition = field(init=False)
    bucket: StrawberryEnumDefinition = field(init=False)

    def __post_init__(self) -> None:
        """Make the shells of all types."""
        self.sort_order = _sort_order()
        self.bucket = _bucket()
        self.page_info = new_object("PageInfo", description="Where a page stands in its list.")
        self.node = _node(self.registry)
        # a base before what inherits from it, whose types implement its interface
        for entity in sorted(self.registry, key=lambda each: len(self.registry.ancestors(each))):
            self.entities[entity.name] = self._new_types(entity)

    def value_type(self, type_: ValueType) -> Any:
        """Return the type of a column's values, not null."""
        base = scalar_type(type_.kind) if type_.enum is None else self.enum_type(type_.enum)
        for _ in range(type_.dimensions):
            base = list_of(nullable(base))
        return base

    def enum_type(self, descriptor: EnumDescriptor) -> StrawberryEnumDefinition:
        """Return the one type of an enumeration."""
        if descriptor not in self.enums:
            self.enums[descriptor] = _enum_type(descriptor)
        return self.enums[descriptor]

    def _new_row_types(self, entity: Entity) -> tuple[type[Any], type[Any] | None]:
        """Make the type of an entity's rows, and that of the rows of no descendant."""
        declaration = self.declarations.get(entity.model)
        origin, text = None, entity.description
        if declaration is not None:
            origin, text = declaration.origin, declaration.description or text
        above = [self.entities[each.name].object for each in self.registry.ancestors(entity)]
        interfaces = above if entity.is_keyless else [*above, self.node]
        is_type_of = _is_row_of(entity, self.registry)
        if not entity.is_interface:
            shown = new_object(
                entity.name,
                description=text,
                interfaces=interfaces,
                is_type_of=is_type_of,
                origin=origin,
            )
            return shown, shown
        shown = new_interface(
            entity.name,
            description=text,
            resolve_type=_resolve_type(self.registry),
            interfaces=interfaces,
            origin=origin,
        )
        if not entity.has_own_rows:
            return shown, None
        own = new_object(
            entity.row_type,
            description=f"{entity.name} of no more special type.",
            interfaces=[shown, *interfaces],
            is_type_of=is_type_of,
        )
        return shown, own

    def _new_types(self, entity: Entity) -> EntityTypes:
        make, name = self.inflector, entity.name
        shown, own = self._new_row_types(entity)
        return EntityTypes(
            object=shown,
            own=own,
            edge=new_object(make.edge_type(name), description=f"{name} in a list."),
            connection=new_object(make.connection_type(name), description=f"A page of {name}."),
            filter=new_input(
                make.filter_type(name),
                description=f"Conditions on {name}; all that are given must hold.",
            ),
            list_filter=new_input(
                make.list_filter_type(name), description=f"Conditions on a list of {name}."
            ),
            aggregate_filter=new_input(
                make.aggregate_filter_type(name),
                description=f"Conditions on aggregates of a list of {name}.",
            ),
            order=new_input(
                make.order_type(name), description=f"One key of an order of {name}.", is_one_of=True
            ),
            aggregate=new_object(
                make.aggregate_type(name), description=f"Aggregates of a list of {name}."
            ),
            aggregate_order=new_input(
                make.aggregate_order_type(name),
                description=f"An aggregate of a list of {name} to sort by.",
                is_one_of=True,
            ),
            key=new_input(
                make.key_type(name), description=f"One key of one {name}.", is_one_of=True
            ),
        )


def _resolve_type(registry: Registry) -> Any:
    def resolve_type(source: Any, _info: Any, _type: Any) -> str:
        if isinstance(source, LoadedRow):
            return entity_of(source).row_type
        return registry.entity_of(type(source)).row_type

    return resolve_type


def _is_row_of(entity: Entity, registry: Registry) -> Any:
    def is_type_of(source: Any, _info: Any) -> bool:
        if isinstance(source, LoadedRow):
            return entity_of(source) is entity
        return isinstance(source, entity.model) and registry.entity_of(type(source)) is entity

    return is_type_of


def _node(registry: Registry) -> type[Any]:
    node = new_interface(
        "Node",
        description="Anything that has a global id.",
        resolve_type=_resolve_type(registry),
    )
    # the types that implement it resolve the field
    add_fields(node, [TypedField("id", strawberry.ID, description="Opaque global id.")])
    return node


def _sort_order() -> StrawberryEnumDefinition:
    return StrawberryEnumDefinition(
        wrapped_cls=SortOrder,
        name="SortOrder",
        values=[
            EnumValue(name, name, description=text)
            for name, text in _SORT_ORDER_DESCRIPTIONS.items()
        ],
        description="Direction of an order, and where rows without a value stand.",
    )


def _bucket() -> StrawberryEnumDefinition:
    return StrawberryEnumDefinition(
        wrapped_cls=Bucket,
        name="Bucket",
        values=[EnumValue(each.name, each.value) for each in Bucket],
        description="A span of time that moments are grouped by; weeks begin on Monday.",
    )


def _enum_type(descriptor: EnumDescriptor) -> StrawberryEnumDefinition:
    members = list(descriptor.values.values())
    is_python = all(isinstance(member, enum.Enum) for member in members)
    wrapped: Any = type(members[0])
    if not is_python:
        wrapped = enum.EnumType.__call__(enum.Enum, descriptor.name, dict(descriptor.values))
    return StrawberryEnumDefinition(
        wrapped_cls=wrapped,
        name=descriptor.name,
        values=[
            EnumValue(name, member.value if is_python else member)
            for name, member in descriptor.values.items()
        ],
        description=descriptor.description,
    )
