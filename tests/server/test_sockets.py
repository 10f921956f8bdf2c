"""``graphql-transport-ws`` by raw frames, over real sockets: every message and every close code."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from starlette.requests import HTTPConnection
from websockets.exceptions import InvalidStatus

import gql_api as gql
from tests.server import notes, ticks
from tests.server.ticks import Watched, open_socket, until

NOTES = "{ notes { nodes { text } } }"


@dataclass
class Service:
    port: int
    server: uvicorn.Server
    watched: Watched
    database: gql.Database
    subjects: dict[str, gql.Subject]
    calls: list[str]


@pytest.fixture
async def service(
    notes_database: gql.Database, request: pytest.FixtureRequest
) -> AsyncIterator[Service]:
    """Notes with subscriptions; who asks is looked up by a token."""
    watched = Watched()
    subjects = {"Bearer staff": gql.Subject(7, frozenset({"staff"}))}
    calls: list[str] = []

    async def authenticate(connection: HTTPConnection, _database: gql.Database) -> gql.Subject:
        token = connection.headers.get("authorization", "")
        calls.append(token)
        if token == "defect":  # noqa: S105 - of this test
            message = "a secret of the server"
            raise RuntimeError(message)
        if token == "unreachable":  # noqa: S105 - of this test
            message = "a secret of the server"
            raise ConnectionError(message)
        if token and token not in subjects:
            message = "The token has expired."
            raise gql.UnauthenticatedError(message)
        return subjects.get(token, gql.ANONYMOUS)

    config = gql.ApiConfig(**getattr(request, "param", {}))
    schema = ticks.build(watched, config=config)
    app = gql.create_app(
        schema,
        database=notes_database,
        authenticate=authenticate,
        origins=["https://shop.example"],
    )
    async with ticks.served(app) as (port, server):
        yield Service(port, server, watched, notes_database, subjects, calls)


async def test_query(service: Service):
    """A query has one result, then it is complete, and its id is free again."""
    async with open_socket(service.port) as client:
        await client.init()
        for _ in range(2):
            await client.subscribe(NOTES)

            result, end = await client.receive(), await client.receive()

            assert result == {
                "id": "1",
                "type": "next",
                "payload": {"data": {"notes": {"nodes": []}}},
            }
            assert end == {"id": "1", "type": "complete"}


async def test_mutation(service: Service):
    """A mutation is committed before its result is sent."""
    mutation = 'mutation { createNote(input: {text: "milk"}) { note { text } errors { code } } }'
    async with open_socket(service.port) as client:
        await client.init()
        await client.subscribe(mutation)

        result = await client.receive()

        assert await notes.note_texts(service.database) == ["milk"]
        assert result["payload"]["data"]["createNote"]["note"] == {"text": "milk"}


async def test_subscription(service: Service):
    """Each event is a result, and the end is told."""
    async with open_socket(service.port) as client:
        await client.init()
        await client.subscribe("subscription ($n: Int!) { count(to: $n) }", variables={"n": 3})

        messages = [await client.receive() for _ in range(4)]

        assert [each.get("payload") for each in messages] == [
            {"data": {"count": 1}},
            {"data": {"count": 2}},
            {"data": {"count": 3}},
            None,
        ]
        assert messages[-1] == {"id": "1", "type": "complete"}


async def test_invalid_document(service: Service):
    """A document that is not valid ends its operation with an error, and nothing else."""
    async with open_socket(service.port) as client:
        await client.init()
        await client.subscribe("{ nothing }")
        message = await client.receive()
        await client.send(type="ping")

        assert (message["id"], message["type"]) == ("1", "error")
        assert [each["extensions"]["code"] for each in message["payload"]] == [
            "GRAPHQL_VALIDATION_FAILED"
        ]
        assert await client.receive() == {"type": "pong"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED", id="invalid"),
        pytest.param("subscription {", "GRAPHQL_PARSE_FAILED", id="syntax"),
        pytest.param("subscription { count }", "GRAPHQL_VALIDATION_FAILED", id="argument"),
        pytest.param(
            "query A { a: __typename } query B { b: __typename }",
            "OPERATION_RESOLUTION_FAILURE",
            id="two",
        ),
        pytest.param("{ " + "__typename " * 5000 + "}", "MAX_TOKENS_EXCEEDED", id="tokens"),
    ],
)
async def test_refused_document(service: Service, query: str, code: str):
    """Limits and errors of documents are those of HTTP."""
    async with open_socket(service.port) as client:
        await client.init()
        await client.subscribe(query)

        message = await client.receive()

        assert message["type"] == "error"
        assert [each["extensions"]["code"] for each in message["payload"]] == [code]


async def test_defect_in_subscription(service: Service):
    """What a subscription raises is masked; it ends."""
    async with open_socket(service.port) as client:
        await client.init()
        await client.subscribe("subscription { broken }")

        first, second = await client.receive(), await client.receive()

        assert first["payload"] == {"data": {"broken": 1}}
        assert "secret" not in str(second)
        assert second["type"] == "error"
        assert second["payload"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


async def test_field_error(service: Service):
    """An error of a field stands beside the data, masked as over HTTP."""
    async with open_socket(service.port) as client:
        await client.init()
        await client.subscribe("{ broken { text } }")

        message = await client.receive()

        assert message["type"] == "next"
        assert message["payload"]["data"] == {"broken": None}
        (error,) = message["payload"]["errors"]
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "secret" not in str(message)


async def test_complete_by_client(service: Service):
    """A subscription that the client ends is cancelled, and nothing more is told of it."""
    async with open_socket(service.port) as client:
        await client.init()
        await client.subscribe("subscription { silence }")
        await until(lambda: service.watched.running == 1)

        await client.send(type="complete", id="1")
        await until(lambda: service.watched.running == 0)
        await client.subscribe("{ __typename }")

        assert (await client.receive())["payload"] == {"data": {"__typename": "Query"}}


async def test_client_leaves(service: Service):
    """Subscriptions of a client that is gone are cancelled."""
    async with open_socket(service.port) as client:
        await client.init()
        await client.subscribe("subscription { silence }", "1")
        await client.subscribe("subscription { ticks }", "2")
        await until(lambda: service.watched.running == 2)
        client.connection.transport.abort()

    await until(lambda: service.watched.running == 0)


async def test_mutation_of_client_who_leaves(service: Service):
    """A mutation that has begun is committed, though nobody hears of it."""
    async with open_socket(service.port) as client:
        await client.init()
        await client.subscribe('mutation { addSlowly(text: "kept") { errors { code } } }')
        await asyncio.wait_for(service.watched.written.wait(), ticks.PATIENCE_S)
        client.connection.transport.abort()
    await asyncio.sleep(0.05)
    service.watched.may_go_on.set()

    async with asyncio.timeout(ticks.PATIENCE_S):
        while await notes.note_texts(service.database) != ["kept"]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("service", [{"socket_send_timeout_s": 0.3}], indirect=True)
async def test_slow_client(service: Service):
    """Who reads nothing for too long is left, and its subscription is cancelled."""
    async with open_socket(service.port, max_queue=1) as client:
        await client.init()
        client.connection.transport.pause_reading()
        await client.subscribe("subscription { large }")

        await until(lambda: service.watched.running == 1)
        await until(lambda: service.watched.running == 0)
        await until(lambda: not service.server.server_state.tasks)
        client.connection.transport.abort()


async def test_ping(service: Service):
    """A ping is answered, before the connection is acknowledged too; a pong is not."""
    async with open_socket(service.port) as client:
        await client.send(type="pong")
        await client.send(type="ping", payload={"a": 1})

        assert await client.receive() == {"type": "pong"}


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param("{", id="json"),
        pytest.param("[]", id="list"),
        pytest.param("7", id="number"),
        pytest.param("null", id="null"),
        pytest.param(b"{}", id="binary"),
        pytest.param("{}", id="no-type"),
        pytest.param('{"type": "start"}', id="legacy"),
        pytest.param('{"type": ["ping"]}', id="type-list"),
        pytest.param('{"type": "ping", "payload": 7}', id="payload"),
        pytest.param('{"type": "connection_init", "payload": []}', id="init-payload"),
        pytest.param('{"type": "subscribe", "payload": {"query": "{ a }"}}', id="no-id"),
        pytest.param('{"type": "subscribe", "id": "", "payload": {"query": "{ a }"}}', id="id"),
        pytest.param('{"type": "subscribe", "id": 1, "payload": {"query": "{ a }"}}', id="id-int"),
        pytest.param('{"type": "complete"}', id="complete"),
        pytest.param('{"type": "next", "id": "1", "payload": {}}', id="servers"),
        pytest.param('{"type": "ping", "payload": ' + '{"a":' * 100 + "1" + "}" * 101, id="deep"),
        pytest.param("[" * 100_000, id="very-deep"),
    ],
)
async def test_unknown_message(service: Service, frame: Any):
    """What the protocol does not know closes the socket with 4400 and a reason."""
    async with open_socket(service.port) as client:
        await client.connection.send(frame)

        code, reason = await client.closing()

        assert code == 4400
        assert reason


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(None, id="none"),
        pytest.param({}, id="empty"),
        pytest.param({"query": 7}, id="query"),
        pytest.param({"query": "{ a }", "variables": []}, id="variables"),
        pytest.param({"query": "{ a }", "operationName": 1}, id="name"),
        pytest.param({"query": "{ a }", "extensions": "x"}, id="extensions"),
    ],
)
async def test_malformed_subscribe(service: Service, payload: Any):
    """An operation that is none closes the socket with 4400."""
    async with open_socket(service.port) as client:
        await client.init()
        await client.send(type="subscribe", id="1", payload=payload)

        assert (await client.closing())[0] == 4400


async def test_subscribe_too_early(service: Service):
    """An operation before the acknowledgement closes the socket with 4401."""
    async with open_socket(service.port) as client:
        await client.subscribe(NOTES)

        assert await client.closing() == (4401, "Unauthorized")


@pytest.mark.parametrize(
    ("token", "code", "reason"),
    [
        pytest.param("Bearer old", 4403, "The token has expired.", id="expired"),
        pytest.param("defect", 4500, "Something went wrong on the server.", id="defect"),
        pytest.param(
            "unreachable", 1013, "The database cannot be reached: retry in a moment.", id="database"
        ),
    ],
)
async def test_not_admitted(service: Service, token: str, code: int, reason: str):
    """A connection with invalid credentials is closed with 4403; a failure has other codes."""
    async with open_socket(service.port) as client:
        await client.send(type="connection_init", payload={"Authorization": token})

        assert await client.closing() == (code, reason)


@pytest.mark.parametrize("subprotocols", [[], ["graphql-ws"], ["json"]])
async def test_subprotocol(service: Service, subprotocols: list[str]):
    """Another subprotocol, or none, is closed with 4406: Apollo's old one is not spoken."""
    async with open_socket(service.port, subprotocols=subprotocols) as client:
        code, reason = await client.closing()

        assert code == 4406
        assert "graphql-transport-ws" in reason


