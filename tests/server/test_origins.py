"""Which pages of other origins may read answers."""

import httpx
import pytest

import gql_api as gql
from tests.server import notes

SHOP = "https://shop.example"
QUERY = {"query": "{ folders { nodes { name } } }"}


def preflight(origin: str, headers: str = "content-type,authorization") -> dict[str, str]:
    """Make the headers that a browser asks with."""
    return {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": headers,
    }


async def ask(database: gql.Database, *origins: str, by: str) -> httpx.Response:
    """Send a query from a page of an origin."""
    app = gql.create_app(notes.build(), database=database, origins=origins)
    async with notes.open_client(app) as client:
        return await client.post("/graphql", json=QUERY, headers={"origin": by})


@pytest.mark.parametrize(
    ("origins", "by", "shown"),
    [
        ((), SHOP, None),
        ((SHOP,), SHOP, SHOP),
        ((SHOP,), f"{SHOP}.evil.example", None),
        ((SHOP,), "null", None),
        ((SHOP, "http://localhost:3000"), "http://localhost:3000", "http://localhost:3000"),
        (("*",), SHOP, "*"),
    ],
)
async def test_origins(
    notes_database: gql.Database, origins: tuple[str, ...], by: str, shown: str | None
):
    """Answers may be read by pages of the origins that are named, and never with cookies."""
    answer = await ask(notes_database, *origins, by=by)

    assert answer.json() == {"data": {"folders": {"nodes": [{"name": "inbox"}]}}}
    assert answer.headers.get("access-control-allow-origin") == shown
    assert "access-control-allow-credentials" not in answer.headers


async def test_preflight(notes_database: gql.Database):
    """A browser is told what it may send; to others it is refused with JSON."""
    app = gql.create_app(notes.build(), database=notes_database, origins=[SHOP])
    async with notes.open_client(app) as client:
        allowed = await client.options("/graphql", headers=preflight(SHOP))
        foreign = await client.options("/graphql", headers=preflight("https://evil.example"))
        header = await client.options("/graphql", headers=preflight(SHOP, "x-other"))

    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == SHOP
    assert [each.status_code for each in (foreign, header)] == [403, 403]
    assert foreign.json()["errors"][0]["message"] == "Disallowed CORS origin."
    assert "access-control-allow-origin" not in foreign.headers


async def test_failure(notes_database: gql.Database):
    """What fails can be read as well."""
    app = gql.create_app(notes.build(), database=notes_database, origins=[SHOP])
    async with notes.open_client(app) as client:
        answer = await client.get("/nowhere", headers={"origin": SHOP})

    assert answer.status_code == 404
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert answer.headers["access-control-expose-headers"] == "X-Request-Id, Retry-After"


@pytest.mark.parametrize("origin", ["shop.example", f"{SHOP}/", f"{SHOP}/page", "ftp://x", ""])
def test_no_origin(notes_database: gql.Database, origin: str):
    """What is no origin would allow nobody: it is refused at once."""
    with pytest.raises(gql.ConfigurationError, match="is no origin"):
        gql.create_app(notes.build(), database=notes_database, origins=[origin])


def test_any_beside_others(notes_database: gql.Database):
    """All origins and one more is a mistake."""
    with pytest.raises(gql.ConfigurationError, match="alone"):
        gql.create_app(notes.build(), database=notes_database, origins=["*", SHOP])
