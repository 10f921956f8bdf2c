"""Versions of rows: which columns are, and the texts that clients see."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from gql_api.errors import MappingError
from gql_api.mapping.descriptors import Column, Entity, Registry, ValueType
from gql_api.mapping.registry import describe_models
from gql_api.mapping.values import ScalarKind
from gql_api.mapping.versions import check_clocks, is_version_text, write_version

MARK = {"gql": {"version": True}}


def _registry(**attributes: Any) -> Registry:
    base = orm.declarative_base()
    key = {"id": mapped_column(sa.Integer, primary_key=True), "__tablename__": "thing"}
    model = type("Thing", (base,), {**key, **attributes})
    return describe_models([model])


def _entity(**attributes: Any) -> Entity:
    return _registry(**attributes).entities["Thing"]


def test_marked():
    """A column that is marked tells the version."""
    entity = _entity(changed_at=mapped_column(sa.DateTime, info=MARK))

    assert entity.version is entity.columns["changed_at"]


def test_name_taken():
    """An attribute of the same name as the opaque version has another, version or not."""
    counter = sa.Column("version", sa.Integer, nullable=False)
    counted = _entity(version=counter, __mapper_args__={"version_id_col": counter})
    beside = _entity(
        version=mapped_column(sa.String), changed_at=mapped_column(sa.DateTime, info=MARK)
    )

    assert counted.columns["version"].name == "rowVersion"
    assert beside.columns["version"].name == "rowVersion"


def test_name_free():
    """An attribute of a model without versions keeps its name."""
    assert _entity(version=mapped_column(sa.String)).columns["version"].name == "version"


def test_name_inherited():
    """A subclass with versions makes its base give the name free, so that both have one name."""

    class Base(orm.DeclarativeBase):
        pass

    class Animal(Base):
        __tablename__ = "animal"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        version: Mapped[str]
        __mapper_args__: ClassVar = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}

    class Cat(Animal):
        __tablename__ = "cat"
        id: Mapped[int] = mapped_column(sa.ForeignKey("animal.id"), primary_key=True)
        changed_at: Mapped[dt.datetime] = mapped_column(info=MARK)
        __mapper_args__: ClassVar = {"polymorphic_identity": "cat"}

    entities = describe_models([Animal, Cat]).entities

    assert {entities[name].columns["version"].name for name in ("Animal", "Cat")} == {"rowVersion"}
    assert entities["Animal"].version is None


def test_kind():
    """A column whose values have several forms cannot be a version."""
    with pytest.raises(MappingError) as caught:
        _entity(a=mapped_column(sa.Float, info=MARK))

    assert str(caught.value) == (
        "Thing.a is of the kind Float, which cannot tell versions apart. Mark a whole number, or a "
        "date-time that changes with every write."
    )


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        pytest.param(ScalarKind.INT, 3, "3", id="int"),
        pytest.param(ScalarKind.INT, -(2**31), "-2147483648", id="least-int"),
        pytest.param(ScalarKind.BIG_INT, 2**62, str(2**62), id="big-int"),
        pytest.param(ScalarKind.DECIMAL, Decimal("1.50"), "1.50", id="decimal"),
        pytest.param(ScalarKind.UUID, uuid.UUID(int=7), str(uuid.UUID(int=7)), id="uuid"),
        pytest.param(ScalarKind.STRING, "", "", id="empty"),
        pytest.param(ScalarKind.STRING, "v1 ", "v1 ", id="string"),
        pytest.param(
            ScalarKind.DATE_TIME,
            dt.datetime(2024, 5, 1, 12, 30, 0, 120, tzinfo=dt.UTC),
            "2024-05-01T12:30:00.00012+00:00",
            id="date-time",
        ),
        pytest.param(
            ScalarKind.LOCAL_DATE_TIME,
            dt.datetime(2024, 5, 1, 12, 30, 0, 999_999),  # noqa: DTZ001 - as a column without a zone has it
            "2024-05-01T12:30:00.999999",
            id="local-date-time",
        ),
        pytest.param(ScalarKind.BASE64, b"\0\1", "AAE=", id="bytes"),
    ],
)
def test_texts(kind: ScalarKind, value: Any, text: str):
    """What is written is known again."""
    type_ = ValueType(kind)

    assert write_version(type_, value) == text
    assert is_version_text(Column("a", "a", type_, is_nullable=False), text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        pytest.param(ScalarKind.INT, "x", id="letters"),
        pytest.param(ScalarKind.INT, "03", id="zero-first"),
        pytest.param(ScalarKind.INT, "3.0", id="point"),
        pytest.param(ScalarKind.INT, "", id="nothing"),
        pytest.param(ScalarKind.INT, str(2**31), id="too-large"),
        pytest.param(ScalarKind.DATE_TIME, "2024", id="year"),
        pytest.param(ScalarKind.DATE_TIME, "2024-05-01T12:30:00Z", id="other-zone"),
        pytest.param(ScalarKind.UUID, "7", id="short-uuid"),
        pytest.param(ScalarKind.BASE64, "?", id="no-bytes"),
    ],
)
def test_foreign_text(kind: ScalarKind, text: str):
    """A text that no answer has written is known as such."""
    assert not is_version_text(Column("a", "a", ValueType(kind), is_nullable=False), text)


def test_null():
    """No version yet is the empty text."""
    type_ = ValueType(ScalarKind.DATE_TIME)

    assert write_version(type_, None) == ""
    assert is_version_text(Column("a", "a", type_, is_nullable=True), "")


def test_whole_seconds():
    """A date-time of MariaDB that keeps whole seconds is no version there."""
    registry = _registry(changed_at=mapped_column(sa.DateTime, info=MARK))
    check_clocks(registry, "postgresql")
    check_clocks(registry, "sqlite")

    with pytest.raises(MappingError) as caught:
        check_clocks(registry, "mysql")

    assert str(caught.value) == (
        "Thing.changed_at keeps whole seconds, which cannot tell versions apart. Give its type "
        '.with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb").'
    )


def test_clock():
    """A clock of the database that gives whole seconds makes no versions."""
    exact = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    registry = _registry(changed_at=mapped_column(exact, onupdate=sa.func.now(), info=MARK))
    check_clocks(registry, "postgresql")

    for dialect in ("sqlite", "mysql"):
        with pytest.raises(MappingError) as caught:
            check_clocks(registry, dialect)

        assert str(caught.value) == (
            "Thing.changed_at is set by the database's clock, which gives whole seconds. Pass "
            "onupdate=lambda: datetime.now(UTC)."
        )


def test_exact_clock():
    """A clock of Python and a column of microseconds make versions everywhere."""
    exact = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    moved = mapped_column(exact, onupdate=lambda: dt.datetime.now(dt.UTC), info=MARK)
    registry = _registry(changed_at=moved)

    for dialect in ("postgresql", "sqlite", "mysql"):
        check_clocks(registry, dialect)
