"""What callers are told of a schema: by configuration and role, and never more."""

import functools
from typing import Any, get_args

import httpx
import pytest
from graphql import get_introspection_query

import gql_api as gql
from gql_api.app.main import application
from gql_api.config import Introspection
from tests.fixtures.demo import Demo
from tests.server import notes

WHOLE = get_introspection_query()
ONE = '{ t: __type(name: "ApiKey") { name } }'
HIDDEN_IN_FRAGMENT = "{ ...F } fragment F on Query { ... { s: __schema { queryType { name } } } }"
MIXED = "{ __schema { queryType { name } } me { username } }"
SUBJECTS = {
    "anonymous": gql.ANONYMOUS,
    "author": gql.Subject(1, frozenset({"author"})),
    "admin": gql.Subject(3, frozenset({"admin"})),
    "trusted": gql.UNRESTRICTED,
}


@functools.cache
def schema_of(**options: Any) -> gql.Schema:
    """Build the application's schema once per configuration."""
    return application.build_schema(dialect="sqlite", config=gql.ApiConfig(**options))


async def ask(demo: Demo, schema: gql.Schema, who: str, text: str) -> Any:
    """Run an operation twice, cold and warm; return data and codes, which are the same."""
    found = []
    for _ in range(2):
        context = gql.Context(demo.database, SUBJECTS[who])
        result = await schema.execute(text, context_value=context)
        codes = [(each.extensions or {})["code"] for each in result.errors or ()]
        found.append((result.data, codes))
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize("who", SUBJECTS)
@pytest.mark.parametrize("mode", get_args(Introspection))
@pytest.mark.parametrize("text", [WHOLE, ONE, HIDDEN_IN_FRAGMENT], ids=["whole", "one", "fragment"])
async def test_who_is_told(sqlite_shared_demo: Demo, mode: Introspection, who: str, text: str):
    """Each mode tells the schema to whom it says, whatever the document looks like."""
    data, codes = await ask(sqlite_shared_demo, schema_of(introspection=mode), who, text)

    is_admin = who in {"admin", "trusted"}
    is_told = mode in {"all", "own"} or (mode == "admins" and is_admin)
    assert (data is not None, codes) == (is_told, [] if is_told else ["FORBIDDEN"])
    if text == ONE and is_told:
        assert data == {"t": {"name": "ApiKey"} if mode != "own" or is_admin else None}


@pytest.mark.parametrize("who", ["anonymous", "author"])
async def test_own_part(sqlite_shared_demo: Demo, who: str):
    """A caller is told what their role can reach: no name of a model that is closed."""
    schema = schema_of(introspection="own")

    data, _ = await ask(sqlite_shared_demo, schema, who, WHOLE)

    names = {each["name"] for each in data["__schema"]["types"]}
    # an operation written by hand belongs to no model
    assert {name for name in names if "ApiKey" in name} == {"RevokeApiKeyPayload"}
    assert "apiKey" not in str(data)
    assert "apiKeys" in schema.as_str()
    assert "Post" in names


async def test_roles_do_not_share_answers(sqlite_shared_demo: Demo):
    """What an administrator was told is not told to the next one who asks the same."""
    schema = schema_of(introspection="own")

    told = [
        "ApiKeyFilter" in str(await ask(sqlite_shared_demo, schema, who, WHOLE))
        for who in ("admin", "author", "admin", "anonymous")
    ]

    assert told == [True, False, True, False]


@pytest.mark.parametrize("who", SUBJECTS)
async def test_mixed_with_data(sqlite_shared_demo: Demo, who: str):
    """The executor knows the whole schema: nobody else gets both from it."""
    data, codes = await ask(sqlite_shared_demo, schema_of(introspection="own"), who, MIXED)

    is_admin = who in {"admin", "trusted"}
    assert (data is not None, codes) == (is_admin, [] if is_admin else ["FORBIDDEN"])


