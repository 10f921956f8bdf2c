"""Documents that are found by their ids."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

import gql_api as gql
from gql_api.server.persisted import DocumentStore
from gql_api.server.requests import OperationRequest
from tests.server import notes
from tests.server.notes import refusal

QUERY = "{ folders { nodes { name } } }"
HASH = hashlib.sha256(QUERY.encode()).hexdigest()
OTHER = "{ __typename }"
FOUND = {"data": {"folders": {"nodes": [{"name": "inbox"}]}}}
MUTATION = 'mutation { createNote(input: {text: "new"}) { note { text } } }'

Open = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def open_client(notes_database: gql.Database) -> Open:
    """Opens clients of applications with persisted documents."""

    def open_one(**options: Any) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        documents = gql.PersistedDocuments(**options)
        app = gql.create_app(notes.build(), database=notes_database, documents=documents)
        return notes.open_client(app)

    return open_one


@pytest.fixture
async def safe_client(open_client: Open) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that runs trusted documents alone."""
    trusted = {"list": QUERY, HASH: QUERY, "add": MUTATION}
    async with open_client(trusted=trusted, only_trusted=True) as client:
        yield client


def persisted(key: str = HASH, **content: Any) -> dict[str, Any]:
    """Make a request with a hash."""
    return {**content, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": key}}}


def parameters(content: dict[str, Any]) -> dict[str, str]:
    """Make the parameters of a GET request."""
    return {
        key: value if isinstance(value, str) else orjson.dumps(value).decode()
        for key, value in content.items()
    }


async def test_persisted_query(client: httpx.AsyncClient):
    """A text that was sent with its hash is found by the hash alone, by POST and GET."""
    unknown = await client.post("/graphql", json=persisted())
    told = await client.post("/graphql", json=persisted(query=QUERY))
    posted = await client.post("/graphql", json=persisted())
    got = await client.get("/graphql", params=parameters(persisted()))

    assert refusal(unknown) == (200, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    assert [each.json() for each in (told, posted, got)] == [FOUND] * 3


async def test_persisted_variables(client: httpx.AsyncClient):
    """A persisted query takes variables and a name of its operation."""
    text = "query A { __typename } query B($n: Int!) { folders(first: $n) { nodes { name } } }"
    key = hashlib.sha256(text.encode()).hexdigest()
    await client.post("/graphql", json=persisted(key, query=text, operationName="A"))

    found = await client.post(
        "/graphql", json=persisted(key, operationName="B", variables={"n": 1})
    )

    assert found.json() == FOUND


async def test_wrong_hash(client: httpx.AsyncClient):
    """A text is not kept under the hash of another."""
    refused = await client.post("/graphql", json=persisted(query=OTHER))
    unknown = await client.post("/graphql", json=persisted())

    message = "The sha256Hash of `extensions.persistedQuery` is not that of the query."
    assert refusal(refused) == (400, "BAD_REQUEST", message)
    assert refusal(unknown)[1] == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    "extension", ["x", {}, {"version": 2, "sha256Hash": HASH}, {"version": 1, "sha256Hash": 1}]
)
async def test_malformed_extension(client: httpx.AsyncClient, extension: Any):
    """What is no persisted query is refused, though a text comes with it."""
    content = {"query": QUERY, "extensions": {"persistedQuery": extension}}

    refused = await client.post("/graphql", json=content)

    message = "`extensions.persistedQuery` must hold version 1 and a sha256Hash."
    assert refusal(refused) == (400, "BAD_REQUEST", message)


async def test_not_kept(open_client: Open):
    """Where nothing is kept, clients are told to send texts."""
    async with open_client(keeps_queries=False) as client:
        told = await client.post("/graphql", json=persisted(query=QUERY))
        refused = await client.post("/graphql", json=persisted())

    assert told.json() == FOUND
    assert refusal(refused) == (200, "PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")


async def test_mutation_by_get(client: httpx.AsyncClient, notes_database: gql.Database):
    """A persisted mutation is not run by GET."""
    key = hashlib.sha256(MUTATION.encode()).hexdigest()

    refused = await client.get("/graphql", params=parameters(persisted(key, query=MUTATION)))

    assert refused.status_code == 405
    assert await notes.note_texts(notes_database) == []


@pytest.mark.parametrize("key", ["list", "sha256:list"])
async def test_document_id(open_client: Open, key: str):
    """A trusted document is found by its id, by POST and GET; others run as ever."""
    async with open_client(trusted={"list": QUERY}) as client:
        posted = await client.post("/graphql", json={"documentId": key})
        got = await client.get("/graphql", params={"documentId": key})
        other = await client.post("/graphql", json={"query": OTHER})

    assert posted.json() == got.json() == FOUND
    assert other.json() == {"data": {"__typename": "Query"}}


async def test_unknown_document_id(safe_client: httpx.AsyncClient):
    """An id that is in no manifest is refused, and so is one with a text."""
    unknown = await safe_client.post("/graphql", json={"documentId": "x"})
    both = await safe_client.post("/graphql", json={"documentId": "list", "query": QUERY})

    message = "No trusted document has this `documentId`."
    assert refusal(unknown) == (400, "DOCUMENT_NOT_FOUND", message)
    assert refusal(both)[:2] == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "content",
    [
        {"documentId": "list"},
        {"query": QUERY},
        {"query": QUERY, "variables": {}},
        persisted(),
        persisted(query=QUERY),
    ],
)
async def test_trusted(safe_client: httpx.AsyncClient, content: dict[str, Any]):
    """A trusted document is run, however it is named."""
    found = await safe_client.post("/graphql", json=content)

    assert found.json() == FOUND


