"""Plain requests reach the front door at once, unless somebody wants to see them before."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

import gql_api as gql
from gql_api.server.served import ServedApp
from tests.server import notes

ASKED = {"query": "{ folders { nodes { name } } }"}


class Noting:
    """Middleware that notes the requests that it sees."""

    seen: list[str]

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http":
            self.seen.append(scope["path"])
        await self._app(scope, receive, send)


@pytest.fixture
def stacked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the requests that took the usual way."""
    paths: list[str] = []
    usual = FastAPI.__call__

    async def noting(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            paths.append(scope["path"])
        await usual(self, scope, receive, send)

    monkeypatch.setattr(FastAPI, "__call__", noting)
    return paths


@pytest.fixture
async def app(notes_database: gql.Database) -> FastAPI:
    """An application of the notes."""
    made = gql.create_app(notes.build(), database=notes_database, authenticate=notes.authenticate)
    made.state.database = notes_database
    return made


async def _ask(app: FastAPI, **headers: str) -> Any:
    async with notes.open_client(app) as client:
        # a server sends the start first, which makes the middleware
        assert (await client.get("/nothing")).status_code == 404
        return await client.post("/graphql", json=ASKED, headers=headers)


async def test_plain_request(app: FastAPI, stacked: list[str]):
    """A plain request is answered, and named, before FastAPI sees it."""
    answer = await _ask(app, **{"x-request-id": "mine"})

    assert "data" in answer.json()
    assert answer.headers["x-request-id"] == "mine"
    assert stacked == ["/nothing"]


async def test_other_requests(app: FastAPI, stacked: list[str]):
    """Whatever the front door leaves takes the usual way, its body from the beginning."""
    async with notes.open_client(app) as client:
        await client.get("/nothing")
        large = {**ASKED, "variables": {"a": "x" * 1_000_000}}
        answers = [
            await client.post("/graphql", json=large),
            await client.post("/elsewhere", json=ASKED),
            await client.post("/graphql", content=json.dumps(ASKED)),
        ]

    assert [answer.status_code for answer in answers] == [413, 404, 415]
    assert stacked == ["/nothing", "/graphql", "/elsewhere", "/graphql"]


async def test_middleware(app: FastAPI, stacked: list[str]):
    """Middleware that is added sees every request."""
    Noting.seen = []
    app.add_middleware(Noting)

    answer = await _ask(app)

    assert "data" in answer.json()
    assert Noting.seen == stacked == ["/nothing", "/graphql"]


async def test_root_path(app: FastAPI, stacked: list[str]):
    """An application below a path of its own takes the usual way."""
    app.root_path = "/api"

    answer = await _ask(app)

    assert "data" in answer.json()
    assert stacked == ["/nothing", "/graphql"]


@pytest.mark.parametrize("is_watched", [True, False])
async def test_telemetry(
    app: FastAPI, stacked: list[str], monkeypatch: pytest.MonkeyPatch, *, is_watched: bool
):
    """Telemetry that is switched on while requests come sees them from the next second on."""
    assert isinstance(app, ServedApp)
    await _ask(app)
    monkeypatch.setattr(type(app._native_telemetry), "enabled", lambda _self: is_watched)
    app._watched_until = 0.0
    seen: list[str] = []

    async def telemetry(_self: Any, *, app: ASGIApp, scope: Scope, **rest: Any) -> None:
        seen.append(scope["path"])
        await app(scope, rest["receive"], rest["send"])

    monkeypatch.setattr(type(app._native_telemetry), "__call__", telemetry)
    await _ask(app)

    assert ("/graphql" in seen) is is_watched
