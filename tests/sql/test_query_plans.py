import sqlalchemy as sa

from gql_api.sql.query_plans import QueryPlan
from tests.fixtures.models import Book
from tests.fixtures.schema import Api


async def test_plan(api: Api):
    """The database says how it would run a statement, with the statement's own parameters."""
    statement = sa.select(Book.id, Book.price).where(
        Book.id.in_(sa.bindparam("ids", expanding=True)), Book.title == sa.bindparam("title")
    )

    async with api.database.read_connection() as connection:
        found = await connection.execute(QueryPlan(statement), {"ids": [1, 2], "title": "x"})
        rows = [" ".join(map(str, row)) for row in found.all()]

    assert any("book" in row for row in rows), rows


async def test_plan_of_one_column(api: Api):
    """A plan of one column is text, whatever the type of the statement's column."""
    statement = sa.select(Book.price)

    async with api.database.read_connection() as connection:
        found = await connection.execute(QueryPlan(statement))

        assert found.all()
