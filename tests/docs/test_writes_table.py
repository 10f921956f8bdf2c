"""What can be written through each kind of relationship, as ``docs/writes.md`` tables it."""

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

import gql_api as gql

_PAGE = (Path(__file__).parents[2] / "docs" / "writes.md").read_text()
_PARTS = (*("set", "disconnect", "delete", "update", "connect", "connectOrCreate", "create"),)


class Base(orm.DeclarativeBase):
    pass


pairs = sa.Table(
    "pair",
    Base.metadata,
    sa.Column("left_id", sa.ForeignKey("root.id"), primary_key=True),
    sa.Column("right_id", sa.ForeignKey("far.id"), primary_key=True),
)


class Root(Base):
    """One relationship of each kind."""

    __tablename__ = "root"

    id: Mapped[int] = mapped_column(primary_key=True)
    needed_id: Mapped[int] = mapped_column(sa.ForeignKey("far.id"))
    optional_id: Mapped[int | None] = mapped_column(sa.ForeignKey("far.id"))
    needed: Mapped["Far"] = relationship(foreign_keys=[needed_id])
    optional: Mapped["Far | None"] = relationship(foreign_keys=[optional_id])
    bound: Mapped[list["Bound"]] = relationship()
    loose: Mapped[list["Loose"]] = relationship()
    parts: Mapped[list["Part"]] = relationship()
    single: Mapped["Single | None"] = relationship(back_populates="root")
    tied: Mapped[list["Far"]] = relationship(secondary=pairs)
    shown: Mapped[list["Loose"]] = relationship(viewonly=True, overlaps="loose")


class Far(Base):
    """The other end."""

    __tablename__ = "far"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(9))


class Bound(Base):
    """Always belongs to a root."""

    __tablename__ = "bound"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(9))
    root_id: Mapped[int] = mapped_column(sa.ForeignKey("root.id"))


class Loose(Base):
    """May belong to a root."""

    __tablename__ = "loose"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(9))
    root_id: Mapped[int | None] = mapped_column(sa.ForeignKey("root.id"))


class Part(Base):
    """An association object: its root is part of its key."""

    __tablename__ = "part"

    root_id: Mapped[int] = mapped_column(sa.ForeignKey("root.id"), primary_key=True)
    far_id: Mapped[int] = mapped_column(sa.ForeignKey("far.id"), primary_key=True)
    amount: Mapped[int]
    far: Mapped[Far] = relationship()


class Single(Base):
    """One for each root."""

    __tablename__ = "single"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(9))
    root_id: Mapped[int] = mapped_column(sa.ForeignKey("root.id"), unique=True)
    root: Mapped[Root] = relationship(back_populates="single")


KINDS = {
    "to one, required": "needed",
    "to one, optional": "optional",
    "to one, where the other row has the key": "single",
    "to many, key required": "bound",
    "to many, key optional": "loose",
    "to many, key within the primary key (association object)": "parts",
    "to many, by an association table": "tied",
    "`viewonly`": "shown",
}
"""Kind of relationship, as the table names it, to the field that is one."""


def _ways(schema: Any, mutation: str, field: str) -> set[str]:
    """Return what an input offers for a relationship."""
    fields = schema.type_map[mutation].fields
    return set(_unwrapped(fields[field].type).fields) if field in fields else set()


def _unwrapped(type_: Any) -> Any:
    return getattr(type_, "of_type", type_)


def _written(new: set[str], changed: set[str], part: str) -> str:
    return "both" if part in new and part in changed else "update" if part in changed else ""


@pytest.mark.parametrize("kind", KINDS)
def test_row(kind: str):
    """A row of the table says what creations and updates offer."""
    schema = gql.build_schema(Base).graphql_schema
    new = _ways(schema, "CreateRootInput", KINDS[kind])
    changed = _ways(schema, "UpdateRootInput", KINDS[kind])
    (row,) = re.findall(rf"^\| {re.escape(kind)} \|(.*)\|$", _PAGE, re.MULTILINE)

    assert [each.strip() for each in row.split("|")] == [
        _written(new, changed, each) for each in _PARTS
    ]
    assert new <= changed
    assert changed <= {*_PARTS}
