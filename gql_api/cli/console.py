"""What the command says: results on standard output, problems on standard error, one line each."""

import typer


def say(text: str = "") -> None:
    """Print a line of the result."""
    typer.echo(text)


def note(text: str) -> None:
    """Print a line beside the result, on standard error."""
    typer.echo(text, err=True)


def warn(text: str) -> None:
    """Print what is wrong but does not stop the command, on one line."""
    note(f"Warning: {_one_line(text)}")


def complain(text: str) -> None:
    """Print why the command ends without doing what it was asked, on one line."""
    note(f"Error: {_one_line(text)}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