@pytest.mark.parametrize("mode", get_args(Introspection))
async def test_data_is_free(sqlite_shared_demo: Demo, mode: Introspection):
    """Names of types that clients ask for beside data are told in every mode."""
    text = "{ __typename posts(first: 1) { __typename nodes { __typename } } }"

    data, codes = await ask(sqlite_shared_demo, schema_of(introspection=mode), "anonymous", text)

    assert codes == []
    assert data["posts"]["nodes"] == [{"__typename": "Post"}]


@pytest.mark.parametrize("who", SUBJECTS)
async def test_suggestions(sqlite_shared_demo: Demo, who: str):
    """Where suggestions are off, administrators get them all the same."""
    schema = application.build_schema(dialect="sqlite", config=PRODUCTION)
    context = gql.Context(sqlite_shared_demo.database, SUBJECTS[who])

    result = await schema.execute("{ apiKey { nodes { name } } }", context_value=context)

    message = str((result.errors or [])[0].message)
    assert ("Did you mean" in message) == (who in {"admin", "trusted"})


PRODUCTION = gql.ApiConfig.for_production()


def test_preset():
    """The preset of production closes; what is named wins."""
    assert (PRODUCTION.introspection, PRODUCTION.shows_suggestions) == ("admins", False)
    assert gql.ApiConfig.for_production(introspection="own").introspection == "own"


@pytest.mark.parametrize(
    ("mode", "statuses"),
    [
        ("all", (200, 200, 200)),
        ("own", (200, 200, 200)),
        ("admins", (401, 403, 200)),
        ("none", (403, 403, 403)),
    ],
)
async def test_text(sqlite_shared_demo: Demo, mode: Introspection, statuses: tuple[int, ...]):
    """The schema as text is told to the same callers as introspection."""
    schema = schema_of(introspection=mode)
    subjects = [SUBJECTS[who] for who in ("anonymous", "author", "admin")]

    async def authenticate(connection: Any, database: gql.Database) -> gql.Subject:
        return subjects[int(connection.headers["who"])]

    app = gql.create_app(schema, database=sqlite_shared_demo.database, authenticate=authenticate)
    async with notes.open_client(app) as client:
        answers = [
            await client.get("/schema.graphql", headers={"who": str(number)}) for number in range(3)
        ]
        again = await client.get(
            "/schema.graphql",
            headers={"who": "2", "if-none-match": answers[2].headers.get("etag", "")},
        )

    assert tuple(each.status_code for each in answers) == statuses
    told = [each.text for each in answers if each.status_code == 200]
    assert all(_is_private(each) == (mode != "all") for each in answers if each.status_code == 200)
    if mode == "own":
        assert ["apiKeys" in each for each in told] == [False, False, True]
    assert again.status_code == (304 if statuses[2] == 200 else 403)


def _is_private(response: httpx.Response) -> bool:
    return (
        "private" in response.headers["cache-control"]
        and "Authorization" in response.headers["vary"]
    )


@pytest.mark.parametrize(
    ("options", "is_there"),
    [
        ({"is_development": True}, True),
        ({"is_development": False}, False),
        ({"is_development": False, "has_graphiql": True}, True),
        ({"is_development": True, "has_graphiql": False}, False),
    ],
)
async def test_graphiql(sqlite_shared_demo: Demo, options: dict[str, bool], is_there: bool):  # noqa: FBT001 - a case
    """GraphiQL is there in development, unless it is said; nothing else leads to it."""
    app = gql.create_app(schema_of(), database=sqlite_shared_demo.database, **options)
    async with notes.open_client(app) as client:
        page = await client.get("/graphiql/")
        links = (await client.get("/")).json()["links"]
        endpoint = await client.get("/graphql", headers={"accept": "text/html"})

    assert page.status_code == (200 if is_there else 404)
    assert ("graphiql" in links) == is_there
    assert (endpoint.status_code == 307) == is_there