@pytest.mark.parametrize("service", [{"socket_init_timeout_s": 0.2}], indirect=True)
async def test_init_timeout(service: Service):
    """A client that does not introduce itself is closed with 4408, pings or not."""
    async with open_socket(service.port) as client:
        await client.send(type="ping")

        assert await client.closing() == (4408, "Connection initialisation timeout")


@pytest.mark.parametrize("service", [{"socket_init_timeout_s": 0.2}], indirect=True)
async def test_time_after_init(service: Service):
    """The timeout ends with the introduction."""
    async with open_socket(service.port) as client:
        await client.init()
        await asyncio.sleep(0.4)
        await client.send(type="ping")

        assert await client.receive() == {"type": "pong"}


async def test_id_in_use(service: Service):
    """An id that is in use closes the socket with 4409, and cancels what ran."""
    async with open_socket(service.port) as client:
        await client.init()
        await client.subscribe("subscription { silence }")
        await until(lambda: service.watched.running == 1)
        await client.subscribe(NOTES)

        assert await client.closing() == (4409, "Subscriber for 1 already exists")
    await until(lambda: service.watched.running == 0)


async def test_second_init(service: Service):
    """A second introduction closes the socket with 4429."""
    async with open_socket(service.port) as client:
        await client.init()
        await client.send(type="connection_init")

        assert await client.closing() == (4429, "Too many initialisation requests")


