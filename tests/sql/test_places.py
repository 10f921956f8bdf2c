"""Keys whose values the database folds: relatives reach their parents as SQL joins them.

The embedded PostgreSQL has neither ICU nor citext: there, texts are padded only.
"""

from collections.abc import AsyncIterator, Callable

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

import gql_api as gql
from gql_api.database.dialects import MYSQL, POSTGRESQL, SQLITE, Dialect
from gql_api.sql.places import is_folded
from tests.fixtures.schema import Api, drop_test_database, open_test_database

_Code = sa.String(20, collation="NOCASE").with_variant(
    sa.String(20, collation="utf8mb4_general_ci"), "mysql"
)


class Base(orm.DeclarativeBase):
    """The models of this module."""


coin_region = sa.Table(
    "coin_region",
    Base.metadata,
    sa.Column("coin_code", sa.ForeignKey("coin.code"), primary_key=True),
    sa.Column("region_name", sa.ForeignKey("region.name"), primary_key=True),
)


class Coin(Base):
    __tablename__ = "coin"

    code: orm.Mapped[str] = orm.mapped_column(_Code, primary_key=True)
    worth: orm.Mapped[int]
    prices: orm.Mapped[list["Price"]] = orm.relationship(back_populates="coin")
    regions: orm.Mapped[list["Region"]] = orm.relationship(
        secondary=coin_region, back_populates="coins"
    )
    slots: orm.Mapped[list["Slot"]] = orm.relationship()


class Price(Base):
    __tablename__ = "price"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    coin_code: orm.Mapped[str] = orm.mapped_column(_Code, sa.ForeignKey("coin.code"))
    coin: orm.Mapped["Coin"] = orm.relationship(back_populates="prices")


class Region(Base):
    __tablename__ = "region"

    name: orm.Mapped[str] = orm.mapped_column(_Code, primary_key=True)
    coins: orm.Mapped[list["Coin"]] = orm.relationship(
        secondary=coin_region, back_populates="regions"
    )


class Slot(Base):
    __tablename__ = "slot"

    coin_code: orm.Mapped[str] = orm.mapped_column(
        _Code, sa.ForeignKey("coin.code"), primary_key=True
    )
    number: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    notes: orm.Mapped[list["Note"]] = orm.relationship()


class Note(Base):
    __tablename__ = "note"
    __table_args__ = (
        sa.ForeignKeyConstraint(["coin_code", "number"], ["slot.coin_code", "slot.number"]),
    )

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    coin_code: orm.Mapped[str] = orm.mapped_column(_Code)
    number: orm.Mapped[int]


