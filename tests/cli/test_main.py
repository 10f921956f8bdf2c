"""How commands end: one line for each mistake, and an exit status."""

import pytest

from gql_api.cli.main import commands
from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param(
            ["serve", "--bogus"],
            "Error: No such option: --bogus (Possible options: --host). See gql-api serve --help.",
            id="option",
        ),
        pytest.param(
            ["sing"],
            "Error: No such command 'sing'. See gql-api --help.",
            id="command",
        ),
        pytest.param(
            ["serve", "--port", "99999"],
            "Error: Invalid value for '--port': Input should be less than or equal to 65535. "
            "See gql-api serve --help.",
            id="value",
        ),
        pytest.param(
            ["db", "revision"],
            "Error: Missing option '--message' / '-m'. See gql-api db revision --help.",
            id="missing",
        ),
    ],
)
def test_wrong_usage(command: Command, arguments: list[str], line: str):
    """A mistake in the command line ends with status 2 and one line that names the help."""
    outcome = command(*arguments)

    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == f"{line}\n"


def test_unknown_application(command: Command):
    """An application that is not installed is one line with the known ones, and status 1."""
    outcome = command("version", "--app", "nix")

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == (
        "Error: There is no application 'nix'. Known ones: default. Or use package.module:name.\n"
    )


def test_version(command: Command):
    """The version of the package and the application are printed."""
    outcome = command("version")

    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == "gql-api 0.1.0, application gql_api\n"


def test_no_command(command: Command):
    """Without a command the help is shown, and no complaint."""
    outcome = command()

    assert outcome.status == 2
    assert "Usage: gql-api" in outcome.out + outcome.err
    assert "Error" not in outcome.err


def test_all_commands():
    """The commands are those that the documentation names."""
    single = {each.callback.__name__ for each in commands.registered_commands if each.callback}
    groups = {
        group.name: {
            each.name or (each.callback.__name__ if each.callback else "")
            for each in group.typer_instance.registered_commands
        }
        for group in commands.registered_groups
        if group.typer_instance
    }

    assert single == {"serve", "dev", "explain", "token", "doctor", "version"}
    assert groups == {
        "schema": {"export", "check", "diff", "names"},
        "policy": {"show", "explain"},
        "db": {
            *("create", "upgrade", "downgrade", "current", "history", "revision", "seed", "reset"),
        },
    }