@pytest.mark.parametrize("service", [{"limits": gql.Limits(max_body_bytes=1000)}], indirect=True)
async def test_large_message(service: Service):
    """A message beyond the size of a body closes the socket with 1009."""
    async with open_socket(service.port) as client:
        await client.init()
        await client.subscribe("{ __typename }" + " " * 1000)

        assert await client.closing() == (1009, "A message has at most 1000 bytes.")


@pytest.mark.parametrize(
    "service", [{"limits": gql.Limits(max_socket_operations=2)}], indirect=True
)
async def test_many_operations(service: Service):
    """Operations beyond the limit are refused one by one; the others go on."""
    async with open_socket(service.port) as client:
        await client.init()
        await client.subscribe("subscription { silence }", "1")
        await client.subscribe("subscription { silence }", "2")
        await client.subscribe("{ __typename }", "3")
        refused = await client.receive()
        await client.send(type="complete", id="1")
        await client.subscribe("{ __typename }", "4")

        assert (refused["id"], refused["type"]) == ("3", "error")
        assert refused["payload"][0]["extensions"]["code"] == "MAX_SOCKET_OPERATIONS_EXCEEDED"
        assert (await client.receive())["payload"] == {"data": {"__typename": "Query"}}
        assert service.watched.running == 1


async def test_credentials(service: Service):
    """The connection's parameters hold the credentials, by the names of headers in any case."""
    async with open_socket(service.port) as client:
        await client.init(AUTHORIZATION="Bearer staff", other={"a": 1})
        await client.subscribe(NOTES)
        await client.receive()

    assert service.calls == ["Bearer staff", "Bearer staff"]


