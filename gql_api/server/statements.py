"""How many SQL statements a piece of work sends, counted in one place whichever way they take."""

from contextvars import ContextVar
from dataclasses import dataclass

from gql_api.database.engines import Database


@dataclass(slots=True)
class StatementCount:
    """Statements sent so far."""

    total: int = 0
    """Savepoints included; BEGIN, COMMIT and ROLLBACK are not statements."""


_COUNT: ContextVar[StatementCount | None] = ContextVar("statement_count", default=None)


def watch_statements(database: Database) -> None:
    """Have the statements of a database counted; a second call changes nothing."""
    if _count not in database.statements.listeners:
        database.statements.listeners.append(_count)


class counted_statements:  # noqa: N801 - reads as a function; a generator costs more than a class
    """Count the statements of watched databases that this task and its children send."""

    __slots__ = ("_count", "_token")

    def __enter__(self) -> StatementCount:
        """Begin to count."""
        self._count = StatementCount()
        self._token = _COUNT.set(self._count)
        return self._count

    def __exit__(self, *_error: object) -> None:
        """End."""
        _COUNT.reset(self._token)


def _count(_text: str) -> None:
    count = _COUNT.get()
    if count is not None:
        count.total += 1
