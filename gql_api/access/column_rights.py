"""Column rights: what the column sets of all policies leave to one role set."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import class_mapper
from sqlalchemy.sql import visitors

from gql_api.access.column_sets import AllBut, named_keys, withheld_keys
from gql_api.access.policies import Policy
from gql_api.access.scopes import Scopes
from gql_api.access.subjects import SymbolicSubject
from gql_api.errors import ConfigurationError
from gql_api.mapping.descriptors import Column, Entity, Registry, Relationship

Place = tuple[str, str]
"""Table and name of a column."""

_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class ColumnRights:
    """What one role set may not read or write, by entity name. Compared by identity."""

    registry: Registry

    unread: Mapping[str, frozenset[str]]
    """Attribute keys of the columns that may not be read, computed ones included."""

    unwritten: Mapping[str, frozenset[str]]
    """Attribute keys of the columns that may not be written."""

    places: frozenset[Place]
    """The columns of tables that may not be read."""

    closed: frozenset[str] = frozenset()
    """Names of the entities that do not exist for the role set."""

    @property
    def has_secrets(self) -> bool:
        """Whether any entity, or any column of one, may not be read."""
        return bool(self.unread or self.closed)

    @property
    def is_open(self) -> bool:
        """Whether all columns of all entities may be read and written."""
        return not (self.unread or self.unwritten or self.closed)

    def exists(self, entity: Entity) -> bool:
        """Tell whether the role set may know of an entity at all."""
        return entity.name not in self.closed

    def may_read(self, entity: Entity, key: str) -> bool:
        """Tell whether a column may be shown for the rows of an entity itself."""
        return key not in self.unread.get(entity.name, _NOTHING)

    def may_judge(self, entity: Entity, key: str) -> bool:
        """Tell whether rows in a list of an entity, those of its subtypes too, may depend on a column."""
        return all(
            self.may_read(each, key) for each in (entity, *self.registry.descendants(entity))
        )

    def may_follow(self, relationship: Relationship) -> bool:
        """Tell whether relatives may be shown: they tell the values of what ties them."""
        if not self.places:
            return True
        return self.places.isdisjoint(_ties(relationship))

    def may_write(self, entity: Entity, key: str) -> bool:
        """Tell whether a column may be set."""
        return key not in self.unwritten.get(entity.name, _NOTHING)

    def may_link(self, entity: Entity, relationship: Relationship) -> bool:
        """Tell whether the relationship may be changed: the columns that hold it may be set."""
        target = self.registry.target(relationship)
        own = all(self.may_write(entity, key) for key in relationship.foreign_keys)
        if relationship.foreign_keys or relationship.property.secondary is not None:
            return own
        return all(self.may_write(target, key) for key in relationship.join.remote_keys)


def column_rights(registry: Registry, scopes: Scopes) -> ColumnRights:
    """Ask all policies for their column sets.

    Raises:
        ConfigurationError: A column set names what is no column.

    Cost:
        Two calls per policy and entity; once per role set.
    """
    unread = _withheld(registry, scopes, "readable_columns")
    places = frozenset(
        place
        for entity in registry
        for key in unread.get(entity.name, ())
        for place in _stored(entity, key)
    )
    if unread:
        unread = {each.name: _with_computed(each, unread, places, registry) for each in registry}
    unwritten = _withheld(registry, scopes, "writable_columns")
    closed = frozenset(each.name for each in registry if scopes.is_closed(each))
    return ColumnRights(registry, unread, unwritten, places, closed)


def _withheld(registry: Registry, scopes: Scopes, operation: str) -> dict[str, frozenset[str]]:
    found = {entity.name: _withheld_of(entity, registry, scopes, operation) for entity in registry}
    return {name: keys for name, keys in found.items() if keys}


def _withheld_of(
    entity: Entity, registry: Registry, scopes: Scopes, operation: str
) -> frozenset[str]:
    """Return what the policies of an entity and of those that it inherits from leave out.

    Each speaks of the columns of its own model; the nearest one of those that no model with a
    policy has.
    """
    keys: set[str] = set()
    spoken_of: set[str] = set()
    for policy in scopes.policies_of(entity):
        own = set(registry.by_model.get(policy.model, entity).columns)
        known = own if spoken_of else own | (set(entity.columns) - _shown(entity, registry, scopes))
        keys |= _left_out(policy, entity, known, scopes.subject, operation)
        spoken_of |= known
    return _with_twins(entity, frozenset(keys))


def _shown(entity: Entity, registry: Registry, scopes: Scopes) -> set[str]:
    """Return the keys of all columns of the models of an entity's policies."""
    owners = [registry.by_model.get(each.model, entity) for each in scopes.policies_of(entity)]
    return {key for each in owners for key in each.columns}


