"""What models say, as frozen data: entities, columns, relationships, keys.

Everything above this package reads descriptors, never mappers.
"""

import decimal
import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import RelationshipProperty
from sqlalchemy.types import TypeDecorator, TypeEngine

from gql_api.mapping.values import ScalarKind

DEFAULT_SEARCH = "simple"
"""Text search configuration that takes words as they are, in any language."""


@dataclass(frozen=True, slots=True, eq=False)
class EnumDescriptor:
    """An enumeration that one or more columns share."""

    name: str
    """GraphQL name."""

    values: Mapping[str, Any]
    """GraphQL name of each value, in declaration order, to the value that a column binds."""

    description: str | None = None
    """For readers of the schema."""


@dataclass(frozen=True, slots=True)
class ValueType:
    """The type of a column's values."""

    kind: ScalarKind
    """Kind of the value, or of an array's elements."""

    enum: EnumDescriptor | None = None
    """Set when ``kind`` is ``ENUM``."""

    dimensions: int = 0
    """Depth of lists around the value: 0 for a scalar."""

    is_text_vector: bool = False
    """Whether it is a ``tsvector``: opaque, but searched."""

    own: TypeDecorator[Any] | None = field(default=None, compare=False)
    """A type of the models' own, which may give any object and refuse any operand."""

    is_refused: bool = False
    """Whether that type does not take what clients pass, so that nothing is compared or written."""

    is_text: bool = False
    """Whether the column takes and gives its UUIDs as text."""

    is_native_enum: bool = False
    """Whether it is a type of the database itself, where that has enumerations."""

    is_checked_enum: bool = False
    """Whether a CHECK constraint refuses other values than those of the enumeration."""


@dataclass(frozen=True, slots=True)
class InputRules:
    """What a column accepts from clients, beyond its type."""

    min_length: int | None = None
    """Fewest characters."""

    max_length: int | None = None
    """Most characters."""

    pattern: str | None = None
    """Regular expression that the whole text matches."""

    minimum: float | None = None
    """Least value allowed."""

    maximum: float | None = None
    """Greatest value allowed."""

    above: float | None = None
    """What values are greater than."""

    below: float | None = None
    """What values are less than."""

    is_not_blank: bool = False
    """Whether a text of white space alone is refused."""

    greatest: decimal.Decimal | None = None
    """What the type of a decimal holds at most, of either sign, once it is rounded."""


@dataclass(frozen=True, slots=True)
class Expression:
    """How an attribute that is no column of a table is asked for."""

    is_detached: bool
    """Whether it holds under the model's own name alone, so that a subquery finds the row again."""

    type: TypeEngine[Any] = field(compare=False)
    """SQL type of its values."""


@dataclass(frozen=True, slots=True)
class Column:
    """A mapped column attribute, or a hybrid or SQL expression that reads like one."""

    key: str
    """ORM attribute key, never the name of the database column."""

    name: str
    """GraphQL field name."""

    type: ValueType
    """Type of its values."""

    is_nullable: bool
    """Whether a row may hold NULL."""

    is_primary_key: bool = False
    """Whether it is part of the primary key."""

    is_foreign_key: bool = False
    """Whether a writable relationship sets it: inputs then name the relationship instead."""

    has_default: bool = False
    """Whether a row may be created without a value for it."""

    is_read_only: bool = False
    """Whether clients can never write it."""

    is_version: bool = False
    """Whether its value changes with every write of the row."""

    rules: InputRules = InputRules()
    """What it accepts from clients."""

    search: str = DEFAULT_SEARCH
    """Text search configuration of PostgreSQL, where the column is searched."""

    expression: Expression | None = None
    """Set for what is no column of a table: computed only where it is asked for."""

    proxy: "Proxy | None" = None
    """Set for a column of a to-one relative that is shown as one of the row."""

    description: str | None = None
    """For readers of the schema."""

    @property
    def is_computed(self) -> bool:
        """Whether it is more than a column of the row's own tables."""
        return self.expression is not None or self.proxy is not None


