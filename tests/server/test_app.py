import httpx
import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import gql_api as gql
from tests.server import notes
from tests.server.notes import refusal


@pytest.fixture
async def url(notes_database: gql.Database) -> str:
    """The address of a database with the tables of notes."""
    return notes_database.url.render_as_string(hide_password=False)


async def test_lifespan(url):
    """The database is opened and checked at the start, and disposed of at the stop."""
    app = gql.create_app(notes.build(), database_url=url)

    async with notes.open_client(app) as client:
        database = app.state.database
        response = await client.post("/graphql", json={"query": "{ folders { totalCount } }"})
        assert database.pool_status().read.checked_in == 1

    assert response.json() == {"data": {"folders": {"totalCount": 1}}}
    assert database.pool_status().read.checked_in == 0
    assert app.state.database is None


async def test_options(url):
    """Connections are made as told."""
    options = gql.EngineOptions(pool_size=2)
    app = gql.create_app(notes.build(), database_url=url, options=options)

    async with notes.open_client(app):
        assert app.state.database.pool_status().read.size == 2


async def test_database_of_others(notes_database):
    """A database that was handed in stays open at the stop."""
    app = gql.create_app(notes.build(), database=notes_database)

    async with notes.open_client(app):
        assert app.state.database is notes_database

    assert notes_database.pool_status().read.checked_in == 1


async def test_other_dialect(url):
    """A schema for another kind of database is not served."""
    app = gql.create_app(notes.build("postgresql"), database_url=url)

    with pytest.raises(gql.ConfigurationError) as refused:
        async with notes.open_client(app):
            pass

    assert str(refused.value) == (
        "The schema is built for postgresql, but the database is sqlite. "
        'Build it with dialect="sqlite".'
    )


async def test_unknown_text_search(postgres_url):
    """A database that lacks the text search configuration of a column is refused at the start."""

    class Base(DeclarativeBase):
        pass

    class Note(Base):
        __tablename__ = "note"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str] = mapped_column(info={"gql": {"search": "elvish"}})

    schema = gql.build_schema(Base, dialect="postgresql")
    app = gql.create_app(schema, database_url=postgres_url)

    with pytest.raises(gql.ConfigurationError) as refused:
        async with notes.open_client(app):
            pass

    assert "no text search configuration elvish" in str(refused.value)


async def test_unusable_database(tmp_path):
    """A database that cannot be opened ends the start, in one line."""
    url = f"sqlite:///{tmp_path / 'missing' / 'test.db'}"
    app = gql.create_app(notes.build(), database_url=url)

    with pytest.raises(gql.ConfigurationError) as refused:
        async with notes.open_client(app):
            pass

    assert "\n" not in str(refused.value)
    assert "unable to open database file" in str(refused.value)


@pytest.mark.parametrize("options", [{}, {"database": True, "database_url": "sqlite://"}])
async def test_neither_or_both(options, notes_database):
    """The database is given in one way."""
    if options:
        options = {**options, "database": notes_database}

    with pytest.raises(gql.ConfigurationError) as refused:
        gql.create_app(notes.build(), **options)

    assert str(refused.value) == (
        "create_app takes either database or database_url. Pass exactly one of them."
    )


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_pages_of_other_hosts(client, path):
    """Pages that load from other hosts are not there."""
    assert refusal(await client.get(path)) == (404, "NOT_FOUND", "Not Found.")


@pytest.mark.parametrize(("is_development", "status"), [(True, 200), (False, 404)])
async def test_openapi(notes_database, is_development, status):
    """The description of plain routes is for development."""
    app = gql.create_app(notes.build(), database=notes_database, is_development=is_development)

    async with notes.open_client(app) as client:
        assert (await client.get("/openapi.json")).status_code == status


async def test_graphiql(notes_database):
    """GraphiQL is there, with the query of its first tab."""
    app = gql.create_app(
        notes.build(), database=notes_database, default_query="{ folders { totalCount } }"
    )

    async with notes.open_client(app) as client:
        response = await client.get("/graphiql/")

    assert response.status_code == 200
    assert "{ folders { totalCount } }" in response.text


async def test_over_a_socket(served_app):
    """A real server answers the query of the README from real data."""
    query = (
        '{ posts(first: 2, where: {tags: {some: {name: {eq: "python"}}}}, '
        "orderBy: [{createdAt: DESC}]) { totalCount nodes { title author { username } "
        "tags(first: 3) { nodes { name } } } } }"
    )
    async with httpx.AsyncClient(base_url=served_app.url) as client:
        response = await client.post("/graphql", json={"query": query})

    posts = response.json()["data"]["posts"]
    assert posts["totalCount"] > 2
    assert len(posts["nodes"]) == 2
    for post in posts["nodes"]:
        assert post["author"]["username"]
        assert 1 <= len(post["tags"]["nodes"]) <= 3


async def test_token_over_a_socket(served_app):
    """The served application knows the bearer of a token, and nobody else."""
    async with httpx.AsyncClient(base_url=served_app.url) as client:
        headers = {"authorization": f"Bearer {served_app.token}"}
        known = await client.get("/admin/pool", headers=headers)
        unknown = await client.get("/admin/pool", headers={"authorization": "Bearer x"})

    assert known.status_code == 200
    assert refusal(unknown) == (401, "UNAUTHENTICATED", "The token is not valid. Sign in again.")
