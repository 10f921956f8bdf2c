"""``gql-api schema``: the schema as text, and how it changes."""

import asyncio
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from graphql import GraphQLError, GraphQLSchema, build_schema
from graphql.utilities import find_breaking_changes, find_dangerous_changes

from gql_api.access.subjects import RoleSet
from gql_api.cli.applications import Source, find_application, named_application
from gql_api.cli.console import note, say
from gql_api.cli.databases import Address, database_address, opened, require_file
from gql_api.cli.options import AppOption, DatabaseOption, ModelsOption, SchemaOption, start
from gql_api.cli.preparing import api_config
from gql_api.database.engines import EngineOptions
from gql_api.errors import ConfigurationError
from gql_api.execution.cost_directives import with_costs
from gql_api.schema.build import Schema
from gql_api.schema.roles import schema_text_for
from gql_api.server.application import Application
from gql_api.settings import Settings

_SHOWN_LINES = 40

ANONYMOUS_ROLE = "anonymous"
"""Stands for callers who are not signed in."""

commands = typer.Typer(help="Print, check and compare the GraphQL schema.", no_args_is_help=True)

DialectOption = Annotated[
    str | None,
    typer.Option(help="postgresql (the default), sqlite or mysql: what it lacks is left out."),
]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whose schema, for which kind of database."""

    source: Source
    dialect: str | None
    """Its name; None for that of the source's database, or PostgreSQL."""


@commands.command()
def export(  # noqa: PLR0913 - one parameter per option
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output if none.")
    ] = None,
    app: AppOption = None,
    models: ModelsOption = None,
    database: DatabaseOption = None,
    schema: SchemaOption = None,
    dialect: DialectOption = None,
    role: Annotated[
        list[str] | None,
        typer.Option(help="Leave out what somebody with these roles can never reach."),
    ] = None,
    costs: Annotated[
        bool, typer.Option("--costs", help="Add what fields cost: @cost and @listSize.")
    ] = False,
) -> None:
    """Print the schema, sorted."""
    source = Source(application=app, models=models, database=database, schemas=tuple(schema or ()))
    built = built_schema(Chosen(source, dialect), start())
    text = built.as_str() if not role else schema_text_for(built, _role_set(role))
    if costs:
        text = with_costs(built, text)
    if output is None:
        typer.echo(text, nl=False)
        return
    _write(output, text)
    note(f"Wrote {output}.")


def _role_set(names: Sequence[str]) -> RoleSet:
    roles = frozenset(names) - {ANONYMOUS_ROLE}
    if roles and len(roles) < len(names):
        message = f"{ANONYMOUS_ROLE} is nobody, and has no further role."
        raise ConfigurationError(message, fix="Name it alone, or leave it out.")
    return RoleSet(roles, is_authenticated=bool(roles))


@commands.command()
def check(
    file: Annotated[Path, typer.Argument(help="What was exported before.")] = Path(
        "schema.graphql"
    ),
    *,
    app: AppOption = None,
    models: ModelsOption = None,
    dialect: DialectOption = None,
) -> None:
    """Compare a file with the schema as it is; fail and show the difference if it is out of date."""
    chosen = Chosen(Source(application=app, models=models), dialect)
    text = built_schema(chosen, start()).as_str()
    kept = _read(file)
    if kept == text:
        say(f"{file} is current.")
        return
    difference = difflib.unified_diff(
        kept.splitlines(), text.splitlines(), str(file), "the schema as it is", lineterm=""
    )
    _show_some(list(difference))
    message = f"{file} is out of date."
    raise ConfigurationError(message, fix=f"Run gql-api schema export --output {file}.")


@commands.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The schema before.")],
    new: Annotated[
        Path | None, typer.Argument(help="The schema after; the application's if none.")
    ] = None,
    *,
    app: AppOption = None,
    models: ModelsOption = None,
    dialect: DialectOption = None,
) -> None:
    """List changes that break clients, and those that may; fail if any break them."""
    before = _parsed(old)
    if new is None:
        chosen = Chosen(Source(application=app, models=models), dialect)
        after = built_schema(chosen, start()).graphql_schema
    else:
        after = _parsed(new)
    breaking = find_breaking_changes(before, after)
    dangerous = find_dangerous_changes(before, after)
    for title, changes in (("breaking", breaking), ("dangerous", dangerous)):
        for change in changes:
            say(f"{title}: {change.description}")
    if not breaking:
        say(f"No breaking changes, {len(dangerous)} dangerous ones.")
        return
    message = f"{len(breaking)} changes break clients."
    raise ConfigurationError(message, fix="Keep what they use, and deprecate it first.")


@commands.command()
def names(
    *,
    app: AppOption = None,
    models: ModelsOption = None,
    database: DatabaseOption = None,
    schema: SchemaOption = None,
) -> None:
    """List the GraphQL name of each model and attribute; mark those that had to give way."""
    source = Source(application=app, models=models, database=database, schemas=tuple(schema or ()))
    table = built_schema(Chosen(source, None), start()).table
    for entity in table.registry:
        model: Any = entity.model
        usual = table.inflector.object_type(model.__name__)
        mark = _mark(entity.name, usual)
        # another class may have the same name: the module tells which one gave way
        shown = f"{model.__module__}.{model.__name__}" if mark else model.__name__
        say(f"{shown} -> {entity.name}{mark}")
        if entity.is_interface and entity.has_own_rows:
            mark = _mark(entity.row_type, table.inflector.base_type(entity.name))
            say(f"{model.__name__}, rows of no subclass -> {entity.row_type}{mark}")
        attributes: list[Any] = [*entity.columns.values(), *entity.relationships.values()]
        for attribute in attributes:
            mark = _mark(attribute.name, table.inflector.field(attribute.key))
            say(f"  {attribute.key} -> {attribute.name}{mark}")


def _mark(name: str, usual: str) -> str:
    return "" if name == usual else f"  (not {usual}, which is taken or reserved)"


def built_schema(chosen: Chosen, settings: Settings) -> Schema:
    """Build the schema that a command is about."""
    source = chosen.source
    if source.is_reflected:
        with database_address(settings, source.database) as address:
            application = asyncio.run(_reflected(source, address))
        return _build(application, settings, address.dialect)
    given = Address(source.database).dialect if source.database else None
    dialect = chosen.dialect or given or "postgresql"
    return _build(named_application(source), settings, dialect)


def _build(application: Application, settings: Settings, dialect: str) -> Schema:
    return application.build_schema(dialect=dialect, config=api_config(settings, application))


async def _reflected(source: Source, address: Address) -> Application:
    require_file(address)
    async with opened(address.url, EngineOptions(null_pool=True)) as database:
        return await find_application(source, database)


def _parsed(file: Path) -> GraphQLSchema:
    try:
        return build_schema(_read(file))
    except (GraphQLError, TypeError) as error:
        message = f"{file} holds no GraphQL schema: {error}"
        raise ConfigurationError(message) from error


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read: {getattr(error, 'strerror', None) or error}."
        fix = f"Write it with gql-api schema export --output {file}."
        raise ConfigurationError(message, fix=fix) from error


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror}."
        raise ConfigurationError(message) from error


def _show_some(lines: list[str]) -> None:
    for line in lines[:_SHOWN_LINES]:
        say(line)
    if len(lines) > _SHOWN_LINES:
        say(f"... and {len(lines) - _SHOWN_LINES} more lines")
