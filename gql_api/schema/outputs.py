"""Object types, connections and edges."""

from collections.abc import Mapping

from strawberry.types.field import StrawberryField

from gql_api.mapping.descriptors import Column, Entity, Registry, Relationship
from gql_api.mapping.values import ScalarKind
from gql_api.schema.declarations import FieldOptions
from gql_api.schema.definitions import add_fields, argument, list_of, nullable
from gql_api.schema.fields import (
    ColumnField,
    DocumentField,
    IdField,
    PlannedField,
    RelationshipField,
    VersionField,
)
from gql_api.schema.groups import build_groups_field
from gql_api.schema.pages import list_arguments
from gql_api.schema.related import resolve_computed, resolve_relationship
from gql_api.schema.table import TypeTable


def build_object_type(entity: Entity, table: TypeTable) -> None:
    """Fill in the object type or interface of an entity, its edge and its connection."""
    types = table.entities[entity.name]
    lineage = [entity, *table.registry.ancestors(entity)]
    declared = [
        declaration
        for each in reversed(lineage)
        if (declaration := table.declarations.get(each.model)) is not None
    ]
    options = {key: chosen for each in declared for key, chosen in each.fields.items()}
    fields: list[StrawberryField] = [] if entity.is_keyless else [IdField(entity)]
    if entity.version is not None:
        fields.append(VersionField(entity.version))
    fields += [_column_field(each, table, options) for each in entity.columns.values()]
    fields += [
        _relationship_field(entity, each, table, options) for each in entity.relationships.values()
    ]
    resolvers = {str(each.python_name): each for part in declared for each in part.resolvers}
    fields += resolvers.values()
    if types.own is not None:
        add_fields(types.own, fields)
    if entity.is_interface:
        shared = [each for each in fields if _is_shared(each, entity, table.registry)]
        add_fields(types.object, shared)
    _build_connection(entity, table)


def _is_shared(field: StrawberryField, entity: Entity, registry: Registry) -> bool:
    """Tell whether all descendants of an entity have a field, with the same meaning."""
    for each in registry.descendants(entity):
        if isinstance(field, ColumnField | VersionField):
            column = each.columns.get(field.column.key)
            if column is None or not _is_same_column(column, field.column):
                return False
        if isinstance(field, RelationshipField):
            relationship = each.relationships.get(field.relationship.key)
            if relationship is None or not _is_same_relationship(relationship, field.relationship):
                return False
    return True


def _is_same_column(one: Column, other: Column) -> bool:
    is_allowed = other.is_nullable or not one.is_nullable
    return is_allowed and (one.name, one.type) == (other.name, other.type)


def _is_same_relationship(one: Relationship, other: Relationship) -> bool:
    return (one.name, one.target, one.is_list) == (other.name, other.target, other.is_list)


def _column_field(
    column: Column, table: TypeTable, options: Mapping[str, FieldOptions]
) -> ColumnField:
    type_ = table.value_type(column.type)
    chosen = options.get(column.key, FieldOptions())
    description = chosen.description or column.description
    if column.type.kind is not ScalarKind.JSON or column.type.dimensions:
        is_nullable = column.is_nullable or (
            may_lack_form(column, table) and not chosen.is_non_null
        )
        type_ = nullable(type_) if is_nullable else type_
        return ColumnField(column, type_, resolve=resolve_computed, description=description)
    at = "Keys that lead to a value in it; in arrays, indexes in digits, from 0."
    # there may be nothing at the path
    return DocumentField(
        column,
        nullable(type_),
        resolve=resolve_computed,
        description=description,
        arguments=[argument("path", nullable(list_of(str)), at)],
    )


def may_lack_form(column: Column, table: TypeTable) -> bool:
    """Tell whether the database may hold values that have no form in answers.

    They are null and an error, and must not take the whole list along.
    """
    type_, dialect = column.type, table.dialect
    if type_.dimensions:
        return False
    if type_.own is not None:
        return not column.is_primary_key
    if type_.kind is ScalarKind.FLOAT:
        return dialect.has_infinity
    is_kept = type_.is_checked_enum or (type_.is_native_enum and dialect.has_enums)
    return type_.kind is ScalarKind.ENUM and not is_kept


def _relationship_field(
    entity: Entity,
    relationship: Relationship,
    table: TypeTable,
    options: Mapping[str, FieldOptions],
) -> RelationshipField:
    target = table.registry.target(relationship)
    types = table.entities[target.name]
    chosen = options.get(relationship.key, FieldOptions())
    description = chosen.description or relationship.description
    if relationship.is_list:
        return RelationshipField(
            entity,
            relationship,
            types.connection,
            resolve=resolve_relationship,
            description=description,
            arguments=list_arguments(target, table),
        )
    # a policy may hide the target, and adding one must not break clients
    type_ = types.object if chosen.is_non_null else nullable(types.object)
    return RelationshipField(
        entity, relationship, type_, resolve=resolve_relationship, description=description
    )


def _build_connection(entity: Entity, table: TypeTable) -> None:
    types = table.entities[entity.name]
    add_fields(
        types.edge,
        [
            PlannedField("cursor", str, description="Place of the row in the order."),
            PlannedField("node", types.object, description="The row."),
        ],
    )
    fields: list[StrawberryField] = [
        PlannedField("nodes", list_of(types.object), description="The rows of the page."),
        PlannedField("pageInfo", table.page_info, description="Where the page stands."),
        PlannedField(
            "totalCount", int, description="Number of rows that meet the conditions, on all pages."
        ),
    ]
    if table.config.has_aggregates:
        text = "Aggregates of the rows that meet the conditions, on all pages."
        fields.append(PlannedField("aggregate", types.aggregate, description=text))
    fields += build_groups_field(entity, table)
    if not entity.is_keyless:
        edges = list_of(types.edge)
        fields.append(
            PlannedField("edges", edges, description="The rows of the page with their cursors.")
        )
    add_fields(types.connection, fields)


def build_page_info(table: TypeTable) -> None:
    """Fill in ``PageInfo``."""
    add_fields(
        table.page_info,
        [
            PlannedField("hasNextPage", bool, description="Whether rows follow the page."),
            PlannedField("hasPreviousPage", bool, description="Whether rows precede the page."),
            PlannedField("startCursor", nullable(str), description="Cursor of the first row."),
            PlannedField("endCursor", nullable(str), description="Cursor of the last row."),
        ],
    )
