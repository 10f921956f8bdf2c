"""Association proxies: columns of relatives and lists behind association objects."""

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import Mapped, mapped_column, relationship
from typing_extensions import override

import gql_api as gql
from gql_api.mapping.registry import describe_models
from tests.fixtures.schema import KINDS, Api
from tests.wild.worlds import opened


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Person(Base):
    """Reaches skills through grants, and clubs through memberships that may repeat."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String(9))
    pin: Mapped[str | None] = mapped_column(sa.String(9), info={"gql": {"hidden": True}})

    _grants: Mapped[list["Grant"]] = relationship(back_populates="person", lazy="raise")
    stays: Mapped[list["Stay"]] = relationship(lazy="raise")
    veiled: Mapped[list["Stay"]] = relationship(
        viewonly=True, lazy="raise", info={"gql": {"hidden": True}}
    )

    skills: AssociationProxy[list["Skill"]] = association_proxy("_grants", "skill")
    clubs: AssociationProxy[list["Club"]] = association_proxy("stays", "club")
    skill_levels: AssociationProxy[list[int]] = association_proxy("_grants", "level")
    veiled_clubs: AssociationProxy[list["Club"]] = association_proxy("veiled", "club")


class Skill(Base):
    """What can be granted."""

    __tablename__ = "skill"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    label: Mapped[str] = mapped_column(sa.String(9))
    is_secret: Mapped[bool] = mapped_column(default=False)


class Grant(Base):
    """An association object that its two foreign keys identify."""

    __tablename__ = "grant"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    skill_id: Mapped[int] = mapped_column(sa.ForeignKey("skill.id"), primary_key=True)
    level: Mapped[int]

    person: Mapped[Person] = relationship(back_populates="_grants", lazy="raise")
    skill: Mapped[Skill] = relationship(lazy="raise")

    person_name: AssociationProxy[str] = association_proxy("person", "name")
    skill_label: AssociationProxy[str] = association_proxy("skill", "label")
    person_pin: AssociationProxy[str] = association_proxy("person", "pin")


class Club(Base):
    """Where people stay."""

    __tablename__ = "club"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    label: Mapped[str] = mapped_column(sa.String(9))


class Stay(Base):
    """An association object with a key of its own: one club may be visited twice."""

    __tablename__ = "stay"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    club_id: Mapped[int] = mapped_column(sa.ForeignKey("club.id"))
    is_over: Mapped[bool] = mapped_column(default=False)

    club: Mapped[Club] = relationship(lazy="raise")


class OpenSkills(gql.Policy[Skill]):
    """Hides secret skills."""

    @override
    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return ~row.is_secret


class CurrentStays(gql.Policy[Stay]):
    """Hides stays that are over."""

    @override
    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return ~row.is_over


def _rows(names: str, *values: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [dict(zip(names.split(), each, strict=True)) for each in values]


ROWS = [
    (Person.__table__, _rows("id name", (1, "Ann"), (2, "Bob"), (3, "Cyd"))),
    (Skill.__table__, _rows("id label is_secret", (1, "go", False), (2, "spy", True))),
    (Grant.__table__, _rows("person_id skill_id level", (1, 1, 5), (1, 2, 9), (2, 2, 3))),
    (Club.__table__, _rows("id label", (1, "a"), (2, "b"), (3, "c"))),
    (
        Stay.__table__,
        _rows(
            "id person_id club_id is_over",
            (1, 1, 2, False),
            (2, 1, 2, False),
            (3, 1, 1, False),
            (4, 1, 3, True),
            (5, 2, 3, True),
        ),
    ),
]


@pytest.fixture(scope="module", params=KINDS)
async def people(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """Three people, the skills and clubs that they have."""
    folder = tmp_path_factory.mktemp("people")
    async with opened(Base, request.param, folder, make_postgres_database, rows=ROWS) as api:
        yield api


@pytest.fixture(scope="module")
def guarded(people: Api) -> Api:
    """The same rows behind policies."""
    schema = gql.build_schema(
        Base, dialect=people.database.dialect.name, policies=[OpenSkills(), CurrentStays()]
    )
    return Api(people.database, schema)


async def _lists(api: Api, field: str) -> list[tuple[int, list[str]]]:
    text = f"{{ people {{ nodes {{ {field} {{ totalCount nodes {{ label }} }} }} }} }}"
    data = await api.data(text, count=3)
    return [
        (row[field]["totalCount"], [each["label"] for each in row[field]["nodes"]])
        for row in data["people"]["nodes"]
    ]


async def test_lists(people: Api):
    """A list behind an association object holds each row once, whatever leads to it."""
    assert await _lists(people, "skills") == [(2, ["go", "spy"]), (1, ["spy"]), (0, [])]
    assert await _lists(people, "clubs") == [(3, ["a", "b", "c"]), (1, ["c"]), (0, [])]


async def test_policies_of_both(guarded: Api):
    """The policies of the association and of the target both hold."""
    assert await _lists(guarded, "skills") == [(1, ["go"]), (0, []), (0, [])]
    assert await _lists(guarded, "clubs") == [(2, ["a", "b"]), (0, []), (0, [])]


@pytest.mark.parametrize(
    ("where", "found", "seen"),
    [
        ('{clubs: {some: {label: {eq: "c"}}}}', [1, 2], []),
        ("{clubs: {none: {}}}", [3], [2, 3]),
        ('{clubs: {every: {label: {ne: "c"}}}}', [3], [1, 2, 3]),
        ("{clubsAggregate: {count: {gte: 2}}}", [1], [1]),
        ('{skills: {some: {label: {eq: "spy"}}}}', [1, 2], []),
        ("{skillsAggregate: {count: {eq: 1}}}", [2], [1]),
    ],
)
async def test_filters(people: Api, guarded: Api, where: str, found: list[int], seen: list[int]):
    """A condition on such a list never repeats a parent, and meets what may be seen alone."""
    text = f"{{ people(where: {where}) {{ totalCount nodes {{ rowId }} }} }}"

    for api, expected in ((people, found), (guarded, seen)):
        data = await api.data(text, count=2)
        assert [row["rowId"] for row in data["people"]["nodes"]] == expected
        assert data["people"]["totalCount"] == len(expected)


async def test_pages(people: Api):
    """Such a list is paged per parent and sorted, also by its own count."""
    data = await people.data(
        """{ people(orderBy: [{clubsAggregate: {count: DESC}}, {name: DESC}]) { nodes { name
          clubs(first: 2, orderBy: [{label: DESC}]) { pageInfo { hasNextPage } nodes { label } } } } }""",
        count=2,
    )

    assert [row["name"] for row in data["people"]["nodes"]] == ["Ann", "Bob", "Cyd"]
    assert data["people"]["nodes"][0]["clubs"] == {
        "pageInfo": {"hasNextPage": True},
        "nodes": [{"label": "c"}, {"label": "b"}],
    }


async def test_columns(people: Api, guarded: Api):
    """A column of a to-one relative is a column of the row, null where that may not be seen."""
    text = """{ grants(orderBy: [{skillLabel: ASC}, {personName: DESC}]) {
      nodes { personName skillLabel } } }"""

    data = await people.data(text, count=1)
    seen = await guarded.data(text, count=1)

    assert data["grants"]["nodes"] == [
        {"personName": "Ann", "skillLabel": "go"},
        {"personName": "Bob", "skillLabel": "spy"},
        {"personName": "Ann", "skillLabel": "spy"},
    ]
    assert [row["skillLabel"] for row in seen["grants"]["nodes"]] == ["go", None, None]


async def test_column_filters(people: Api, guarded: Api):
    """A condition on such a column cannot probe what may not be seen."""
    text = '{ grants(where: {skillLabel: {startsWith: "s"}}) { totalCount } }'

    assert await people.data(text, count=1) == {"grants": {"totalCount": 2}}
    assert await guarded.data(text, count=1) == {"grants": {"totalCount": 0}}


def test_left_out(caplog: pytest.LogCaptureFixture):
    """A proxy over what is hidden, or without a limit, is left out with a warning."""
    with caplog.at_level(logging.WARNING):
        registry = describe_models([Person, Skill, Grant, Club, Stay])

    assert "person_pin" not in registry.entities["Grant"].columns
    assert sorted(record.message for record in caplog.records) == [
        "Grant.person_pin is left out: Person shows no pin.",
        "Person.skill_levels is left out: it is a list of values without a limit: ask for the rows.",
        "Person.veiled_clubs is left out: Person shows no veiled.",
    ]


def test_absent_association(caplog: pytest.LogCaptureFixture):
    """A proxy over a model that is no part of the schema is left out."""
    with caplog.at_level(logging.WARNING):
        registry = describe_models([Person, Skill, Club])

    assert set(registry.entities["Person"].relationships) == set()


def test_undeclared_column():
    """A column that the declared type of the relative does not list is not shown through a proxy."""

    @gql.type(Person)
    class Shown:
        id: gql.auto

    types: Any = gql.build_schema(Base, types=[Shown]).graphql_schema.type_map

    assert "personName" not in types["Grant"].fields
    assert "skillLabel" in types["Grant"].fields


def test_read_only():
    """A proxy is in no input."""
    types: Any = gql.build_schema(Base).graphql_schema.type_map

    assert sorted(types["CreateGrantInput"].fields) == ["level", "person", "skill"]
    assert sorted(types["CreatePersonInput"].fields) == ["name", "rowId", "stays"]
