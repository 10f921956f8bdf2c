"""The fixtures of the authorization matrix."""

import os
from collections.abc import AsyncIterator

import pytest

from tests.access.matrix_rules import CALLERS, Caller, Rules
from tests.access.matrix_service import CELLS, RULES, Service
from tests.fixtures.demo import (
    Demo,
    demo_file,
    demo_template,
    mariadb_demo,
    mariadb_shared_demo,
    postgres_demo,
    postgres_shared_demo,
    restored_demo,
    sqlite_demo,
    sqlite_shared_demo,
)

__all__ = [
    "demo_file",
    "demo_template",
    "mariadb_demo",
    "mariadb_shared_demo",
    "postgres_demo",
    "postgres_shared_demo",
    "restored_demo",
    "sqlite_demo",
    "sqlite_shared_demo",
]

_DEFAULT = "postgres-bundled sqlite-strict"
MATRICES = os.environ.get("GQL_API_MATRICES", _DEFAULT).split()
"""Kinds of databases, each with a set of policies; ``make proof`` asks for all of them."""


@pytest.fixture(scope="module", params=MATRICES)
def matrix(request: pytest.FixtureRequest) -> tuple[Demo, Rules]:
    """The demo data, and what the policies over it say."""
    database, rules = request.param.split("-")
    return request.getfixturevalue(f"{database}_shared_demo"), RULES[rules]


@pytest.fixture(scope="module")
async def service(matrix: tuple[Demo, Rules]) -> Service:
    """A set of policies over a kind of database."""
    found = Service(*matrix)
    await found.learn()
    return found


@pytest.fixture(params=MATRICES)
def own_matrix(request: pytest.FixtureRequest) -> tuple[Demo, Rules]:
    """The demo data of a test's own, and what the policies over it say."""
    database, rules = request.param.split("-")
    kind = "shared_demo" if database == "mariadb" else "demo"  # it takes seconds to fill
    return request.getfixturevalue(f"{database}_{kind}"), RULES[rules]


@pytest.fixture
async def writable(own_matrix: tuple[Demo, Rules]) -> AsyncIterator[Service]:
    """A set of policies over a database of a test's own, or one that is as it was afterwards."""
    found = Service(*own_matrix)
    await found.learn()
    yield found
    await found.restore()


@pytest.fixture(params=CALLERS, ids=lambda caller: caller.name)
def caller(request: pytest.FixtureRequest) -> Caller:
    """Everybody in turn."""
    found: Caller = request.param
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many cells were compared."""
    for route, number in sorted(CELLS.items()):
        terminalreporter.write_line(f"matrix: {number} cells by {route}")
