"""API keys: made, kept as digests, found, revoked."""

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from starlette.requests import HTTPConnection

import gql_api as gql
from tests.fixtures.statements import count_statements

KEYS = sa.Table(
    "key",
    sa.MetaData(),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("role", sa.String(20)),
)


async def find(digest: str, database: gql.Database) -> gql.Subject | None:
    """Find a service by the digest of its key."""
    statement = sa.select(KEYS.c.role).where(KEYS.c.digest == digest)
    async with database.read_connection() as connection:
        role = await connection.scalar(statement)
    return None if role is None else gql.Subject("service", frozenset({role}))


async def somebody(_connection: HTTPConnection, _database: gql.Database) -> gql.Subject:
    """Find out who asks in another way."""
    return gql.Subject(7)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[gql.Database]:
    """A database with a table for keys."""
    opened = gql.open_database(database_url)
    async with opened.write_engine.begin() as connection:
        await connection.run_sync(KEYS.metadata.create_all)
    yield opened
    await opened.dispose()


async def keep(database: gql.Database, key: str) -> None:
    """Keep a key of the role staff."""
    async with gql.unit_of_work(database) as unit:
        row = {"digest": gql.api_key_digest(key), "role": "staff"}
        await unit.session.execute(sa.insert(KEYS).values(row))


def request(**headers: str) -> HTTPConnection:
    """Make a request with headers."""
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": "http", "headers": named})


async def test_key(database: gql.Database):
    """A key that is kept gives its subject, in one statement; one that is revoked none at once."""
    key = gql.new_api_key()
    await keep(database, key)
    authenticate = gql.api_key_authenticator(find)

    with count_statements(database) as sent:
        subject = await authenticate(request(x_api_key=key), database)

    assert subject == gql.Subject("service", frozenset({"staff"}))
    assert len(sent) == 1
    async with gql.unit_of_work(database) as unit:
        await unit.session.execute(sa.delete(KEYS))
    with pytest.raises(gql.UnauthenticatedError, match=r"^The API key is not valid\.$"):
        await authenticate(request(x_api_key=key), database)


@pytest.mark.parametrize("key", ["", "x", "gqk_", "gqk_" + "é" * 43, "gqk_" + "a" * 44, " "])
async def test_no_key(key: str):
    """What is no key is refused without a statement."""
    nowhere = gql.open_database("sqlite:///nowhere.db")
    headers = [(b"x-api-key", key.encode("latin-1"))]
    connection = HTTPConnection({"type": "http", "headers": headers})

    with pytest.raises(gql.UnauthenticatedError, match=r"^The API key is not valid\.$"):
        await gql.api_key_authenticator(find)(connection, nowhere)


async def test_without_the_header():
    """Without a key somebody else is asked; by default the caller is anonymous."""
    nowhere = gql.open_database("sqlite:///nowhere.db")

    assert await gql.api_key_authenticator(find)(request(), nowhere) == gql.ANONYMOUS
    assert await gql.api_key_authenticator(find, somebody)(request(), nowhere) == gql.Subject(7)


async def test_both_headers():
    """A key and a token are one too many, whatever they are worth."""
    nowhere = gql.open_database("sqlite:///nowhere.db")
    asked = request(x_api_key=gql.new_api_key(), authorization="Bearer x")

    with pytest.raises(gql.UnauthenticatedError, match="Send one of them"):
        await gql.api_key_authenticator(find, somebody)(asked, nowhere)


def test_new_keys():
    """No two keys are the same, and nothing of a key is in its digest."""
    one, two = gql.new_api_key(), gql.new_api_key()

    assert one != two
    assert len(one) == 47
    assert len(gql.api_key_digest(one)) == 64
    assert gql.api_key_digest(one) != gql.api_key_digest(two)
