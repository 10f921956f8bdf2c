"""graphql-ws, graphql-sse, urql and Apollo Client against a server on a real port."""

import pytest
from starlette.requests import HTTPConnection

import gql_api as gql
from tests.server import notes, ticks

pytestmark = pytest.mark.clients

CHECKS = 24


async def _authenticate(connection: HTTPConnection, _database: gql.Database) -> gql.Subject:
    if "authorization" in connection.headers:
        message = "Nobody has this token."
        raise gql.UnauthenticatedError(message)
    return gql.ANONYMOUS


async def test_transports(transports_client, sqlite: gql.Database):
    """Each client queries, writes, subscribes and understands errors, over each transport it has."""
    database = await notes.create_tables(sqlite)
    config = gql.ApiConfig(limits=gql.Limits(max_batch_operations=10))
    schema = ticks.build(ticks.Watched(), config=config)
    app = gql.create_app(schema, database=database, authenticate=_authenticate)

    async with ticks.served(app) as (port, _server):
        result = await transports_client.run("check.mjs", f"http://127.0.0.1:{port}/graphql")

    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == f"{CHECKS} passed, 0 failed"