async def test_headers_of_proxies(notes_database: gql.Database):
    """Parameters replace credentials only: who is believed because of another header stays so."""
    app = gql.create_app(
        ticks.build(Watched()), database=notes_database, authenticate=notes.authenticate
    )
    async with (
        ticks.served(app) as (port, _server),
        open_socket(port) as client,
    ):
        await client.init(**{"x-user": "expired"})


async def test_token_ends(service: Service):
    """Who asks is found out for each operation: a token that ended counts no more."""
    async with open_socket(service.port) as client:
        await client.init(authorization="Bearer staff")
        del service.subjects["Bearer staff"]
        await client.subscribe(NOTES)

        message = await client.receive()

        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_role_ends(service: Service):
    """A subscription ends before the next event once a role was taken away."""
    async with open_socket(service.port) as client:
        await client.init(authorization="Bearer staff")
        await client.subscribe("subscription { ticks }")
        assert (await client.receive())["type"] == "next"
        service.subjects["Bearer staff"] = gql.Subject(7)

        while (message := await client.receive())["type"] == "next":
            pass

        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert service.watched.running == 0


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        pytest.param(None, True, id="none"),
        pytest.param("https://shop.example", True, id="named"),
        pytest.param("https://shop.example.evil", False, id="suffix"),
        pytest.param("https://evil.example", False, id="foreign"),
        pytest.param("null", False, id="null"),
        pytest.param("same", True, id="same"),
    ],
)
async def test_origin(service: Service, origin: str | None, is_allowed: bool):  # noqa: FBT001
    """Pages of foreign origins open no sockets: browsers do not ask before."""
    if origin == "same":
        origin = f"http://127.0.0.1:{service.port}"
    if is_allowed:
        async with open_socket(service.port, origin=origin) as client:
            await client.init()
        return
    with pytest.raises(InvalidStatus) as refused:
        async with open_socket(service.port, origin=origin):
            pass

    assert refused.value.response.status_code == 403
    assert b'"code":"FORBIDDEN"' in refused.value.response.body


async def test_persisted_query(service: Service):
    """Persisted queries are known to sockets and to HTTP alike."""
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    async with open_socket(service.port) as client:
        await client.init()
        await client.send(type="subscribe", id="1", payload={"extensions": persisted})

        message = await client.receive()

        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_shutdown(notes_database: gql.Database):
    """A server that stops closes its sockets with a code after which clients come again."""
    watched = Watched()
    app = gql.create_app(ticks.build(watched), database=notes_database)
    async with ticks.served(app) as (port, server), open_socket(port) as client:
        await client.init()
        await client.subscribe("subscription { silence }")
        await until(lambda: watched.running == 1)
        server.should_exit = True

        code, _ = await client.closing()

        assert code == 1012
        await until(lambda: watched.running == 0)
