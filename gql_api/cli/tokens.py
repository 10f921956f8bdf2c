"""``gql-api token``."""

import asyncio
from typing import Annotated

import typer

from gql_api.cli.applications import Source, named_application
from gql_api.cli.console import say
from gql_api.cli.databases import Address, database_address, engine_options, opened, require_file
from gql_api.cli.migrations import migrations_of
from gql_api.cli.options import AppOption, DatabaseOption, start
from gql_api.errors import ConfigurationError
from gql_api.server.application import Application, IssueToken
from gql_api.settings import Settings


def token(
    *,
    user: Annotated[str | None, typer.Option(help="Name of the user.")] = None,
    role: Annotated[str | None, typer.Option(help="Any user who holds this role.")] = None,
    database: DatabaseOption = None,
    app: AppOption = None,
) -> None:
    """Print a bearer token of a user, without their password: for development and operators."""
    settings = start()
    application = named_application(Source(application=app))
    if application.issue_token is None:
        message = f"{application.name} has no tokens."
        raise ConfigurationError(message)
    if (user is None) == (role is None):
        message = "Whose token is not said."
        raise ConfigurationError(message, fix="Name one with --user, or a role with --role.")
    with database_address(settings, database) as address:
        say(asyncio.run(_issue(application, address, settings, user=user, role=role)))


async def _issue(
    application: Application,
    address: Address,
    settings: Settings,
    *,
    user: str | None,
    role: str | None,
) -> str:
    issue: IssueToken | None = application.issue_token
    options = engine_options(settings, application, dialect=address.dialect)
    require_file(address)
    async with opened(address.url, options) as database:
        migrations = migrations_of(application, address)
        if migrations is not None:
            await migrations.require_head()
        return await issue(database, user=user, role=role) if issue is not None else ""
