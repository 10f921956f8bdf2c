"""What is taken away stops with the next request, on a connection that is kept too."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import uvicorn

import gql_api as gql
from gql_api.app import models
from gql_api.app.main import application
from gql_api.app.signing import signing
from gql_api.app.tokens import issue_token
from tests.fixtures.demo import Demo

GRANT = 'mutation { grantRole(user: "%s", role: "author") { errors { code } } }'


@pytest.fixture
async def client(demo: Demo) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a real server, with one connection."""
    app = gql.create_app(demo.schema, database=demo.database, authenticate=application.authenticate)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        limits = httpx.Limits(max_connections=1)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, limits=limits) as client:
            yield client
        server.should_exit = True
        await task


async def ask(client: httpx.AsyncClient, user_id: int, query: str) -> tuple[int, Any, Any]:
    """Send a request with a token; return status, answer and the port that it came from."""
    token = issue_token(
        user_id, ["admin"], secret=signing().key, lifetime_s=60, now=datetime.now(UTC)
    )
    response = await client.post(
        "/graphql", json={"query": query}, headers={"authorization": f"Bearer {token}"}
    )
    stream = response.extensions["network_stream"]
    return response.status_code, response.json(), stream.get_extra_info("client_addr")


async def user_id_of(demo: Demo, name: str) -> int:
    """Find a user by name."""
    found: int = await demo.scalar(sa.select(models.User.id).filter_by(username=name))
    return found


async def test_deactivated(demo: Demo, client: httpx.AsyncClient):
    """The token of a user who is deactivated is refused by the next request."""
    user_id = await user_id_of(demo, "ada")
    before = await ask(client, user_id, "{ me { username } }")
    await demo.write(
        sa.update(models.User).where(models.User.id == user_id).values(is_active=False)
    )

    status, answer, connection = await ask(client, user_id, "{ me { username } }")

    assert before[:2] == (200, {"data": {"me": {"username": "ada"}}})
    assert (status, answer["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert connection == before[2]


async def test_revoked_role(demo: Demo, client: httpx.AsyncClient):
    """A role that is taken away does not count for the next request, whatever the token says."""
    user_id = await user_id_of(demo, "admin")
    grant = GRANT % await demo.id_of(models.User, username="ada")
    before = await ask(client, user_id, grant)
    await demo.write(
        sa.delete(models.user_roles).where(models.user_roles.c.user_id == user_id),
        sa.update(models.User).where(models.User.id == user_id).values(is_superuser=False),
    )

    status, answer, connection = await ask(client, user_id, grant)

    assert before[:2] == (200, {"data": {"grantRole": {"errors": []}}})
    assert (status, answer) == (200, {"data": {"grantRole": {"errors": [{"code": "FORBIDDEN"}]}}})
    assert connection == before[2]
