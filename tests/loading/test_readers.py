"""Where statements run, and what a lost connection does to a read."""

from typing import Any

import pytest
import sqlalchemy as sa
import strawberry

import gql_api as gql
from tests.fixtures.models import Tag
from tests.fixtures.schema import Api


@pytest.fixture
async def lost(postgres: gql.Database) -> Api:
    """A schema whose pooled read connection was cut by the server."""
    async with postgres.write_engine.begin() as connection:
        await connection.run_sync(Tag.metadata.create_all)
        await connection.execute(sa.insert(Tag).values(id=1, label="x"))

    @strawberry.type
    class Queries:
        @strawberry.field
        async def label(self, info: gql.Info) -> str | None:
            tag = await info.context.load(Tag, 1)
            return tag and tag.label

    api = Api(postgres, gql.build_schema([Tag], queries=[Queries]))
    await api.data("{ tags { totalCount } }", count=1)
    async with postgres.write_engine.connect() as connection:
        await connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    return api


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("{ tags { nodes { label } } }", {"tags": {"nodes": [{"label": "x"}]}}),
        ("{ label }", {"label": "x"}),
    ],
)
async def test_lost_connection(lost: Api, text: str, data: Any):
    """A read whose connection was cut is repeated on another, unseen by the client."""
    answer = await lost.run(text)

    assert (answer.errors, answer.data) == ((), data)


async def test_read_connections(api: Api):
    """Connections of reads go back to the pool."""
    await api.data("{ tags { totalCount } books { totalCount } }", count=2)

    status = api.database.pool_status()
    assert (status.write.checked_out, status.read.checked_out) == (0, 0)
