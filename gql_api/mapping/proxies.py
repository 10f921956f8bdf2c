"""Association proxies: columns of a to-one relative, and lists behind an association object."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.associationproxy import AssociationProxyExtensionType
from sqlalchemy.orm import Mapper

from gql_api.mapping.descriptors import (
    Column,
    Entity,
    JoinKind,
    Proxy,
    Relationship,
    RelationshipJoin,
)
from gql_api.mapping.relationships import describe_relationship
from gql_api.mapping.visibility import Visibility
from gql_api.naming import Inflector, NameTable

_LOG = logging.getLogger(__name__)


def with_proxies(
    entity: Entity,
    mapper: Mapper[Any],
    *,
    entities: Mapping[type[Any], Entity],
    names: NameTable,
    inflector: Inflector,
    visibility: Visibility,
) -> Entity:
    """Add the association proxies of a mapper to its entity; what none can be is left out.

    Args:
        entity: Without proxies.
        mapper: Its mapper.
        entities: All entities, without proxies, by model.
        names: Field names taken on the type.
        inflector: Makes field names.
        visibility: What exists for clients.
    """
    columns: dict[str, Column] = {}
    relationships: dict[str, Relationship] = {}
    for key, proxy in _proxies(mapper):
        if not visibility.is_shown(mapper, key, proxy.info):
            continue
        try:
            found = _describe_proxy(mapper, proxy, entities, visibility)
        except _LeftOutError as error:
            _LOG.warning("%s.%s is left out: %s.", mapper.class_.__name__, key, error)
            continue
        name = names.claim(inflector.field(key), key)
        if isinstance(found, Column):
            columns[key] = replace(found, key=key, name=name)
        else:
            relationships[key] = replace(found, key=key, name=name)
    return replace(
        entity,
        columns=MappingProxyType({**entity.columns, **columns}),
        relationships=MappingProxyType({**entity.relationships, **relationships}),
    )


class _LeftOutError(Exception):
    """A proxy does not become a field; the message says why."""


def _proxies(mapper: Mapper[Any]) -> Iterator[tuple[str, Any]]:
    for key, descriptor in mapper.all_orm_descriptors.items():
        if descriptor.extension_type is AssociationProxyExtensionType.ASSOCIATION_PROXY:
            yield key, descriptor


def _describe_proxy(
    mapper: Mapper[Any],
    proxy: Any,
    entities: Mapping[type[Any], Entity],
    visibility: Visibility,
) -> Column | Relationship:
    first = _relationship(mapper, proxy.target_collection, entities, visibility)
    near = entities[mapper.relationships[first.key].mapper.class_]
    if proxy.value_attr in near.columns:
        return _column_behind(first, near.columns[proxy.value_attr], near)
    far_mapper = mapper.relationships[first.key].mapper
    second = _relationship(far_mapper, proxy.value_attr, entities, visibility)
    if not first.is_list or second.is_list or not _are_direct(first, second):
        message = "it is no list of rows behind an association object"
        raise _LeftOutError(message)
    return replace(
        second,
        is_list=True,
        join=RelationshipJoin(
            JoinKind.ASSOCIATION,
            first.join.local_keys,
            remote_keys=first.join.remote_keys,
            secondary_pairs=tuple(
                zip(second.join.local_keys, second.join.remote_keys, strict=True)
            ),
            association=near.name,
        ),
        is_writable=False,
        is_required=False,
        foreign_keys=(),
        order=(),
        description=None,
    )


def _relationship(
    mapper: Mapper[Any],
    key: str,
    entities: Mapping[type[Any], Entity],
    visibility: Visibility,
) -> Relationship:
    """Describe a relationship that a proxy goes through, private or not.

    Raises:
        _LeftOutError: There is none that clients may follow.
    """
    relationship = mapper.relationships.get(key)
    if relationship is None or visibility.is_hidden(mapper, key, relationship.info):
        message = f"{mapper.class_.__name__} shows no {key}"
        raise _LeftOutError(message)
    target = entities.get(relationship.mapper.class_)
    if target is None:
        message = f"{relationship.mapper.class_.__name__} is no part of the schema"
        raise _LeftOutError(message)
    return describe_relationship(relationship, name=key, target=target.name)


def _column_behind(relationship: Relationship, column: Column, target: Entity) -> Column:
    """Describe a column of a to-one relative as one of the row.

    Raises:
        _LeftOutError: There may be many relatives.
    """
    if relationship.is_list:
        message = "it is a list of values without a limit: ask for the rows"
        raise _LeftOutError(message)
    keys = {each.key for each in target.primary_key}
    if not _are_direct(relationship) or not keys <= set(relationship.join.remote_keys):
        message = "it goes through a condition of its own"
        raise _LeftOutError(message)
    return Column(
        key=column.key,
        name=column.name,
        type=column.type,
        is_nullable=True,
        has_default=True,
        is_read_only=True,
        proxy=Proxy(relationship, column.key),
        description=column.description,
    )


def _are_direct(*relationships: Relationship) -> bool:
    return all(each.join.kind is JoinKind.DIRECT for each in relationships)
