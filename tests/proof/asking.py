"""What is asked in an operation: lists within rows within lists."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Place:
    """A place in an order: that of a row."""

    row: dict[str, Any]
    cursor: str


@dataclass
class AskedRow:
    """What is asked of one row."""

    table: str
    columns: dict[str, str] = field(default_factory=dict)
    """Names by response key; ``__typename`` too."""

    paths: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Paths into documents by response key; the columns have the names."""

    to_one: dict[str, tuple[str, "AskedRow"]] = field(default_factory=dict)
    to_many: dict[str, tuple[str, "AskedList"]] = field(default_factory=dict)


@dataclass
class AskedList:
    """What is asked of one list."""

    table: str
    row: AskedRow
    where: Any = ("and", [])
    order: list[Any] = field(default_factory=list)
    default_order: tuple[Any, ...] = ()
    """What stands in for an empty order: that of the relationship."""

    first: int | None = None
    last: int | None = None
    offset: int | None = None
    after: Place | None = None
    before: Place | None = None
    places: tuple[int | None, int | None] = (None, None)
    """Which rows ``after`` and ``before`` stand at: their cursors must be asked for first."""

    has_total: bool = True
    has_facts: bool = True
    has_nodes: bool = True
    has_edges: bool = False

    @property
    def sorted_by(self) -> list[Any]:
        """The order, or what stands in for it."""
        return self.order or [((name,), direction) for name, direction in self.default_order]


def lists_within(asked: "AskedList | AskedRow") -> list[AskedList]:
    """Return a list and all lists in it."""
    row = asked.row if isinstance(asked, AskedList) else asked
    found = [asked] if isinstance(asked, AskedList) else []
    for _, inner in row.to_one.values():
        found += lists_within(inner)
    for _, nested in row.to_many.values():
        found += lists_within(nested)
    return found
