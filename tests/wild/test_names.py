"""Names that GraphQL refuses, reserves or would confuse, in real queries."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

import gql_api as gql
from tests.fixtures.schema import KINDS, Api
from tests.wild.worlds import opened


class Base(orm.DeclarativeBase):
    """The models of these tests."""


NAMES = {
    "type": "type",
    "info": "info",
    "input": "input",
    "query": "query",
    "self": "self",
    "mutation": "mutation",
    "first": "first",
    "nodes": "nodes",
    "where": "where",
    "items": "items",
    "values": "values",
    "keys": "keys",
    "and": "and2",
    "or": "or2",
    "not": "not2",
    "id": "rowId2",
    "row_id": "rowId",
    "count": "count",
    "user_name": "userName",
    "userName": "userName2",
    "UserName": "userName3",
    "straße": "straU00dfe",
    "2nd": "_2nd",
    "with space": "withSpace",
    "a.b": "aB",
    "__dunder": None,
    "class": "class",
    "None": "none",
    "trailing_": "trailing_",
}
"""Attribute to field; the attributes are the columns of one table, all of them texts."""

STORED = {"userName": "user name", "UserName": "user-name"}
"""Names of columns, where databases take two attributes for one."""

ATTRIBUTES = {
    key: sa.Column(STORED.get(key, key), sa.String(20), key=key)
    for key in NAMES
    if key not in {"row_id", "id"}
}
Odd = type(
    "Odd",
    (Base,),
    {
        "__table__": sa.Table(
            "odd names",
            Base.metadata,
            sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("id", sa.String(20)),
            *ATTRIBUTES.values(),
        ),
    },
)


class Query(Base):
    """A class that is called like a root type, with relationships called like arguments."""

    __tablename__ = "query"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    metadata_: Mapped[str | None] = mapped_column("metadata", sa.String(9))
    after_id: Mapped[int | None] = mapped_column(sa.ForeignKey("query.id"))

    after: Mapped["Query | None"] = relationship(remote_side="Query.id", lazy="raise")
    edges: Mapped[list["Query"]] = relationship(viewonly=True, lazy="raise")


COLUMNS = [key for key, name in NAMES.items() if name is not None and key != "row_id"]
ROWS = [
    (
        Odd.__table__,  # type: ignore[attr-defined]  # mapped
        [{"row_id": number, **{key: f"{key}{number}" for key in COLUMNS}} for number in (1, 2)],
    ),
    (
        Query.__table__,
        [
            {"id": 1, "metadata": "m", "after_id": None},
            {"id": 2, "metadata": None, "after_id": 1},
        ],
    ),
]


@pytest.fixture(scope="module", params=KINDS)
async def odd(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """Two rows in a table of odd names."""
    folder = tmp_path_factory.mktemp("names")
    async with opened(Base, request.param, folder, make_postgres_database, rows=ROWS) as api:
        yield api


@pytest.mark.parametrize("key", COLUMNS)
async def test_columns(odd: Api, key: str):
    """A column of any name is selected, filtered and sorted by under one that GraphQL takes."""
    types: Any = odd.schema.graphql_schema.type_map
    name = NAMES[key]
    data = await odd.data(
        f"query ($v: String!) {{ odds(where: {{{name}: {{eq: $v}}}}, orderBy: [{{{name}: DESC}}]) "
        f"{{ nodes {{ found: {name} {name} }} }} }}",
        v=f"{key}2",
        count=1,
    )

    assert data["odds"]["nodes"] == [{"found": f"{key}2", name: f"{key}2"}]
    assert name in types["Odd"].fields


def test_injective():
    """No two attributes have one name, and the names do not depend on the order of models."""
    entity = gql.build_schema(Base).table.registry.entities["Odd"]

    names = [each.name for each in entity.columns.values()]
    assert len(set(names)) == len(names)
    again = gql.build_schema([Query, Odd]).table.registry.entities["Odd"]
    assert [each.name for each in again.columns.values()] == names


async def test_reserved_class(odd: Api):
    """A class called like a root type, and relationships called like arguments, work as others."""
    assert odd.schema.table.registry.by_model[Query].name == "Query2"

    data = await odd.data(
        "{ query2s { nodes { rowId metadata_ after { rowId } edges { nodes { rowId } } } } }",
        count=3,
    )

    assert data["query2s"]["nodes"] == [
        {"rowId": 1, "metadata_": "m", "after": None, "edges": {"nodes": [{"rowId": 2}]}},
        {"rowId": 2, "metadata_": None, "after": {"rowId": 1}, "edges": {"nodes": []}},
    ]
