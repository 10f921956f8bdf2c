"""``docs/migrations.md`` shows what the commands print."""

import re
import shlex
from pathlib import Path

from tests.cli.conftest import Command

PAGE = Path(__file__).parents[2] / "docs" / "migrations.md"


def examples() -> list[tuple[str, str]]:
    """Read the commands of the page with their output, in order."""
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return re.findall(r"^\$ gql-api (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), re.MULTILINE)


def test_output(command: Command):
    """One after the other, on an empty SQLite file, each command prints what the page says."""
    shown = examples()

    printed = [
        (line, command(*shlex.split(line), DATABASE_URL="sqlite:///shop.db").out)
        for line, _ in shown
    ]

    assert len(shown) == 12
    assert printed == shown