ROWS = {
    Coin: [{"code": "eur", "worth": 3}, {"code": "Usd", "worth": 2}, {"code": "é", "worth": 1}],
    Price: [
        {"id": 1, "coin_code": "EUR"},
        {"id": 2, "coin_code": "eur"},
        {"id": 3, "coin_code": "Eur"},
        {"id": 4, "coin_code": "usd"},
        {"id": 5, "coin_code": "USD"},
        {"id": 6, "coin_code": "é"},
    ],
    Region: [{"name": "North"}],
    coin_region: [
        {"coin_code": "EUR", "region_name": "north"},
        {"coin_code": "USD", "region_name": "NORTH"},
    ],
    Slot: [
        {"coin_code": "EUR", "number": 1},
        {"coin_code": "eur", "number": 2},
        {"coin_code": "usd", "number": 2},
    ],
    Note: [
        {"id": 1, "coin_code": "eur", "number": 1},
        {"id": 2, "coin_code": "EUR", "number": 2},
        {"id": 3, "coin_code": "Eur", "number": 2},
        {"id": 4, "coin_code": "Usd", "number": 2},
    ],
}


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
async def coins(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """Rows whose keys are spelled in several ways, that tests only read."""
    folder = tmp_path_factory.mktemp("coins")
    database = await open_test_database(request.param, make_postgres_database, folder)
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        for target, rows in ROWS.items():
            await connection.execute(sa.insert(target), rows)
    yield Api(database, gql.build_schema(Base, dialect=database.dialect.name))
    await drop_test_database(database)


async def test_to_many(coins: Api):
    """A list holds the rows whose keys equal the parent's in other spellings, each once."""
    data = await coins.data(
        "{ coins(orderBy: {worth: DESC}) { nodes { code prices { totalCount nodes { id } } } } }",
        count=3,
    )

    found = {
        node["code"]: (
            node["prices"]["totalCount"],
            [each["id"] for each in node["prices"]["nodes"]],
        )
        for node in data["coins"]["nodes"]
    }
    assert {code: total for code, (total, _) in found.items()} == {"eur": 3, "Usd": 2, "é": 1}
    assert all(total == len(set(nodes)) for total, nodes in found.values())


async def test_to_one(coins: Api):
    """Every spelling of a key leads to the one row."""
    data = await coins.data(
        "{ prices(orderBy: {rowId: ASC}) { nodes { coin { code } } } }",
        count=2,
    )

    codes = [node["coin"]["code"] for node in data["prices"]["nodes"]]
    assert codes == ["eur", "eur", "eur", "Usd", "Usd", "é"]


async def test_secondary(coins: Api):
    """Association rows lead to both sides in any spelling."""
    data = await coins.data(
        """{
          regions { nodes { coins { nodes { code } } } }
          coins(orderBy: {worth: DESC}) { nodes { regions { nodes { name } } } }
        }""",
        count=4,
    )

    (region,) = data["regions"]["nodes"]
    assert [each["code"] for each in region["coins"]["nodes"]] in (["eur", "Usd"], ["Usd", "eur"])
    assert [node["regions"]["nodes"] for node in data["coins"]["nodes"]] == [
        [{"name": "North"}],
        [{"name": "North"}],
        [],
    ]


async def test_composite(coins: Api):
    """Keys of several columns are matched as the database matches them, column by column."""
    data = await coins.data(
        """{ slots(orderBy: [{number: ASC}, {coinCode: ASC}]) { nodes {
          number coinCode notes(orderBy: {rowId: ASC}) { totalCount nodes { coinCode } } } } }""",
        count=3,
    )

    found = [
        (node["coinCode"], node["number"], [each["coinCode"] for each in node["notes"]["nodes"]])
        for node in data["slots"]["nodes"]
    ]
    assert found == [("EUR", 1, ["eur"]), ("eur", 2, ["EUR", "Eur"]), ("usd", 2, ["Usd"])]
    assert [node["notes"]["totalCount"] for node in data["slots"]["nodes"]] == [1, 2, 1]


async def test_pages(coins: Api):
    """Pages of nested lists are cut by parent, however the rows spell its key."""
    data = await coins.data(
        """{ coins(orderBy: {worth: DESC}) { nodes {
          prices(first: 1, offset: 1, orderBy: {rowId: ASC}) {
            nodes { coinCode } pageInfo { hasNextPage hasPreviousPage } } } } }""",
        count=3,
    )

    assert [node["prices"]["nodes"] for node in data["coins"]["nodes"]] == [
        [{"coinCode": "eur"}],
        [{"coinCode": "USD"}],
        [],
    ]
    assert [node["prices"]["pageInfo"]["hasNextPage"] for node in data["coins"]["nodes"]] == [
        True,
        False,
        False,
    ]


class Padded(orm.DeclarativeBase):
    """The models of padded keys."""


class Unit(Padded):
    __tablename__ = "unit"

    code: orm.Mapped[str] = orm.mapped_column(sa.String(8), primary_key=True)
    measures: orm.Mapped[list["Measure"]] = orm.relationship()


class Measure(Padded):
    __tablename__ = "measure"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    unit_code: orm.Mapped[str] = orm.mapped_column(sa.CHAR(8), sa.ForeignKey("unit.code"))


async def test_impossible_condition(coins: Api):
    """A condition that is never true finds nothing; the lists of keys stay joined."""
    first = await coins.data("{ prices(first: 1) { pageInfo { endCursor } } }", count=1)
    data = await coins.data(
        """query ($after: String!) { coins { nodes {
          prices(where: {not: {}}, first: 1, after: $after) {
            totalCount nodes { rowId } pageInfo { hasPreviousPage } }
          slots(where: {or: []}) { nodes { coinCode } }
        } } }""",
        after=first["prices"]["pageInfo"]["endCursor"],
        count=5,
    )

    assert data["coins"]["nodes"]
    for coin in data["coins"]["nodes"]:
        assert coin["prices"]["totalCount"] == 0
        assert coin["prices"]["nodes"] == coin["slots"]["nodes"] == []
        assert not coin["prices"]["pageInfo"]["hasPreviousPage"]


async def test_padded(postgres: gql.Database):
    """A column that pads its texts leads to rows that do not."""
    async with postgres.write_engine.begin() as connection:
        await connection.run_sync(Padded.metadata.create_all)
        await connection.execute(sa.insert(Unit), [{"code": "m"}, {"code": "kg"}])
        await connection.execute(sa.insert(Measure), [{"unit_code": "m"}, {"unit_code": "m"}])
    api = Api(postgres, gql.build_schema(Padded))

    data = await api.data(
        "{ units { nodes { code measures { totalCount nodes { id } } } } }", count=3
    )

    found = {node["code"]: node["measures"] for node in data["units"]["nodes"]}
    assert found["m"]["totalCount"] == len(found["m"]["nodes"]) == 2
    assert found["kg"] == {"totalCount": 0, "nodes": []}


@pytest.mark.parametrize(
    ("type_", "dialect", "expected"),
    [
        pytest.param(sa.String(), MYSQL, True, id="mysql"),
        pytest.param(sa.String(), SQLITE, True, id="sqlite"),
        pytest.param(sa.String(), POSTGRESQL, False, id="postgresql"),
        pytest.param(sa.String(collation="x"), POSTGRESQL, True, id="collation"),
        pytest.param(sa.CHAR(3), POSTGRESQL, True, id="padded"),
        pytest.param(postgresql.CITEXT(), POSTGRESQL, True, id="citext"),
        pytest.param(sa.Integer(), MYSQL, False, id="number"),
        pytest.param(sa.Enum("a", "b"), MYSQL, False, id="enumeration"),
        pytest.param(sa.Uuid(), SQLITE, False, id="uuid"),
    ],
)
def test_is_folded(type_: sa.types.TypeEngine[object], dialect: Dialect, expected: bool):  # noqa: FBT001 - a case
    """Texts are folded where a collation may fold them, other values never."""
    assert is_folded(type_, dialect) is expected