class JoinKind(enum.Enum):
    """How the rows of a relationship are found from the parents' key values."""

    DIRECT = "direct"
    """The target holds the key: ``target.remote IN (keys)``."""

    SECONDARY = "secondary"
    """An association table holds the key: ``secondary.remote IN (keys)``."""

    ASSOCIATION = "association"
    """Visible rows of another entity hold the key: ``association.remote IN (keys)``."""

    CUSTOM = "custom"
    """Any other condition: joined from the parents, ``parent.primary_key IN (keys)``."""


@dataclass(frozen=True, slots=True)
class RelationshipJoin:
    """How the rows of a relationship are found from the parents' key values."""

    kind: JoinKind

    local_keys: tuple[str, ...]
    """Attribute keys of the parent whose values find the rows."""

    remote_keys: tuple[str, ...] = ()
    """What they are compared with, in the same order: attribute keys of the target (``DIRECT``) or
    of the association (``ASSOCIATION``), or column names of the association table (``SECONDARY``)."""

    secondary_pairs: tuple[tuple[str, str], ...] = ()
    """Column name of the association table, or attribute key of the association, and attribute key
    of the target (``SECONDARY``, ``ASSOCIATION``)."""

    association: str | None = None
    """Name of the entity that stands between (``ASSOCIATION``)."""


@dataclass(frozen=True, slots=True)
class DefaultOrder:
    """One key of the order that a relationship has when a client asks for none."""

    column: str
    """Attribute key of the target."""

    is_descending: bool
    are_nulls_first: bool


@dataclass(frozen=True, slots=True)
class Relationship:
    """A mapped relationship."""

    key: str
    """ORM attribute key."""

    name: str
    """GraphQL field name."""

    target: str
    """Name of the target entity."""

    is_list: bool
    """Whether it leads to many rows."""

    join: RelationshipJoin
    """How its rows are found."""

    is_indexed: bool = field(kw_only=True)
    """Whether an index leads from a parent's key values to its rows."""

    property: RelationshipProperty[Any] = field(repr=False, compare=False)
    """The ORM property: join conditions and association table."""

    is_writable: bool = True
    """Whether writes may link through it (not ``viewonly``)."""

    is_required: bool = False
    """Whether every row has one (a to-one over foreign keys that are not null)."""

    foreign_keys: tuple[str, ...] = ()
    """Attribute keys of the parent that a to-one link sets; empty when the target holds the key."""

    order: tuple[DefaultOrder, ...] = ()
    """Its own order, most significant first; empty when it is not by columns of the target alone."""

    description: str | None = None
    """For readers of the schema."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A column of a to-one relative."""

    relationship: Relationship
    column: str
    """Attribute key of the target."""


@dataclass(frozen=True, slots=True)
class Key:
    """Columns that identify at most one row."""

    name: str
    """GraphQL field name in the key input: the column's, or all of them joined."""

    columns: tuple[str, ...]
    """Attribute keys, in the order of the constraint."""

    is_primary: bool = False
    """Whether it is the primary key."""


@dataclass(frozen=True, slots=True, eq=False)
class Lineage:
    """Where an entity stands among those that inherit from each other. Compared by identity."""

    ancestors: tuple[str, ...]
    """Names of entities, nearest first."""

    descendants: tuple[str, ...]
    """Names of entities, children and theirs, sorted."""

    id_name: str
    """What global ids hold: one name per row, whichever list it came from."""

    own_type: str | None
    """GraphQL type of the rows that belong to no descendant; None where there are no such rows."""

    identities: Mapping[Any, str]
    """Value of the discriminator to the entity of the row, for this entity and its descendants;
    empty where all rows of its lists belong to itself."""

    is_restricted: bool
    """Whether its rows are told from others of the same tables by the discriminator."""

    union_key: str | None = None
    """For a base of concrete tables, whose rows are a union: what names the discriminator in its
    primary key, since rows of several tables have the same keys."""


