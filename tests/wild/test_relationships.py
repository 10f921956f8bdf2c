"""Relationships of every kind: their own order, ways of loading, collections and join conditions."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import DynamicMapped, Mapped, WriteOnlyMapped, mapped_column, relationship

from tests.fixtures.schema import KINDS, Api
from tests.wild.worlds import opened


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Team(Base):
    """Reaches one table in every way."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)

    falling: Mapped[list["Player"]] = relationship(
        order_by="Player.rank.desc()", viewonly=True, foreign_keys="Player.team_id"
    )
    several: Mapped[list["Player"]] = relationship(
        order_by="Player.group, Player.rank.desc().nulls_last()",
        viewonly=True,
        foreign_keys="Player.team_id",
    )
    folded: Mapped[list["Player"]] = relationship(
        order_by="func.abs(Player.rank).desc()", viewonly=True, foreign_keys="Player.team_id"
    )
    veiled: Mapped[list["Player"]] = relationship(
        order_by="Player.salary.desc()", viewonly=True, foreign_keys="Player.team_id"
    )
    best: Mapped["Player | None"] = relationship(
        order_by="Player.rank.desc().nulls_last()",
        viewonly=True,
        uselist=False,
        foreign_keys="Player.team_id",
    )
    raising: Mapped[list["Player"]] = relationship(
        lazy="raise", viewonly=True, foreign_keys="Player.team_id"
    )
    dynamic: DynamicMapped["Player"] = relationship(viewonly=True, foreign_keys="Player.team_id")
    write_only: WriteOnlyMapped["Player"] = relationship(
        viewonly=True, foreign_keys="Player.team_id"
    )
    keyed: Mapped[dict[str, "Player"]] = relationship(
        collection_class=orm.attribute_keyed_dict("name"),
        viewonly=True,
        foreign_keys="Player.team_id",
    )
    as_set: Mapped[set["Player"]] = relationship(viewonly=True, foreign_keys="Player.team_id")
    ranked: Mapped[list["Player"]] = relationship(
        primaryjoin=lambda: sa.and_(Team.id == orm.foreign(Player.team_id), Player.rank > 1),
        viewonly=True,
    )
    lent: Mapped[list["Player"]] = relationship(viewonly=True, foreign_keys="Player.lender_id")


class Player(Base):
    """Two foreign keys to one table, and a relationship named like a column."""

    __tablename__ = "player"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String(9))
    group: Mapped[int]
    rank: Mapped[int | None]
    salary: Mapped[int] = mapped_column(info={"gql": {"hidden": True}})
    team_id: Mapped[int] = mapped_column("team", sa.ForeignKey("team.id"))
    lender_id: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"))

    team: Mapped[Team] = relationship(viewonly=True, foreign_keys=team_id)
    lender: Mapped[Team | None] = relationship(viewonly=True, foreign_keys=lender_id)


class Seat(Base):
    """A composite key whose attributes have other names than the columns."""

    __tablename__ = "seat"

    row: Mapped[str] = mapped_column("number", sa.String(5), primary_key=True)
    number: Mapped[int] = mapped_column("row", primary_key=True, autoincrement=False)

    tickets: Mapped[list["Ticket"]] = relationship(back_populates="seat", lazy="raise")


