"""Relationships: ORM relationships become ``Relationship`` descriptors."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList

from gql_api.mapping.columns import gql_options, is_shown
from gql_api.mapping.descriptors import JoinKind, Relationship
from gql_api.naming import Inflector, NameTable


def describe_relationships(
    mapper: Mapper[Any],
    *,
    targets: Mapping[type[Any], str],
    names: NameTable,
    inflector: Inflector,
) -> dict[str, Relationship]:
    """Describe the relationships of a mapper whose targets are part of the schema.

    Args:
        mapper: A configured mapper.
        targets: Entity name by model.
        names: Field names taken on the type.
        inflector: Makes field names.
    """
    found: dict[str, Relationship] = {}
    for relationship in mapper.relationships:
        options = gql_options(relationship.info, relationship)
        target = targets.get(relationship.mapper.class_)
        if target is None or not is_shown(relationship.key, options):
            continue
        found[relationship.key] = _describe_relationship(
            relationship, name=names.claim(inflector.field(relationship.key)), target=target
        )
    return found


def linked_columns(mapper: Mapper[Any], targets: Mapping[type[Any], str]) -> frozenset[str]:
    """Return the attribute keys that shown, writable to-one relationships set."""
    return frozenset(
        key
        for relationship in mapper.relationships
        if relationship.mapper.class_ in targets
        and is_shown(relationship.key, gql_options(relationship.info, relationship))
        and not relationship.viewonly
        for key in _foreign_keys(relationship)
    )


def _describe_relationship(
    relationship: RelationshipProperty[Any], *, name: str, target: str
) -> Relationship:
    join_kind, local_keys = _describe_join(relationship)
    foreign_keys = _foreign_keys(relationship)
    return Relationship(
        key=relationship.key,
        name=name,
        target=target,
        is_list=bool(relationship.uselist),
        join_kind=join_kind,
        local_keys=local_keys,
        property=relationship,
        is_writable=not relationship.viewonly,
        is_required=bool(foreign_keys) and not _is_any_nullable(relationship, foreign_keys),
        foreign_keys=foreign_keys,
        description=relationship.doc,
    )


def _describe_join(relationship: RelationshipProperty[Any]) -> tuple[JoinKind, tuple[str, ...]]:
    """Find out how the rows are reached, and from which of the parent's attributes."""
    parent = relationship.parent
    primary_key = tuple(parent.get_property_by_column(key).key for key in parent.primary_key)
    pairs = relationship.local_remote_pairs or []
    if relationship.secondary is not None:
        pairs = [pair for pair in pairs if relationship.secondary.c.contains_column(pair[1])]
        pairs = [pair for pair in pairs if parent.local_table.c.contains_column(pair[0])][
            : len(relationship.synchronize_pairs)
        ]
    local_keys = _attribute_keys(parent, [local for local, _ in pairs])
    if not local_keys or not _is_equality_of(relationship.primaryjoin, len(pairs)):
        return JoinKind.CUSTOM, primary_key
    if relationship.secondary is not None:
        return JoinKind.SECONDARY, local_keys
    remote_keys = _attribute_keys(relationship.mapper, [remote for _, remote in pairs])
    return (JoinKind.DIRECT, local_keys) if remote_keys else (JoinKind.CUSTOM, primary_key)


def _is_equality_of(condition: Any, count: int) -> bool:
    """Tell whether a join condition is nothing but ``count`` equalities of two columns."""
    parts = list(condition.clauses) if isinstance(condition, BooleanClauseList) else [condition]
    if isinstance(condition, BooleanClauseList) and condition.operator is not operators.and_:
        return False
    return len(parts) == count and all(
        isinstance(part, BinaryExpression)
        and part.operator is operators.eq
        and isinstance(part.left, sa.Column)
        and isinstance(part.right, sa.Column)
        for part in parts
    )


def _attribute_keys(mapper: Mapper[Any], columns: list[Any]) -> tuple[str, ...]:
    """Return the attribute keys of columns; none when one of them is not mapped."""
    try:
        return tuple(mapper.get_property_by_column(column).key for column in columns)
    except InvalidRequestError:
        return ()


def _foreign_keys(relationship: RelationshipProperty[Any]) -> tuple[str, ...]:
    if relationship.direction is not RelationshipDirection.MANYTOONE:
        return ()
    pairs = relationship.local_remote_pairs or []
    return _attribute_keys(relationship.parent, [local for local, _ in pairs])


def _is_any_nullable(relationship: RelationshipProperty[Any], keys: tuple[str, ...]) -> bool:
    attributes = relationship.parent.column_attrs
    return any(attributes[key].columns[0].nullable for key in keys)