@pytest.mark.parametrize(
    "content",
    [
        {"query": OTHER},
        {"query": OTHER, "variables": {}},
        {"query": f"{QUERY} "},
        {"query": "{ __schema { types { name } } }"},
        persisted(hashlib.sha256(OTHER.encode()).hexdigest(), query=OTHER),
    ],
)
async def test_not_trusted(safe_client: httpx.AsyncClient, content: dict[str, Any]):
    """Other documents are refused, by POST and GET, introspection too; none is kept."""
    posted = await safe_client.post("/graphql", json=content)
    got = await safe_client.get("/graphql", params=parameters(content))
    unknown = await safe_client.post("/graphql", json=persisted("0" * 64))

    expected = (400, "DOCUMENT_NOT_TRUSTED", "Only trusted documents are run here.")
    assert refusal(posted) == refusal(got) == expected
    assert refusal(unknown)[1] == "PERSISTED_QUERY_NOT_SUPPORTED"


async def test_trusted_mutation(safe_client: httpx.AsyncClient, notes_database: gql.Database):
    """A trusted mutation is written."""
    await safe_client.post("/graphql", json={"documentId": "add"})

    assert await notes.note_texts(notes_database) == ["new"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("{", "Syntax Error", id="syntax"),
        pytest.param("{ nothing }", "Cannot query field 'nothing'", id="unknown field"),
        pytest.param("{ a " * 40 + "{ b }" + " }" * 40, "at most 30", id="limit"),
    ],
)
def test_invalid_document(notes_database: gql.Database, text: str, reason: str):
    """A trusted document that cannot be run is found before anything is served."""
    documents = gql.PersistedDocuments(trusted={"good": QUERY, "bad": text})

    with pytest.raises(gql.ConfigurationError, match="trusted document bad cannot") as caught:
        gql.create_app(notes.build(), database=notes_database, documents=documents)

    assert reason in str(caught.value)


def test_nothing_trusted():
    """A server that answers nothing is refused."""
    with pytest.raises(gql.ConfigurationError, match="there are none"):
        gql.PersistedDocuments(only_trusted=True)


def test_manifests(tmp_path: Path):
    """Manifests of both forms are read together."""
    (tmp_path / "codegen.json").write_text('{"sha256:a": "{ a }"}')
    (tmp_path / "relay.json").write_text('{"b": "{ b }"}')

    found = gql.read_manifests([tmp_path / "codegen.json", tmp_path / "relay.json"])

    assert found == {"a": "{ a }", "b": "{ b }"}


@pytest.mark.parametrize("content", [None, "{", "[]", '{"a": 1}'])
def test_bad_manifest(tmp_path: Path, content: str | None):
    """A file that is no manifest is named."""
    path = tmp_path / "manifest.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(gql.ConfigurationError, match=r"manifest\.json"):
        gql.read_manifests([path])


def test_memory():
    """The texts that were not used for longest are forgotten; one that is too long is not kept."""
    store = DocumentStore(gql.PersistedDocuments(max_characters=20))
    texts = ["{ aaaaaa }", "{ bbbbbb }", "{ cccccc }", "{ d" + "d" * 30 + " }"]
    keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]

    def ask(at: int, query: str = "") -> str:
        extensions = persisted(keys[at])["extensions"]
        return store.resolve(OperationRequest(query, None, None, extensions)).query

    for at in (0, 1):
        ask(at, texts[at])
    ask(0)
    for at in (2, 3):
        ask(at, texts[at])

    assert [ask(0), ask(2)] == [texts[0], texts[2]]
    for at in (1, 3):
        with pytest.raises(gql.ApiError, match="PersistedQueryNotFound"):
            ask(at)
