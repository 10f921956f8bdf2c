"""Requests that nobody would write: none fails the server, and none is told what the driver says.

``GQL_API_FUZZ=10000`` sends as many broken ones, and a tenth of them of Schemathesis.
"""

import json
import os
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from graphql import IntValueNode, StringValueNode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fixtures.server import ServedApp
from tests.server.hostile import BODIES, DOCUMENTS

REQUESTS = int(os.environ.get("GQL_API_FUZZ", "300"))
EXAMPLES = Path(__file__).parents[2] / "examples"
NEVER = (
    *("INTERNAL_SERVER_ERROR", "Traceback", "asyncpg", "sqlalchemy", "SQLSTATE", "postgres"),
    *("syntax error at", "violates", "null value in", "invalid input syntax", "out of range for"),
)
"""What no answer says: a failure of the server, or words of the driver."""

PIECES = (
    *(b"{", b"}", b"[", b"]", b"(", b")", b'"', b":", b",", b"\\", b"\\u0000", b"\\ud800", b"\x00"),
    *(b"\xff", b"$", b"...", b"@skip(if: true)", b"null", b"true", b"-1", b"1e999", b"9" * 30),
    *(b"__typename", b"first: 100000000000", b"id: 1", b"where: {}", b"orderBy: []", b"on User"),
)
ODD_VALUES = (
    None,
    True,
    -1,
    2**40,
    1.5,
    "",
    "x",
    "\0",
    "1e999",
    [],
    [[]],
    {},
    {"eq": None},
    "é" * 300,
)
HEADERS = (
    {"content-type": "application/json"},
    {"content-type": "application/json; charset=utf-8", "accept": "text/html"},
    {"content-type": "text/plain"},
    {"content-type": "multipart/form-data"},
    {"content-type": "application/json", "accept": "application/graphql-response+json"},
    {"content-type": "application/json", "authorization": "Bearer x.y.z"},
    {"content-type": "application/json", "idempotency-key": "k"},
    {"content-type": "application/json", "content-encoding": "gzip"},
)


SCALARS = {
    "BigInt": st.integers(-(2**65), 2**65).map(str),
    "DateTime": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
    "Decimal": st.decimals().map(str),
    "JSON": st.text(),
    "UUID": st.uuids().map(str),
}
"""Texts of the scalars of the schema, within their ranges and beyond."""

for _name, _texts in SCALARS.items():
    schemathesis.graphql.scalar(
        _name,
        st.one_of(
            st.one_of(_texts, st.text()).map(lambda each: StringValueNode(value=each)),
            st.integers().map(lambda each: IntValueNode(value=str(each))),
        ),
    )


def _check(response: httpx.Response | schemathesis.Response) -> None:
    text = response.content.decode("utf-8", "replace")
    assert response.status_code < 500, text
    assert not [each for each in NEVER if each in text], text


def _operations() -> list[dict[str, Any]]:
    """Return requests of clients."""
    found = []
    for path in sorted(EXAMPLES.glob("*.graphql")):
        variables = path.with_suffix(".variables.json")
        values = json.loads(variables.read_text()) if variables.exists() else {}
        found.append({"query": path.read_text(), "variables": values})
    return found


def _broken(chosen: random.Random, body: bytes) -> bytes:
    """Change a few places of a body."""
    found = bytearray(body)
    for _ in range(chosen.randint(0, 4)):
        start = chosen.randint(0, len(found))
        end = min(len(found), start + chosen.choice((0, 0, 1, 3, 20)))
        found[start:end] = chosen.choice(PIECES)
    return bytes(found)


def _changed(chosen: random.Random, operation: dict[str, Any], words: list[str]) -> bytes:
    """Exchange a few words of a document, and values of its variables."""
    parts = re.split(r"(\w+)", operation["query"])
    for _ in range(chosen.randint(0, 3)):
        parts[chosen.randrange(1, len(parts), 2)] = chosen.choice(words)
    changed = {
        name: chosen.choice((value,) * 20 + ODD_VALUES)
        for name, value in operation["variables"].items()
    }
    return json.dumps({"query": "".join(parts), "variables": changed}).encode()


def _bodies(chosen: random.Random) -> Iterator[bytes]:
    """Yield bodies without end: changed operations, broken ones, and hostile ones."""
    operations = _operations()
    words = [word for each in operations for word in re.findall(r"\w+", each["query"])]
    hostile = [json.dumps({"query": each(3)}).encode() for each in DOCUMENTS.values()]
    hostile += [each(3) for each in BODIES.values()]
    while True:
        yield _changed(chosen, chosen.choice(operations), words)
        yield _changed(chosen, chosen.choice(operations), words)
        yield _broken(chosen, json.dumps(chosen.choice(operations)).encode())
        yield _broken(chosen, chosen.choice(hostile))


async def test_broken_requests(fuzzed_app: ServedApp):
    """Requests with some places changed, of all methods and media types, are answered or refused."""
    chosen = random.Random(1)  # noqa: S311 - nothing secret
    answered = 0
    async with httpx.AsyncClient(base_url=fuzzed_app.url, follow_redirects=True) as client:
        for body in islice(_bodies(chosen), REQUESTS):
            usual = chosen.random() < 0.8
            headers = dict(HEADERS[0] if usual else chosen.choice(HEADERS))
            if chosen.random() < 0.7:
                headers.setdefault("authorization", f"Bearer {fuzzed_app.token}")
            method = "POST" if usual else chosen.choice(("POST", "PUT", "DELETE", "GET"))
            parameters = {"query": body.decode("latin-1")[:2_000]} if method == "GET" else None
            response = await client.request(
                method, "/graphql", params=parameters, content=body, headers=headers
            )
            _check(response)
            answered += b'"data":{' in response.content
    assert answered > REQUESTS / 20


@pytest.fixture(scope="module")
def operations(fuzzed_app: ServedApp) -> list[Any]:
    """All root fields, as Schemathesis finds them by introspection."""
    schema = schemathesis.graphql.from_url(f"{fuzzed_app.url}/graphql")
    return [each.ok() for each in schema.get_all_operations()]


def test_any_operation(fuzzed_app: ServedApp, operations: list[Any]):
    """Any valid operation that Schemathesis makes of the schema is answered or refused."""
    headers = {"authorization": f"Bearer {fuzzed_app.token}"}

    @settings(
        max_examples=REQUESTS // 10,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(operations))
        case = data.draw(operation.as_strategy())
        _check(case.call(headers=headers))

    ask()
    assert len(operations) > 100
