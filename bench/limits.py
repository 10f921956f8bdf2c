"""What the limits cost a known operation, in process: pairs with and without them take turns.

A pair is one block of requests each way, in changing order; the ratio is that of the medians of CPU. Without them,
no variable is looked at and no price is worked out.
"""

import argparse
import asyncio
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import gql_api as gql
from bench.application import build_schema
from bench.run import Peers, work_folder
from bench.servers import HERE, LARGEST_PAGE
from gql_api.execution import bypass
from gql_api.server import requests

PAIRS = 30
BLOCK = 100
"""Requests of one side of a pair."""

VARIABLES: dict[str, dict[str, Any]] = {
    "Q2": {"offset": 3},
    "Q3": {"offset": 3},
    "Q5": {"minViews": 500, "offset": 3},
}


def main() -> None:
    """Print the CPU of each operation with limits and without."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    folder = Path(os.environ.get("BENCH_PEERS", HERE.parent.parent / "shared" / "bench"))
    parser.add_argument("--peers-folder", type=Path, default=folder, help="servers and data")
    peers = Peers(parser.parse_args().peers_folder.resolve(), work_folder())
    asyncio.run(_measure(peers.start()))


async def _measure(database_url: str) -> None:
    limits = gql.Limits(max_cost=100_000)
    config = gql.ApiConfig(max_page_size=LARGEST_PAGE, limits=limits)
    schema = build_schema(dialect="postgresql", config=config)
    database = gql.open_database(database_url)
    print("operation  with, us  without, us  ratio", flush=True)
    for name, variables in VARIABLES.items():
        text = (HERE / "operations" / f"{name}.graphql").read_text()
        body = json.dumps({"query": text, "variables": variables}).encode()
        ratio, limited, free = await _compare(schema, database, body, limits)
        print(f"{name:<9}  {limited:>8.0f}  {free:>11.0f}  {ratio:>5.3f}", flush=True)
    await database.dispose()


async def _compare(
    schema: gql.Schema, database: gql.Database, body: bytes, limits: gql.Limits
) -> tuple[float, float, float]:
    """Return the ratio with to without limits, and both, in microseconds of CPU per request."""

    async def run() -> float:
        started = time.process_time()
        for _ in range(BLOCK):
            operation = requests.parse_operation(body, limits)
            context = gql.Context(database, gql.ANONYMOUS, request_id="bench")
            context.takes_encoded = context.takes_body = True
            await schema.execute(
                operation.query, variable_values=operation.variables, context_value=context
            )
        return (time.process_time() - started) / BLOCK * 1e6

    async def run_free() -> float:
        with (
            patch.object(bypass, "judge_request", lambda *_: 0),
            patch.object(requests, "check_values", lambda *_, **__: None),
        ):
            return await run()

    await run()
    await run_free()
    limited, free = [], []
    for number in range(PAIRS):
        if number % 2:
            free.append(await run_free())
            limited.append(await run())
        else:
            limited.append(await run())
            free.append(await run_free())
    medians = statistics.median(limited), statistics.median(free)
    return medians[0] / medians[1], *medians


if __name__ == "__main__":
    main()
