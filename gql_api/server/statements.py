"""How many SQL statements a piece of work sends, counted in one place whichever way they take."""

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def counted_statements() -> Iterator[StatementCount]:
    """Count the statements of watched databases that this task and its children send."""
    count = StatementCount()
    token = _COUNT.set(count)
    try:
        yield count
    finally:
        _COUNT.reset(token)


def _count(_text: str) -> None:
    count = _COUNT.get()
    if count is not None:
        count.total += 1
