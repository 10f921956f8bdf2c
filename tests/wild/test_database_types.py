"""Types of PostgreSQL that GraphQL has no form for: never a failed build, the database's own text."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.types import NullType
from typing_extensions import override

import gql_api as gql
from gql_api.naming import camel_case
from tests.fixtures.schema import Api, drop_test_database, open_test_database


class Named(sa.types.UserDefinedType[Any]):
    """A type that SQLAlchemy does not know."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    @override
    def get_col_spec(self, **_options: Any) -> str:
        return self.name


TYPES: dict[str, tuple[Any, str, str, Any]] = {
    "address": (pg.INET(), "'10.0.0.1/8'", "Opaque", "10.0.0.1/8"),
    "network": (pg.CIDR(), "'10.0.0.0/8'", "Opaque", "10.0.0.0/8"),
    "card": (pg.MACADDR(), "'08:00:2b:01:02:03'", "Opaque", "08:00:2b:01:02:03"),
    "whole_range": (pg.INT4RANGE(), "'[1,5)'", "Opaque", "[1,5)"),
    "day_range": (pg.DATERANGE(), "'[2024-01-01,)'", "Opaque", "[2024-01-01,)"),
    "ranges": (pg.INT4MULTIRANGE(), "'{[1,3)}'", "Opaque", "{[1,3)}"),
    "bits": (pg.BIT(3), "B'101'", "Opaque", "101"),
    "money": (pg.MONEY(), "12.5", "Opaque", "$12.50"),
    "words": (pg.TSVECTOR(), "'b a'", "Opaque", "'a' 'b'"),
    "clock": (sa.Time(timezone=True), "'12:30+02'", "Opaque", "12:30:00+02"),
    "point": (Named("point"), "'(1,2)'", "Opaque", "(1,2)"),
    "path": (Named("path"), "'[(0,0),(1,1)]'", "Opaque", "[(0,0),(1,1)]"),
    "line_path": (Named("polygon"), "'((0,0),(1,1))'", "Opaque", "((0,0),(1,1))"),
    "place": (Named("pg_lsn"), "'0/0'", "Opaque", "0/0"),
    "oid": (pg.OID(), "3", "BigInt", "3"),
    "span": (pg.INTERVAL(), "'1 day 02:00'", "Duration", "P1DT2H"),
    "positive": (pg.DOMAIN("positive", sa.Integer), "3", "Int", 3),
    "addresses": (sa.ARRAY(pg.INET), "'{10.0.0.1}'", "[Opaque]", ["10.0.0.1"]),
}


class Base(orm.DeclarativeBase):
    """The models of these tests."""


Odd = type(
    "Odd",
    (Base,),
    {
        "__tablename__": "odd",
        "id": sa.Column(sa.Integer, primary_key=True),
        **{name: sa.Column(type_) for name, (type_, *_) in TYPES.items()},
    },
)


class Unknown(Base):
    """The same table as reflection maps it when it recognises no type."""

    __tablename__ = "unknown"

    id = sa.Column(sa.Integer, primary_key=True)
    address = sa.Column(NullType)
    whole_range = sa.Column(NullType)
    path = sa.Column(NullType)
    money = sa.Column(NullType)


@pytest.fixture(scope="module")
async def odd(
    tmp_path_factory: pytest.TempPathFactory, make_postgres_database: Callable[[], str]
) -> AsyncIterator[Api]:
    """One row with a value of each type, and one without."""
    folder: Path = tmp_path_factory.mktemp("odd")
    database = await open_test_database("postgresql", make_postgres_database, folder)
    columns = ", ".join(TYPES)
    values = ", ".join(value for _, value, *_ in TYPES.values())
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Odd.__table__.create)  # type: ignore[attr-defined]  # mapped
        await connection.execute(sa.text(f"INSERT INTO odd (id, {columns}) VALUES (1, {values})"))
        await connection.execute(sa.text("INSERT INTO odd (id) VALUES (2)"))
        await connection.execute(sa.text("CREATE VIEW unknown AS SELECT * FROM odd"))
    yield Api(database, gql.build_schema(Base))
    await drop_test_database(database)


@pytest.mark.parametrize("name", TYPES)
async def test_values(odd: Api, name: str):
    """A value without a GraphQL form is the text that the database itself writes; null stays null."""
    types: Any = odd.schema.graphql_schema.type_map
    _, _, type_, value = TYPES[name]
    field = camel_case(name)
    data = await odd.data(f"{{ odds {{ nodes {{ {field} }} }} }}", count=1)

    assert str(types["Odd"].fields[field].type) == type_
    assert data["odds"]["nodes"] == [{field: value}, {field: None}]


@pytest.mark.parametrize("name", ["address", "whole_range", "path", "money"])
async def test_unrecognised(odd: Api, name: str):
    """A column of a type that nobody recognised is read as text, and asked only whether it is null."""
    field = camel_case(name)
    data = await odd.data(
        f"{{ unknowns(where: {{{field}: {{isNull: false}}}}) {{ nodes {{ {field} }} }} }}", count=1
    )

    assert data["unknowns"]["nodes"] == [{field: TYPES[name][3]}]
    types: Any = odd.schema.graphql_schema.type_map
    assert field not in types["UnknownOrder"].fields


async def test_filters(odd: Api):
    """A domain compares as what it is made of, an object identifier as a number."""
    data = await odd.data(
        '{ odds(where: {positive: {gt: 2}, oid: {in: ["3"]}, span: {eq: "P1DT2H"}}) '
        "{ nodes { rowId } } }",
        count=1,
    )

    assert data["odds"]["nodes"] == [{"rowId": 1}]
