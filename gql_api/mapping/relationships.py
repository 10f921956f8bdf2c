"""Relationships: ORM relationships become ``Relationship`` descriptors."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList

from gql_api.mapping.descriptors import DefaultOrder, JoinKind, Relationship, RelationshipJoin
from gql_api.mapping.indexes import is_index_led_by
from gql_api.mapping.visibility import Visibility, public_key
from gql_api.naming import Inflector, NameTable


def describe_relationships(
    mapper: Mapper[Any],
    *,
    targets: Mapping[type[Any], str],
    names: NameTable,
    inflector: Inflector,
    visibility: Visibility,
) -> dict[str, Relationship]:
    """Describe the relationships of a mapper whose targets are part of the schema.

    Args:
        mapper: A configured mapper.
        targets: Entity name by model.
        names: Field names taken on the type.
        inflector: Makes field names.
        visibility: What exists for clients.
    """
    found: dict[str, Relationship] = {}
    for relationship in mapper.relationships:
        target = targets.get(relationship.mapper.class_)
        is_shown = visibility.is_shown(mapper, relationship.key, relationship.info)
        if target is None or not is_shown:
            continue
        name = names.claim(inflector.field(relationship.key), relationship.key)
        found[relationship.key] = describe_relationship(relationship, name=name, target=target)
    return found


def linked_columns(
    mapper: Mapper[Any], targets: Mapping[type[Any], str], visibility: Visibility
) -> frozenset[str]:
    """Return the attribute keys that shown, writable to-one relationships set."""
    return frozenset(
        key
        for relationship in mapper.relationships
        if relationship.mapper.class_ in targets
        and visibility.is_shown(mapper, relationship.key, relationship.info)
        and not relationship.viewonly
        for key in _foreign_keys(relationship)
    )


def describe_relationship(
    relationship: RelationshipProperty[Any], *, name: str, target: str
) -> Relationship:
    """Describe one relationship, shown or not."""
    foreign_keys = _foreign_keys(relationship)
    join = _describe_join(relationship)
    return Relationship(
        key=relationship.key,
        name=name,
        target=target,
        is_list=bool(relationship.uselist),
        join=join,
        is_indexed=_is_indexed(relationship, join),
        property=relationship,
        is_writable=not relationship.viewonly,
        is_required=bool(foreign_keys) and not _is_any_nullable(relationship, foreign_keys),
        foreign_keys=foreign_keys,
        order=_describe_order(relationship),
        description=relationship.doc,
    )


def _describe_order(relationship: RelationshipProperty[Any]) -> tuple[DefaultOrder, ...]:
    """Describe ``order_by``; nothing of it counts unless all of it is columns of the target."""
    found = []
    for term in relationship.order_by or ():
        modifiers, column = _unwrap_term(term)
        keys = _attribute_keys(relationship.mapper, [column])
        if not keys:
            return ()
        is_descending = operators.desc_op in modifiers
        is_first = operators.nulls_first_op in modifiers
        is_last = operators.nulls_last_op in modifiers
        key = public_key(relationship.mapper, keys[0])
        found.append(DefaultOrder(key, is_descending, is_first or (is_descending and not is_last)))
    return tuple(found)


def _unwrap_term(term: Any) -> tuple[set[Any], Any]:
    """Split a term of ORDER BY into its modifiers and what it sorts by."""
    modifiers = set()
    while isinstance(term, sa.UnaryExpression) and term.modifier is not None:
        modifiers.add(term.modifier)
        term = term.element
    return modifiers, term


def _describe_join(relationship: RelationshipProperty[Any]) -> RelationshipJoin:
    """Find out how the rows are reached, and from which of the parent's attributes."""
    parent = relationship.parent
    if relationship.secondary is None:
        found = _direct_join(relationship)
    else:
        found = _secondary_join(relationship, relationship.secondary)
    if found is not None:
        return found
    primary_key = tuple(parent.get_property_by_column(key).key for key in parent.primary_key)
    return RelationshipJoin(JoinKind.CUSTOM, primary_key)


def _direct_join(relationship: RelationshipProperty[Any]) -> RelationshipJoin | None:
    pairs = relationship.local_remote_pairs or []
    equalities = _equalities(relationship.primaryjoin)
    if equalities is None or len(equalities) != len(pairs):
        return None
    local = _attribute_keys(relationship.parent, [column for column, _ in pairs])
    remote = _attribute_keys(relationship.mapper, [column for _, column in pairs])
    return RelationshipJoin(JoinKind.DIRECT, local, remote) if local and remote else None


def _secondary_join(
    relationship: RelationshipProperty[Any], secondary: sa.FromClause
) -> RelationshipJoin | None:
    near = _secondary_pairs(relationship.primaryjoin, secondary)
    far = _secondary_pairs(relationship.secondaryjoin, secondary)
    if near is None or far is None or not isinstance(secondary, sa.Table):
        return None
    local = _attribute_keys(relationship.parent, [outside for _, outside in near])
    target = _attribute_keys(relationship.mapper, [outside for _, outside in far])
    if not local or not target:
        return None
    return RelationshipJoin(
        JoinKind.SECONDARY,
        local,
        remote_keys=tuple(inside.key for inside, _ in near),
        secondary_pairs=tuple(
            (inside.key, key) for (inside, _), key in zip(far, target, strict=True)
        ),
    )


def _is_indexed(relationship: RelationshipProperty[Any], join: RelationshipJoin) -> bool:
    if join.kind is JoinKind.CUSTOM:
        return False
    table: Any = relationship.secondary
    if join.kind is JoinKind.SECONDARY:
        return is_index_led_by([table.c[name] for name in join.remote_keys])
    return is_index_led_by([column for _, column in relationship.local_remote_pairs or ()])


def _secondary_pairs(
    condition: Any, secondary: sa.FromClause
) -> list[tuple[sa.Column[Any], sa.Column[Any]]] | None:
    """Split equalities into (column of the association table, column outside of it)."""
    pairs = []
    for left, right in _equalities(condition) or []:
        is_left_inside = secondary.c.contains_column(left)
        if is_left_inside == secondary.c.contains_column(right):
            return None
        pairs.append((left, right) if is_left_inside else (right, left))
    return pairs or None


def _equalities(condition: Any) -> list[tuple[sa.Column[Any], sa.Column[Any]]] | None:
    """Return both sides of each part of a condition that is nothing but equalities of columns."""
    if isinstance(condition, BooleanClauseList):
        if condition.operator is not operators.and_:
            return None
        parts = list(condition.clauses)
    else:
        parts = [condition]
    pairs = []
    for part in parts:
        if not isinstance(part, BinaryExpression) or part.operator is not operators.eq:
            return None
        if not isinstance(part.left, sa.Column) or not isinstance(part.right, sa.Column):
            return None
        pairs.append((part.left, part.right))
    return pairs


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
