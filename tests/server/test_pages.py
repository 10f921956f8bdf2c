import re

import gql_api as gql
from tests.server import notes

BROWSER = {"accept": "text/html,*/*;q=0.8"}
LINKS = ["/graphiql/", "/graphql", "/schema.graphql", "/healthz", "/readyz"]


async def test_links(client):
    """A program that opens the first page gets links as JSON."""
    response = await client.get("/")

    assert response.status_code == 200
    assert response.json()["title"] == "Notes"
    assert list(response.json()["links"].values()) == LINKS
    assert response.headers["vary"] == "Accept"


async def test_page(client):
    """A browser gets a page with the same links, under a policy that loads nothing."""
    response = await client.get("/", headers=BROWSER)

    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert re.findall('<a href="([^"]*)"', response.text) == LINKS
    assert "<h1>Notes</h1>" in response.text
    assert "http" not in response.text
    assert response.headers["content-security-policy"].startswith("default-src 'none';")
    assert response.headers["vary"] == "Accept"


async def test_links_lead_somewhere(client):
    """Every link of the first page is answered."""
    for path in LINKS:
        response = await client.get(path, params={"query": "{ __typename }"})
        assert response.status_code == 200, path


async def test_page_behind_a_prefix(notes_database):
    """Links hold behind a proxy that adds a prefix, and a title cannot break the page."""
    app = gql.create_app(notes.build(), database=notes_database, title="<b>")

    async with notes.open_client(app, root_path="/api") as client:
        page = await client.get("/api/", headers=BROWSER)
        links = await client.get("/api/")

    assert re.findall('<a href="([^"]*)"', page.text) == [f"/api{path}" for path in LINKS]
    assert "<h1>&lt;b&gt;</h1>" in page.text
    assert list(links.json()["links"].values()) == [f"/api{path}" for path in LINKS]


async def test_schema(client):
    """The schema is text, exactly that of the schema object."""
    response = await client.get("/schema.graphql")

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text == notes.build().as_str()


async def test_current_copy(client):
    """A copy that is current is not sent again, another one is."""
    tag = (await client.get("/schema.graphql")).headers["etag"]

    current = [
        await client.get("/schema.graphql", headers={"if-none-match": sent})
        for sent in (tag, f'"x", {tag}', f"W/{tag}", "*")
    ]
    other = await client.get("/schema.graphql", headers={"if-none-match": '"x"'})

    assert [response.status_code for response in current] == [304] * 4
    assert {response.content for response in current} == {b""}
    assert {response.headers["etag"] for response in current} == {tag}
    assert other.status_code == 200
