from collections.abc import AsyncIterator

import httpx
import pytest

import gql_api as gql
from tests.server import notes
from tests.server.notes import refusal

JSON = {"content-type": "application/json"}
TOO_DEEP = "The request nests more than 64 objects or lists in each other: use fewer."
NOT_AN_OBJECT = "The request body must be one JSON object."
INVALID = "The request body is not valid JSON."
NO_QUERY = "The request has no query: send the GraphQL document as `query`."
UNSUPPORTED = "Send the request as application/json in UTF-8, without a content encoding."


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b"", INVALID, id="nothing"),
        pytest.param(b"{", INVALID, id="half an object"),
        pytest.param(b"\xff\xfe", INVALID, id="invalid UTF-8"),
        pytest.param(b'{"query":"\xff"}', INVALID, id="invalid UTF-8 within"),
        pytest.param(b'{"query":"\\ud800"}', INVALID, id="lone surrogate"),
        pytest.param(b'{"query":"{a}","variables":{"a":NaN}}', INVALID, id="no JSON number"),
        pytest.param(b"null", NOT_AN_OBJECT, id="null"),
        pytest.param(b"1", NOT_AN_OBJECT, id="number"),
        pytest.param(b'"x"', NOT_AN_OBJECT, id="string"),
        pytest.param(b"[]", NOT_AN_OBJECT, id="empty batch"),
        pytest.param(b'[{"query":"{__typename}"}]', NOT_AN_OBJECT, id="batch"),
        pytest.param(b"{}", NO_QUERY, id="no query"),
        pytest.param(b'{"query":null}', NO_QUERY, id="null query"),
        pytest.param(b'{"query":""}', NO_QUERY, id="empty query"),
        pytest.param(b'{"query":1}', "`query` must be a string.", id="query"),
        pytest.param(
            b'{"query":"{a}","operationName":{}}', "`operationName` must be a string.", id="name"
        ),
        pytest.param(
            b'{"query":"{a}","variables":[1]}', "`variables` must be an object.", id="variables"
        ),
        pytest.param(
            b'{"query":"{a}","extensions":"x"}', "`extensions` must be an object.", id="extensions"
        ),
    ],
)
async def test_malformed_body(client, body, message, accept):
    """A body that is no request is refused alike under both media types, never by a 500."""
    response = await client.post("/graphql", content=body, headers={**JSON, "accept": accept})

    assert refusal(response) == (400, "BAD_REQUEST", message)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        pytest.param({}, NO_QUERY, id="no query"),
        pytest.param({"query": ""}, NO_QUERY, id="empty query"),
        pytest.param(
            {"query": "{a}", "variables": "{"},
            "The parameter variables is not valid JSON.",
            id="invalid JSON",
        ),
        pytest.param(
            {"query": "{a}", "variables": "[]"}, "`variables` must be an object.", id="variables"
        ),
        pytest.param(
            {"query": "{a}", "extensions": "1"}, "`extensions` must be an object.", id="extensions"
        ),
    ],
)
async def test_malformed_parameters(client, parameters, message):
    """Parameters that are no request are refused."""
    response = await client.get("/graphql", params=parameters)

    assert refusal(response) == (400, "BAD_REQUEST", message)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({"content-type": "text/plain"}, id="text"),
        pytest.param({"content-type": "application/x-www-form-urlencoded"}, id="form"),
        pytest.param({"content-type": "multipart/form-data; boundary=x"}, id="upload"),
        pytest.param({"content-type": "text/plain; x=application/json"}, id="hidden JSON"),
        pytest.param({"content-type": "application/json; charset=utf-16"}, id="charset"),
        pytest.param({**JSON, "content-encoding": "gzip"}, id="encoding"),
    ],
)
async def test_other_content(client, headers):
    """Only JSON in UTF-8 is read: nothing that a form of a foreign page could send."""
    response = await client.post("/graphql", content=b'{"query":"{__typename}"}', headers=headers)

    assert refusal(response) == (415, "UNSUPPORTED_MEDIA_TYPE", UNSUPPORTED)


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
async def test_charset(client, content_type):
    """A content type may name its charset, in any case."""
    response = await client.post(
        "/graphql", content=b'{"query":"{__typename}"}', headers={"content-type": content_type}
    )

    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 100_000, id="list that does not end"),
        pytest.param(b'{"a":' * 5_000 + b"1" + b"}" * 5_000, id="object beyond the parser"),
        pytest.param(b"[" * 65 + b"]" * 65, id="list one too deep"),
        pytest.param(
            b'{"query":"{a}","variables":{"w":' + b'{"not":' * 900 + b"{}" + b"}" * 902,
            id="variables",
        ),
        pytest.param(
            b'{"query":"{a}","extensions":{"e":' + b"[" * 100 + b"]" * 100 + b"}}",
            id="extensions",
        ),
    ],
)
async def test_deep_json(client, body):
    """JSON that nests too deeply is refused, however deep it is."""
    response = await client.post("/graphql", content=body, headers=JSON)

    assert refusal(response) == (400, "MAX_JSON_DEPTH_EXCEEDED", TOO_DEEP)


async def test_deep_parameters(client):
    """Parameters are limited as bodies are."""
    parameters = {"query": "{a}", "variables": '{"w":' * 100 + "1" + "}" * 100}

    response = await client.get("/graphql", params=parameters)

    assert refusal(response) == (400, "MAX_JSON_DEPTH_EXCEEDED", TOO_DEEP)


@pytest.fixture
async def narrow(notes_database) -> AsyncIterator[httpx.AsyncClient]:
    """A client that may send 100 bytes."""
    config = gql.ApiConfig(limits=gql.Limits(max_body_bytes=100))
    app = gql.create_app(notes.build(config=config), database=notes_database)
    async with notes.open_client(app) as client:
        yield client


async def test_body_of_the_greatest_size(narrow):
    """A body may be as large as is allowed."""
    body = b'{"query":"{__typename}"}'.ljust(100)

    response = await narrow.post("/graphql", content=body, headers=JSON)

    assert response.json() == {"data": {"__typename": "Query"}}


async def test_large_body(narrow):
    """A larger one is refused by its announced length."""
    response = await narrow.post("/graphql", content=b" " * 101, headers=JSON)

    message = "The request has 101 bytes or more: send at most 100."
    assert refusal(response) == (413, "PAYLOAD_TOO_LARGE", message)


async def test_large_body_in_pieces(narrow):
    """A body without an announced length is read no further than is allowed."""
    sent = []

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            sent.append(60)
            yield b" " * 60

    response = await narrow.post("/graphql", content=pieces(), headers=JSON)

    message = "The request has 120 bytes or more: send at most 100."
    assert refusal(response) == (413, "PAYLOAD_TOO_LARGE", message)
    assert sum(sent) == 120


async def test_absurd_length(narrow):
    """An announced length of many digits is no defect."""
    headers = {**JSON, "content-length": "9" * 5_000}

    response = await narrow.post("/graphql", content=b'{"query":"{__typename}"}', headers=headers)

    assert response.json() == {"data": {"__typename": "Query"}}


async def test_large_parameters(narrow):
    """Parameters are as large as a body at most."""
    response = await narrow.get("/graphql", params={"query": "{__typename}" + " " * 100})

    assert response.status_code == 413
