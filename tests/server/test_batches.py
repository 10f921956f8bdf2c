"""Several operations in one request: off by default, and bounded as one operation is."""

import asyncio
from typing import Any

import httpx
import pytest
import strawberry

import gql_api as gql
from tests.fixtures.statements import count_statements
from tests.server import notes

COUNT = "{ folders { totalCount } }"
ADD = "mutation ($name: String!) { createFolder(input: {name: $name}) { folder { name } errors { code } } }"
JSON = {"content-type": "application/json"}


class Queries:
    @strawberry.field
    async def wait(self) -> int:
        await asyncio.sleep(60)
        return 1


def _client(database: gql.Database, *, max_cost: int = 20_000, **options: Any):
    limits = gql.Limits(max_batch_operations=3, max_cost=max_cost)
    config = gql.ApiConfig(limits=limits, **options.pop("config", {}))
    schema = gql.build_schema(notes.Base, dialect="sqlite", queries=[Queries], config=config)
    app = gql.create_app(schema, database=database, authenticate=notes.authenticate, **options)
    return notes.open_client(app)


def _adding(name: str, **further: Any) -> dict[str, Any]:
    return {"query": ADD, "variables": {"name": name}, **further}


def _codes(response: httpx.Response) -> list[str | None]:
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    return [
        each["errors"][0]["extensions"]["code"] if "errors" in each else None
        for each in response.json()
    ]


async def test_order(notes_database):
    """Operations run one after the other; one that fails undoes nothing of the others."""
    batch = [_adding("a"), {"query": COUNT}, {"query": "{ unknown }"}]
    async with _client(notes_database) as client:
        response = await client.post("/graphql", json=batch)
        again = await client.post("/graphql", json=[_adding("a"), _adding("b"), {"query": COUNT}])

    assert _codes(response) == [None, None, "GRAPHQL_VALIDATION_FAILED"]
    created, counted, _ = response.json()
    assert created == {"data": {"createFolder": {"folder": {"name": "a"}, "errors": []}}}
    assert counted == {"data": {"folders": {"totalCount": 2}}}
    taken, _, counted = again.json()
    assert taken["data"]["createFolder"]["errors"] == [{"code": "UNIQUE_VIOLATION"}]
    assert counted == {"data": {"folders": {"totalCount": 3}}}


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"[]", "BAD_REQUEST", "A batch must be a list of one or more JSON objects."),
        (b"[1]", "BAD_REQUEST", "A batch must be a list of one or more JSON objects."),
        (b"[[]]", "BAD_REQUEST", "A batch must be a list of one or more JSON objects."),
        (b'[{"query": 1}]', "BAD_REQUEST", "`query` must be a string."),
        (
            b"[{},{},{},{}]",
            "MAX_BATCH_OPERATIONS_EXCEEDED",
            "The batch has 4 operations: at most 3 are allowed.",
        ),
    ],
)
async def test_refused(notes_database, body: bytes, code: str, message: str):
    """A list that is no batch, and one with too many operations, are refused whole."""
    async with _client(notes_database) as client:
        response = await client.post("/graphql", content=body, headers=JSON)

    assert notes.refusal(response) == (400, code, message)


async def test_cost(notes_database):
    """All operations together cost no more than one may; what is beyond is not sent."""
    config = {"shows_cost": True}
    async with _client(notes_database, max_cost=20, config=config) as client:
        one = await client.post("/graphql", json={"query": COUNT})
        with count_statements(notes_database) as sent:
            response = await client.post("/graphql", json=[{"query": COUNT}] * 3)

    assert one.json()["extensions"]["cost"] == {"requested": 7, "limit": 20}
    assert _codes(response) == [None, None, "MAX_COST_EXCEEDED"]
    assert response.json()[2]["errors"][0]["message"] == (
        "The batch costs 21 points up to here: at most 20 are allowed. Send fewer operations at once."
    )
    assert len(sent) == 2


async def test_cost_of_mutations(notes_database):
    """A mutation beyond the cost of its batch writes nothing."""
    async with _client(notes_database, max_cost=50) as client:
        response = await client.post("/graphql", json=[_adding("a"), _adding("b")])
        left = await client.post("/graphql", json={"query": COUNT})

    assert _codes(response) == [None, "MAX_COST_EXCEEDED"]
    assert left.json()["data"] == {"folders": {"totalCount": 2}}


async def test_rates(notes_database):
    """Each operation counts as a request."""
    rates = gql.RequestRates(counter=gql.RateCounter(), requests=gql.Rate(2, 60))
    async with _client(notes_database, rates=rates) as client:
        response = await client.post("/graphql", json=[{"query": COUNT}] * 3)

    assert _codes(response) == [None, None, "RATE_LIMITED"]


async def test_deadline(notes_database):
    """The deadline is that of the whole batch."""
    batch = [{"query": COUNT}, {"query": "{ wait }"}, {"query": "{ wait }"}]
    async with _client(notes_database, config={"request_timeout_s": 0.5}) as client:
        response = await client.post("/graphql", json=batch)

    assert _codes(response) == [None, "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"]


async def test_credentials(notes_database):
    """Whose credentials are invalid is told so once."""
    async with _client(notes_database) as client:
        batch = [{"query": COUNT}] * 2
        response = await client.post("/graphql", json=batch, headers={"x-user": "expired"})

    assert notes.refusal(response) == (401, "UNAUTHENTICATED", "The token has expired.")


async def test_idempotency_key(notes_database):
    """The header stands for one operation."""
    async with _client(notes_database) as client:
        response = await client.post(
            "/graphql", json=[_adding("a")], headers={"idempotency-key": "1"}
        )

    assert notes.refusal(response)[:2] == (400, "BAD_REQUEST")
