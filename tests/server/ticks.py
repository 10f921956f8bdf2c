"""Notes with subscriptions, served on a real port, and a client that speaks raw frames."""

import asyncio
import itertools
import json
import secrets
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import strawberry
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

import gql_api as gql
from tests.server import notes

PATIENCE_S = 30


class Watched:
    """What the subscriptions of a schema tell about themselves."""

    def __init__(self) -> None:
        self.running = 0
        self.written = asyncio.Event()
        self.may_go_on = asyncio.Event()

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Count a subscription while it runs."""
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1


def build(watched: Watched, **options: Any) -> gql.Schema:
    """Make the schema of notes with subscriptions, and a mutation that takes its time."""
    classes = {"subscriptions": [_subscriptions(watched)], "mutations": [_mutations(watched)]}
    return notes.build(**classes, **options)


def _subscriptions(watched: Watched) -> type[object]:  # noqa: C901 - one after the other
    class Subscriptions:
        @strawberry.subscription
        async def count(self, to: int) -> AsyncGenerator[int, None]:
            for number in range(1, to + 1):
                yield number

        @strawberry.subscription
        async def ticks(self) -> AsyncGenerator[int, None]:
            with watched.noted():
                for number in itertools.count(1):
                    yield number
                    await asyncio.sleep(0.01)

        @strawberry.subscription
        async def large(self) -> AsyncGenerator[str, None]:
            with watched.noted():
                for _ in itertools.count():
                    yield secrets.token_hex(200_000)  # what compresses well fills no buffer

        @strawberry.subscription
        async def silence(self) -> AsyncGenerator[int, None]:
            with watched.noted():
                await asyncio.sleep(3600)
                yield 1

        @strawberry.subscription
        async def broken(self) -> AsyncGenerator[int, None]:
            yield 1
            message = "a secret of the server"
            raise RuntimeError(message)

    return Subscriptions


def _mutations(watched: Watched) -> type[object]:
    class Mutations:
        @gql.mutation
        async def add_slowly(self, info: gql.Info, text: str) -> notes.Note:
            note = notes.Note(text=text)
            info.context.session.add(note)
            await info.context.session.flush()
            watched.written.set()
            await watched.may_go_on.wait()
            return note

    return Mutations


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    """Serve an application on a free port."""
    config = uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=10)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1], server
        server.should_exit = True
        await task


class SocketClient:
    """Sends and receives messages."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def init(self, **payload: Any) -> None:
        await self.send(type="connection_init", payload=payload)
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, query: str, id_: str = "1", **payload: Any) -> None:
        await self.send(type="subscribe", id=id_, payload={"query": query, **payload})

    async def closing(self) -> tuple[int, str]:
        """Wait until the server closes, and return its code and reason."""
        with suppress(ConnectionClosed):
            while True:
                await self.receive()
        code, reason = self.connection.close_code, self.connection.close_reason
        assert code is not None
        return code, str(reason)


@asynccontextmanager
async def open_socket(
    port: int, *, subprotocols: list[Any] | None = None, **options: Any
) -> AsyncIterator[SocketClient]:
    """Open a WebSocket."""
    offered = ["graphql-transport-ws"] if subprotocols is None else subprotocols
    url = f"ws://127.0.0.1:{port}/graphql"
    async with connect(url, subprotocols=offered or None, **options) as connection:
        yield SocketClient(connection)


async def until(condition: Any) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
