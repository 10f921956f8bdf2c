import logging
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from starlette.responses import StreamingResponse

import gql_api as gql
from tests.server import notes
from tests.server.notes import refusal

MASKED = "Something went wrong on the server."


@pytest.fixture
def app(notes_database: gql.Database) -> FastAPI:
    """An application with plain routes that fail."""
    app = gql.create_app(notes.build(), database=notes_database)

    @app.get("/defect")
    async def break_down() -> None:
        message = "a secret of the server"
        raise RuntimeError(message)

    @app.get("/teapot")
    async def refuse() -> None:
        raise HTTPException(418, "I am a teapot", headers={"X-Kind": "pot"})

    @app.get("/count/{number}")
    async def count(number: int) -> int:
        return number

    @app.get("/half")
    async def break_halfway() -> StreamingResponse:
        async def parts() -> Any:
            yield b"half"
            message = "the other half"
            raise RuntimeError(message)

        return StreamingResponse(parts())

    return app


async def test_defect(app, caplog):
    """An unexpected exception of any route is masked, and logged once with its traceback."""
    async with notes.open_client(app) as client:
        response = await client.get("/defect")

    assert refusal(response) == (500, "INTERNAL_SERVER_ERROR", MASKED)
    assert "secret" not in response.text
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert record.request_id == response.headers["x-request-id"]
    assert record.exc_info[0] is RuntimeError


async def test_defect_of_middleware(app, caplog):
    """An exception of middleware around the application is answered with JSON too."""

    @app.middleware("http")
    async def break_down(_request: Any, _call_next: Any) -> None:
        message = "a secret of the server"
        raise RuntimeError(message)

    async with notes.open_client(app) as client:
        client._transport.raise_app_exceptions = False
        response = await client.get("/healthz")

    assert refusal(response) == (500, "INTERNAL_SERVER_ERROR", MASKED)


async def test_defect_amid_an_answer(app):
    """An answer that has begun is broken off, not made to look whole."""
    transcript: list[str] = []

    async with notes.open_client(app, transcript=transcript) as client:
        with pytest.raises(RuntimeError, match="the other half"):
            await client.get("/half")

    assert transcript == ["http.response.start", "http.response.body"]


async def test_missing_page(app):
    """A path that does not exist is told in JSON."""
    async with notes.open_client(app) as client:
        response = await client.get("/nowhere")

    assert refusal(response) == (404, "NOT_FOUND", "Not Found.")


async def test_refusal_of_a_route(app):
    """An exception of FastAPI keeps its status and headers."""
    async with notes.open_client(app) as client:
        response = await client.get("/teapot")

    assert refusal(response) == (418, "BAD_REQUEST", "I am a teapot.")
    assert response.headers["x-kind"] == "pot"


async def test_invalid_input_of_a_route(app):
    """Values that a route cannot take are named."""
    async with notes.open_client(app) as client:
        response = await client.get("/count/many")

    status, code, message = refusal(response)
    assert (status, code) == (422, "VALIDATION_FAILED")
    assert message.startswith("path.number: ")
    assert "many" not in message


async def test_sockets_pass(app):
    """What is not HTTP reaches the application unchanged: there is no socket to speak to."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/graphql", "headers": [], "query_string": b""}
    async with notes.open_client(app):
        await app(scope, receive, send)

    assert [message["type"] for message in sent] == ["websocket.close"]
