import pytest

pytestmark = pytest.mark.clients


async def test_typescript_front_end(codegen_client):
    """Types generated from the committed schema fit a front end compiled under strict rules."""
    result = await codegen_client.run("check.mjs")

    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "4 passed, 0 failed"


async def test_field_that_is_not_there(codegen_client, tmp_path):
    """A document that asks for a field the schema lacks is refused."""
    schema = tmp_path / "schema.graphql"
    schema.write_text("type Query { posts: [Int!]! }")

    result = await codegen_client.run("check.mjs", str(schema))

    assert result.returncode == 1
    assert "FAILED  the documents fit the schema" in result.stdout
