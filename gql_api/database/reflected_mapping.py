"""Classes for reflected tables, with relationships both ways and across association tables.

No I/O. Relationships are never loaded by touching them (``lazy="raise"``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    and_,
)
from sqlalchemy.orm import column_property, foreign, registry, relationship, remote

from gql_api.database.reflected_names import (
    across_name,
    attribute_names,
    claim,
    class_name,
    key_name,
    reverse_name,
    to_one_name,
)
from gql_api.naming import pascal_case


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key between two reflected tables."""

    source: Table
    columns: tuple[Column[Any], ...]
    target: Table
    referred: tuple[Column[Any], ...]
    """As many as ``columns``, in the same order."""


@dataclass(slots=True)
class _Draft:
    """A class in the making."""

    name: str
    class_: type[Any]
    table: Table
    attributes: dict[str, str]
    """Attribute by column name."""
    taken: set[str]
    properties: dict[str, Any]

    def keys(self, columns: Iterable[Column[Any]]) -> tuple[str, ...]:
        return tuple(self.attributes[column.name] for column in columns)


@dataclass(frozen=True, slots=True)
class _Link:
    """A foreign key with the names of its relationships."""

    key: ForeignKey
    to_one: str
    reverse: str
    is_unique: bool
    """At most one row refers to each."""


def map_tables(tables: Sequence[Table], foreign_keys: Sequence[ForeignKey]) -> registry:
    """Map each table to a class of its own.

    A table without a primary key gets all its columns as the mapper's key, and
    ``__gql_keyless__ = True``.

    Args:
        tables: In the order in which they claim names; each has a column.
        foreign_keys: Between these tables; any order.
    """
    mapped = registry()
    drafts = _drafts(tables)
    keys = sorted(foreign_keys, key=_sort_key)
    links = [_name_link(drafts, key, keys) for key in keys]
    for link in links:
        _relate(drafts, link, overlaps=_names_that_overlap(link, links))
    for table in tables:
        _relate_across(drafts, table, [link for link in links if link.key.source is table])
    for draft in drafts.values():
        key_columns = draft.table.primary_key.columns or draft.table.columns
        mapped.map_imperatively(
            draft.class_, draft.table, properties=draft.properties, primary_key=list(key_columns)
        )
    mapped.configure()
    return mapped


def _sort_key(key: ForeignKey) -> tuple[str, list[str], str, list[str]]:
    return (
        key.source.fullname,
        [column.name for column in key.columns],
        key.target.fullname,
        [column.name for column in key.referred],
    )


def _drafts(tables: Sequence[Table]) -> dict[Table, _Draft]:
    taken: set[str] = set()
    drafts: dict[Table, _Draft] = {}
    for table in tables:
        wanted = class_name(table.name)
        name = claim(taken, wanted, pascal_case(table.schema or "other") + wanted)
        attributes = attribute_names(column.name for column in table.columns)
        members: dict[str, Any] = {"__doc__": table.comment, "__module__": __name__}
        if not table.primary_key.columns:
            members["__gql_keyless__"] = True
        drafts[table] = _Draft(
            name=name,
            class_=type(name, (), members),
            table=table,
            attributes=attributes,
            taken=set(attributes.values()),
            properties={
                attributes[column.name]: column_property(column, doc=column.comment)
                for column in table.columns
            },
        )
    return drafts


def _name_link(drafts: Mapping[Table, _Draft], key: ForeignKey, keys: list[ForeignKey]) -> _Link:
    source, target = drafts[key.source], drafts[key.target]
    attributes = source.keys(key.columns)
    parallel = [other for other in keys if (other.source, other.target) == (key.source, key.target)]
    is_only = len(parallel) == 1
    is_unique = _is_unique(key.source, key.columns)
    return _Link(
        key=key,
        to_one=to_one_name(attributes, target.name, source.taken, is_only=is_only),
        reverse=reverse_name(
            attributes,
            source.name,
            target.taken,
            is_only=is_only and source is not target,
            is_unique=is_unique,
        ),
        is_unique=is_unique,
    )


def _is_unique(table: Table, columns: Iterable[Column[Any]]) -> bool:
    """Tell whether a constraint keeps two rows from sharing these columns, or some of them."""
    given = set(columns)
    keys = [
        constraint.columns
        for constraint in table.constraints
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint)
    ]
    indexes = [index.columns for index in table.indexes if _is_whole_unique(index)]
    return any(len(key) and given >= set(key) for key in [*keys, *indexes])


def _is_whole_unique(index: Index) -> bool:
    conditions = (options.get("where") for options in index.dialect_options.values())
    return bool(index.unique) and not any(condition is not None for condition in conditions)


def _names_that_overlap(link: _Link, links: list[_Link]) -> str:
    """List the relationships that would set the same column: SQLAlchemy asks for a word on each."""
    columns = set(link.key.columns)
    shared = [other for other in links if other is not link and columns & set(other.key.columns)]
    return ",".join(name for other in shared for name in (other.to_one, other.reverse))


def _relate(drafts: Mapping[Table, _Draft], link: _Link, *, overlaps: str) -> None:
    """Add the relationships along and against a foreign key."""
    source, target = drafts[link.key.source], drafts[link.key.target]
    pairs = list(zip(link.key.columns, link.key.referred, strict=True))
    source.properties[link.to_one] = relationship(
        target.class_,
        primaryjoin=and_(*(foreign(own) == remote(theirs) for own, theirs in pairs)),
        back_populates=link.reverse,
        uselist=False,
        lazy="raise",
        overlaps=overlaps,
    )
    target.properties[link.reverse] = relationship(
        source.class_,
        primaryjoin=and_(*(remote(foreign(theirs)) == own for theirs, own in pairs)),
        back_populates=link.to_one,
        uselist=not link.is_unique,
        lazy="raise",
        passive_deletes="all",
        overlaps=overlaps,
    )


def _relate_across(drafts: Mapping[Table, _Draft], table: Table, links: list[_Link]) -> None:
    """Add the relationships across a table that does nothing but associate two others."""
    if not _is_association(table, links):
        return
    first, second = links
    for here, there in ((first, second), (second, first)):
        owner, target = drafts[here.key.target], drafts[there.key.target]
        name = across_name(
            target.name,
            drafts[table].name,
            key_name(drafts[table].keys(there.key.columns)),
            owner.taken,
            is_self=owner is target,
        )
        owner.properties[name] = relationship(
            target.class_,
            secondary=table,
            primaryjoin=_equal(here.key),
            secondaryjoin=_equal(there.key),
            viewonly=True,
            lazy="raise",
        )


def _is_association(table: Table, links: list[_Link]) -> bool:
    columns = [column for link in links for column in link.key.columns]
    return (
        len(links) == len(("one side", "other side"))
        and len(columns) == len(set(columns))
        and set(columns) == set(table.columns) == set(table.primary_key.columns)
    )


def _equal(key: ForeignKey) -> ColumnElement[bool]:
    pairs = zip(key.columns, key.referred, strict=True)
    return and_(*(referred == foreign(column) for column, referred in pairs))