def _left_out(
    policy: Policy[Any], entity: Entity, known: set[str], subject: SymbolicSubject, operation: str
) -> frozenset[str]:
    """Ask one policy; keys of rows can always be read.

    Raises:
        ConfigurationError: It names what is no column, or leaves out what ids show.
    """
    columns = getattr(policy, operation)(subject)
    owner = f"{type(policy).__name__}.{operation}"
    named = named_keys(columns, class_mapper(policy.model), owner)
    left_out = withheld_keys(columns, named, known)
    if operation != "readable_columns":
        return left_out
    fixed = {each.key for each in entity.primary_key}
    if isinstance(columns, AllBut) and not named.isdisjoint(fixed):
        message = f"{owner} leaves out {min(named & fixed)}, a part of the key that ids show."
        raise ConfigurationError(message, fix="Leave it in.")
    return left_out - fixed


def _with_twins(entity: Entity, keys: frozenset[str]) -> frozenset[str]:
    """Add the attributes that are mapped to the same columns."""
    if not keys:
        return keys
    places = {place for key in keys for place in _stored(entity, key)}
    fixed = {each.key for each in entity.primary_key}
    twins = {
        key
        for key in entity.columns.keys() - keys - fixed
        if not places.isdisjoint(_stored(entity, key))
    }
    return keys | twins


def _with_computed(
    entity: Entity,
    unread: Mapping[str, frozenset[str]],
    places: frozenset[Place],
    registry: Registry,
) -> frozenset[str]:
    """Add what is computed from columns that may not be read."""
    own = unread.get(entity.name, _NOTHING)
    computed = {
        key
        for key, column in entity.columns.items()
        if column.is_computed and _reads_withheld(entity, column, unread, places, registry)
    }
    return own | computed


def _reads_withheld(
    entity: Entity,
    column: Column,
    unread: Mapping[str, frozenset[str]],
    places: frozenset[Place],
    registry: Registry,
) -> bool:
    if column.proxy is not None:
        relationship = column.proxy.relationship
        target = registry.target(relationship)
        is_tied = not places.isdisjoint(_ties(relationship))
        if is_tied or column.proxy.column in unread.get(target.name, _NOTHING):
            return True
        found = target.columns[column.proxy.column]
        return found.is_computed and _reads_withheld(target, found, unread, places, registry)
    expression = sa.type_coerce(getattr(entity.model, column.key), sa.types.NULLTYPE).clause
    return not places.isdisjoint(_places(expression))


def _stored(entity: Entity, key: str) -> Iterator[Place]:
    """Iterate over the columns of tables that an attribute is mapped to."""
    attribute = class_mapper(entity.model).column_attrs.get(key)
    for column in () if attribute is None else attribute.columns:
        yield from _places(column)


def _ties(relationship: Relationship) -> Iterator[Place]:
    """Iterate over the columns of tables by which relatives are found, and one is chosen of several."""
    mapped = relationship.property
    order = () if relationship.is_list else mapped.order_by or ()
    for tie in (mapped.primaryjoin, mapped.secondaryjoin, *order):
        if tie is not None:
            yield from _places(tie)


def _places(clause: Any) -> Iterator[Place]:
    """Iterate over the columns of tables that an expression reads."""
    for part in visitors.iterate(clause):
        if isinstance(part, sa.ColumnClause):
            for column in part.base_columns:
                if isinstance(column, sa.Column) and isinstance(column.table, sa.Table):
                    yield column.table.key, column.name
