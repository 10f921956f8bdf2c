"""Hostile requests of many classes, of growing sizes: none reaches the database or breaks the server."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

import gql_api as gql
from tests.fixtures.statements import count_statements
from tests.server import notes
from tests.server.hostile import BODIES, DOCUMENTS, FILTER, VARIABLES

HEADERS = {"content-type": "application/json"}
SIZES = (60, 120, 240)


@pytest.fixture
async def calm(notes_database: gql.Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with the default limits; a statement is an error."""
    app = gql.create_app(notes.build(), database=notes_database)
    async with notes.open_client(app) as client:
        with count_statements(notes_database) as sent:
            yield client
        assert sent == []


def _codes(response: httpx.Response) -> list[str]:
    """Return the codes of an answer that is no failure of the server."""
    assert response.status_code < 500, response.text[:500]
    assert len(response.content) < 50_000
    return [each["extensions"]["code"] for each in response.json().get("errors", ())]


async def _post(client: httpx.AsyncClient, body: bytes) -> list[str]:
    return _codes(await client.post("/graphql", content=body, headers=HEADERS))


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_documents(calm: httpx.AsyncClient, name: str):
    """A hostile document is refused, or asks for nothing that is stored."""
    for size in SIZES:
        text = DOCUMENTS[name](size)

        codes = await _post(calm, json.dumps({"query": text}).encode())

        assert "INTERNAL_SERVER_ERROR" not in codes
        assert codes or name in {"fragments spread twice at each level", "directives of fields"}


@pytest.mark.parametrize("name", VARIABLES)
async def test_variables(calm: httpx.AsyncClient, name: str):
    """Hostile variables are refused."""
    for size in SIZES:
        variables = {"w": VARIABLES[name](size)}

        codes = await _post(calm, json.dumps({"query": FILTER, "variables": variables}).encode())

        assert codes
        assert "INTERNAL_SERVER_ERROR" not in codes


@pytest.mark.parametrize("name", BODIES)
async def test_bodies(calm: httpx.AsyncClient, name: str):
    """A hostile body is refused."""
    for size in SIZES:
        codes = await _post(calm, BODIES[name](size))

        assert codes
        assert "INTERNAL_SERVER_ERROR" not in codes


def test_classes():
    """There are many classes, each with documents of several sizes."""
    classes = len(DOCUMENTS) + len(VARIABLES) + len(BODIES)

    assert classes >= 60
    assert classes * len(SIZES) >= 180
