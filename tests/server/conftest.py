from collections.abc import AsyncIterator

import httpx
import pytest

import gql_api as gql
from tests.server import notes


@pytest.fixture
async def notes_database(sqlite: gql.Database) -> gql.Database:
    """A database with the tables of notes and one folder."""
    return await notes.create_tables(sqlite)


@pytest.fixture
async def client(notes_database: gql.Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application that serves notes."""
    app = gql.create_app(
        notes.build(), database=notes_database, authenticate=notes.authenticate, title="Notes"
    )
    async with notes.open_client(app) as client:
        yield client
