"""Options that several commands share."""

from typing import Annotated

import typer

from gql_api.cli.console import warn
from gql_api.cli.logs import configure_logging
from gql_api.settings import Settings, load_settings, unknown_settings, variable_names

DatabaseOption = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", help="Database to use; wins over DATABASE_URL."),
]
AppOption = Annotated[
    str | None,
    typer.Option(
        "--app",
        metavar="NAME",
        help="Application: an installed one by name, or package.module:attribute.",
    ),
]
ModelsOption = Annotated[
    str | None,
    typer.Option("--models", metavar="MODULE:BASE", help="Declarative base of your own models."),
]
SchemaOption = Annotated[
    list[str] | None,
    typer.Option(
        "--schema", metavar="NAME", help="Database schema to reflect; may be given repeatedly."
    ),
]


def start(**overrides: object) -> Settings:
    """Read the settings, warn about unknown names, and begin to log.

    Args:
        overrides: Options of the command that win over the settings; None for those not given.

    Raises:
        ConfigurationError: A setting cannot be used.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    settings = load_settings().model_copy(update=given)
    configure_logging(settings)
    for name, nearest in unknown_settings(variable_names()):
        hint = f"Did you mean {nearest}?" if nearest else "It has no effect."
        warn(f"There is no setting {name}. {hint}")
    return settings
