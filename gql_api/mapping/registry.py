"""The registry: all mapped classes become entities."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc, orm

from gql_api.errors import MappingError
from gql_api.mapping.columns import describe_columns
from gql_api.mapping.descriptors import Column, Entity, Key, Registry
from gql_api.mapping.expressions import describe_expressions
from gql_api.mapping.lineages import describe_lineages, unite
from gql_api.mapping.proxies import with_proxies
from gql_api.mapping.relationships import describe_relationships, linked_columns
from gql_api.mapping.soft_deletes import is_index_of_live_rows, soft_delete_key
from gql_api.mapping.types import EnumTable
from gql_api.mapping.versions import has_versions
from gql_api.mapping.visibility import Hidden, Visibility, attribute_info, public_key
from gql_api.naming import RESERVED_FIELDS, VERSION_FIELD, Inflector, NameTable, TypeNames


def describe_models(
    models: Iterable[type[Any]],
    *,
    inflector: Inflector | None = None,
    reserved: Iterable[str] = (),
    hidden: Sequence[Hidden] = (),
) -> Registry:
    """Describe mapped classes.

    Args:
        models: Mapped classes, in any order.
        inflector: Makes the names; the default one when left out.
        reserved: Names of types and root fields (``Query.x``) that are taken already.
        hidden: Attributes that do not exist for clients: patterns such as ``"User.password"`` and
            ``"*.token"``, and column types.

    Raises:
        MappingError: A class is not mapped, mappers cannot be configured, there is none, or
            ``hidden`` names an attribute that does not exist.
    """
    inflector = inflector or Inflector()
    mappers = _configured_mappers(models)
    type_names = TypeNames(inflector, reserved)
    named = {mapper: type_names.claim_object(mapper.class_.__name__) for mapper in mappers}
    lineages = describe_lineages(named, type_names)
    surroundings = _Surroundings(
        {mapper.class_: name for mapper, name in named.items()},
        inflector,
        EnumTable(inflector, type_names.claim_enum),
        Visibility(hidden, mappers),
    )
    found: dict[orm.Mapper[Any], Entity] = {}
    # a base class before its subclasses, which keep its names
    for mapper in sorted(mappers, key=_depth):
        above = [found[each] for each in mapper.iterate_to_root() if each in found]
        entity = _describe_entity(mapper, surroundings, above[0] if above else None)
        found[mapper] = replace(entity, lineage=lineages.get(mapper))
    _add_proxies(found, surroundings)
    for mapper, entity in found.items():
        if entity.is_union:
            below = [found[each] for each in mapper.self_and_descendants if each in found]
            found[mapper] = unite(entity, [each for each in below if each is not entity])
    entities = [found[mapper] for mapper in mappers]
    by_name = {entity.name: entity for entity in sorted(entities, key=lambda each: each.name)}
    return Registry(
        entities=MappingProxyType(by_name),
        by_model=MappingProxyType({entity.model: entity for entity in entities}),
    )


def mapped_classes(base: Any) -> tuple[type[Any], ...]:
    """Return the classes that a declarative base or ORM registry maps.

    Raises:
        MappingError: ``base`` is neither, or maps nothing.
    """
    # SQLModel has no public name for its registry, only the one that SQLAlchemy itself goes by
    candidates = (base, getattr(base, "registry", None), getattr(base, "_sa_registry", None))
    registry = next((each for each in candidates if isinstance(each, orm.registry)), None)
    if registry is None:
        message = f"{base!r} is no declarative base and no SQLAlchemy registry."
        raise MappingError(message, fix="Pass the base class of your models.")
    _configure([registry])  # a base of concrete tables is mapped last of all
    classes = tuple(mapper.class_ for mapper in registry.mappers)
    if not classes:
        message = f"{getattr(base, '__name__', base)} maps no classes."
        raise MappingError(message, fix="Import the modules of your models first.")
    return classes


def _configured_mappers(models: Iterable[type[Any]]) -> list[orm.Mapper[Any]]:
    """Inspect and configure, in an order that does not depend on the order of imports."""
    mappers = []
    for model in models:
        mapper = sa.inspect(model, raiseerr=False)
        if not isinstance(mapper, orm.Mapper):
            message = f"{model!r} is not mapped by SQLAlchemy."
            raise MappingError(message, fix="Pass mapped classes only.")
        mappers.append(mapper)
    if not mappers:
        message = "There are no models to map."
        raise MappingError(message, fix="Pass at least one mapped class.")
    _configure({mapper.registry for mapper in mappers})
    return sorted(mappers, key=lambda each: (each.class_.__name__, each.class_.__module__))


def _configure(registries: Iterable[orm.registry]) -> None:
    """Configure the mappers of registries: broken models of others are not ours."""
    try:
        for registry in registries:
            registry.configure(cascade=True)
    except (exc.InvalidRequestError, exc.ArgumentError) as error:
        message = f"The models cannot be mapped: {' '.join(str(error).split())}"
        raise MappingError(message) from error


def _depth(mapper: orm.Mapper[Any]) -> int:
    return len(list(mapper.iterate_to_root()))


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What the entities of one registry share."""

    targets: Mapping[type[Any], str]
    inflector: Inflector
    enums: EnumTable
    visibility: Visibility


