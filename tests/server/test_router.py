import logging

import pytest
from fastapi import FastAPI
from sqlalchemy import event
from strawberry.extensions import SchemaExtension

import gql_api as gql
from tests.fixtures.statements import count_statements
from tests.server import notes
from tests.server.notes import only_error, refusal

JSON = "application/json"
MODERN = "application/graphql-response+json"
CREATE = 'mutation Add { createNote(input: {text: "new"}) { note { text } errors { message } } }'
MASKED = "Something went wrong on the server."


async def test_query(client):
    """A query is answered with its data alone, which nobody keeps."""
    response = await client.post("/graphql", json={"query": "{ folders { nodes { name } } }"})

    assert response.status_code == 200
    assert response.json() == {"data": {"folders": {"nodes": [{"name": "inbox"}]}}}
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["vary"] == "Accept"
    assert response.headers["cache-control"] == "no-store"


async def test_variables_and_operation_name(client):
    """The named operation runs with its variables."""
    query = "query A { __typename } query B($n: Int!) { folders(first: $n) { nodes { name } } }"
    content = {"query": query, "operationName": "B", "variables": {"n": 1}, "extensions": {"a": 1}}

    response = await client.post("/graphql", json=content)

    assert response.json() == {"data": {"folders": {"nodes": [{"name": "inbox"}]}}}


async def test_mutation(client, notes_database):
    """A mutation is written when its answer arrives."""
    response = await client.post("/graphql", json={"query": CREATE})

    assert response.json() == {"data": {"createNote": {"note": {"text": "new"}, "errors": []}}}
    assert await notes.note_texts(notes_database) == ["new"]


async def test_commit_before_answer(notes_database):
    """The transaction of a mutation is committed before the first byte of the answer."""
    app = gql.create_app(notes.build(), database=notes_database)
    transcript: list[str] = []
    event.listen(
        notes_database.write_engine.sync_engine, "commit", lambda _: transcript.append("commit")
    )

    async with notes.open_client(app, transcript=transcript) as client:
        response = await client.post("/graphql", json={"query": CREATE})

    assert response.status_code == 200
    assert transcript == ["commit", "http.response.start", "http.response.body"]


@pytest.mark.parametrize("accept", [JSON, MODERN])
async def test_media_type(client, accept):
    """The answer has the media type that was asked for."""
    content = {"query": "{ __typename }"}

    response = await client.post("/graphql", json=content, headers={"accept": accept})

    assert response.status_code == 200
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert response.json() == {"data": {"__typename": "Query"}}


async def test_several_accept_lines(client):
    """All lines of the header count."""
    headers = [("accept", "text/plain"), ("accept", MODERN)]

    response = await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)

    assert response.headers["content-type"] == f"{MODERN}; charset=utf-8"


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (MODERN, 400)])
@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        pytest.param(
            {"query": "{"},
            "GRAPHQL_PARSE_FAILED",
            "Syntax Error: Expected Name, found <EOF>.",
            id="parse",
        ),
        pytest.param(
            {"query": "{ nothing }"},
            "GRAPHQL_VALIDATION_FAILED",
            "Cannot query field 'nothing' on type 'Query'.",
            id="validation",
        ),
        pytest.param(
            {
                "query": "query ($n: Int) { notes(first: $n) { totalCount } }",
                "variables": {"n": ""},
            },
            "BAD_USER_INPUT",
            "Variable '$n' has invalid value: Int cannot represent non-integer value.",
            id="variables",
        ),
        pytest.param(
            {"query": "{ __typename }", "operationName": "Other"},
            "OPERATION_RESOLUTION_FAILURE",
            "The document has no operation named 'Other'.",
            id="unknown operation",
        ),
        pytest.param(
            {"query": "query A { __typename } query B { __typename }"},
            "OPERATION_RESOLUTION_FAILURE",
            "The document has several operations or none: name one in `operationName`.",
            id="several operations",
        ),
        pytest.param(
            {"query": "fragment F on Query { __typename }"},
            "OPERATION_RESOLUTION_FAILURE",
            "The document has several operations or none: name one in `operationName`.",
            id="no operation",
        ),
        pytest.param(
            {"query": "{a" * 5000},
            "GRAPHQL_PARSE_FAILED",
            "Syntax Error: Document is nested too deeply. Parsing aborted.",
            id="deep document",
        ),
    ],
)
async def test_error_before_execution(client, content, code, message, accept, status):
    """Nothing runs: no data, a status by media type, one error with a code."""
    response = await client.post("/graphql", json=content, headers={"accept": accept})

    assert refusal(response) == (status, code, message)
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"


