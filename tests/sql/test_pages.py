"""Pages per parent: a window function and LATERAL give the same answers."""

import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship
from typing_extensions import override

import gql_api as gql
from tests.fixtures.schema import BY_ROWS, Api


class Base(orm.DeclarativeBase):
    """The models of these tests."""


wears = sa.Table(
    "wears",
    Base.metadata,
    sa.Column("player_id", sa.ForeignKey("player.id"), primary_key=True),
    sa.Column("badge_id", sa.ForeignKey("badge.id"), primary_key=True, index=True),
)


class Team(Base):
    """A composite key of two types."""

    __tablename__ = "team"

    region: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    players: Mapped[list["Player"]] = relationship(back_populates="team")


class Player(Base):
    """Indexes lead to those of a team and of a captain, none to those of a mentor."""

    __tablename__ = "player"
    __table_args__ = (
        sa.ForeignKeyConstraint(["team_region", "team_number"], ["team.region", "team.number"]),
        sa.Index("of_team", "team_number", "team_region"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(10))
    score: Mapped[float]
    is_secret: Mapped[bool]
    team_region: Mapped[str | None] = mapped_column(sa.String(10))
    team_number: Mapped[int | None]
    captain_id: Mapped[int | None] = mapped_column(sa.ForeignKey("player.id"), index=True)
    mentor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("player.id"))

    team: Mapped[Team | None] = relationship(back_populates="players")
    captain: Mapped["Player | None"] = relationship(
        back_populates="crew", foreign_keys=captain_id, remote_side="Player.id"
    )
    crew: Mapped[list["Player"]] = relationship(back_populates="captain", foreign_keys=captain_id)
    pupils: Mapped[list["Player"]] = relationship(foreign_keys=mentor_id)
    badges: Mapped[list["Badge"]] = relationship(secondary=wears, back_populates="players")


class Badge(Base):
    """The far side of a many-to-many relationship."""

    __tablename__ = "badge"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(10))
    players: Mapped[list[Player]] = relationship(secondary=wears, back_populates="badges")


class NoSecrets(gql.Policy[Player]):
    """Secret players are seen by nobody."""

    model = Player

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        return ~row.is_secret


def _rows(random_: random.Random) -> list[tuple[Any, list[dict[str, Any]]]]:
    teams = [{"region": region, "number": number} for region in ("é", "b") for number in range(4)]
    players = []
    for at in range(1, 120):
        team = random_.choice([*teams[1:], {"region": None, "number": None}])
        players.append(
            {
                "id": at,
                "name": random_.choice([None, "", "Ann", "ann", "Zoë", "O'Hara"]),
                "score": random_.choice([0.5, 1.5, 2.5]),
                "is_secret": random_.random() < 0.2,
                "team_region": team["region"],
                "team_number": team["number"],
                "captain_id": random_.choice([None, *range(1, at)][:12]),
                "mentor_id": random_.choice([None, *range(1, at)][:12]),
            }
        )
    badges = [{"id": at, "label": random_.choice("xyz")} for at in range(1, 9)]
    worn = [
        {"player_id": player, "badge_id": badge}
        for player in range(1, 120)
        for badge in random_.sample(range(1, 9), random_.randrange(5))
    ]
    return [(Team, teams), (Player, players), (Badge, badges), (wears, worn)]


@pytest.fixture(scope="module")
async def apis(make_postgres_database: Callable[[], str]) -> AsyncIterator[tuple[Api, Api]]:
    """The same rows by window functions and by LATERAL where there is an index."""
    database = gql.open_database(make_postgres_database())
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        for target, rows in _rows(random.Random(7)):  # noqa: S311 - no secret
            await connection.execute(sa.insert(target), rows)
    by_window, by_lateral = (
        Api(database, gql.build_schema(Base, policies=[NoSecrets()], config=BY_ROWS))
        for _ in range(2)
    )
    table = by_window.schema.table
    table.dialect = replace(table.dialect, has_lateral=False)
    yield by_window, by_lateral
    await database.dispose()


ORDERS = (
    "[]",
    "[{name: ASC}]",
    "[{name: DESC_NULLS_LAST}, {score: ASC}]",
    "[{score: DESC}]",
    "[{team: {number: ASC}}, {captain: {name: DESC}}]",
    "[{crewAggregate: {count: DESC}}]",
)
PAGES = (
    "first: 3",
    "last: 2",
    "first: 2, offset: 1",
    "first: 3, after: $place",
    "first: 3, before: $place",
    "last: 3, before: $place",
    "last: 2, after: $place",
)
LIST = """
  edges { cursor node { rowId name badges(first: 2) { nodes { label } } } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
"""


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("where", ["{}", '{not: {name: {eq: "Ann"}}, badges: {some: {}}}'])
async def test_equal(apis: tuple[Api, Api], order: str, page: str, where: str):
    """Pages of indexed relationships have the same rows, cursors and facts both ways."""
    arguments = f"orderBy: {order}, where: {where}"
    found = await apis[0].run(
        f"{{ players({arguments}, first: 9) {{ pageInfo {{ endCursor }} }} }}"
    )
    place = found.data["players"]["pageInfo"]["endCursor"]
    variables = {"place": place} if "$place" in page else {}
    document = f"""query {"($place: String)" if variables else ""} {{
      teams {{ nodes {{ players({arguments}, {page}) {{ {LIST} }} }} }}
      players {{ nodes {{ crew({arguments}, {page}) {{ {LIST} }} }} }}
      badges {{ nodes {{ players({arguments}, {page}) {{ {LIST} }} }} }}
    }}"""

    by_window, by_lateral = [await api.run(document, **variables) for api in apis]

    assert by_window.errors == by_lateral.errors == ()
    assert by_lateral.data == by_window.data
    assert len(by_lateral.statements) == len(by_window.statements)
    assert not [each for each in by_lateral.statements if "row_number" in each]
    assert not [each for each in by_window.statements if "LATERAL" in each]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{ players { nodes { crew { nodes { rowId } } } } }", "LATERAL"),
        ("{ players { nodes { badges { nodes { rowId } } } } }", "LATERAL"),
        ("{ teams { nodes { players { nodes { rowId } } } } }", "LATERAL"),
        ("{ players { nodes { pupils { nodes { rowId } } } } }", "row_number"),
    ],
)
async def test_choice(apis: tuple[Api, Api], text: str, word: str):
    """LATERAL is for relatives that an index leads to; elsewhere it reads the table per parent."""
    _, page = (await apis[1].run(text)).statements

    assert word in page


async def test_scope(apis: tuple[Api, Api]):
    """No row outside of the policy is on a page of one parent."""
    data = await apis[1].data("{ teams { nodes { players { nodes { isSecret } } } } }", count=2)

    rows = [row for team in data["teams"]["nodes"] for row in team["players"]["nodes"]]
    assert len(rows) > 50
    assert not any(row["isSecret"] for row in rows)
