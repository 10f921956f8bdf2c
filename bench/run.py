"""Measure gql_api beside the peers, in one interleaved run, and print ratios.

The peers, their data and the runner that measures are a folder of their own: ``--peers-folder``.
Its ``setup.sh`` is run once; it needs npm and wrk. Everything big lives in ``$BENCH_WORK``.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PORT = 8300
POOL_SIZE = 10
LARGEST_PAGE = 5000
"""Rows of Q6."""


def main() -> int:
    """Run the benchmark and print its tables."""
    options = _parse_options()
    folder: Path = options.peers_folder.resolve()
    if not (folder / "run.py").exists():
        print(f"{folder} holds no run.py: pass --peers-folder.", file=sys.stderr)
        return 2
    work = Path(os.environ.get("BENCH_WORK") or Path(tempfile.gettempdir()) / "bench-work")
    environment = {**os.environ, "BENCH_WORK": str(work)}
    python = work / "pgvenv" / "bin" / "python"
    if not python.exists():
        subprocess.run([folder / "setup.sh"], check=True, env=environment)
    subprocess.run([python, folder / "pg.py", "start"], check=True, env=environment)
    results = work / "gql_api.json"
    server = _start_server(_database_url(python, folder, environment), work / "gql_api.log")
    try:
        subprocess.run(
            [python, folder / "run.py", *_runner_options(options, results)],
            check=True,
            cwd=folder,
            env=environment,
        )
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)
    print(_tables(json.loads(results.read_text())["results"]))
    return 0


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers-folder", type=Path, default=HERE.parents[1] / "shared" / "bench")
    parser.add_argument("--peers", default="limit,rest,strawberry_hand,postgraphile")
    parser.add_argument("--operations", default="Q1,Q2,Q3,Q4,Q5,Q6,M1")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="of one slice")
    parser.add_argument("--max-offset", type=int, default=900, help="10 pages shallowly")
    return parser.parse_args()


def _runner_options(options: argparse.Namespace, results: Path) -> list[str]:
    return [
        f"--peers={options.peers}",
        f"--ops={options.operations}",
        f"--rounds={options.rounds}",
        f"--seconds={options.seconds}",
        f"--max-offset={options.max_offset}",
        f"--target=gql_api=http://127.0.0.1:{PORT}/graphql",
        f"--dialect=gql_api={HERE / 'operations'}",
        f"--json={results}",
    ]


def _database_url(python: Path, folder: Path, environment: Mapping[str, str]) -> str:
    found = subprocess.run(
        [python, "-c", "import benchenv; print(benchenv.DSN)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
    )
    return str(found.stdout).strip()


def _start_server(database_url: str, log: Path) -> subprocess.Popen[bytes]:
    """Start one process with the peers' pool; only the page size is raised."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "PORT": str(PORT),
        "GQL_API_POOL_SIZE": str(POOL_SIZE),
        "GQL_API_MAX_OVERFLOW": "0",
        "GQL_API_MAX_PAGE_SIZE": str(LARGEST_PAGE),
        "GQL_API_LOG_LEVEL": "warning",
    }
    command = Path(sys.executable).with_name("gql-api")
    with log.open("wb") as output:
        server = subprocess.Popen(
            [command, "serve", "--app", "bench.application:application"],
            cwd=HERE.parent,
            env=environment,
            stdout=output,
            stderr=output,
        )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                return server
        time.sleep(0.2)
    server.kill()
    message = f"The server did not start: see {log}."
    raise SystemExit(message)


def _tables(results: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Write two tables in Markdown: CPU of one request, and requests per second, as ratios."""
    peers = list(next(iter(results.values())))
    others = [name for name in peers if name != "gql_api"]
    lines = []
    for title, column in (
        ("CPU of the server per request: gql_api to the peer", "app_cpu_ms"),
        ("Requests per second: gql_api to the peer", "rps"),
    ):
        lines += ["", f"{title}", "", f"| peer | {' | '.join(results)} |"]
        lines.append(f"| --- |{' ---: |' * len(results)}")
        for name in others:
            cells = [_ratio(rows, name, column) for rows in results.values()]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _ratio(rows: Mapping[str, Mapping[str, Any]], name: str, column: str) -> str:
    if name not in rows or "gql_api" not in rows:
        return "-"
    return f"{rows['gql_api'][column] / rows[name][column]:.2f}"


if __name__ == "__main__":
    sys.exit(main())