@dataclass(frozen=True, slots=True, eq=False)
class Entity:
    """A mapped class as the API shows it. Compared by identity."""

    name: str
    """GraphQL type name."""

    model: type[Any]
    """The mapped class."""

    columns: Mapping[str, Column]
    """By attribute key, in declaration order; hidden columns are absent."""

    relationships: Mapping[str, Relationship]
    """By attribute key, in declaration order; hidden ones are absent."""

    primary_key: tuple[Column, ...]
    """Columns of the primary key, hidden ones too; all columns when the table has no key."""

    keys: tuple[Key, ...]
    """Primary key first, then unique keys; empty when the table has no key."""

    is_keyless: bool = False
    """Whether the table has no primary key: no ``id``, no cursors, no writes."""

    is_writable: bool = True
    """Whether mutations are offered for it (not for views and tables without a key)."""

    lineage: Lineage | None = None
    """Set where it inherits from an entity or is inherited from."""

    soft_delete: str | None = None
    """Attribute key, perhaps of a hidden column, of the moment at which a row was deleted; None
    where deleted rows are removed."""

    description: str | None = None
    """For readers of the schema."""

    @property
    def is_interface(self) -> bool:
        """Whether it has descendants: its rows are of several types."""
        return self.lineage is not None and bool(self.lineage.descendants)

    @property
    def has_own_rows(self) -> bool:
        """Whether rows may belong to it and to no descendant, so that one can be created."""
        return self.lineage is None or self.lineage.own_type is not None

    @property
    def row_type(self) -> str:
        """GraphQL type of the rows that belong to it and to no descendant."""
        return self.name if self.lineage is None else self.lineage.own_type or self.name

    @property
    def is_union(self) -> bool:
        """Whether its rows are those of several tables."""
        return self.lineage is not None and self.lineage.union_key is not None

    @property
    def version(self) -> Column | None:
        """The column by which clients tell whether a row has changed, if they may see it."""
        return next((each for each in self.columns.values() if each.is_version), None)

    @property
    def id_columns(self) -> tuple[Column, ...]:
        """The columns of the primary key that global ids hold."""
        if self.lineage is None or self.lineage.union_key is None:
            return self.primary_key
        return tuple(each for each in self.primary_key if each.key != self.lineage.union_key)

    @property
    def id_name(self) -> str:
        """What its global ids hold."""
        return self.name if self.lineage is None else self.lineage.id_name


@dataclass(frozen=True, slots=True, eq=False)
class Registry:
    """All entities of a schema. Compared by identity."""

    entities: Mapping[str, Entity]
    """By GraphQL type name, sorted."""

    by_model: Mapping[type[Any], Entity]
    """By mapped class."""

    def __iter__(self) -> Iterator[Entity]:
        """Iterate over the entities in the order of their names."""
        return iter(self.entities.values())

    @property
    def search_configurations(self) -> frozenset[str]:
        """Configurations of text search that columns name."""
        return frozenset(column.search for entity in self for column in entity.columns.values())

    def target(self, relationship: Relationship) -> Entity:
        """Return the entity that a relationship leads to."""
        return self.entities[relationship.target]

    def ancestors(self, entity: Entity) -> tuple[Entity, ...]:
        """Return the entities that one inherits from, nearest first."""
        names = () if entity.lineage is None else entity.lineage.ancestors
        return tuple(self.entities[name] for name in names)

    def descendants(self, entity: Entity) -> tuple[Entity, ...]:
        """Return the entities that inherit from one, sorted."""
        names = () if entity.lineage is None else entity.lineage.descendants
        return tuple(self.entities[name] for name in names)

    def row_entities(self, entity: Entity) -> tuple[Entity, ...]:
        """Return the entities that rows in a list of one may belong to, itself first."""
        if entity.lineage is None:
            return (entity,)
        own = (entity.name,) if entity.has_own_rows else ()
        others = sorted(set(entity.lineage.identities.values()) - {entity.name})
        return tuple(self.entities[name] for name in (*own, *others))

    def entity_of(self, model: type[Any]) -> Entity:
        """Return the entity of a class, or the nearest one that it inherits from.

        Raises:
            KeyError: There is none.
        """
        for each in model.__mro__:
            if each in self.by_model:
                return self.by_model[each]
        raise KeyError(model)
