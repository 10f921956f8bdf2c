import uuid

import pytest

pytestmark = pytest.mark.browser

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


async def test_graphiql(browser_client, served_app, tmp_path):
    """GraphiQL loads without another host, runs a query and, signed in, a mutation."""
    name = f"browser-{uuid.uuid4().hex[:12]}"
    screenshot = tmp_path / "graphiql.png"
    environment = {
        "GRAPHIQL_QUERY": "query Posts { posts(first: 2) { nodes { title } } }",
        "GRAPHIQL_QUERY_ANSWER": '{ "data": { "posts": { "nodes": [ { "title": ',
        "GRAPHIQL_MUTATION": f'mutation {{ createTag(input: {{ name: "{name}" }}) '
        "{ tag { name } errors { message } } }",
        "GRAPHIQL_MUTATION_ANSWER": f'"createTag": {{ "tag": {{ "name": "{name}" }}, "errors": [] }}',
        "GRAPHIQL_TOKEN": served_app.token,
    }

    result = await browser_client.run(
        "graphiql.mjs", f"{served_app.url}/graphiql/", str(screenshot), environment=environment
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "9 passed, 0 failed"
    assert screenshot.read_bytes().startswith(PNG_SIGNATURE)
