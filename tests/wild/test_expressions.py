"""Hybrids and column properties in every read, right under every alias or left out."""

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.hybrid import Comparator, hybrid_property
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

import gql_api as gql
from gql_api.errors import MappingError
from gql_api.mapping.registry import describe_models
from tests.fixtures.schema import KINDS, Api
from tests.wild.worlds import opened


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Folded(Comparator[str]):
    """Compares without regard to case."""

    def __clause_element__(self) -> Any:
        return sa.func.lower(self.expression)


class Pupil(Base):
    """A row whose expressions are of every kind."""

    __tablename__ = "pupil"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first: Mapped[str] = mapped_column(sa.String(20))
    last: Mapped[str] = mapped_column(sa.String(20))
    mentor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("pupil.id"))
    pin: Mapped[str] = mapped_column(sa.String(9), info={"gql": {"hidden": True}})

    mentor: Mapped["Pupil | None"] = relationship(remote_side="Pupil.id", lazy="raise")
    mentees: Mapped[list["Pupil"]] = relationship(viewonly=True, lazy="raise")
    marks: Mapped[list["Mark"]] = relationship(lazy="raise")

    initial: Mapped[str] = column_property(sa.func.substr(first, 1, 1))
    texted: Mapped[str] = column_property(sa.literal_column("UPPER(pupil.last)"))
    unloaded: Mapped[int] = orm.query_expression()

    @hybrid_property
    def pair(self) -> str:
        """First and last name."""
        return self.first + self.last

    @hybrid_property
    def folded(self) -> str:
        return self.first.lower()

    @folded.inplace.comparator
    @classmethod
    def _folded(cls) -> Folded:
        return Folded(cls.first)

    @hybrid_property
    def named_class(self) -> int:
        return len(self.first)

    @named_class.inplace.expression
    @classmethod
    def _named_class(cls) -> Any:
        return sa.func.length(Pupil.first)

    @hybrid_property
    def best(self) -> int | None:
        raise NotImplementedError

    @best.inplace.expression
    @classmethod
    def _best(cls) -> Any:
        return sa.select(sa.func.max(Mark.points)).where(Mark.pupil_id == cls.id).scalar_subquery()

    @hybrid_property
    def spoken(self) -> str:
        return f"{self.first} {self.last}"

    @hybrid_property
    def chosen(self) -> str:
        return self.first if self.last else self.last

    @hybrid_property
    def broken(self) -> str:
        raise KeyError

    @hybrid_property
    def stray(self) -> int:
        return 1

    @stray.inplace.expression
    @classmethod
    def _stray(cls) -> Any:
        return Mark.points

    @hybrid_property
    def leak(self) -> str:
        return self.pin + "!"

    @hybrid_property
    def meant(self) -> bool:
        return self.pin != ""

    @hybrid_property
    def secret(self) -> str:
        return self.first


class Mark(Base):
    """Points of a pupil."""

    __tablename__ = "mark"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pupil_id: Mapped[int] = mapped_column(sa.ForeignKey("pupil.id"))
    points: Mapped[int]

    pupil: Mapped[Pupil] = relationship(viewonly=True, lazy="raise")


orm.class_mapper(Pupil).all_orm_descriptors["meant"].info["gql"] = {"hidden": False}
orm.class_mapper(Pupil).all_orm_descriptors["secret"].info["gql"] = {"hidden": True}

_other = orm.aliased(Pupil)
Pupil.mentee_count = column_property(
    sa.select(sa.func.count(_other.id)).where(_other.mentor_id == Pupil.id).scalar_subquery()
)
Pupil.mark_count = column_property(
    sa.select(sa.func.count(Mark.id))
    .where(Mark.pupil_id == Pupil.id)
    .correlate_except(Mark)
    .scalar_subquery()
)

EXPRESSIONS = {
    "initial": ["A", "B", "C"],
    "texted": ["X", "Y", "Y"],
    "pair": ["Annx", "Boy", "Cyy"],
    "folded": ["ann", "bo", "cy"],
    "namedClass": [3, 2, 2],
    "best": [7, 9, None],
    "menteeCount": [2, 0, 0],
    "markCount": [2, 1, 0],
    "meant": [True, False, True],
}

ROWS = [
    (
        Pupil.__table__,
        [
            {"id": 1, "first": "Ann", "last": "x", "mentor_id": None, "pin": "1"},
            {"id": 2, "first": "Bo", "last": "y", "mentor_id": 1, "pin": ""},
            {"id": 3, "first": "Cy", "last": "y", "mentor_id": 1, "pin": "3"},
        ],
    ),
    (
        Mark.__table__,
        [
            {"id": 1, "pupil_id": 1, "points": 7},
            {"id": 2, "pupil_id": 1, "points": 5},
            {"id": 3, "pupil_id": 2, "points": 9},
        ],
    ),
]


