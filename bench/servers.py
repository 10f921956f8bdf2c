"""Servers of gql_api that are measured: each a process of its own, as an operator would start it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

HERE = Path(__file__).parent
POOL_SIZE = 10
LARGEST_PAGE = 5000
"""Rows of Q6."""

_START_S = 90
_STOP_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server that is measured."""

    name: str
    """In tables and plots."""

    label: str
    """For readers."""

    application: str = "bench.application:application"
    operations: str = "operations"
    """Folder of its documents, beside this module."""

    is_sqlite: bool = False
    """Whether it reads a copy of the data; it is not asked to write then."""

    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Environment beside the common one."""


TARGETS = (
    Target(name="gql_api", label="gql_api"),
    Target(name="gql_api_rows", label="rows path", settings={"GQL_API_JSON_PATH": "off"}),
    Target(name="gql_api_sqlite", label="SQLite", is_sqlite=True),
    Target(
        name="gql_api_resolvers",
        label="resolvers path",
        application="bench.custom:application",
        operations="resolver_operations",
    ),
    Target(
        name="gql_api_policies",
        label="policies on all types",
        application="bench.guarded:application",
    ),
)
"""gql_api as it is, on each of the slower paths, and with policies."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that listens."""

    url: str
    """Of its GraphQL endpoint."""

    process: subprocess.Popen[bytes]


@contextmanager
def serving(target: Target, database_url: str, log: Path) -> Iterator[RunningServer]:
    """Serve a target until the block ends: one process, with the peers' pool.

    Only the sizes of pages and of operations are raised, for Q6; every check is on.

    Raises:
        SystemExit: It does not start.
    """
    environment = {
        "GQL_API_POOL_SIZE": str(POOL_SIZE),
        "GQL_API_MAX_OVERFLOW": "0",
        "GQL_API_MAX_PAGE_SIZE": str(LARGEST_PAGE),
        "GQL_API_MAX_COST": "100000",
        "GQL_API_LOG_LEVEL": "warning",
        **target.settings,
    }
    with serving_application(target.application, database_url, environment, log) as server:
        yield server


@contextmanager
def serving_application(
    application: str, database_url: str, settings: Mapping[str, str], log: Path
) -> Iterator[RunningServer]:
    """Serve an application on a free port until the block ends.

    Raises:
        SystemExit: It does not start.
    """
    port = _free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "PYTHONPATH": str(HERE.parent),
        **settings,
    }
    command = Path(sys.executable).with_name("gql-api")
    with log.open("wb") as output, ExitStack() as stack:
        process = subprocess.Popen(
            [command, "serve", "--app", application, "--port", str(port)],
            cwd=HERE.parent,
            env=environment,
            stdout=output,
            stderr=output,
        )
        stack.callback(_stop, process)
        _wait(process, port, log)
        yield RunningServer(f"http://127.0.0.1:{port}/graphql", process)


def named_targets(names: Sequence[str]) -> list[Target]:
    """Find targets by name.

    Raises:
        SystemExit: There is none of a name.
    """
    known = {target.name: target for target in TARGETS}
    unknown = [name for name in names if name not in known]
    if unknown:
        message = f"There is no target {unknown[0]}: choose of {', '.join(known)}."
        raise SystemExit(message)
    return [known[name] for name in names]


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    message = f"The server did not start: see {log}."
    raise SystemExit(message)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
