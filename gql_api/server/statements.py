"""How many SQL statements a piece of work sends, counted in one place for both engines."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event

from gql_api.database.engines import Database


@dataclass(slots=True)
class StatementCount:
    """Statements sent so far."""

    total: int = 0
    """Savepoints included; BEGIN, COMMIT and ROLLBACK are not statements."""


_COUNT: ContextVar[StatementCount | None] = ContextVar("statement_count", default=None)
_EVENT = "before_cursor_execute"


def watch_statements(database: Database) -> None:
    """Have the statements of a database counted; a second call changes nothing."""
    engines = [database.write_engine.sync_engine, database.read_engine.sync_engine]
    if engines[0].pool is engines[1].pool:
        engines.pop()  # reads of a database in memory run on a view of the engine for writes
    for engine in engines:
        if not event.contains(engine, _EVENT, _count):
            event.listen(engine, _EVENT, _count)


@contextmanager
def counted_statements() -> Iterator[StatementCount]:
    """Count the statements of watched databases that this task and its children send."""
    count = StatementCount()
    token = _COUNT.set(count)
    try:
        yield count
    finally:
        _COUNT.reset(token)


def _count(_connection: Any, _cursor: Any, statement: str, *_facts: Any) -> None:
    count = _COUNT.get()
    if count is not None and not statement.startswith("BEGIN"):
        count.total += 1
