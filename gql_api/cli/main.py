"""The command ``gql-api``: its parts, and how each failure becomes one line and an exit status."""

import logging
import signal
import sys
from importlib.metadata import version as installed_version
from typing import Any

import typer

from gql_api.cli import database_commands, policy_commands, schema_commands
from gql_api.cli.applications import Source, named_application
from gql_api.cli.console import complain, say
from gql_api.cli.doctor import doctor
from gql_api.cli.explaining import explain
from gql_api.cli.options import AppOption
from gql_api.cli.serve_commands import dev, serve
from gql_api.cli.serving import Stopped
from gql_api.cli.tokens import token
from gql_api.errors import GqlApiError

_LOG = logging.getLogger(__name__)
_SIGNALLED = 128

commands = typer.Typer(
    name="gql-api",
    help="Turn SQLAlchemy models into a GraphQL API.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
commands.command()(serve)
commands.command()(dev)
commands.add_typer(schema_commands.commands, name="schema")
commands.add_typer(policy_commands.commands, name="policy")
commands.add_typer(database_commands.commands, name="db")
commands.command()(explain)
commands.command()(token)
commands.command()(doctor)


@commands.command()
def version(*, app: AppOption = None) -> None:
    """Print the version of gql-api and the name of the application."""
    application = named_application(Source(application=app))
    say(f"gql-api {installed_version('gql-api')}, application {application.name}")


def main() -> None:
    """Run the command and end the process with its exit status."""
    try:
        sys.exit(_run())
    except KeyboardInterrupt:
        sys.exit(_SIGNALLED + signal.SIGINT)
    except Stopped:
        sys.exit(_SIGNALLED + signal.SIGTERM)


def _run() -> int:
    command: Any = typer.main.get_command(commands)
    try:
        return int(command(prog_name="gql-api", standalone_mode=False) or 0)
    except typer.TyperException as error:
        _complain_of_usage(error)
        return error.exit_code
    except typer.Abort:
        complain("Nothing was done.")
    except GqlApiError as error:
        _LOG.debug("failed", exc_info=True)
        complain(str(error))
    return 1


def _complain_of_usage(error: typer.TyperException) -> None:
    cause = error.format_message().rstrip(".")
    if not cause:  # no command at all: the help has been shown
        return
    context = getattr(error, "ctx", None)
    complain(f"{cause}. See {context.command_path} --help." if context else f"{cause}.")
