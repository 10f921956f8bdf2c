import logging

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy import event

import gql_api as gql
from tests.server import notes
from tests.server.notes import Note, refusal

MASKED = "Something went wrong on the server."


def add_routes(app: FastAPI) -> FastAPI:
    """Add plain routes that write."""

    @app.post("/notes/{text}")
    async def add_note(text: str, session: gql.WriteSession, folder_id: int = 1) -> dict[str, str]:
        session.add(Note(text=text, folder_id=folder_id))
        await session.flush()
        return {"text": text}

    @app.post("/failing")
    async def fail(session: gql.WriteSession) -> None:
        session.add(Note(text="lost"))
        await session.flush()
        message = "a secret of the server"
        raise RuntimeError(message)

    @app.post("/refusing")
    async def refuse(session: gql.WriteSession) -> None:
        session.add(Note(text="lost"))
        await session.flush()
        message = "No more notes today."
        raise gql.ForbiddenError(message)

    return app


@pytest.fixture(params=["postgres_url", "sqlite_url"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, once per kind that can fail at commit."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def tables(database: gql.Database) -> gql.Database:
    """A database with the tables of notes, once per kind."""
    return await notes.create_tables(database)


@pytest.fixture
def app(tables: gql.Database) -> FastAPI:
    """An application with plain routes beside GraphQL."""
    return add_routes(gql.create_app(notes.build(tables.dialect.name), database=tables))


async def test_commit(app, database):
    """What a route writes is there when its answer has arrived."""
    async with notes.open_client(app) as client:
        response = await client.post("/notes/kept")

    assert (response.status_code, response.json()) == (200, {"text": "kept"})
    assert await notes.note_texts(database) == ["kept"]


async def test_commit_before_answer(app, database):
    """The transaction is committed before the first byte of the answer."""
    transcript: list[str] = []
    event.listen(database.write_engine.sync_engine, "commit", lambda _: transcript.append("commit"))

    async with notes.open_client(app, transcript=transcript) as client:
        await client.post("/notes/kept")

    assert transcript == ["commit", "http.response.start", "http.response.body"]


async def test_failing_commit(app, database):
    """A commit that fails is the only answer, an error; nothing is written."""
    transcript: list[str] = []

    async with notes.open_client(app, transcript=transcript) as client:
        response = await client.post("/notes/lost", params={"folder_id": 99})

    assert refusal(response) == (500, "INTERNAL_SERVER_ERROR", MASKED)
    assert transcript == ["http.response.start", "http.response.body"]
    assert await notes.note_texts(database) == []


async def test_exception(app, database, caplog):
    """An exception of the route rolls back; it is masked, and logged once."""
    async with notes.open_client(app) as client:
        response = await client.post("/failing")

    assert refusal(response) == (500, "INTERNAL_SERVER_ERROR", MASKED)
    assert await notes.note_texts(database) == []
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert record.request_id == response.headers["x-request-id"]


async def test_expected_exception(app, database):
    """A refusal of the route rolls back too, and is shown."""
    async with notes.open_client(app) as client:
        response = await client.post("/refusing")

    assert refusal(response) == (403, "FORBIDDEN", "No more notes today.")
    assert await notes.note_texts(database) == []


async def test_connections_come_back(app, database):
    """Whatever happens, the connection returns to its pool."""
    async with notes.open_client(app) as client:
        for path in ("/notes/kept", "/failing", "/refusing", "/notes/lost?folder_id=99"):
            await client.post(path)

    assert database.pool_status().write.checked_out == 0


async def test_duration_is_logged(app, caplog):
    """The length of the transaction is logged."""
    caplog.set_level(logging.INFO, "gql_api.execution.unit_of_work")

    async with notes.open_client(app) as client:
        await client.post("/notes/kept")

    (record,) = [each for each in caplog.records if each.name == "gql_api.execution.unit_of_work"]
    assert record.outcome == "committed"
    assert record.duration_ms > 0


async def test_override(notes_database, sqlite_memory):
    """A test replaces the session by one on a database in memory, committed as early."""
    memory = await notes.create_tables(sqlite_memory)
    app = add_routes(gql.create_app(notes.build(), database=notes_database))
    transcript: list[str] = []
    event.listen(memory.write_engine.sync_engine, "commit", lambda _: transcript.append("commit"))

    async def session_in_memory():
        async with gql.unit_of_work(memory) as unit:
            yield unit.session

    app.dependency_overrides[gql.write_session] = session_in_memory
    async with notes.open_client(app, transcript=transcript) as client:
        response = await client.post("/notes/remembered")

    assert response.status_code == 200
    assert transcript == ["commit", "http.response.start", "http.response.body"]
    assert await notes.note_texts(memory) == ["remembered"]
    assert await notes.note_texts(notes_database) == []


async def test_database_in_memory(sqlite_memory):
    """Routes and GraphQL share the one connection of a database in memory, each in its turn."""
    await notes.create_tables(sqlite_memory)
    app = add_routes(gql.create_app(notes.build(), database=sqlite_memory))
    query = "{ notes { nodes { text } } }"

    async with notes.open_client(app) as client:
        await client.post("/notes/plain")
        await client.post("/failing")
        response = await client.post("/graphql", json={"query": query})

    assert response.json() == {"data": {"notes": {"nodes": [{"text": "plain"}]}}}


async def test_no_database():
    """An application that forgot its database says so in its log."""
    app = add_routes(FastAPI())

    async with notes.open_client(app) as client:
        with pytest.raises(gql.ConfigurationError) as refused:
            await client.post("/notes/lost")

    assert str(refused.value) == (
        "app.state.database is not set. "
        "Use gql_api.create_app, or set it in the lifespan of the application."
    )


async def test_reading_what_was_written(app):
    """GraphQL reads what a route has written."""
    query = '{ notes(where: {text: {eq: "kept"}}) { nodes { folder { name } } } }'

    async with notes.open_client(app) as client:
        await client.post("/notes/kept")
        response = await client.post("/graphql", json={"query": query})

    assert response.json() == {"data": {"notes": {"nodes": [{"folder": {"name": "inbox"}}]}}}


async def test_statement_error_is_masked(app):
    """A text that the driver wrote does not reach the caller."""

    @app.post("/wrong")
    async def ask_wrongly(session: gql.WriteSession) -> None:
        await session.execute(sa.select(sa.literal_column("secret_column")))

    async with notes.open_client(app) as client:
        response = await client.post("/wrong")

    assert refusal(response) == (500, "INTERNAL_SERVER_ERROR", MASKED)
