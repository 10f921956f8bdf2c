"""The command, run in this process where that is enough, and as a process where it serves."""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest

from gql_api.app.signing import signing
from gql_api.cli.main import main
from gql_api.settings import Settings

START_SECONDS = 60
STOP_SECONDS = 20
PROGRAM = str(Path(sys.executable).parent / "gql-api")

SHOP = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="customer")


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer] = relationship(back_populates="orders")
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Command:
    """Runs the command in this process, in a folder of its own and without settings."""

    folder: Path
    _monkeypatch: pytest.MonkeyPatch = field(repr=False)
    _capture: pytest.CaptureFixture[str] = field(repr=False)

    def __call__(self, *arguments: str, **environment: str) -> Outcome:
        """Run it to its end."""
        self._monkeypatch.setattr(sys, "argv", ["gql-api", *arguments])
        for name, text in environment.items():
            self._monkeypatch.setenv(name, text)
        with _ended_in_time(), pytest.raises(SystemExit) as ended:
            main()
        captured = self._capture.readouterr()
        return Outcome(int(ended.value.code or 0), captured.out, captured.err)

    def write_module(self, name: str, text: str = SHOP) -> str:
        """Write a module into the folder, and give its name."""
        (self.folder / f"{name}.py").write_text(text)
        return name


@contextmanager
def _ended_in_time() -> Iterator[None]:
    """Fail a command that serves where it should have refused to."""

    def fail(_signal: int, _frame: FrameType | None) -> None:
        pytest.fail(f"the command does not end within {START_SECONDS} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(START_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """The command; what it changes in the process is put back."""
    for name in list(os.environ):
        if name.startswith("GQL_API_") or name in {"DATABASE_URL", "HOST", "PORT"}:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    root, on_sigterm = logging.getLogger(), signal.getsignal(signal.SIGTERM)
    handlers, level = root.handlers[:], root.level
    modules = set(sys.modules)
    signing.cache_clear()

    yield Command(tmp_path, monkeypatch, capsys)

    signing.cache_clear()
    root.handlers[:] = handlers
    root.setLevel(level)
    signal.signal(signal.SIGTERM, on_sigterm)
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            base = getattr(sys.modules.pop(name), "Base", None)
            if base is not None:
                # Else its half-collected classes would fail the next configuration of mappers.
                base.registry.dispose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The defaults, with a data folder of the test's own."""
    return Settings(data_dir=tmp_path / "data", database_url=None)


@pytest.fixture
def shop_url(command: Command) -> str:
    """The address of an SQLite file with the tables of the module ``shop``."""
    command.write_module("shop")
    url = f"sqlite:///{command.folder / 'shop.db'}"
    assert command("db", "create", "--models", "shop:Base", "--database", url).status == 0
    return url


class Serving:
    """A running ``gql-api``."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], environment: Mapping[str, str]):
        names = {"DATABASE_URL", "HOST", "PORT"}
        kept = {
            name: text
            for name, text in os.environ.items()
            if name not in names and not name.startswith("GQL_API_")
        }
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._paths = [folder / f"{self.port}.{name}" for name in ("out", "err")]
        self._files = [path.open("wb") for path in self._paths]
        self.process = subprocess.Popen(  # noqa: S603 - the arguments are this suite's own
            [PROGRAM, *arguments, "--port", str(self.port)],
            cwd=folder,
            env={**kept, **environment},
            stdin=subprocess.DEVNULL,
            stdout=self._files[0],
            stderr=self._files[1],
        )

    @property
    def out(self) -> str:
        """What it printed."""
        return self._paths[0].read_text()

    @property
    def err(self) -> str:
        """What it logged."""
        return self._paths[1].read_text()

    def wait_until_ready(self) -> "Serving":
        """Wait until requests can be served."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.err
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).is_success:
                    return self
            except httpx.TransportError:
                time.sleep(0.1)
        pytest.fail(f"not ready: {self.err}")

    def ask(self, query: str, **headers: str) -> Any:
        """Send a query, and give its data."""
        answer = httpx.post(
            f"{self.url}/graphql", json={"query": query}, headers=headers, timeout=30
        ).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def stop(self) -> int:
        """Ask it to end, and give its exit status."""
        self.process.terminate()
        return self.wait()

    def kill(self) -> None:
        """End it without a chance to clean up."""
        self.process.kill()
        self.process.wait()

    def wait(self) -> int:
        """Wait for its end, and give its exit status."""
        return self.process.wait(STOP_SECONDS)

    def close(self) -> None:
        """End it by all means."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        for file in self._files:
            file.close()


@pytest.fixture
def serving_folder() -> Iterator[Path]:
    """A folder for processes and their embedded server.

    Not one of pytest's: the embedded server's user must be able to pass through it.
    """
    folder = Path(tempfile.mkdtemp(prefix="gql-api-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start_serving(serving_folder: Path) -> Iterator[Callable[..., Serving]]:
    """A function that starts the command as a process; all are ended at the end."""
    started: list[Serving] = []

    def start(*arguments: str, **environment: str) -> Serving:
        started.append(Serving(serving_folder, arguments, environment))
        return started[-1]

    yield start

    for serving in started:
        serving.close()


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
