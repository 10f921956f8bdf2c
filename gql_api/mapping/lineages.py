"""Lineages: mapped classes that inherit from each other become entities that know each other."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Mapper

from gql_api.mapping.descriptors import Lineage
from gql_api.naming import TypeNames


def describe_lineages(
    targets: Mapping[Mapper[Any], str], type_names: TypeNames
) -> Mapping[Mapper[Any], Lineage]:
    """Describe the mappers whose rows are told apart by a discriminator.

    Classes of joined tables without one stay strangers to each other: nothing tells which class a
    row of the base is of, short of asking every table.

    Args:
        targets: Entity name by configured mapper.
        type_names: Gives a type to the rows that belong to no subclass.
    """
    return {
        mapper: _describe_lineage(mapper, targets, type_names)
        for mapper in targets
        if mapper.polymorphic_on is not None and _has_relatives(mapper)
    }


def _has_relatives(mapper: Mapper[Any]) -> bool:
    relatives = {*mapper.iterate_to_root(), *mapper.self_and_descendants}
    return len(relatives) > 1 and not any(each.concrete for each in relatives)


def _describe_lineage(
    mapper: Mapper[Any], targets: Mapping[Mapper[Any], str], type_names: TypeNames
) -> Lineage:
    name = targets[mapper]
    ancestors = [targets[each] for each in _ancestors(mapper) if each in targets]
    descendants = sorted(
        targets[each]
        for each in mapper.self_and_descendants
        if each in targets and each is not mapper
    )
    own_type: str | None = name
    if descendants:
        has_rows = mapper.polymorphic_identity is not None
        own_type = type_names.claim_base(name) if has_rows else None
    return Lineage(
        ancestors=tuple(ancestors),
        descendants=tuple(descendants),
        id_name=ancestors[-1] if ancestors else name,
        own_type=own_type,
        identities=MappingProxyType(dict(_identities(mapper, targets))),
        is_restricted=mapper.inherits is not None or own_type is None,
    )


def _ancestors(mapper: Mapper[Any]) -> Iterator[Mapper[Any]]:
    """Return the mappers that a mapper inherits from, nearest first."""
    above = iter(mapper.iterate_to_root())
    next(above)
    return above


def _identities(
    mapper: Mapper[Any], targets: Mapping[Mapper[Any], str]
) -> Iterator[tuple[Any, str]]:
    """Return each value of the discriminator with the nearest class that is part of the schema.

    Rows of a class whose nearest one cannot have rows of its own are left out.
    """
    for each in mapper.self_and_descendants:
        if each.polymorphic_identity is None:
            continue
        nearest = next(above for above in each.iterate_to_root() if above in targets)
        if nearest is each or nearest.polymorphic_identity is not None:
            yield each.polymorphic_identity, targets[nearest]
