import pytest

import gql_api as gql
from gql_api.app.main import build_schema
from gql_api.server.persisted import check_trusted

pytestmark = pytest.mark.clients


async def test_relay_application(relay_client):
    """Relay's compiler accepts connections, refetches and edge updates on the committed schema."""
    result = await relay_client.run("check.mjs")

    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "8 passed, 0 failed"
    trusted = gql.read_manifests([relay_client.folder / "generated" / "persisted.json"])
    documents = gql.PersistedDocuments(trusted=trusted, only_trusted=True)
    check_trusted(documents, build_schema(dialect="postgresql", config=gql.ApiConfig()))
    assert len(trusted) == 8


async def test_schema_without_connections(relay_client, tmp_path):
    """A document that asks for a connection the schema lacks is refused."""
    schema = tmp_path / "schema.graphql"
    schema.write_text("type Query { posts: [Int!]! }")

    result = await relay_client.run("check.mjs", str(schema))

    assert result.returncode == 1
    assert "FAILED  the documents fit the schema" in result.stdout
