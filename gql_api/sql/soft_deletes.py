"""Statements around soft deletes: the deleted row that is written, and what goes with a row.

Pure. Rows that follow their parents are found whether the subject sees them or not, as databases
and the ORM do that cascade a removal.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from gql_api.mapping.descriptors import Entity
from gql_api.mapping.soft_deletes import soft_delete_key
from gql_api.sql.caching import reuse_statement
from gql_api.sql.operands import compile_keys_in
from gql_api.sql.sources import Compilation, Deleted, visible_rows
from gql_api.sql.writes import KEYS, has_key, select_source_to_write

MOMENT = "deleted_at_moment"
"""Name of the parameter that holds the moment at which rows were deleted."""


@reuse_statement
def select_deleted_row(
    entity: Entity, key: tuple[str, ...], compilation: Compilation, *, is_purge: bool
) -> sa.Select[tuple[Any, bool | None]]:
    """Select a visible row that is marked as deleted, locked, and whether it may be written.

    Args:
        entity: Whose row.
        key: Attribute keys of its primary key; ``key_parameters`` are the values.
        compilation: Scopes and dialect.
        is_purge: Whether the row is to be removed, rather than brought back.
    """
    source = visible_rows(entity, compilation, deleted=Deleted.ALONE)
    scopes = compilation.scopes
    permitted = scopes.purgeable_rows if is_purge else scopes.restorable_rows
    is_permitted = permitted(entity, source.row, source.guarded)
    return select_source_to_write(
        source, has_key(source.row, key), is_permitted, is_delete=is_purge
    )


def select_followers(
    entity: Entity,
    relationship: orm.RelationshipProperty[Any],
    compilation: Compilation,
    *,
    are_deleted: bool,
) -> sa.Select[Any]:
    """Select the primary keys of the rows that a relationship leads to from the rows in ``KEYS``.

    Args:
        entity: Whose rows.
        relationship: One of ``followed_relationships``.
        compilation: For the dialect.
        are_deleted: Whether these are the rows that were deleted at ``MOMENT``; else those that are
            not deleted.
    """
    parent = orm.aliased(relationship.parent.class_)
    child = orm.aliased(relationship.mapper.class_)
    mapper = relationship.mapper
    keys = [getattr(child, mapper.get_property_by_column(each).key) for each in mapper.primary_key]
    given = [getattr(parent, column.key) for column in entity.primary_key]
    moment = getattr(child, str(soft_delete_key(mapper)))
    was_deleted = moment == sa.bindparam(MOMENT, type_=moment.type)
    return (
        sa.select(*keys)
        .select_from(parent)
        .join(getattr(parent, relationship.key).of_type(child))
        .where(
            compile_keys_in(given, KEYS, compilation.dialect),
            was_deleted if are_deleted else moment.is_(None),
        )
        .distinct()
    )


def followed_relationships(entity: Entity) -> Iterator[orm.RelationshipProperty[Any]]:
    """Iterate over the relationships whose rows are deleted and restored with a row of an entity.

    They cascade deletes in the ORM, and lead to rows that are deleted softly; those with
    ``info={"gql": {"soft_delete": False}}`` do not follow. Those of subclasses are among them.
    """
    seen = set()
    for mapper in orm.class_mapper(entity.model).self_and_descendants:
        for relationship in mapper.relationships:
            origin = (
                relationship.parent if relationship.parent.concrete else None,
                relationship.key,
            )
            if origin not in seen and _follows(relationship):
                seen.add(origin)
                yield relationship


def _follows(relationship: orm.RelationshipProperty[Any]) -> bool:
    if relationship.viewonly or not relationship.cascade.delete:
        return False
    is_asked = relationship.info.get("gql", {}).get("soft_delete", True)
    return bool(is_asked) and soft_delete_key(relationship.mapper) is not None
