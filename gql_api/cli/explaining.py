"""``gql-api explain``: what a query sends to the database, and which path each root field takes."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from gql_api.access.subjects import Subject
from gql_api.cli.applications import Source, find_application
from gql_api.cli.console import complain, say
from gql_api.cli.databases import (
    Address,
    database_address,
    engine_options,
    opened,
    require_file,
    require_tables,
)
from gql_api.cli.options import AppOption, DatabaseOption, ModelsOption, SchemaOption, start
from gql_api.cli.preparing import api_config
from gql_api.errors import ConfigurationError
from gql_api.execution.context import Context
from gql_api.execution.explain import present_explanation
from gql_api.loading.explanations import Explanation
from gql_api.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What to run, and for whom."""

    text: str
    variables: Mapping[str, Any]
    operation_name: str | None
    subject: Subject
    has_plans: bool


@dataclass(frozen=True, slots=True)
class _Told:
    """What came of it."""

    explanation: Mapping[str, Any]
    errors: Sequence[str]


def explain(  # noqa: PLR0913 - one parameter per option
    query: Annotated[str, typer.Argument(help="The GraphQL document.")],
    *,
    variables: Annotated[str, typer.Option(help="A JSON object.")] = "{}",
    operation: Annotated[str | None, typer.Option(help="Name, of several in the document.")] = None,
    subject: Annotated[
        str | None, typer.Option(metavar="ID", help="Key of the user who asks; nobody if none.")
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(help="Role of the user; may be given repeatedly.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="How the database runs each read.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    app: AppOption = None,
    models: ModelsOption = None,
    database: DatabaseOption = None,
    schema: SchemaOption = None,
) -> None:
    """Run a query and print its SQL: each statement, its parameters, rows and time."""
    source = Source(application=app, models=models, database=database, schemas=tuple(schema or ()))
    question = _Question(
        text=query,
        variables=_object(variables),
        operation_name=operation,
        subject=Subject(_key(subject), frozenset(role or ())),
        has_plans=plan,
    )
    settings = start()
    with database_address(settings, database) as address:
        told = asyncio.run(_explain(source, settings, address, question))
    if as_json:
        say(json.dumps(told.explanation, indent=2))
    else:
        _show(told.explanation)
    for message in told.errors:
        complain(message)
    if told.errors:
        raise typer.Exit(1)


async def _explain(
    source: Source, settings: Settings, address: Address, question: _Question
) -> _Told:
    """Run the query as a server would.

    Raises:
        ConfigurationError: It is no query, or the database does not fit.
    """
    require_file(address)
    async with opened(address.url, engine_options(settings)) as database:
        application = await find_application(source, database)
    options = engine_options(settings, application, dialect=address.dialect)
    async with opened(address.url, options) as database:
        if not source.is_reflected:
            await require_tables(application, database, fix="Make them with gql-api db upgrade.")
        config = api_config(settings, application, is_read_only=source.is_reflected)
        schema = application.build_schema(dialect=address.dialect, config=config)
        context = Context(database, question.subject)
        context.takes_encoded = True
        context.explanation = Explanation()
        try:
            result = await schema.execute(
                question.text,
                variable_values=dict(question.variables),
                context_value=context,
                operation_name=question.operation_name,
                allowed_operation_types=(OperationType.QUERY,),
            )
        except (CannotGetOperationTypeError, InvalidOperationTypeError) as error:
            message = "The document names no query to explain: a mutation would write."
            raise ConfigurationError(message, fix="Choose one with --operation.") from error
        explanation = await present_explanation(
            context.explanation,
            schema,
            database,
            names=result.data or (),
            has_plans=question.has_plans,
        )
    return _Told(explanation, [error.message for error in result.errors or ()])


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    message = "--variables is no JSON object."
    raise ConfigurationError(message, fix="""Write it like '{"first": 10}'.""")


def _key(text: str | None) -> Any:
    """Read the key of a user: a number where it is one."""
    return int(text) if text is not None and text.isdecimal() else text


def _show(explanation: Mapping[str, Any]) -> None:
    for name, way in explanation["fields"].items():
        say(f"{name}: {way['path']} ({way['reason'].rstrip('.')})")
    for number, sent in enumerate(explanation["statements"], 1):
        say()
        say(f"-- {number}. {_summary(sent)}")
        say(sent["sql"])
        if sent["parameters"]:
            say(f"-- parameters: {json.dumps(sent['parameters'])}")
        for line in sent.get("plan") or ():
            say(f"--   {line}")


def _summary(sent: Mapping[str, Any]) -> str:
    rows, duration_ms = sent["rows"], sent["durationMs"]
    facts = [
        sent["field"],
        None if rows is None else f"{rows} row{'' if rows == 1 else 's'}",
        "failed" if duration_ms is None else f"{duration_ms} ms",
    ]
    return ", ".join(fact for fact in facts if fact is not None)
