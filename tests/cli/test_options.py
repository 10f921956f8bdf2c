"""What all commands read first."""

from pathlib import Path

from tests.cli.conftest import Command

URL = "sqlite:///none.db"


def test_unknown_setting(command: Command):
    """A variable with our prefix that is no setting is warned about, with the nearest one."""
    outcome = command("db", "current", "--database", URL, GQL_API_POOLSIZE="3")

    warning, error = outcome.err.splitlines()
    assert (
        warning == "Warning: There is no setting GQL_API_POOLSIZE. Did you mean GQL_API_POOL_SIZE?"
    )
    assert error.startswith("Error: ")


def test_unknown_setting_in_file(command: Command):
    """The file ``.env`` is looked at too; a name that is near nothing has no suggestion."""
    Path(".env").write_text("GQL_API_XYZZY=1\nOTHER=2\n")

    outcome = command("db", "current", "--database", URL)

    assert outcome.err.splitlines()[0] == (
        "Warning: There is no setting GQL_API_XYZZY. It has no effect."
    )


def test_unusable_setting(command: Command):
    """A setting of the wrong type is one line."""
    outcome = command("doctor", PORT="eighty")

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith(
        "Error: Settings cannot be used: GQL_API_PORT or PORT: Input should be a valid integer"
    )
    assert outcome.err.count("\n") == 1
