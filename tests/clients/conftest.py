"""Runs the npm projects of `clients/`: installs them once, skips or fails where Node is missing."""

import asyncio
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

CLIENTS = Path(__file__).parents[2] / "clients"
INSTALL_SECONDS = 300
RUN_SECONDS = 180


@dataclass(frozen=True, slots=True)
class NodeClient:
    """One installed npm project."""

    folder: Path

    async def run(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a script of the project with Node; the event loop goes on meanwhile."""
        return await asyncio.to_thread(self._run, arguments, environment or {})

    def _run(
        self, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        with lock_client(self.folder):
            return subprocess.run(  # noqa: S603  # the arguments are this suite's own
                ["node", *arguments],  # noqa: S607  # Node is where PATH says
                cwd=self.folder,
                env={**os.environ, "NO_COLOR": "1", **environment},
                capture_output=True,
                text=True,
                timeout=RUN_SECONDS,
                check=False,
            )


@contextmanager
def lock_client(folder: Path) -> Iterator[None]:
    """Keep parallel workers from writing into one project at once."""
    with (folder / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def skip_unless_required(kind: str, reason: str) -> NoReturn:
    """Skip, or fail where GQL_API_TEST_REQUIRE lists this kind of test."""
    if kind in os.environ.get("GQL_API_TEST_REQUIRE", "").replace(",", " ").split():
        pytest.fail(f"{kind} tests are required here, but {reason}")
    pytest.skip(reason)


def install_client(
    name: str, *, kind: str, programs: tuple[str, ...] = ("node", "npm")
) -> NodeClient:
    """Install an npm project of `clients/` from its lock, unless it is installed already."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        skip_unless_required(kind, f"{' and '.join(missing)} cannot be found")
    folder = CLIENTS / name
    with lock_client(folder):
        # npm writes this file when everything else is in place.
        if not (folder / "node_modules" / ".package-lock.json").exists():
            install = subprocess.run(
                ["npm", "ci", "--no-audit", "--no-fund"],  # noqa: S607  # Node is where PATH says
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
            if install.returncode != 0:
                last_line = (install.stderr.strip().splitlines() or ["it says nothing"])[-1]
                skip_unless_required(kind, f"`npm ci` in clients/{name} fails: {last_line}")
    return NodeClient(folder)


@pytest.fixture(scope="session")
def browser_client() -> NodeClient:
    """The driver of a real browser."""
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return install_client("browser", kind="browser", programs=("node", "npm", chromium))


@pytest.fixture(scope="session")
def codegen_client() -> NodeClient:
    """A TypeScript front end."""
    return install_client("codegen", kind="clients")


@pytest.fixture(scope="session")
def relay_client() -> NodeClient:
    """A Relay application."""
    return install_client("relay", kind="clients")


@pytest.fixture(scope="session")
def transports_client() -> NodeClient:
    """Clients that people use, and what they speak."""
    return install_client("transports", kind="clients")
