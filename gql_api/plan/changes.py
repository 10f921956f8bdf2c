"""Changes to rows, as plain data. Values travel with them: writes are not cached.

A change is a tree: links lead to rows that are written before it, related changes to rows that are
written after it.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class KeyValue:
    """The value of one key of an entity."""

    columns: tuple[str, ...]
    """Attribute keys."""

    values: tuple[Any, ...]
    """One value per column, as the column binds it."""


@dataclass(frozen=True, slots=True)
class Link:
    """A to-one relationship set to a row, or to none."""

    relationship: str
    """Key of the relationship."""

    target: KeyValue | None
    """The row that it leads to; None to disconnect."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A to-one relationship set to a row that is created for it."""

    relationship: str
    """Key of the relationship."""

    create: "CreateRow"

    key: KeyValue | None = None
    """The visible row with this key is taken instead, if there is one."""


ToOne = Link | NewLink


@dataclass(frozen=True, slots=True)
class RelatedChanges:
    """What becomes of the rows that a to-many relationship leads to, in the order of the fields."""

    relationship: str
    """Key of the relationship."""

    replace: tuple[KeyValue, ...] | None = None
    """These and no other visible rows shall be related; None to leave the others."""

    disconnect: tuple[KeyValue, ...] = ()
    delete: "tuple[DeleteRow, ...]" = ()
    update: "tuple[UpdateRow, ...]" = ()
    connect: tuple[KeyValue, ...] = ()
    connect_or_create: "tuple[KeyedCreate, ...]" = ()
    create: "tuple[CreateRow, ...]" = ()


class Operator(enum.StrEnum):
    """How a column changes from what it holds; the value is the GraphQL name."""

    INCREMENT = "increment"
    APPEND = "append"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Operation:
    """A change of a column that the database computes from what the row holds at that moment."""

    operator: Operator
    operand: Any


_NO_OPERATIONS: Mapping[str, Operation] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CreateRow:
    """A new row."""

    entity: str
    values: Mapping[str, Any]
    """Attribute key to value; absent keys take their defaults."""

    links: tuple[ToOne, ...] = ()
    related: tuple[RelatedChanges, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyedCreate:
    """The visible row with a key, or a new one if there is none."""

    key: KeyValue
    create: CreateRow


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """New values for one row."""

    entity: str
    key: KeyValue
    values: Mapping[str, Any]
    """Attribute key to value; absent keys keep theirs."""

    links: tuple[ToOne, ...] = ()
    related: tuple[RelatedChanges, ...] = ()
    operations: Mapping[str, Operation] = field(default_factory=lambda: _NO_OPERATIONS)
    """Attribute key to what the database computes."""

    expected_version: str | None = None
    """The version that the row must have, as answers write it; None for any."""


@dataclass(frozen=True, slots=True)
class DeleteRow:
    """One row to remove."""

    entity: str
    key: KeyValue

    expected_version: str | None = None
    """As of ``UpdateRow``."""
