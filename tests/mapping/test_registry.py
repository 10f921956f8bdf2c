"""Mapped classes become entities."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gql_api.errors import MappingError
from gql_api.mapping.descriptors import Entity, Registry
from gql_api.mapping.registry import describe_models, mapped_classes
from tests.fixtures import models


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The entities of the test models."""
    return describe_models(mapped_classes(models.Base))


def _keys(entity: Entity) -> list[tuple[str, tuple[str, ...], bool]]:
    return [(key.name, key.columns, key.is_primary) for key in entity.keys]


def test_order(registry: Registry):
    """Entities are sorted by name, whatever the order of the models."""
    names = [entity.name for entity in registry]

    assert names == sorted(names)
    again = describe_models(reversed(mapped_classes(models.Base)))
    assert [entity.name for entity in again] == names


def test_by_model(registry: Registry):
    """An entity is found by its model."""
    assert registry.by_model[models.Book] is registry.entities["Book"]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("Author", [("rowId", ("id",), True), ("email", ("email",), False)]),
        ("Category", [("code", ("code",), True)]),
        ("Cover", [("rowId", ("id",), True), ("bookId", ("book_id",), False)]),
        (
            "Chapter",
            [
                ("bookIdNumber", ("book_id", "number"), True),
                ("bookIdHeading", ("book_id", "heading"), False),
            ],
        ),
        ("Loan", [("bookIdReaderId", ("book_id", "reader_id"), True)]),
        ("Shelf", []),
    ],
)
def test_keys(registry: Registry, name: str, keys: list[Any]):
    """The primary key comes first, then unique constraints; a keyless table has none."""
    assert _keys(registry.entities[name]) == keys


def test_keyless(registry: Registry):
    """A table without a key is known to be one, and is not written."""
    shelf = registry.entities["Shelf"]

    assert (shelf.is_keyless, shelf.is_writable) == (True, False)
    assert [column.key for column in shelf.primary_key] == ["room", "height"]


def test_hidden_column(registry: Registry):
    """A hidden column does not exist."""
    assert "secret" not in registry.entities["Author"].columns


def test_odd_names(registry: Registry):
    """Reserved and equal names are resolved; a private attribute does not exist."""
    columns = registry.entities["Oddity"].columns

    assert {key: column.name for key, column in columns.items()} == {
        "id": "rowId",
        "row_id": "rowId2",
        "type": "type",
        "and_": "and_",
        "not_": "not_",
        "or_": "or_",
        "some_name": "someName",
        "someName": "someName2",
    }


def test_description(registry: Registry):
    """The docstring of a model is its description."""
    assert registry.entities["Tag"].description == "The far side of a many-to-many relationship."


def _model(**attributes: Any) -> type[Any]:
    base = orm.declarative_base()
    return type("Thing", (base,), {"__tablename__": "thing", **attributes})


def _primary_key() -> Any:
    return mapped_column(sa.Integer, primary_key=True)


def test_unique_indexes():
    """A unique index is a key; a partial one and one over an expression are none."""
    thing = _model(
        id=_primary_key(),
        a=mapped_column(sa.String(5)),
        b=mapped_column(sa.String(5)),
        c=mapped_column(sa.String(5)),
        __table_args__=(
            sa.Index("one", "a", unique=True),
            sa.Index("two", "b", unique=True, postgresql_where=sa.text("b > ''")),
            sa.Index("three", sa.text("lower(c)"), unique=True),
            sa.Index("four", "b"),
        ),
    )

    (entity,) = describe_models([thing])
    assert [key.name for key in entity.keys] == ["rowId", "a"]


def test_declared_key():
    """A column that is declared as a key is one."""
    thing = _model(id=_primary_key(), a=mapped_column(sa.String(5), info={"gql": {"key": True}}))

    (entity,) = describe_models([thing])
    assert [key.name for key in entity.keys] == ["rowId", "a"]


def test_hidden_primary_key():
    """A hidden primary key still finds rows by global id, and by nothing else."""
    thing = _model(id=mapped_column(sa.Integer, primary_key=True, info={"gql": {"hidden": True}}))

    (entity,) = describe_models([thing])
    assert (entity.keys, list(entity.columns)) == ((), [])
    assert [column.key for column in entity.primary_key] == ["id"]


def test_equal_class_names():
    """Classes of one name in different modules have different types, in a fixed order."""
    one, two = _model(id=_primary_key()), _model(id=_primary_key())
    one.__module__, two.__module__ = "b", "a"

    registry = describe_models([one, two])

    assert registry.by_model[two].name == "Thing"
    assert registry.by_model[one].name == "Thing2"


def test_table_comment():
    """A model without a docstring is described by the comment of its table."""
    thing = _model(id=_primary_key(), __table_args__={"comment": "Things."})

    (entity,) = describe_models([thing])
    assert entity.description == "Things."


def test_inheritance():
    """A joined subclass has the columns of both tables, and one key."""

    class Base(orm.DeclarativeBase):
        pass

    class Animal(Base):
        __tablename__ = "animal"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}  # noqa: RUF012

    class Cat(Animal):
        __tablename__ = "cat"
        id: Mapped[int] = mapped_column(sa.ForeignKey("animal.id"), primary_key=True)
        lives: Mapped[int]
        __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012

    cat = describe_models(mapped_classes(Base)).by_model[Cat]
    assert set(cat.columns) == {"id", "kind", "lives"}
    assert [column.key for column in cat.primary_key] == ["id"]
    assert cat.columns["kind"].is_read_only


def test_no_base():
    """What is no declarative base is refused."""
    with pytest.raises(MappingError) as caught:
        mapped_classes(5)

    assert str(caught.value) == (
        "5 is no declarative base and no SQLAlchemy registry. Pass the base class of your models."
    )


def test_empty_base():
    """A base without models is refused."""

    class Empty(orm.DeclarativeBase):
        pass

    with pytest.raises(MappingError) as caught:
        mapped_classes(Empty)

    assert str(caught.value) == ("Empty maps no classes. Import the modules of your models first.")


def test_registry_of_the_orm():
    """A SQLAlchemy registry stands for its base."""
    assert set(mapped_classes(models.Base.registry)) == set(mapped_classes(models.Base))


def test_unmapped_class():
    """A class that is not mapped is refused."""
    with pytest.raises(MappingError) as caught:
        describe_models([int])

    assert str(caught.value) == (
        "<class 'int'> is not mapped by SQLAlchemy. Pass mapped classes only."
    )


def test_no_models():
    """No models at all are refused."""
    with pytest.raises(MappingError) as caught:
        describe_models([])

    assert str(caught.value) == "There are no models to map. Pass at least one mapped class."


def test_broken_mapper():
    """Mappers that SQLAlchemy cannot configure are refused in one line."""

    class Base(orm.DeclarativeBase):
        pass

    class Broken(Base):
        __tablename__ = "broken"
        id: Mapped[int] = mapped_column(primary_key=True)
        other: Mapped[Any] = relationship("Missing")

    with pytest.raises(MappingError) as caught:
        describe_models([Broken])

    message = str(caught.value)
    assert message.startswith("The models cannot be mapped: ")
    assert "Missing" in message
    assert "\n" not in message
    Base.registry.dispose()
