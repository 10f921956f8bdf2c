"""The front door answers what the route would answer, and leaves it the rest."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request

import gql_api as gql
from gql_api.server.failures import install_failure_handlers
from gql_api.server.request_ids import RequestIds
from tests.server import notes

JSON = {"content-type": "application/json"}
ASKED = {"query": "{ folders { nodes { name } } }"}
CREATE = {"query": 'mutation { createNote(input: {text: "x"}) { result { text } } }'}


@pytest.fixture
async def routed(notes_database: gql.Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with the route alone."""
    app = FastAPI(openapi_url=None)
    install_failure_handlers(app)
    app.add_middleware(RequestIds)
    app.state.database = notes_database
    app.include_router(gql.graphql_router(notes.build(), authenticate=notes.authenticate))
    async with notes.open_client(app) as client:
        yield client


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the requests that came to a route."""
    paths: list[str] = []
    answer = FastAPI.build_middleware_stack

    def build(app: FastAPI) -> Any:
        routes = app.router.middleware_stack

        async def noting(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                paths.append(scope["path"])
            await routes(scope, receive, send)

        app.router.middleware_stack = noting
        return answer(app)

    monkeypatch.setattr(FastAPI, "build_middleware_stack", build)
    return paths


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/json", "application/graphql-response+json", "text/html"],
)
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(json.dumps(ASKED), id="data"),
        pytest.param(json.dumps({**ASKED, "operationName": "A"}), id="unknown operation"),
        pytest.param(json.dumps({"query": "{ nothing }"}), id="invalid document"),
        pytest.param(json.dumps({"query": "{ broken { text } }"}), id="error of a field"),
        pytest.param(json.dumps({"query": "subscription { a }"}), id="subscription"),
        pytest.param(json.dumps(CREATE), id="mutation"),
        pytest.param(json.dumps({"query": 1}), id="wrong type"),
        pytest.param("[]", id="no object"),
        pytest.param("{", id="no JSON"),
        pytest.param("", id="nothing"),
        pytest.param("[" * 100 + "]" * 100, id="deep"),
        pytest.param(json.dumps({**ASKED, "variables": {"a": "x" * 1_000_000}}), id="large"),
    ],
)
async def test_same_answer(client, routed, accept, content):
    """Both ways give the same status, headers and body, whatever is sent."""
    headers = {**JSON, "accept": accept, "x-request-id": "same"}

    answers = [
        await each.post("/graphql", content=content, headers=headers) for each in (client, routed)
    ]

    direct, by_route = [(each.status_code, each.text, dict(each.headers)) for each in answers]
    assert direct == by_route


@pytest.mark.parametrize("user", ["expired", "defect", "unreachable"])
async def test_same_refusal(client, routed, user):
    """Both ways refuse callers alike."""
    headers = {"x-user": user, "x-request-id": "same"}

    answers = [
        await each.post("/graphql", json=ASKED, headers=headers) for each in (client, routed)
    ]

    direct, by_route = [(each.status_code, each.text, dict(each.headers)) for each in answers]
    assert direct == by_route


@pytest.mark.parametrize(
    ("content_type", "path"),
    [
        ("application/json", "/graphql"),
        ("application/json; charset=utf-8", "/graphql"),
        ("Application/JSON;charset=UTF-8", "/graphql"),
    ],
)
async def test_not_routed(passed, client, content_type, path):
    """A plain POST never comes to a route."""
    response = await client.post(path, json=ASKED, headers={"content-type": content_type})

    assert response.json() == {"data": {"folders": {"nodes": [{"name": "inbox"}]}}}
    assert passed == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"content-type": "text/plain"}, 415, id="other type"),
        pytest.param({**JSON, "content-encoding": "gzip"}, 415, id="encoded"),
        pytest.param(
            {"content-type": 'application/json; charset="utf-8"'}, 200, id="rare spelling"
        ),
        pytest.param([("accept", "a/b"), ("accept", "c/d"), *JSON.items()], 200, id="two lines"),
    ],
)
async def test_routed(passed, client, headers, status):
    """A request out of the ordinary is answered by the route, with its body."""
    response = await client.post("/graphql", content=json.dumps(ASKED), headers=headers)

    assert response.status_code == status
    assert passed == ["/graphql"]


async def test_body_in_parts(passed, client):
    """A body that comes in parts is read to its end."""
    content = json.dumps(ASKED).encode()

    async def parts() -> AsyncIterator[bytes]:
        yield content[:10]
        yield content[10:]

    response = await client.post("/graphql", content=parts(), headers=JSON)

    assert response.json() == {"data": {"folders": {"nodes": [{"name": "inbox"}]}}}
    assert passed == []


async def test_endless_body(passed, client):
    """A body without an end is left to the route as soon as it is too large."""
    sent: list[int] = []

    async def parts() -> AsyncIterator[bytes]:
        while True:
            sent.append(1)
            yield b" " * 300_000

    response = await client.post("/graphql", content=parts(), headers=JSON)

    assert notes.refusal(response)[:2] == (413, "PAYLOAD_TOO_LARGE")
    assert passed == ["/graphql"]
    assert len(sent) <= 5


@pytest.mark.parametrize(("method", "path"), [("GET", "/graphql"), ("POST", "/graphql/x")])
async def test_other_requests(passed, client, method, path):
    """Other methods and paths are none of its business."""
    await client.request(method, path, json=ASKED)

    assert passed == [path]


@pytest.mark.parametrize(
    ("root_path", "path"),
    [
        pytest.param("/behind", "/behind/graphql", id="root path sent"),
        pytest.param("/behind", "/graphql", id="root path taken away"),
    ],
)
async def test_root_path(passed, notes_database, root_path, path):
    """The endpoint is found below the root path of a proxy."""
    app = gql.create_app(notes.build(), database=notes_database)

    async with notes.open_client(app, root_path=root_path) as client:
        response = await client.post(path, json=ASKED)

    assert response.status_code == 200
    assert passed == []


async def test_middleware(notes_database):
    """Middleware of the application is run around it."""
    app = gql.create_app(notes.build(), database=notes_database)

    @app.middleware("http")
    async def add_header(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-added"] = request.url.path
        return response

    async with notes.open_client(app) as client:
        response = await client.post("/graphql", json=ASKED)

    assert response.headers["x-added"] == "/graphql"
