"""Lineages: mapped classes that inherit from each other become entities that know each other."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from gql_api.mapping.descriptors import Column, Entity, Lineage, ValueType
from gql_api.mapping.values import ScalarKind
from gql_api.naming import TypeNames


def describe_lineages(
    targets: Mapping[Mapper[Any], str], type_names: TypeNames
) -> Mapping[Mapper[Any], Lineage]:
    """Describe the mappers of classes that inherit from each other.

    Classes of joined tables without a discriminator stay strangers: nothing tells which class a row
    of the base is of, short of asking every table.

    Args:
        targets: Entity name by configured mapper.
        type_names: Gives a type to the rows that belong to no subclass.
    """
    return {
        mapper: _describe_lineage(mapper, targets, type_names)
        for mapper in targets
        if _has_lineage(mapper)
    }


def union_of(mapper: Mapper[Any]) -> sa.FromClause | None:
    """Return the union of concrete tables that the rows of a base come from; None elsewhere."""
    if mapper.polymorphic_on is None or not any(
        each.concrete for each in mapper.self_and_descendants if each is not mapper
    ):
        return None
    if mapper.with_polymorphic and mapper.with_polymorphic[1] is not None:
        union: sa.FromClause = mapper.with_polymorphic[1]
        return union
    return None if isinstance(mapper.local_table, sa.Table) else mapper.local_table


def unite(entity: Entity, descendants: list[Entity]) -> Entity:
    """Describe the rows of several concrete tables: what one of them lacks is null there.

    Args:
        entity: The base.
        descendants: Entities that inherit from it.
    """
    lineage = entity.lineage
    assert lineage is not None and lineage.union_key is not None  # noqa: PT018, S101 - a base of concrete tables
    columns = {
        key: replace(column, is_nullable=_is_nullable(column, descendants))
        for key, column in entity.columns.items()
        if key != lineage.union_key
        # the row of a union is not found again under the name of the model
        and (column.expression is None or not column.expression.is_detached)
        and (entity.has_own_rows or all(key in each.columns for each in descendants))
    }
    kind = Column(
        lineage.union_key, lineage.union_key, ValueType(ScalarKind.STRING), is_nullable=False
    )
    return replace(
        entity,
        columns=MappingProxyType(columns),
        primary_key=(*entity.primary_key, kind),
        keys=(),
        is_writable=False,
    )


def _is_nullable(column: Column, descendants: list[Entity]) -> bool:
    found = [each.columns.get(column.key) for each in descendants]
    return column.is_nullable or any(each is None or each.is_nullable for each in found)


def _has_lineage(mapper: Mapper[Any]) -> bool:
    relatives = {*mapper.iterate_to_root(), *mapper.self_and_descendants}
    if len(relatives) == 1:
        return False
    return mapper.polymorphic_on is not None or any(each.concrete for each in relatives)


def _describe_lineage(
    mapper: Mapper[Any], targets: Mapping[Mapper[Any], str], type_names: TypeNames
) -> Lineage:
    name = targets[mapper]
    descendants = sorted(
        targets[each]
        for each in mapper.self_and_descendants
        if each in targets and each is not mapper
    )
    own_type: str | None = name
    if descendants:
        own_type = type_names.claim_base(name) if _has_own_rows(mapper) else None
    union = union_of(mapper) if descendants else None
    return Lineage(
        ancestors=tuple(targets[each] for each in _ancestors(mapper) if each in targets),
        descendants=tuple(descendants),
        id_name=[targets[each] for each in _same_tables(mapper) if each in targets][-1],
        own_type=own_type,
        identities=MappingProxyType(dict(_identities(mapper, targets, union))),
        is_restricted=mapper.polymorphic_on is not None
        and (union is not None or own_type is None or _shares_tables(mapper)),
        union_key=None if union is None else str(getattr(mapper.polymorphic_on, "key", None)),
    )


def _shares_tables(mapper: Mapper[Any]) -> bool:
    return mapper.inherits is not None and not mapper.concrete


def _has_own_rows(mapper: Mapper[Any]) -> bool:
    if mapper.polymorphic_on is None:
        return True
    return mapper.polymorphic_identity is not None


def _ancestors(mapper: Mapper[Any]) -> Iterator[Mapper[Any]]:
    """Return the mappers that a mapper inherits from, nearest first."""
    above = iter(mapper.iterate_to_root())
    next(above)
    return above


def _same_tables(mapper: Mapper[Any]) -> Iterator[Mapper[Any]]:
    """Return a mapper and those above it whose tables hold its rows, too."""
    for each in mapper.iterate_to_root():
        yield each
        if each.concrete:
            return


def _identities(
    mapper: Mapper[Any], targets: Mapping[Mapper[Any], str], union: sa.FromClause | None
) -> Iterator[tuple[Any, str]]:
    """Return each value of the discriminator with the nearest class that is part of the schema.

    Rows of a class whose nearest one cannot have rows of its own are left out, and rows of
    concrete tables that belong to no class of the schema.
    """
    if mapper.polymorphic_on is None or (mapper.concrete and union is None):
        return
    for each in mapper.self_and_descendants:
        if each.polymorphic_identity is None:
            continue
        above = list(_same_tables(each))
        if union is None and mapper not in above:
            continue
        nearest = next((one for one in above if one in targets), None)
        if nearest is each or (nearest is not None and nearest.polymorphic_identity is not None):
            yield each.polymorphic_identity, targets[nearest]
