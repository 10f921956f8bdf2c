"""Models that inherit from each other, through joined tables and through one table."""

from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tests.wild.worlds import Rows


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Company(Base):
    """A parent of every kind of employee."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String(10))

    staff: Mapped[list["Employee"]] = relationship(
        back_populates="company", foreign_keys="Employee.company_id", lazy="raise"
    )
    managers: Mapped[list["Manager"]] = relationship(
        foreign_keys="Employee.company_id", lazy="raise", viewonly=True
    )


class Employee(Base):
    """Anyone who works for a company."""

    __tablename__ = "employee"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str | None] = mapped_column(sa.String(10))
    name: Mapped[str] = mapped_column(sa.String(10))
    secret: Mapped[str | None] = mapped_column(sa.String(10), info={"gql": {"hidden": True}})
    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id"))
    mentor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("employee.id"))

    company: Mapped[Company | None] = relationship(
        back_populates="staff", foreign_keys=company_id, lazy="raise"
    )
    mentor: Mapped["Employee | None"] = relationship(
        remote_side="Employee.id", back_populates="pupils", lazy="raise"
    )
    pupils: Mapped[list["Employee"]] = relationship(back_populates="mentor", lazy="raise")

    __mapper_args__: ClassVar = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}


class Manager(Employee):
    """Has a table of its own, and a subclass."""

    __tablename__ = "manager"

    id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"), primary_key=True)
    level: Mapped[int]

    projects: Mapped[list["Project"]] = relationship(back_populates="lead", lazy="raise")

    __mapper_args__: ClassVar = {"polymorphic_identity": "manager"}


class Director(Manager):
    """Has a third table."""

    __tablename__ = "director"

    id: Mapped[int] = mapped_column(sa.ForeignKey("manager.id"), primary_key=True)
    shares: Mapped[int]

    __mapper_args__: ClassVar = {"polymorphic_identity": "director"}


class Engineer(Employee):
    """Lives in the table of its base, and has a subclass there."""

    language: Mapped[str | None] = mapped_column(sa.String(10))

    __mapper_args__: ClassVar = {"polymorphic_identity": "engineer"}


class Architect(Engineer):
    """Lives in the table of its base's base."""

    client_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id"))

    client: Mapped[Company | None] = relationship(foreign_keys=client_id, lazy="raise")

    __mapper_args__: ClassVar = {"polymorphic_identity": "architect"}


class Project(Base):
    """Belongs to a subclass."""

    __tablename__ = "project"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(sa.String(10))
    lead_id: Mapped[int | None] = mapped_column(sa.ForeignKey("manager.id"))

    lead: Mapped[Manager | None] = relationship(back_populates="projects", lazy="raise")


def _rows(columns: str, *values: tuple[object, ...]) -> list[dict[str, object]]:
    return [dict(zip(columns.split(), each, strict=True)) for each in values]


ROWS: Rows = (
    (Company.__table__, _rows("id name", (1, "One"), (2, "Two"))),
    (
        Employee.__table__,
        _rows(
            "id kind name company_id mentor_id language client_id",
            (11, "employee", "ann", 1, None, None, None),
            (12, "manager", "bob", 1, None, None, None),
            (13, "director", "cyd", 2, 12, None, None),
            (14, "engineer", "dan", 1, 12, "C", None),
            (15, "architect", "eve", 2, 14, "D", 1),
            (16, "stranger", "fay", 2, 11, None, None),
            (17, None, "gus", None, None, None, None),
        ),
    ),
    (Manager.__table__, _rows("id level", (12, 5), (13, 9))),
    (Director.__table__, _rows("id shares", (13, 100))),
    (Project.__table__, _rows("id title lead_id", (1, "x", 12), (2, "y", 13), (3, "z", 13))),
)
"""Every kind of row, one of an unknown kind and one of none."""
