import pytest

import gql_api as gql
from tests.server import notes

QUERY = {"query": '{ folders(where: {name: {eq: "inbox"}}) { nodes { name } } }'}
ADMIN = {"x-user": "1", "x-roles": "admin"}


@pytest.fixture
async def production(notes_database):
    """A client of the application as it is served in production."""
    app = gql.create_app(
        notes.build(),
        database=notes_database,
        authenticate=notes.authenticate,
        is_development=False,
    )
    async with notes.open_client(app) as client:
        yield client


async def test_sql(client):
    """In development the answer tells the statements beside the data."""
    response = await client.post("/graphql", json=QUERY, headers={"X-GQL-Explain": "sql"})

    content = response.json()
    (sent,) = content["extensions"]["explain"]["statements"]
    assert content["data"] == {"folders": {"nodes": [{"name": "inbox"}]}}
    assert sent["sql"].startswith("SELECT")
    assert sent["parameters"][0] == "inbox"
    assert sent["rows"] == 1
    assert content["extensions"]["explain"]["fields"].keys() == {"folders"}


async def test_plan(client):
    """With ``plan`` it also tells how the database would run each."""
    response = await client.post("/graphql", json=QUERY, headers={"X-GQL-Explain": "plan"})

    (sent,) = response.json()["extensions"]["explain"]["statements"]
    assert any("USING" in line for line in sent["plan"])


async def test_get(client):
    """A query by GET is explained too."""
    response = await client.get("/graphql", params=QUERY, headers={"X-GQL-Explain": "sql"})

    assert len(response.json()["extensions"]["explain"]["statements"]) == 1


async def test_failed_operation(client):
    """The answer of a document that is refused is its errors alone."""
    headers = {"X-GQL-Explain": "sql"}

    response = await client.post("/graphql", json={"query": "{ nothing }"}, headers=headers)

    assert response.json().keys() == {"errors"}


async def test_not_asked(client):
    """Without the header the answer tells nothing."""
    response = await client.post("/graphql", json=QUERY)

    assert response.json().keys() == {"data"}


async def test_unknown_mode(client):
    """A value that means nothing is answered with those that do."""
    response = await client.post("/graphql", json=QUERY, headers={"X-GQL-Explain": "yes"})

    assert response.json()["extensions"]["explain"] == {
        "note": "X-GQL-Explain takes sql or plan: nothing was explained."
    }


@pytest.mark.parametrize("headers", [{}, {"x-user": "1", "x-roles": "editor"}])
async def test_stranger_in_production(production, headers):
    """In production nobody but an administrator is told anything: the data comes with a note."""
    response = await production.post(
        "/graphql", json=QUERY, headers={"X-GQL-Explain": "sql", **headers}
    )

    assert response.json() == {
        "data": {"folders": {"nodes": [{"name": "inbox"}]}},
        "extensions": {
            "explain": {
                "note": "X-GQL-Explain was ignored: it is for administrators, and for servers in "
                "development mode."
            }
        },
    }


async def test_admin_in_production(production):
    """An administrator is told in production too."""
    response = await production.post(
        "/graphql", json=QUERY, headers={"X-GQL-Explain": "sql", **ADMIN}
    )

    assert len(response.json()["extensions"]["explain"]["statements"]) == 1


async def test_router_alone(notes_database):
    """A router in an application of one's own is for administrators, unless it says otherwise."""
    app = gql.create_app(notes.build(), database=notes_database)
    app.include_router(gql.graphql_router(notes.build(), path="/own"))

    async with notes.open_client(app) as client:
        response = await client.post("/own", json=QUERY, headers={"X-GQL-Explain": "sql"})

    assert response.json()["extensions"]["explain"].keys() == {"note"}
