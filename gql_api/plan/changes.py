"""Changes to rows, as plain data. Values travel with them: writes are not cached."""

from collections.abc import Mapping
from dataclasses import dataclass
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
class CreateRow:
    """A new row."""

    entity: str
    values: Mapping[str, Any]
    """Attribute key to value; absent keys take their defaults."""

    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """New values for one row."""

    entity: str
    key: KeyValue
    values: Mapping[str, Any]
    """Attribute key to value; absent keys keep theirs."""

    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class DeleteRow:
    """One row to remove."""

    entity: str
    key: KeyValue