def _describe_entity(
    mapper: orm.Mapper[Any], surroundings: _Surroundings, parent: Entity | None
) -> Entity:
    targets, inflector = surroundings.targets, surroundings.inflector
    enums, visibility = surroundings.enums, surroundings.visibility
    names = _name_table(mapper, inflector, frozenset(), parent)
    columns, primary_key = describe_columns(
        mapper,
        linked=linked_columns(mapper, targets, visibility),
        names=names,
        inflector=inflector,
        enums=enums,
        visibility=visibility,
    )
    relationships = describe_relationships(
        mapper, targets=targets, names=names, inflector=inflector, visibility=visibility
    )
    expressions = describe_expressions(
        mapper, names=names, inflector=inflector, enums=enums, visibility=visibility
    )
    is_keyless = bool(getattr(mapper.class_, "__gql_keyless__", False))
    return Entity(
        name=targets[mapper.class_],
        model=mapper.class_,
        columns=MappingProxyType(columns | expressions),
        relationships=MappingProxyType(relationships),
        primary_key=primary_key,
        keys=()
        if is_keyless
        else _describe_keys(
            mapper, columns, tuple(column.key for column in primary_key), inflector
        ),
        is_keyless=is_keyless,
        is_writable=not is_keyless,
        soft_delete=soft_delete_key(mapper),
        description=_own_doc(mapper),
    )


def _add_proxies(found: dict[orm.Mapper[Any], Entity], surroundings: _Surroundings) -> None:
    """Add the association proxies, which need what all other attributes are."""
    plain = {entity.model: entity for entity in found.values()}
    for mapper in list(found):
        above = [found[each] for each in mapper.iterate_to_root() if each in found]
        used = frozenset(_field_names(found[mapper]).values())
        parent = above[1] if len(above) > 1 else None
        found[mapper] = with_proxies(
            found[mapper],
            mapper,
            entities=plain,
            names=_name_table(mapper, surroundings.inflector, used, parent),
            inflector=surroundings.inflector,
            visibility=surroundings.visibility,
        )


def _name_table(
    mapper: orm.Mapper[Any], inflector: Inflector, used: frozenset[str], parent: Entity | None
) -> NameTable:
    """Return what names the fields of an entity, besides those in use and those of its parent."""
    inherited = _field_names(parent)
    if not has_versions(mapper):
        return NameTable(RESERVED_FIELDS | used, inherited)
    reserved = RESERVED_FIELDS | used | {VERSION_FIELD}
    return NameTable(reserved, inherited, {VERSION_FIELD: inflector.version_column()})


def _field_names(entity: Entity | None) -> Mapping[str, str]:
    """Return the field names of an entity by attribute key."""
    if entity is None:
        return {}
    columns = {each.key: each.name for each in entity.columns.values()}
    return columns | {each.key: each.name for each in entity.relationships.values()}


def _describe_keys(
    mapper: orm.Mapper[Any],
    columns: Mapping[str, Column],
    primary_key: tuple[str, ...],
    inflector: Inflector,
) -> tuple[Key, ...]:
    """Describe the primary key, then unique constraints and indexes over shown columns."""
    names = NameTable({"id"})
    candidates = [primary_key, *sorted(_unique_columns(mapper))]
    return tuple(
        Key(
            name=names.claim(inflector.key_field([columns[key].name for key in keys])),
            columns=keys,
            is_primary=keys == primary_key,
        )
        for keys in dict.fromkeys(candidates)
        if all(key in columns for key in keys)
    )


def _unique_columns(mapper: orm.Mapper[Any]) -> set[tuple[str, ...]]:
    table = mapper.local_table
    found: set[tuple[str, ...]] = {
        (public_key(mapper, attribute.key),)
        for attribute in mapper.column_attrs
        if attribute_info(attribute).get("gql", {}).get("key")
    }
    if not isinstance(table, sa.Table):
        return found
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            found.add(_keys_of(mapper, list(constraint.columns)))
    for index in table.indexes:
        is_partial = any(key.endswith("_where") for key in index.dialect_kwargs)
        if index.unique and (not is_partial or is_index_of_live_rows(index, mapper)):
            found.add(_keys_of(mapper, list(index.expressions)))
    return found - {()}


def _keys_of(mapper: orm.Mapper[Any], columns: list[Any]) -> tuple[str, ...]:
    """Return the attribute keys of columns; none when one is an expression or not mapped."""
    if not all(isinstance(column, sa.Column) for column in columns):
        return ()
    try:
        found = (mapper.get_property_by_column(column).key for column in columns)
        return tuple(public_key(mapper, key) for key in found)
    except exc.InvalidRequestError:
        return ()


def _own_doc(mapper: orm.Mapper[Any]) -> str | None:
    """Return the class's own docstring, or the comment of its table."""
    doc = mapper.class_.__dict__.get("__doc__")
    table = mapper.local_table
    return doc or (table.comment if isinstance(table, sa.Table) else None)
