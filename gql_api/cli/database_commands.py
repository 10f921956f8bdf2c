"""``gql-api db``: tables, migrations and demo data."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from gql_api.cli.applications import Source, named_application
from gql_api.cli.console import say
from gql_api.cli.databases import (
    Address,
    database_address,
    engine_options,
    opened,
    require_file,
    require_tables,
)
from gql_api.cli.migrations import Migrations, migrations_of, require_migrations
from gql_api.cli.options import AppOption, DatabaseOption, ModelsOption, start
from gql_api.cli.seeding import seed_database
from gql_api.cli.tables import create_tables
from gql_api.database.engines import Database
from gql_api.database.refusals import unusable_database
from gql_api.errors import ConfigurationError
from gql_api.server.application import Application

commands = typer.Typer(help="Make, migrate and fill the database.", no_args_is_help=True)

RevisionArgument = Annotated[str, typer.Argument(help="Revision to go to.")]


@dataclass(frozen=True, slots=True)
class _Target:
    """An application and its database, which answers."""

    application: Application
    address: Address
    database: Database

    @property
    def migrations(self) -> Migrations:
        return require_migrations(self.application, self.address)


_Action = Callable[[_Target], Awaitable[None]]


@commands.command()
def create(
    *, models: ModelsOption = None, app: AppOption = None, database: DatabaseOption = None
) -> None:
    """Make the tables of your models that are missing. Never drops or alters anything."""
    source = Source(application=app, models=models)
    application = named_application(source)
    if application.alembic_config is not None:
        message = f"The tables of {application.name} are made by migrations."
        raise ConfigurationError(message, fix="Run gql-api db upgrade, or name your --models.")

    async def make(target: _Target) -> None:
        made = await create_tables(target.application, target.database)
        say(f"Made {', '.join(made)}." if made else "All tables exist; nothing was done.")

    _run(make, source, database)


@commands.command()
def upgrade(
    revision: RevisionArgument = "head",
    *,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the statements instead of running them.")
    ] = False,
    app: AppOption = None,
    database: DatabaseOption = None,
) -> None:
    """Bring the database to the newest revision, or to the one named."""
    if sql:
        _offline_migrations(app, database).show_sql(revision)
        return

    async def bring(target: _Target) -> None:
        before = await target.migrations.current()
        await target.migrations.upgrade(revision)
        await _say_move(target.migrations, before)

    _run(bring, Source(application=app), database)


@commands.command()
def downgrade(
    revision: Annotated[
        str | None, typer.Argument(help="Revision to go back to, or base; one step if none.")
    ] = None,
    *,
    app: AppOption = None,
    database: DatabaseOption = None,
) -> None:
    """Undo migrations, newest first. Columns and tables go with their rows."""

    async def bring(target: _Target) -> None:
        before = await target.migrations.current()
        if not before:
            message = f"No migration has run on {target.address.label}."
            raise ConfigurationError(message)
        await target.migrations.downgrade(revision or "-1")
        await _say_move(target.migrations, before)

    _run(bring, Source(application=app), database, must_exist=True)


@commands.command()
def current(*, app: AppOption = None, database: DatabaseOption = None) -> None:
    """Print the revision of the database."""

    async def show(target: _Target) -> None:
        heads = target.migrations.heads
        for revision in await target.migrations.current():
            say(f"{revision} (head)" if revision in heads else revision)

    _run(show, Source(application=app), database, must_exist=True)


@commands.command()
def history(*, app: AppOption = None) -> None:
    """Print all revisions, newest first."""
    _offline_migrations(app, None).show_history()


@commands.command()
def revision(
    message: Annotated[str, typer.Option("--message", "-m", help="What the revision does.")],
    *,
    empty: Annotated[bool, typer.Option("--empty", help="Do not compare; write no steps.")] = False,
    app: AppOption = None,
    database: DatabaseOption = None,
) -> None:
    """Write a new revision: what changed in the models since the newest one."""

    async def add(target: _Target) -> None:
        await target.migrations.add(message, is_empty=empty)

    _run(add, Source(application=app), database)


@commands.command()
def seed(
    *,
    size: Annotated[str, typer.Option(help="demo, or load for 100,000 posts.")] = "demo",
    app: AppOption = None,
    database: DatabaseOption = None,
) -> None:
    """Write demo data, unless there are users already."""

    async def fill(target: _Target) -> None:
        migrations = migrations_of(target.application, target.address)
        if migrations is not None:
            await migrations.require_head()
        else:
            fix = "Make them with gql-api db create."
            await require_tables(target.application, target.database, fix=fix)
        written = await seed_database(target.application, target.database, size=size)
        say("Wrote the demo data." if written else "There is data already; nothing was done.")

    _run(fill, Source(application=app), database, must_exist=True)


@commands.command()
def reset(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    app: AppOption = None,
    database: DatabaseOption = None,
) -> None:
    """Undo all migrations and apply them again. All rows are lost."""

    async def redo(target: _Target) -> None:
        _make_sure(target.address, is_sure=yes)
        if await target.migrations.current():
            await target.migrations.downgrade("base")
        await target.migrations.upgrade()
        await _say_move(target.migrations, ())

    _run(redo, Source(application=app), database)


def _make_sure(address: Address, *, is_sure: bool) -> None:
    if is_sure:
        return
    if not sys.stdin.isatty():
        message = f"All rows of {address.label} would be lost."
        raise ConfigurationError(message, fix="Say --yes if that is wanted.")
    typer.confirm(f"Delete all rows of {address.label}?", abort=True)


async def _say_move(migrations: Migrations, before: tuple[str, ...]) -> None:
    after = await migrations.current()
    if set(before) == set(after):
        say(f"The database is at {_names(after)} already.")
    else:
        say(f"{_names(before)} -> {_names(after)}")


def _names(revisions: tuple[str, ...]) -> str:
    return ", ".join(revisions) or "base"


def _offline_migrations(app: str | None, database: str | None) -> Migrations:
    settings = start()
    application = named_application(Source(application=app))
    # Nothing connects: the address only tells the kind of database.
    return require_migrations(
        application, Address(database or settings.database_url or "postgresql://")
    )


def _run(action: _Action, source: Source, url: str | None, *, must_exist: bool = False) -> None:
    settings = start()
    application = named_application(source)

    async def act(address: Address) -> None:
        options = engine_options(settings, application, dialect=address.dialect)
        async with opened(address.url, options) as database:
            try:
                await action(_Target(application, address, database))
            except (SQLAlchemyError, OSError) as error:
                raise unusable_database(database.url, error) from error

    with database_address(settings, url) as address:
        if must_exist:
            require_file(address)
        asyncio.run(act(address))
