"""What a set of models is, in neutral words: the tests make models of it, the reference relations."""

from dataclasses import dataclass, field
from functools import cached_property

VERSIONS = frozenset({"text", "integer", "bigint", "decimal", "moment", "local", "uuid", "bytes"})
"""Kinds of columns that tell versions of rows."""


@dataclass(frozen=True)
class Column:
    """One column; ``kind`` is a key of ``values.KINDS``."""

    name: str
    """As clients see it."""

    kind: str
    is_nullable: bool = False
    is_indexed: bool = False


@dataclass(frozen=True)
class Link:
    """The rows of an association table: pairs of keys."""

    name: str
    left: str
    """Name of a table, whose whole key is linked."""

    right: str


@dataclass(frozen=True)
class Relation:
    """How rows of one table lead to rows of another: by columns, or by a link."""

    name: str
    target: str
    is_list: bool
    pairs: tuple[tuple[str, str], ...] = ()
    """Columns of the row, and those of the other row that equal them."""

    link: str | None = None
    is_from_right: bool = False
    """Whether the link is followed from its right side to its left side."""

    condition: str | None = None
    """A boolean column of the other row that must be true."""

    order: tuple[tuple[str, str], ...] = ()
    """The relationship's own order: columns and directions."""

    reverse: str | None = None
    """The relation of the target that leads back, if it is the same link or foreign key."""

    is_foreign_key: bool = False
    """Whether the columns of the row are a foreign key of its table."""


@dataclass(frozen=True)
class Policy:
    """Which rows may be seen; ``kind`` is a key of ``modelling.POLICIES``."""

    kind: str
    column: str
    owner: str | None = None
    """A whole number that is compared with the user's id."""


@dataclass(frozen=True)
class Table:
    """One table, its class and type."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    unique: tuple[str, ...] = ()
    """Columns that are unique each."""

    relations: tuple[Relation, ...] = ()
    policy: Policy | None = None
    secrets: tuple[str, ...] = ()
    """Columns that lookers with the role ``guest`` may not read."""

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def relation(self) -> dict[str, Relation]:
        """The relations by name."""
        return {each.name: each for each in self.relations}

    @property
    def version(self) -> Column | None:
        """The column that tells versions of rows: the last one whose values can."""
        fit = [each for each in self.columns if each.kind in VERSIONS and each.name not in self.key]
        return fit[-1] if fit else None

    @property
    def lists(self) -> tuple[Relation, ...]:
        """The relations that lead to many rows."""
        return tuple(each for each in self.relations if each.is_list)

    @property
    def foreign_keys(self) -> tuple[Relation, ...]:
        """The relations of foreign keys."""
        return tuple(each for each in self.relations if each.is_foreign_key)

    @property
    def root(self) -> str:
        """Name of the list at the root."""
        return f"{self.single}s"

    @property
    def single(self) -> str:
        """Name of the root field of one row."""
        return self.name[0].lower() + self.name[1:]


@dataclass(frozen=True)
class Models:
    """A set of tables; a foreign key leads to the same table or to one before it."""

    name: str
    tables: tuple[Table, ...]
    links: tuple[Link, ...] = field(default=())
    database: str = "postgresql"
    """What it is asked on: columns of kinds that it lacks are left out."""

    @cached_property
    def table(self) -> dict[str, Table]:
        """The tables by name."""
        return {table.name: table for table in self.tables}

    @cached_property
    def link(self) -> dict[str, Link]:
        """The links by name."""
        return {link.name: link for link in self.links}
