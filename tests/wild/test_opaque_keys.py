"""Primary keys of types without an order in GraphQL: pages and cursors sort by their text."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

import gql_api as gql


class Base(orm.DeclarativeBase):
    """The models of these tests."""


class Host(Base):
    """A key that clients see as the database writes it."""

    __tablename__ = "host"

    address: Mapped[Any] = mapped_column(postgresql.INET, primary_key=True)
    name: Mapped[str]


async def test_walk(make_postgres_database: Callable[[], str]):
    """A walk by cursors meets every row exactly once, though all sort alike by what is asked."""
    database = gql.open_database(make_postgres_database())
    schema = gql.build_schema(Base)
    addresses = [f"10.0.0.{number}" for number in range(1, 8)]
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        rows = [{"address": each, "name": "same"} for each in addresses]
        await connection.execute(sa.insert(Host), rows)
    met, cursor = [], None
    while True:
        result = await schema.execute(
            """query ($after: String) {
              hosts(first: 3, after: $after, orderBy: [{name: ASC}]) {
                pageInfo { hasNextPage endCursor } nodes { address }
              }
            }""",
            variable_values={"after": cursor},
            context_value=gql.Context(database),
        )
        assert result.errors is None
        page = result.data["hosts"]
        met += [each["address"] for each in page["nodes"]]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    await database.dispose()

    assert sorted(each.removesuffix("/32") for each in met) == addresses