@pytest.mark.parametrize("accept", [JSON, MODERN])
async def test_error_of_a_field(client, accept, caplog):
    """An error beside data is a success of HTTP; what nobody expected is masked and logged once."""
    content = {"query": "{ broken { text } folders { totalCount } }"}

    response = await client.post("/graphql", json=content, headers={"accept": accept})

    assert response.status_code == 200
    assert response.json()["data"] == {"broken": None, "folders": {"totalCount": 1}}
    error = only_error(response)
    assert error["message"] == MASKED
    assert error["path"] == ["broken"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert record.request_id == error["extensions"]["requestId"]
    assert "a secret of the server" in str(record.exc_info)
    assert "secret" not in response.text


async def test_query_by_get(client):
    """A query may come by GET, its variables as JSON."""
    query = "query A($n: Int!) { folders(first: $n) { nodes { name } } }"
    parameters = {"query": query, "variables": '{"n": 1}', "operationName": "A", "extensions": ""}

    response = await client.get("/graphql", params=parameters)

    assert response.status_code == 200
    assert response.json() == {"data": {"folders": {"nodes": [{"name": "inbox"}]}}}


@pytest.mark.parametrize("accept", [JSON, MODERN])
async def test_mutation_by_get(client, notes_database, accept):
    """A mutation by GET is refused, and writes nothing."""
    response = await client.get("/graphql", params={"query": CREATE}, headers={"accept": accept})

    message = "Mutations are not run by GET: send them by POST."
    assert refusal(response) == (405, "METHOD_NOT_ALLOWED", message)
    assert response.headers["allow"] == "POST"
    assert await notes.note_texts(notes_database) == []


async def test_subscription(client):
    """A subscription is refused as one answer."""
    response = await client.post("/graphql", json={"query": "subscription { a }"})

    message = "Subscriptions are run over WebSockets, and for text/event-stream."
    assert refusal(response) == (400, "BAD_REQUEST", message)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_method(client, method):
    """Other methods are refused with those that are served."""
    response = await client.request(method, "/graphql")

    assert refusal(response) == (405, "METHOD_NOT_ALLOWED", "Method Not Allowed.")
    assert sorted(response.headers["allow"].split(", ")) == ["GET", "POST"]


@pytest.mark.parametrize("root_path", ["", "/behind"])
async def test_browser(notes_database, root_path):
    """A browser is sent to GraphiQL with what it asked for."""
    app = gql.create_app(notes.build(), database=notes_database)
    headers = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

    async with notes.open_client(app, root_path=root_path) as client:
        response = await client.get(f"{root_path}/graphql?query=%7Ba%7D", headers=headers)

    assert response.status_code == 307
    assert response.headers["location"] == f"{root_path}/graphiql/?query=%7Ba%7D"
    assert response.headers["vary"] == "Accept"


async def test_invalid_credentials(client):
    """Credentials that do not hold are refused before anything runs."""
    response = await client.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"x-user": "expired"}
    )

    assert refusal(response) == (401, "UNAUTHENTICATED", "The token has expired.")
    assert response.headers["www-authenticate"] == "Bearer"


