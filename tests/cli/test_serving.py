"""Real processes: started, killed, reloaded and stopped, and what they find again."""

import json
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import PROGRAM, SHOP, START_SECONDS, Serving

Start = Callable[..., Serving]

SAMPLE = """
query Sample {
  posts(
    first: 2
    where: { tags: { some: { name: { eq: "python" } } } }
    orderBy: [{ createdAt: DESC }]
  ) {
    totalCount
    nodes { title author { username } tags(first: 3) { nodes { name } } }
  }
}
"""
CUSTOMERS = "{ customers { nodes { name } } }"


@pytest.fixture
def shop(serving_folder: Path) -> tuple[str, ...]:
    """Options to serve a shop with one customer, in SQLite."""
    (serving_folder / "shop.py").write_text(SHOP)
    with closing(sqlite3.connect(serving_folder / "shop.db")) as connection, connection:
        connection.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        connection.execute(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, "
            "customer_id INTEGER NOT NULL REFERENCES customers (id))"
        )
        connection.execute("INSERT INTO customers (name) VALUES ('Ada')")
    return ("--models", "shop:Base", "--database", "sqlite:///shop.db")


def processes(word: Path) -> list[str]:
    """List the processes that mention a path."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode()
        except OSError:
            continue  # it has just ended
        if str(word) in words:
            found.append(words)
    return found


def logged(serving: Serving) -> list[dict[str, Any]]:
    """Read the log lines."""
    return [json.loads(line) for line in serving.err.splitlines()]


def wait_until_refused(url: str) -> None:
    """Wait until nobody listens any more."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/healthz", timeout=5)
        except httpx.ConnectError:
            return
        except httpx.TransportError:
            pass  # answered by a process that is ending
        time.sleep(0.1)
    pytest.fail("somebody listens still")


def wait_for_log(serving: Serving, text: str) -> None:
    """Wait until a text is logged."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if text in serving.err:
            return
        time.sleep(0.1)
    pytest.fail(f"{text!r} is not in: {serving.err}")


def test_demo(start_serving: Start, serving_folder: Path):
    """The demo is set up once; what is written outlives a kill; a stop leaves no process."""
    first = start_serving("serve").wait_until_ready()
    sample = first.ask(SAMPLE)
    token = subprocess.run(  # noqa: S603 - the arguments are this suite's own
        [PROGRAM, "token", "--user", "ada"],
        cwd=serving_folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    made = first.ask(
        'mutation { createTag(input: {name: "kept"}) { tag { name } errors { code } } }',
        Authorization=f"Bearer {token}",
    )
    first.kill()

    second = start_serving("serve").wait_until_ready()
    kept = second.ask('{ tags(where: {name: {eq: "kept"}}) { totalCount } }')
    sample_again = second.ask(SAMPLE)
    page = httpx.get(f"{second.url}/graphiql/", timeout=10)
    status = second.stop()

    assert f"  GraphiQL  {first.url}/graphiql/\n" in first.out
    assert "where: { tags: { some: { name: { eq:" in first.out
    assert sample["posts"]["totalCount"] == 4
    assert [len(post["tags"]["nodes"]) > 0 for post in sample["posts"]["nodes"]] == [True, True]
    assert made == {"createTag": {"tag": {"name": "kept"}, "errors": []}}
    assert kept == {"tags": {"totalCount": 1}}
    assert sample_again == sample
    assert page.status_code == 200
    assert [line["event"] for line in logged(second) if "Running upgrade" in line["event"]] == []
    counts = [
        each["statements"] for each in logged(second) if each.get("operation_name") == "Sample"
    ]
    assert counts == [1]
    assert status == 0
    assert processes(serving_folder) == []


@pytest.mark.parametrize("workers", ["1", "2"])
def test_kill(start_serving: Start, shop: tuple[str, ...], workers: str):
    """Who is killed takes all workers along, so that the port is free."""
    serving = start_serving("serve", *shop, "--workers", workers).wait_until_ready()
    answer = serving.ask(CUSTOMERS)

    serving.kill()

    wait_until_refused(serving.url)
    assert answer == {"customers": {"nodes": [{"name": "Ada"}]}}


def test_stop_of_workers(start_serving: Start, shop: tuple[str, ...]):
    """Several workers stop on SIGTERM with status 0."""
    serving = start_serving("serve", *shop, "--workers", "2").wait_until_ready()

    assert serving.stop() == 0
    wait_until_refused(serving.url)


def test_broken_worker(start_serving: Start, shop: tuple[str, ...], serving_folder: Path):
    """Workers that cannot begin are not started again and again: the command fails."""
    module = serving_folder / "shop.py"
    # The first process imports it, those that it starts do not.
    guard = "import multiprocessing\nassert multiprocessing.parent_process() is None, 'broken'\n"
    module.write_text(guard + SHOP)

    serving = start_serving("serve", *shop, "--workers", "2")

    assert serving.wait() == 1
    lines = serving.err.splitlines()
    assert "Error: shop:Base cannot be imported: AssertionError: broken. " in serving.err
    assert lines[-1] == "Error: A worker did not start. The lines above tell why."


def test_reload(start_serving: Start, shop: tuple[str, ...], serving_folder: Path):
    """In development a changed module is served anew, and a broken one is one line until mended."""
    module = serving_folder / "shop.py"
    serving = start_serving("dev", *shop).wait_until_ready()

    module.write_text(f"{SHOP}\n1 / 0\n")
    wait_for_log(serving, "ZeroDivisionError")
    module.write_text(
        SHOP.replace("    name: Mapped[str]", '    called: Mapped[str] = mapped_column("name")')
    )
    serving.wait_until_ready()
    answer = serving.ask("{ customers { nodes { called } } }")

    assert answer == {"customers": {"nodes": [{"called": "Ada"}]}}
    assert serving.stop() == 0


def test_read_only(start_serving: Start, shop: tuple[str, ...]):
    """Mutations may be left out."""
    serving = start_serving("serve", *shop, "--read-only").wait_until_ready()

    assert serving.ask("{ __schema { mutationType { name } } }") == {
        "__schema": {"mutationType": None}
    }