@pytest.fixture(scope="module", params=KINDS)
async def school(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """Three pupils, two of them mentored by the first, and their marks."""
    folder = tmp_path_factory.mktemp("school")
    async with opened(Base, request.param, folder, make_postgres_database, rows=ROWS) as api:
        yield api


@pytest.mark.parametrize(("field", "values"), EXPRESSIONS.items())
async def test_values(school: Api, field: str, values: list[Any]):
    """An expression is computed in the statement of its list, at the root and below."""
    data = await school.data(
        f"{{ pupils {{ nodes {{ {field} mentor {{ {field} }} }} }} }}",
        count=2,
    )

    first, _, _ = values
    assert [row[field] for row in data["pupils"]["nodes"]] == values
    mentors = [row["mentor"] for row in data["pupils"]["nodes"]]
    assert mentors == [None, {field: first}, {field: first}]


@pytest.mark.parametrize(("field", "values"), EXPRESSIONS.items())
async def test_nested_values(school: Api, field: str, values: list[Any]):
    """An expression is right where its table stands twice in one statement, as in per-parent pages."""
    text = f"{{ pupils {{ nodes {{ mentees(orderBy: [{{{field}: DESC}}], first: 9) {{ nodes {{ {field} }} }} }} }} }}"
    data = await school.data(text, count=2)

    found = [row["mentees"]["nodes"] for row in data["pupils"]["nodes"]]
    assert sorted(str(row[field]) for row in found[0]) == sorted(map(str, values[1:]))
    assert found[1:] == [[], []]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('{pair: {eq: "Boy"}}', [2]),
        ('{folded: {startsWith: "a"}}', [1]),
        ("{namedClass: {eq: 2}}", [2, 3]),
        ("{best: {isNull: true}}", [3]),
        ("{best: {gte: 8}}", [2]),
        ("{menteeCount: {gt: 0}}", [1]),
        ('{texted: {eq: "Y"}}', [2, 3]),
        ("{mentor: {markCount: {eq: 2}}}", [2, 3]),
        ('{mentees: {some: {texted: {eq: "Y"}, namedClass: {eq: 2}}}}', [1]),
        ("{marks: {every: {pupil: {menteeCount: {eq: 0}}}}}", [2, 3]),
        ("{not: {meant: {eq: true}}}", [2]),
    ],
)
async def test_filters(school: Api, where: str, found: list[int]):
    """An expression is a condition as a column is, behind relationships too."""
    data = await school.data(
        f"{{ pupils(where: {where}) {{ totalCount nodes {{ rowId }} }} }}", count=2
    )

    assert [row["rowId"] for row in data["pupils"]["nodes"]] == found
    assert data["pupils"]["totalCount"] == len(found)


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("{best: DESC}", [3, 2, 1]),
        ("{texted: DESC}, {namedClass: DESC}", [2, 3, 1]),
        ("{mentor: {menteeCount: ASC_NULLS_FIRST}}, {pair: DESC}", [1, 3, 2]),
    ],
)
async def test_walk(school: Api, order: str, found: list[int]):
    """An order by expressions is walked by cursors, every row exactly once, both ways."""
    text = (
        "query ($after: String, $before: String, $first: Int, $last: Int) {"
        f"  pupils(orderBy: [{order}], after: $after, before: $before, first: $first, last: $last)"
        "  { edges { cursor node { rowId } } } }"
    )
    forward: list[int] = []
    cursor = None
    while edges := (await school.run(text, first=1, after=cursor)).data["pupils"]["edges"]:
        forward.append(edges[0]["node"]["rowId"])
        cursor = edges[0]["cursor"]
    backward: list[int] = []
    cursor = None
    while edges := (await school.run(text, last=1, before=cursor)).data["pupils"]["edges"]:
        backward.append(edges[0]["node"]["rowId"])
        cursor = edges[0]["cursor"]

    assert forward == found
    assert backward == found[::-1]


async def test_only_if_selected(school: Api):
    """An expression that is not selected is no part of the statement."""
    answer = await school.run("{ pupils { nodes { first } } }")

    (statement,) = answer.statements
    assert "mark" not in statement


def test_left_out(caplog: pytest.LogCaptureFixture):
    """What has no SQL form, or reads what it must not, is left out with a warning; the rest stays."""
    with caplog.at_level(logging.WARNING):
        pupil = describe_models([Pupil, Mark]).entities["Pupil"]

    no_form = {"spoken", "chosen"}
    left_out = {"broken", "stray", "leak", "secret", "unloaded"} | no_form
    assert not left_out & pupil.columns.keys()
    assert sorted(record.message for record in caplog.records) == [
        "Pupil.broken is left out: it has no SQL form (KeyError).",
        "Pupil.chosen is left out: it has no SQL form (TypeError).",
        "Pupil.leak is left out: it reads a hidden column.",
        "Pupil.spoken is left out: it has no SQL form (InvalidRequestError).",
        "Pupil.stray is left out: it reads another table outside of a subquery.",
    ]


def test_read_only():
    """An expression is in no input, and the docstring of a hybrid describes it."""
    types: Any = gql.build_schema(Base, dialect="sqlite").graphql_schema.type_map

    assert "pair" not in types["CreatePupilInput"].fields
    assert types["Pupil"].fields["pair"].description == "First and last name."


def test_unknown_option():
    """An unknown option of a hybrid is refused by its name."""
    base = orm.declarative_base()

    def twice(self: Any) -> int:
        return self.id * 2

    hybrid = hybrid_property(twice)
    hybrid.info["gql"] = {"hiden": True}
    columns = {"id": mapped_column(sa.Integer, primary_key=True), "twice": hybrid}
    thing = type("Thing", (base,), {"__tablename__": "thing", **columns})

    with pytest.raises(MappingError, match=r"^Thing\.twice has the unknown option"):
        describe_models([thing])
