"""What never reaches the application: malformed requests, and heads that are too large."""

import asyncio
import json

import pytest
from fastapi import FastAPI

from gql_api.cli.http_protocol import MAX_HEAD_BYTES
from tests.fixtures.served import served

LONG = b"x" * MAX_HEAD_BYTES
MANY = b"".join(b"a%d: %s\r\n" % (number, b"x" * 1000) for number in range(70))
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
TOO_LARGE = (431, "HEADERS_TOO_LARGE")
MALFORMED = (400, "BAD_REQUEST")


def _app() -> FastAPI:
    app = FastAPI()

    @app.api_route("/", methods=["GET", "POST"])
    async def answer(body: str = "") -> str:
        return f"fine{body}"

    return app


async def _ask(port: int, *parts: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send parts, one after the other; return status, headers and body of the first answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(20):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        body = await reader.readexactly(int(headers["content-length"]))
    writer.close()
    return int(status.split()[1]), headers, body


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((b"no HTTP at all\r\n\r\n",), MALFORMED),
        ((POST + b"Content-Length: many\r\n\r\n",), MALFORMED),
        ((POST + b"Transfer-Encoding: chunked\r\n\r\nno number\r\n",), MALFORMED),
        ((b"GET /" + LONG + b" HTTP/1.1\r\n\r\n",), TOO_LARGE),
        ((POST + MANY + b"\r\n",), TOO_LARGE),
        ((POST + b"Cookie: " + LONG + b"\r\n\r\n",), TOO_LARGE),
        ((POST + b"Cookie: ", LONG[:40_000], LONG[:40_000]), TOO_LARGE),
        ((POST + MANY[:40_000], MANY[40_000:]), TOO_LARGE),
    ],
    ids=["words", "length", "chunk", "address", "headers", "header", "endless", "slow"],
)
async def test_refused(parts, expected):
    """The answer is JSON in GraphQL's form, and the last one of its connection."""
    async with served(_app()) as port:
        status, headers, body = await _ask(port, *parts)

    (error,) = json.loads(body)["errors"]
    assert (status, error["extensions"]["code"]) == expected
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["connection"] == "close"
    assert headers["x-request-id"] == error["extensions"]["requestId"]


async def test_served():
    """A head within the bound is served, whatever comes with it."""
    large = POST + b"Cookie: " + LONG[:60_000] + b"\r\nContent-Length: 90000\r\n\r\n"
    small = POST + b"Content-Length: 200000\r\n\r\n" + b"x" * 200_000
    async with served(_app()) as port:
        answers = [
            await _ask(port, large + b"x" * 90_000),
            await _ask(port, large, b"x" * 90_000),
            await _ask(port, small),
        ]

    assert [(status, body) for status, _, body in answers] == [(200, b'"fine"')] * 3
