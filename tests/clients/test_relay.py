import pytest

pytestmark = pytest.mark.clients


async def test_relay_application(relay_client):
    """Relay's compiler accepts connections, refetches and edge updates on the committed schema."""
    result = await relay_client.run("check.mjs")

    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "8 passed, 0 failed"


async def test_schema_without_connections(relay_client, tmp_path):
    """A document that asks for a connection the schema lacks is refused."""
    schema = tmp_path / "schema.graphql"
    schema.write_text("type Query { posts: [Int!]! }")

    result = await relay_client.run("check.mjs", str(schema))

    assert result.returncode == 1
    assert "FAILED  the documents fit the schema" in result.stdout
