"""The code of ``docs/http.md`` runs as it stands."""

import re
from pathlib import Path
from typing import Any

import pytest

import gql_api as gql
from tests.server import notes, ticks

_PAGE = Path(__file__).parents[2] / "docs" / "http.md"


def run_block(number: int, **names: Any) -> dict[str, Any]:
    """Run one of the page's Python examples; return its names."""
    blocks = re.findall(r"```python\n(.*?)```", _PAGE.read_text(), re.DOTALL)
    names = {"__name__": __name__, **names}
    exec(compile(blocks[number], f"{_PAGE.name}, example {number}", "exec"), names)  # noqa: S102 - our own page
    return names


@pytest.fixture
async def notes_database(sqlite: gql.Database) -> gql.Database:
    """A database with the tables of notes and one folder."""
    return await notes.create_tables(sqlite)


async def test_origins(notes_database: gql.Database) -> None:
    """Pages of an origin that is named may read answers."""
    url = notes_database.url.render_as_string(hide_password=False)
    names = run_block(0, Base=notes.Base, DATABASE_URL=url)

    async with notes.open_client(names["app"]) as client:
        answer = await client.get("/healthz", headers={"origin": "https://shop.example"})

    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


async def test_websockets(notes_database: gql.Database) -> None:
    """The subscription of the page counts down over a WebSocket."""
    url = notes_database.url.render_as_string(hide_password=False)
    names = run_block(1, Base=notes.Base, DATABASE_URL=url)

    async with ticks.served(names["app"]) as (port, _server), ticks.open_socket(port) as client:
        await client.init()
        await client.subscribe("subscription { countdown(start: 2) }")
        messages = [await client.receive() for _ in range(3)]

    assert [each.get("payload") for each in messages] == [
        {"data": {"countdown": 2}},
        {"data": {"countdown": 1}},
        None,
    ]


async def test_trusted_documents(
    notes_database: gql.Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents of a manifest are run, and no others."""
    (tmp_path / "persisted-documents.json").write_text(
        '{"sha256:1f": "{ folders { totalCount } }"}'
    )
    monkeypatch.chdir(tmp_path)
    url = notes_database.url.render_as_string(hide_password=False)
    names = run_block(2, Base=notes.Base, DATABASE_URL=url)

    async with notes.open_client(names["app"]) as client:
        trusted = await client.post("/graphql", json={"documentId": "sha256:1f"})
        other = await client.post("/graphql", json={"query": "{ __typename }"})

    assert trusted.json() == {"data": {"folders": {"totalCount": 1}}}
    assert notes.refusal(other)[1] == "DOCUMENT_NOT_TRUSTED"


async def test_route(notes_database: gql.Database) -> None:
    """A plain route writes, and a test can send it to a database in memory."""
    url = notes_database.url.render_as_string(hide_password=False)
    names = run_block(3, Base=notes.Base, Note=notes.Note, DATABASE_URL=url)
    async with notes.open_client(names["app"]) as client:
        assert (await client.post("/notes/kept")).json() == 1

    memory = run_block(4, **names)["memory"]
    await notes.create_tables(memory)
    async with notes.open_client(names["app"]) as client:
        assert (await client.post("/notes/remembered")).json() == 1

    assert await notes.note_texts(notes_database) == ["kept"]
    assert await notes.note_texts(memory) == ["remembered"]
    await memory.dispose()


async def test_own_application(notes_database: gql.Database) -> None:
    """The endpoint answers in an application of one's own."""
    url = notes_database.url.render_as_string(hide_password=False)
    names = run_block(5, Base=notes.Base, DATABASE_URL=url)

    async with notes.open_client(names["app"]) as client:
        response = await client.post("/graphql", json={"query": "{ folders { totalCount } }"})

    assert response.json() == {"data": {"folders": {"totalCount": 1}}}