class Ticket(Base):
    """A composite foreign key, declared in another order than the columns."""

    __tablename__ = "ticket"
    __table_args__ = (
        sa.ForeignKeyConstraint(["seat_row", "seat_number"], ["seat.number", "seat.row"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seat_number: Mapped[int | None]
    seat_row: Mapped[str | None] = mapped_column(sa.String(5))

    seat: Mapped[Seat | None] = relationship(back_populates="tickets", lazy="raise")


def _player(id_: int, group: int, rank: int | None, team: int, lender: int | None) -> Any:
    values = {"id": id_, "name": f"p{id_}", "group": group, "rank": rank, "salary": id_ % 3}
    return {**values, "team": team, "lender_id": lender}


ROWS = [
    (Team.__table__, [{"id": 1}, {"id": 2}]),
    (
        Player.__table__,
        [
            _player(1, 2, 5, 1, 2),
            _player(2, 1, None, 1, None),
            _player(3, 1, 1, 1, 2),
            _player(4, 2, 7, 1, None),
            _player(5, 1, -9, 1, None),
            _player(6, 1, 3, 2, 1),
        ],
    ),
    (Seat.__table__, [{"number": "a", "row": 1}, {"number": "a", "row": 2}]),
    (
        Ticket.__table__,
        [
            {"id": 1, "seat_number": 2, "seat_row": "a"},
            {"id": 2, "seat_number": 1, "seat_row": None},
            {"id": 3, "seat_number": 1, "seat_row": "a"},
        ],
    ),
]


@pytest.fixture(scope="module", params=KINDS)
async def league(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """Two teams and six players."""
    folder = tmp_path_factory.mktemp("league")
    async with opened(Base, request.param, folder, make_postgres_database, rows=ROWS) as api:
        yield api


@pytest.mark.parametrize(
    ("field", "first", "second"),
    [
        pytest.param("falling", [2, 4, 1, 3, 5], [6], id="order"),
        pytest.param("several", [3, 5, 2, 4, 1], [6], id="several orders"),
        pytest.param("folded", [1, 2, 3, 4, 5], [6], id="order by an expression"),
        pytest.param("veiled", [1, 2, 3, 4, 5], [6], id="order by a hidden column"),
        pytest.param("raising", [1, 2, 3, 4, 5], [6], id="raise"),
        pytest.param("dynamic", [1, 2, 3, 4, 5], [6], id="dynamic"),
        pytest.param("writeOnly", [1, 2, 3, 4, 5], [6], id="write_only"),
        pytest.param("keyed", [1, 2, 3, 4, 5], [6], id="mapping"),
        pytest.param("asSet", [1, 2, 3, 4, 5], [6], id="set"),
        pytest.param("ranked", [1, 4], [6], id="own condition"),
        pytest.param("lent", [6], [1, 3], id="other foreign key"),
    ],
)
async def test_lists(league: Api, field: str, first: list[int], second: list[int]):
    """A list is loaded by its join condition, in its own order, one statement for all parents."""
    text = f"{{ teams {{ nodes {{ {field} {{ totalCount nodes {{ rowId }} }} }} }} }}"
    data = await league.data(text, count=3)

    found = [[row["rowId"] for row in team[field]["nodes"]] for team in data["teams"]["nodes"]]
    assert found == [first, second]
    totals = [team[field]["totalCount"] for team in data["teams"]["nodes"]]
    assert totals == [len(first), len(second)]


async def test_walk_in_own_order(league: Api):
    """Cursors hold a place in the relationship's own order."""
    text = (
        "query ($after: String) { team(id: $id) { several(first: 2, after: $after) "
        "{ pageInfo { hasNextPage endCursor } nodes { rowId } } } }"
    ).replace("($after: String)", "($after: String, $id: ID!)")
    listed = await league.data("{ teams { nodes { id } } }", count=1)
    id_ = listed["teams"]["nodes"][0]["id"]
    found: list[list[int]] = []
    cursor, has_more = None, True
    while has_more:
        page = (await league.run(text, id=id_, after=cursor)).data["team"]["several"]
        found.append([row["rowId"] for row in page["nodes"]])
        cursor, has_more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert found == [[3, 5], [2, 4], [1]]


async def test_cursor_of_other_order(league: Api):
    """A cursor of the own order is refused by a list in another order."""
    listed = await league.data(
        "{ teams { nodes { several(first: 1) { pageInfo { endCursor } } } } }", count=2
    )
    cursor = listed["teams"]["nodes"][0]["several"]["pageInfo"]["endCursor"]

    answer = await league.run(
        "query ($after: String) { teams { nodes { falling(after: $after) { nodes { rowId } } } } }",
        after=cursor,
    )

    (error,) = answer.errors
    assert error.extensions["code"] == "BAD_USER_INPUT"
    assert "belongs to another" in error.message


async def test_order_of_client(league: Api):
    """An order that a client gives takes the place of the relationship's own."""
    data = await league.data(
        "{ teams { nodes { falling(orderBy: [{name: ASC}]) { nodes { rowId } } } } }", count=2
    )

    assert [row["rowId"] for row in data["teams"]["nodes"][0]["falling"]["nodes"]] == [
        1, 2, 3, 4, 5,
    ]  # fmt: skip


async def test_first_of_order(league: Api):
    """A to-one relationship over many rows leads to the first in its own order, sorted by too."""
    data = await league.data(
        "{ teams(orderBy: [{best: {rank: ASC}}]) { nodes { best { rowId rank } } } }", count=2
    )

    assert [team["best"] for team in data["teams"]["nodes"]] == [
        {"rowId": 6, "rank": 3},
        {"rowId": 4, "rank": 7},
    ]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        pytest.param("{best: {rank: {eq: 7}}}", [1], id="the first"),
        pytest.param("{best: {rank: {eq: 1}}}", [], id="another one"),
        pytest.param("{not: {best: {rank: {gt: 3}}}}", [2], id="not"),
        pytest.param("{not: {best: {rank: {lt: 3}}}}", [1, 2], id="not the last"),
        pytest.param("{best: {}}", [1, 2], id="any"),
    ],
)
async def test_filter_by_first(league: Api, where: str, found: list[int]):
    """A condition on a to-one relationship over many rows means the first, which is shown."""
    data = await league.data(f"{{ teams(where: {where}) {{ nodes {{ rowId }} }} }}", count=1)

    assert [team["rowId"] for team in data["teams"]["nodes"]] == found


async def test_relationship_named_like_column(league: Api):
    """A relationship has the name of a column whose attribute has another."""
    data = await league.data(
        "{ players(where: {team: {rowId: {eq: 2}}, teamId: {eq: 2}}) "
        "{ nodes { rowId teamId team { rowId } lender { rowId } } } }",
        count=3,
    )

    assert data["players"]["nodes"] == [
        {"rowId": 6, "teamId": 2, "team": {"rowId": 2}, "lender": {"rowId": 1}}
    ]


async def test_swapped_composite_key(league: Api):
    """A composite foreign key pairs attributes by what the constraint says, not by their names."""
    data = await league.data(
        "{ tickets { nodes { seat { row number tickets { nodes { rowId } } } } } }", count=3
    )

    seats = [row["seat"] for row in data["tickets"]["nodes"]]
    assert seats == [
        {"row": "a", "number": 2, "tickets": {"nodes": [{"rowId": 1}]}},
        None,
        {"row": "a", "number": 1, "tickets": {"nodes": [{"rowId": 3}]}},
    ]


async def test_filter_over_composite_key(league: Api):
    """A condition over a composite foreign key matches whole keys only."""
    data = await league.data(
        "{ seats(where: {tickets: {none: {}}}) { totalCount } "
        "tickets(where: {not: {seat: {}}}) { nodes { rowId } } }",
        count=2,
    )

    assert data == {"seats": {"totalCount": 0}, "tickets": {"nodes": [{"rowId": 2}]}}
