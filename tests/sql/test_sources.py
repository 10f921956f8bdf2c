"""Joins and ways of loading that a naive implementation trips over."""

from collections.abc import AsyncIterator, Callable

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.collections import attribute_keyed_dict

import gql_api as gql
from gql_api.mapping.descriptors import JoinKind
from tests.fixtures.schema import KINDS, Api, drop_test_database, open_test_database


class Base(orm.DeclarativeBase):
    """The models of these tests."""


membership = sa.Table(
    "membership",
    Base.metadata,
    sa.Column("group_id", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("member_id", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("is_active", sa.Boolean, nullable=False),
)


class Team(Base):
    """Teams within teams, and notes under every way of loading."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String(10))

    members: Mapped[list["Team"]] = relationship(
        secondary=membership,
        primaryjoin=lambda: Team.id == membership.c.group_id,
        secondaryjoin=lambda: Team.id == membership.c.member_id,
        viewonly=True,
    )
    active_members: Mapped[list["Team"]] = relationship(
        secondary=membership,
        primaryjoin=lambda: sa.and_(Team.id == membership.c.group_id, membership.c.is_active),
        secondaryjoin=lambda: Team.id == membership.c.member_id,
        viewonly=True,
    )
    active_groups: Mapped[list["Team"]] = relationship(
        secondary=membership,
        primaryjoin=lambda: sa.and_(Team.id == membership.c.member_id, membership.c.is_active),
        secondaryjoin=lambda: Team.id == membership.c.group_id,
        viewonly=True,
    )
    kept: Mapped[list["Note"]] = relationship(viewonly=True, lazy="raise_on_sql")
    fetched: Mapped[list["Note"]] = relationship(viewonly=True, lazy="subquery")
    eager: Mapped[list["Note"]] = relationship(viewonly=True, lazy="joined")
    dynamic: orm.DynamicMapped["Note"] = relationship(viewonly=True)
    write_only: orm.WriteOnlyMapped["Note"] = relationship(viewonly=True)
    distinct: Mapped[set["Note"]] = relationship(viewonly=True)
    by_text: Mapped[dict[str, "Note"]] = relationship(
        viewonly=True, collection_class=attribute_keyed_dict("text")
    )


class Note(Base):
    """A note of a team."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(sa.String(10))
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("team.id"))
    team: Mapped[Team] = relationship(viewonly=True, lazy="joined")


@pytest.fixture(scope="module", params=KINDS)
async def teams(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """Team 1 holds 2 and 3, 2 holds 3; the membership of 2 in 1 has ended."""
    folder = tmp_path_factory.mktemp("teams")
    database = await open_test_database(request.param, make_postgres_database, folder)
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        for number, name in enumerate("abc", start=1):
            await connection.execute(sa.insert(Team).values(id=number, name=name))
        for group, member, is_active in ((1, 2, False), (1, 3, True), (2, 3, True)):
            values = {"group_id": group, "member_id": member, "is_active": is_active}
            await connection.execute(sa.insert(membership).values(values))
        for number, text, team in ((1, "x", 1), (2, "y", 1), (3, "z", 3)):
            await connection.execute(sa.insert(Note).values(id=number, text=text, team_id=team))
    yield Api(database, gql.build_schema(Base, dialect=database.dialect.name))
    await drop_test_database(database)


def test_kinds(teams: Api):
    """A condition beside the keys of an association table is no plain many-to-many."""
    found = teams.schema.table.registry.entities["Team"].relationships

    assert found["members"].join.kind is JoinKind.SECONDARY
    assert found["active_members"].join.kind is JoinKind.CUSTOM


async def test_many_to_many_with_itself(teams: Api):
    """Groups and members of one table are kept apart, with and without a condition."""
    data = await teams.data(
        """{ teams { nodes { name members { totalCount nodes { name members { nodes { name } } } }
          activeMembers(first: 1) { totalCount nodes { name } }
          activeGroups { nodes { name activeMembers { nodes { name } } } } } } }""",
        count=8,
    )

    one, two, three = data["teams"]["nodes"]
    assert one["members"] == {
        "totalCount": 2,
        "nodes": [
            {"name": "b", "members": {"nodes": [{"name": "c"}]}},
            {"name": "c", "members": {"nodes": []}},
        ],
    }
    assert one["activeMembers"] == {"totalCount": 1, "nodes": [{"name": "c"}]}
    assert two["activeGroups"] == {"nodes": []}
    assert [group["name"] for group in three["activeGroups"]["nodes"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('{members: {some: {name: {eq: "b"}}}}', ["a"]),
        ('{activeMembers: {some: {name: {eq: "b"}}}}', []),
        ("{activeMembers: {none: {}}}", ["c"]),
        ('{activeMembers: {some: {activeGroups: {some: {name: {eq: "b"}}}}}}', ["a", "b"]),
        ('{members: {some: {members: {some: {name: {eq: "c"}}}}}}', ["a"]),
        ("{membersAggregate: {count: {eq: 2}}}", ["a"]),
        ("{activeMembersAggregate: {count: {eq: 1}}}", ["a", "b"]),
    ],
)
async def test_filters(teams: Api, where: str, found: list[str]):
    """Conditions through a table and back again meet each row on its own."""
    data = await teams.data(f"{{ teams(where: {where}) {{ nodes {{ name }} }} }}", count=1)

    assert [row["name"] for row in data["teams"]["nodes"]] == found


@pytest.mark.parametrize(
    "name",
    ["kept", "fetched", "eager", "dynamic", "writeOnly", "distinct", "byText"],
)
async def test_ways_of_loading(teams: Api, name: str):
    """However a model loads a relationship, it is read by its join."""
    data = await teams.data(
        f"""{{ teams {{ nodes {{ {name}(first: 1) {{ totalCount nodes {{ text team {{ name }} }}
          }} }} }} found: teams(where: {{{name}: {{some: {{text: {{eq: "z"}}}}}}}}) {{
          nodes {{ name }} }} }}""",
        count=5,
    )

    assert [row[name] for row in data["teams"]["nodes"]] == [
        {"totalCount": 2, "nodes": [{"text": "x", "team": {"name": "a"}}]},
        {"totalCount": 0, "nodes": []},
        {"totalCount": 1, "nodes": [{"text": "z", "team": {"name": "c"}}]},
    ]
    assert data["found"]["nodes"] == [{"name": "c"}]
