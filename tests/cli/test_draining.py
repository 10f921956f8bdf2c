"""The end of a server under load: each accepted request is answered."""

import asyncio
import socket
from collections import Counter

import httpx
import uvicorn
from fastapi import FastAPI

from gql_api.cli.draining import DrainingServer
from gql_api.server.health import Readiness, health_router
from tests.fixtures.served import until

ROUNDS = 5
CLIENTS = 8


def _app() -> FastAPI:
    app = FastAPI()
    app.include_router(health_router(Readiness([], is_development=True)))

    @app.get("/work")
    async def work(seconds: float = 0.005) -> str:
        await asyncio.sleep(seconds)
        return "done"

    return app


async def _ask(url: str, outcomes: Counter[str], *, keeps: bool) -> None:
    """Ask without a pause until nobody listens any more."""
    limits = None if keeps else httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(limits=limits or httpx.Limits(), timeout=20) as client:
        while True:
            try:
                answer = await client.get(f"{url}/work")
            except httpx.ConnectError:
                outcomes["refused"] += 1
                return
            except httpx.TransportError as error:
                outcomes[f"lost: {error!r}"] += 1
                return
            outcomes["answered" if answer.text == '"done"' else answer.text] += 1


async def test_load():
    """No request that was accepted is lost, on new connections and on kept ones."""
    outcomes: Counter[str] = Counter()
    for _ in range(ROUNDS):
        config = uvicorn.Config(_app(), log_level="error", lifespan="on", access_log=False)
        server = DrainingServer(config)
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            clients = [
                asyncio.create_task(_ask(url, outcomes, keeps=number % 2 == 0))
                for number in range(CLIENTS)
            ]
            enough = outcomes["answered"] + 100
            await until(lambda enough=enough: outcomes["answered"] > enough)
            server.should_exit = True
            await serving
            await asyncio.gather(*clients)

    assert outcomes.keys() == {"answered", "refused"}, outcomes
    assert outcomes["refused"] == ROUNDS * CLIENTS


async def test_draining():
    """What runs is answered; who asks on a kept connection hears that the server stops."""
    server = DrainingServer(uvicorn.Config(_app(), log_level="error", lifespan="on"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient() as client, httpx.AsyncClient() as slow:
            await client.get(f"{url}/healthz")
            running = asyncio.create_task(slow.get(f"{url}/work", params={"seconds": 0.6}))
            await asyncio.sleep(0.2)
            server.should_exit = True
            await asyncio.sleep(0.2)
            ready = await client.get(f"{url}/readyz")
            answer = await running
        await serving

    assert (ready.status_code, ready.json()["status"]) == (503, "draining")
    assert ready.headers["connection"] == "close"
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")
