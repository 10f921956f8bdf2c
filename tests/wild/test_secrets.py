"""Hidden attributes do not exist anywhere: hidden by option, by name, by pattern or by type."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

import gql_api as gql
from gql_api.errors import MappingError
from tests.fixtures.schema import Api
from tests.wild.worlds import opened


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Sealed(sa.types.TypeDecorator[str]):
    """A text that is decrypted when it is read."""

    impl = sa.String(40)
    cache_ok = True


class Member(Base):
    """A row with a secret of every kind."""

    __tablename__ = "member"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String(20))
    password: Mapped[str] = mapped_column(sa.String(20), unique=True)
    api_token: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str] = mapped_column(Sealed)
    flagged: Mapped[str] = mapped_column(sa.String(20), info={"gql": {"hidden": True}})
    hint = column_property(sa.func.substr(password, 1, 1, type_=sa.String()))
    club_id: Mapped[int | None] = mapped_column(sa.ForeignKey("club.id"))

    club: Mapped["Club | None"] = relationship(back_populates="members", lazy="raise")


class Club(Base):
    """Reaches the secrets through a relationship."""

    __tablename__ = "club"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    members: Mapped[list[Member]] = relationship(back_populates="club", lazy="raise")


HIDDEN = ["Member.password", "*_token", Sealed]
BY_OPTION = ["flagged"]
SECRETS = ["password", "apiToken", "note", "flagged", "hint"]


@pytest.fixture
async def clubs(tmp_path: Path) -> AsyncIterator[Api]:
    """An empty club."""
    async with opened(Base, "sqlite", tmp_path, str, hidden=HIDDEN) as api:
        yield api


@pytest.mark.parametrize("secret", SECRETS)
def test_no_trace(secret: str):
    """A hidden attribute has no trace in the SDL: no output, filter, order, key or input."""
    shown = gql.build_schema([Member, Club], dialect="sqlite").as_str()
    hidden = gql.build_schema([Member, Club], dialect="sqlite", hidden=HIDDEN).as_str()

    assert secret not in hidden
    assert (secret in shown) is (secret not in BY_OPTION)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "text",
    [
        "{ members { nodes { SECRET } } }",
        "{ clubs { nodes { members { nodes { SECRET } } } } }",
        '{ members(where: {SECRET: {startsWith: "a"}}) { totalCount } }',
        '{ clubs(where: {members: {some: {SECRET: {eq: "a"}}}}) { totalCount } }',
        "{ members(orderBy: [{SECRET: ASC}]) { totalCount } }",
        '{ memberBy(key: {SECRET: "a"}) { name } }',
        'mutation { createMember(input: {rowId: 1, name: "a", SECRET: "a"}) { errors { code } } }',
    ],
)
async def test_no_probe(clubs: Api, text: str, secret: str):
    """A hidden attribute cannot be probed, and the refusal suggests no name of it."""
    answer = await clubs.run(text.replace("SECRET", secret))

    assert answer.statements == []
    assert len(answer.errors) == 1
    _, _, suggested = answer.errors[0].message.partition("Did you mean")
    assert not any(f"{quote}{each}{quote}" in suggested for each in SECRETS for quote in "'\"")


def test_subclass():
    """A name hides the attribute of subclasses."""

    class Own(orm.DeclarativeBase):
        pass

    class Parent(Own):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        pin: Mapped[str]

    class Child(Parent):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(sa.ForeignKey("parent.id"), primary_key=True)

    schema = gql.build_schema(Own, dialect="sqlite", hidden=["Parent.pin"])

    assert "pin" not in schema.as_str()


def test_array_type():
    """A type hides arrays of it."""

    class Own(orm.DeclarativeBase):
        pass

    class Box(Own):
        __tablename__ = "box"
        id: Mapped[int] = mapped_column(primary_key=True)
        seals: Mapped[Any] = mapped_column(sa.ARRAY(Sealed))

    assert "seals" not in gql.build_schema(Own, hidden=[Sealed]).as_str()


@pytest.mark.parametrize("pattern", ["Member.pasword", "password", "Ghost.password"])
def test_misspelt_name(pattern: str):
    """A name that matches nothing is refused, since it would hide nothing."""
    with pytest.raises(MappingError) as caught:
        gql.build_schema(Base, hidden=[pattern])

    assert str(caught.value) == (
        f'hidden names "{pattern}", which is no attribute of any model. '
        'Write "Class.attribute", with * for any text.'
    )
