"""Lineages: which entities inherit from each other, and which class a row is of."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from gql_api.mapping.descriptors import Lineage, Registry
from gql_api.mapping.registry import describe_models, mapped_classes
from tests.wild import staff


def _lineage(registry: Registry, name: str) -> Lineage:
    found = registry.entities[name].lineage
    assert found is not None
    return found


def test_lineage():
    """An entity knows those above and below it, its rows by discriminator, and its id."""
    found = _lineage(describe_models(mapped_classes(staff.Base)), "Engineer")

    assert found.ancestors == ("Employee",)
    assert found.descendants == ("Architect",)
    assert found.own_type == "BaseEngineer"
    assert found.id_name == "Employee"
    assert dict(found.identities) == {"engineer": "Engineer", "architect": "Architect"}
    assert found.is_restricted


def test_root():
    """The root is not restricted: rows of kinds that no class has are its own."""
    registry = describe_models(mapped_classes(staff.Base))

    assert not _lineage(registry, "Employee").is_restricted
    assert [each.name for each in registry.row_entities(registry.entities["Employee"])] == [
        "Employee",
        "Architect",
        "Director",
        "Engineer",
        "Manager",
    ]


def test_stranger():
    """An entity that inherits from none has no lineage."""
    assert describe_models(mapped_classes(staff.Base)).entities["Company"].lineage is None


def test_classes_that_are_left_out():
    """Rows of a class that is no part of the schema are of the nearest one that is."""
    registry = describe_models([staff.Employee, staff.Manager, staff.Architect])

    assert dict(_lineage(registry, "Employee").identities) == {
        "employee": "Employee",
        "manager": "Manager",
        "director": "Manager",
        "engineer": "Employee",
        "architect": "Architect",
    }
    assert not registry.entities["Manager"].is_interface
    assert _lineage(registry, "Architect").ancestors == ("Employee",)


def test_without_the_base():
    """A subclass alone is still told from others of its table, and has ids of its own."""
    engineer = _lineage(describe_models([staff.Engineer]), "Engineer")

    assert (engineer.id_name, engineer.own_type) == ("Engineer", "Engineer")
    assert engineer.is_restricted


def _animals(**base_options: Any) -> tuple[type[Any], ...]:
    class Base(orm.DeclarativeBase):
        pass

    class Animal(Base):
        __tablename__ = "animal"
        id: Mapped[int] = mapped_column(primary_key=True)
        _kind: Mapped[str]
        x_y: Mapped[int]
        __mapper_args__: ClassVar = base_options

    class Cat(Animal):
        __tablename__ = "cat"
        id: Mapped[int] = mapped_column(sa.ForeignKey("animal.id"), primary_key=True)
        xY: Mapped[int]  # noqa: N815 - collides with the base's
        __mapper_args__: ClassVar = (
            {"polymorphic_identity": "cat"} if "polymorphic_on" in base_options else {}
        )

    class BaseAnimal(Base):
        __tablename__ = "other"
        id: Mapped[int] = mapped_column(primary_key=True)

    return Animal, Cat, BaseAnimal


def test_abstract_base():
    """A base without an identity has no rows of its own, nor those of unknown kinds."""
    registry = describe_models(_animals(polymorphic_on="_kind", polymorphic_abstract=True))

    found = _lineage(registry, "Animal")
    assert (found.own_type, found.is_restricted) == (None, True)
    assert not registry.entities["Animal"].has_own_rows
    assert [each.name for each in registry.row_entities(registry.entities["Animal"])] == ["Cat"]


def test_no_discriminator():
    """Joined tables without a discriminator are strangers to each other."""
    registry = describe_models(_animals())

    assert [entity.lineage for entity in registry] == [None] * 3


def test_names():
    """The type of the base's own rows takes a free name; inherited fields keep theirs."""
    registry = describe_models(_animals(polymorphic_on="_kind", polymorphic_identity="animal"))

    assert _lineage(registry, "Animal").own_type == "BaseAnimal2"
    assert {key: each.name for key, each in registry.entities["Cat"].columns.items()} == {
        "id": "rowId",
        "x_y": "xY",
        "xY": "xY2",
    }