async def test_defect_outside_of_graphql(client, caplog):
    """A defect before the operation is masked, and logged with its reference."""
    response = await client.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"x-user": "defect"}
    )

    assert refusal(response) == (500, "INTERNAL_SERVER_ERROR", MASKED)
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert record.request_id == response.headers["x-request-id"]
    assert record.exc_info[0] is RuntimeError


async def test_unreachable_database(client):
    """A database that is away is told as such, and when to come back."""
    response = await client.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"x-user": "unreachable"}
    )

    message = "The database cannot be reached: retry in a moment."
    assert refusal(response) == (503, "SERVICE_UNAVAILABLE", message)
    assert response.headers["retry-after"] == "1"


class Exploding(SchemaExtension):
    async def on_execute(self):
        message = "a secret of the server"
        raise RuntimeError(message)
        yield


@pytest.mark.parametrize("accept", [JSON, MODERN])
async def test_defect_around_the_operation(notes_database, accept):
    """A defect of an extension is masked too, and is no answer to rely on."""
    app = gql.create_app(notes.build(extensions=[Exploding]), database=notes_database)

    async with notes.open_client(app) as client:
        response = await client.post(
            "/graphql", json={"query": "{ __typename }"}, headers={"accept": accept}
        )

    assert refusal(response) == (500, "INTERNAL_SERVER_ERROR", MASKED)


async def test_own_application(notes_database):
    """The route works in any FastAPI application that has a database, errors included."""
    app = FastAPI()
    app.include_router(gql.graphql_router(notes.build(), path="/api/graphql"))

    async with notes.open_client(app) as client:
        without = await client.post("/api/graphql", json={"query": "{ __typename }"})
        app.state.database = notes_database
        response = await client.post("/api/graphql", json={"query": "{ folders { totalCount } }"})
        malformed = await client.get("/api/graphql", headers={"accept": "text/html"})

    assert refusal(without) == (500, "INTERNAL_SERVER_ERROR", MASKED)
    assert response.json() == {"data": {"folders": {"totalCount": 1}}}
    message = "The request has no query: send the GraphQL document as `query`."
    assert refusal(malformed) == (400, "BAD_REQUEST", message)


async def test_log_line(client, notes_database, caplog):
    """One line stands for an operation: what it was, what it cost."""
    caplog.set_level(logging.INFO, "gql_api.server.endpoint")
    query = "query Inbox { folders { nodes { notes { totalCount } } } broken { text } }"

    with count_statements(notes_database) as sent:
        response = await client.post("/graphql", json={"query": query})

    (record,) = [each for each in caplog.records if each.name == "gql_api.server.endpoint"]
    assert record.getMessage() == "operation"
    assert record.operation_name == "Inbox"
    assert record.operation_type == "query"
    assert record.statements == len(sent) == 2
    assert record.error_codes == ["INTERNAL_SERVER_ERROR"]
    assert record.request_id == response.headers["x-request-id"]
    assert record.duration_ms > 0


async def test_log_line_of_what_never_ran(client, caplog):
    """An invalid document is logged with what is known of it."""
    caplog.set_level(logging.INFO, "gql_api.server.endpoint")

    await client.post("/graphql", json={"query": "query A { b }", "operationName": "A"})

    (record,) = [each for each in caplog.records if each.name == "gql_api.server.endpoint"]
    assert (record.operation_name, record.operation_type) == ("A", None)
    assert record.statements == 0
    assert record.error_codes == ["GRAPHQL_VALIDATION_FAILED"]


async def test_shown_cost(notes_database):
    """The cost of an operation stands in its answer where the configuration says so."""
    app = gql.create_app(
        notes.build(config=gql.ApiConfig(shows_cost=True)), database=notes_database
    )

    async with notes.open_client(app) as client:
        response = await client.post("/graphql", json={"query": "{ notes { totalCount } }"})

    assert response.json() == {
        "data": {"notes": {"totalCount": 0}},
        "extensions": {"cost": {"requested": 7, "limit": 20000}},
    }
