"""Profiles of the proof, its sets of models, and its databases."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings

import gql_api as gql
from tests.fixtures.demo import demo_template, mariadb_demo, postgres_demo, restored_demo
from tests.proof.drawing import draw_models, for_database
from tests.proof.library import LIBRARY
from tests.proof.paths import PATHS
from tests.proof.service import COUNTS, Service
from tests.proof.writes.yard import COUNTS as WRITTEN

__all__ = ["demo_template", "mariadb_demo", "postgres_demo", "restored_demo"]

_COMMON = {
    "deadline": None,  # no timed assertions
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}

settings.register_profile("default", max_examples=6, derandomize=True, **_COMMON)
_EXAMPLES = int(os.environ.get("GQL_API_PROOF_EXAMPLES", "30"))
# neither makes a difference small: the default profile does, once it is known where one is
settings.register_profile("proof", max_examples=_EXAMPLES, phases=(Phase.generate,), **_COMMON)
settings.register_profile(
    "mutants", max_examples=_EXAMPLES, derandomize=True, phases=(Phase.generate,), **_COMMON
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

SEEDS = os.environ.get("GQL_API_PROOF_SEEDS", "6").split()
"""Sets of models, besides the one by hand."""

DATABASES = os.environ.get("GQL_API_PROOF_DATABASES", "postgresql sqlite mariadb").split()


@pytest.fixture(
    scope="module", params=[f"{name}-{seed}" for name in DATABASES for seed in ["library", *SEEDS]]
)
async def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """A database of each kind, with each set of models."""
    name, seed = request.param.split("-")
    models = for_database(LIBRARY, name) if seed == "library" else draw_models(int(seed), name)
    async with proof_database(name, request, tmp_path_factory) as url:
        database = gql.open_database(url)
        made = Service(models, database, name)
        await made.create()
        yield made
        await database.dispose()


@asynccontextmanager
async def proof_database(
    name: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """Make an empty database, and give its address."""
    if name == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("make_postgres_database")
        yield make()
    elif name == "sqlite":
        path: Path = tmp_path_factory.mktemp("proof") / "proof.db"
        yield f"sqlite:///{path}"
    else:
        url, server = await _make_mariadb()
        yield url
        await _run(server, f"DROP DATABASE {sa.make_url(url).database}")


async def _make_mariadb() -> tuple[str, str]:
    """Create a database that compares texts by their code points."""
    server = os.environ.get("GQL_API_TEST_MARIADB_URL")
    if not server:
        pytest.skip("GQL_API_TEST_MARIADB_URL names no MariaDB server")
    name = f"proof_{uuid4().hex}"
    await _run(server, f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    url = sa.make_url(server).set(database=name)
    return url.render_as_string(hide_password=False), server


async def _run(server: str, statement: str) -> None:
    database = gql.open_database(server)
    async with database.read_connection() as connection:
        await connection.exec_driver_sql(statement)
    await database.dispose()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many operations were compared."""
    for name, number in sorted(COUNTS.items()):
        terminalreporter.write_line(
            f"proof: {number} operations on {name}, models {' '.join(SEEDS)}"
        )
    for name, number in sorted(WRITTEN.items()):
        terminalreporter.write_line(f"proof: {number} mutation fields on {name}")
    for name, number in sorted(PATHS.items()):
        terminalreporter.write_line(f"proof: {number} root fields by {name}")
