"""Relationships and computed columns of rows that custom resolvers returned: by DataLoaders."""

from collections.abc import Awaitable
from typing import Any

import strawberry

from gql_api.loading.loaders import ComputedByKeyLoader, RelatedByParentLoader
from gql_api.mapping.descriptors import Column, Entity, Registry, Relationship
from gql_api.plan.selections import NullField
from gql_api.schema.context import RequestContext, new_run, plan_reader_of, table_of
from gql_api.schema.selections import Planner
from gql_api.schema.sites import AskedField


def resolve_relationship(
    source: Any, entity: Entity, relationship: Relationship, info: strawberry.Info[Any, Any]
) -> Awaitable[Any]:
    """Load the relatives of an instance of a model, batched with its siblings.

    Cost:
        One run of the field's plan for all siblings: one statement per level.
    """
    context: RequestContext = info.context
    asked_field = AskedField.of(info)
    entity = _owner(entity, relationship, table_of(info).registry)
    loader_key = (entity.name, relationship.key, tuple(map(id, asked_field.nodes)))
    if loader_key not in context.loaders:
        planner = Planner(asked_field)
        field = planner.field.extensions["strawberry-definition"]
        planned = planner.plan_relationship(
            field, planner.field, planner.nodes, "value", planner.path
        )
        asked = plan_reader_of(info).read_relatives(planned, entity, planner.path)
        if isinstance(asked, NullField):
            return _nothing()
        run = new_run(info, planner.reader.operands.values)
        context.loaders[loader_key] = RelatedByParentLoader(entity, relationship, asked, run)
    key = tuple(getattr(source, name) for name in relationship.join.local_keys)
    loader: RelatedByParentLoader = context.loaders[loader_key]
    return loader.load(key)


async def _nothing() -> None:
    """Answer for relatives that the subject may not read."""


def resolve_computed(
    source: Any, column: Column, info: strawberry.Info[Any, Any]
) -> Awaitable[Any]:
    """Compute a column of an instance of a model in SQL, batched with its siblings.

    Cost:
        One statement for all siblings.
    """
    context: RequestContext = info.context
    entity = table_of(info).registry.entity_of(type(source))
    loader_key = (entity.name, "column", column.key)
    if loader_key not in context.loaders:
        context.loaders[loader_key] = ComputedByKeyLoader(entity, column, new_run(info, ()))
    loader: ComputedByKeyLoader = context.loaders[loader_key]
    return loader.load(tuple(getattr(source, each.key) for each in entity.primary_key))


def _owner(entity: Entity, relationship: Relationship, registry: Registry) -> Entity:
    """Return the topmost entity that has a relationship, whose rows share one loader."""
    for each in reversed(registry.ancestors(entity)):
        inherited = each.relationships.get(relationship.key)
        if inherited is not None and inherited.property is relationship.property:
            return each
    return entity
