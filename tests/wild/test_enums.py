"""Enumerations as databases hold them: labels of any kind, shared types, values outside the list."""

import enum
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from tests.fixtures.schema import KINDS, Api
from tests.wild.worlds import opened


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Mood(enum.Enum):
    """How it is."""

    GOOD = "g"
    FINE = "g"  # noqa: PIE796 - an alias is what is tested
    Bad = "b"


RATINGS = ("PG-13", "NC-17", "18 plus", "g", "G", "", "__x")


class Film(Base):
    """A label of every kind, kept as text."""

    __tablename__ = "film"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mood: Mapped[Mood | None]
    rating: Mapped[str | None] = mapped_column(
        sa.Enum(*RATINGS, name="rating", native_enum=False, length=20)
    )


class Book(Base):
    """Shares both enumerations."""

    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mood: Mapped[Mood | None]
    rating: Mapped[str | None] = mapped_column(
        sa.Enum(*RATINGS, name="rating", native_enum=False, length=20)
    )


NAMES = ["PG_13", "NC_17", "_18_PLUS", "G", "G2", "EMPTY", "_X"]
"""GraphQL names of the ratings, in their order."""

ROWS = [
    (
        Film.__table__,
        [
            {"id": 0, "mood": None, "rating": None},
            {"id": 1, "mood": Mood.FINE, "rating": "PG-13"},
            {"id": 2, "mood": Mood.Bad, "rating": "NC-17"},
            *({"id": at, "mood": None, "rating": each} for at, each in enumerate(RATINGS[2:], 3)),
        ],
    )
]


@pytest.fixture(scope="module", params=KINDS)
async def films(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """A film for each rating, one without, and one with a rating that is none."""
    folder = tmp_path_factory.mktemp("films")
    async with opened(Base, request.param, folder, make_postgres_database, rows=ROWS) as api:
        async with api.database.write_engine.begin() as connection:
            await connection.execute(sa.text("INSERT INTO film (id, rating) VALUES (9, 'lost')"))
        yield api


def test_one_type(films: Api):
    """The same enumeration in two tables is one type, with a value for each label and alias."""
    types: Any = films.schema.graphql_schema.type_map

    assert types["Film"].fields["rating"].type is types["Book"].fields["rating"].type
    assert list(types["Rating"].values) == NAMES
    assert list(types["Mood"].values) == ["GOOD", "FINE", "BAD"]


@pytest.mark.parametrize(("name", "id_"), list(zip(NAMES, range(1, 8), strict=True)))
async def test_labels(films: Api, name: str, id_: int):
    """A label of any kind is read and compared under its name."""
    data = await films.data(
        f"{{ films(where: {{rating: {{eq: {name}}}}}) {{ nodes {{ rowId rating }} }} }}", count=1
    )

    assert data["films"]["nodes"] == [{"rowId": id_, "rating": name}]


async def test_alias(films: Api):
    """An alias in a filter means the value that it stands for."""
    data = await films.data(
        "{ films(where: {mood: {in: [FINE]}}) { nodes { rowId mood } } }", count=1
    )

    assert data["films"]["nodes"] == [{"rowId": 1, "mood": "GOOD"}]


async def test_value_outside(films: Api):
    """A stored value outside of the list is an error of its field; the rest of the list stands."""
    answer = await films.run(
        "{ films(orderBy: [{rowId: DESC}], first: 2) { nodes { rowId rating } } }"
    )

    assert answer.data["films"]["nodes"] == [
        {"rowId": 9, "rating": None},
        {"rowId": 7, "rating": "_X"},
    ]
    assert len(answer.errors) == 1


async def test_filters_beside_value_outside(films: Api):
    """A row with such a value is counted, filtered by other columns, and matches no name."""
    data = await films.data(
        f"""{{ all: films {{ totalCount }}
          some: films(where: {{rating: {{notIn: [{", ".join(NAMES)}]}}}}) {{ nodes {{ rowId }} }} }}""",
        count=2,
    )

    assert data == {"all": {"totalCount": 9}, "some": {"nodes": [{"rowId": 9}]}}
