"""Filling a database with an application's demo data, with a progress bar."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.progress import TaskID as BarId

from gql_api.database.engines import Database
from gql_api.errors import ConfigurationError
from gql_api.server.application import Application


async def seed_database(application: Application, database: Database, *, size: str) -> bool:
    """Write the demo data, unless there is data already.

    Args:
        application: Says what to write.
        database: Its tables exist.
        size: One that the application knows.

    Returns:
        Whether anything was written.

    Raises:
        ConfigurationError: The application has no demo data, or none of this size.

    Cost:
        One transaction.
    """
    if application.seed is None:
        message = f"{application.name} has no demo data."
        raise ConfigurationError(message)
    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    hidden = not console.is_terminal  # log lines stand there
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        bars = _Bars(progress)
        written = await application.seed(database.write_engine, size=size, progress=bars.tell)
    return written is not None


class _Bars:
    """One bar per kind of row."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, BarId] = {}

    def tell(self, kind: str, done: int, total: int) -> None:
        """Move the bar of a kind."""
        if kind not in self._bars:
            self._bars[kind] = self._progress.add_task(kind, total=total)
        self._progress.update(self._bars[kind], completed=done, total=total)
