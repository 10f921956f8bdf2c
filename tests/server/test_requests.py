import pytest

from tests.server.notes import refusal

JSON = {"content-type": "application/json"}
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
        pytest.param(b"[" * 100_000, INVALID, id="deep list"),
        pytest.param(b'{"a":' * 5_000 + b"1" + b"}" * 5_000, INVALID, id="deep object"),
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


async def test_deep_variables(client):
    """Variables that are valid JSON but nested beyond use are refused, not a defect."""
    depth = 900
    body = '{"query":"query($w: NoteFilter) { notes(where: $w) { totalCount } }","variables":{"w":'
    body += '{"not":' * depth + "{}" + "}" * depth + "}}"

    response = await client.post("/graphql", content=body, headers=JSON)

    assert refusal(response) == (200, "BAD_USER_INPUT", "Variable values are nested too deeply.")
