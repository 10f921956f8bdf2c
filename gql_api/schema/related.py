"""Relationships of rows that custom resolvers returned: request-scoped DataLoaders."""

from collections.abc import Awaitable
from typing import Any

import strawberry

from gql_api.loading.loaders import RelatedByParentLoader
from gql_api.mapping.descriptors import Entity, Relationship
from gql_api.schema.context import RequestContext, new_run
from gql_api.schema.selections import Planner


def resolve_relationship(
    source: Any, entity: Entity, relationship: Relationship, info: strawberry.Info[Any, Any]
) -> Awaitable[Any]:
    """Load the relatives of an instance of a model, batched with its siblings.

    Cost:
        One run of the field's plan for all siblings: one statement per level.
    """
    context: RequestContext = info.context
    planner = Planner(info)
    loader_key = (entity.name, relationship.key, tuple(map(id, planner.nodes)))
    if loader_key not in context.loaders:
        field = planner.field.extensions["strawberry-definition"]
        asked = planner.plan_relationship(
            field, planner.field, planner.nodes, "value", planner.path
        )
        run = new_run(info, planner.operands.values)
        context.loaders[loader_key] = RelatedByParentLoader(entity, relationship, asked, run)
    key = tuple(getattr(source, name) for name in relationship.join.local_keys)
    loader: RelatedByParentLoader = context.loaders[loader_key]
    return loader.load(key)
