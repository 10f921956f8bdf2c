"""What an operation did, for those who ask: the path of each root field, and each statement."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from gql_api.database.kept import KeptStatement
from gql_api.loading.readers import Reader, ValuedReader


@dataclass(frozen=True, slots=True)
class Way:
    """How a root field was answered."""

    path: str
    """json, rows or resolvers."""

    reason: str
    """Why that one; a sentence."""


_EXECUTED = Way("resolvers", "The executor of GraphQL walks the rows of its statements.")


@dataclass(slots=True, eq=False)
class SentStatement:
    """One statement; what it brought is known when it has run."""

    field: str | None
    """Response key of the root field; None where nobody can tell."""

    statement: sa.Executable | None
    """As it was built; None where only its text is known."""

    parameters: Mapping[str, Any]
    """By name."""

    compiled: Any = None
    """SQLAlchemy's own, where it was compiled already."""

    text: str | None = None
    """As it was sent, where that is known."""

    rows: int | None = None
    """Rows that it returned or changed; None where the driver does not say, or after an error."""

    duration_s: float | None = None
    """Seconds, the wait for a connection included; None after an error."""

    is_read: bool = True
    """Whether it is one of the plan's own reads."""


@dataclass(slots=True, eq=False)
class Explanation:
    """Collects what an operation does. One per operation."""

    ways: dict[str, Way] = field(default_factory=dict)
    """By response key of the root field."""

    statements: list[SentStatement] = field(default_factory=list)
    """In the order in which they were sent."""

    reading: int = 0
    """Reads of plans that run at this moment."""

    def take(self, name: str, path: str, reason: str) -> None:
        """Note how a root field is answered; the last note holds."""
        self.ways[name] = Way(path, reason)

    def reader(self, reader: Reader, name: str | None = None) -> "ExplainingReader":
        """Return a reader that reports here, for a root field."""
        if name is not None:
            self.ways.setdefault(name, _EXECUTED)
        return ExplainingReader(self, reader, name)


class ExplainingReader:
    """A reader that reports each statement.

    Args:
        explanation: Where to.
        reader: Who runs it.
        name: Response key of the root field, if one is known.
    """

    def __init__(self, explanation: Explanation, reader: Reader, name: str | None) -> None:
        self.explanation = explanation
        self.name = name
        self._reader = reader

    async def fetch(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        """Run a statement and report it."""
        with self._reported(statement, parameters) as sent:
            rows = await self._reader.fetch(statement, parameters)
            sent.rows = len(rows)
        return rows

    async def fetch_text(
        self, statement: KeptStatement, parameters: Mapping[str, Any]
    ) -> bytes | str | None:
        """Run a statement and report it."""
        with self._reported(statement.select, parameters) as sent:
            text = await self._reader.fetch_text(statement, parameters)
            sent.rows = 1
        return text

    async def fetch_instances(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Run a statement and report it."""
        with self._reported(statement, parameters) as sent:
            rows = await self._reader.fetch_instances(statement, parameters)
            sent.rows = len(rows)
        return rows

    @contextmanager
    def _reported(
        self, statement: sa.Select[Any], parameters: Mapping[str, Any]
    ) -> Iterator[SentStatement]:
        sent = SentStatement(self.name, statement, parameters)
        self.explanation.statements.append(sent)
        started_at = time.perf_counter()
        self.explanation.reading += 1
        try:
            yield sent
            sent.duration_s = time.perf_counter() - started_at
        finally:
            self.explanation.reading -= 1


def report_path(reader: Reader, path: str, reason: str) -> None:
    """Tell how the root field of a reader is answered, if somebody asked.

    Args:
        reader: Of the run.
        path: json, rows or resolvers.
        reason: Why that one; a sentence.
    """
    if isinstance(reader, ValuedReader):
        reader = reader.reader
    if isinstance(reader, ExplainingReader) and reader.name is not None:
        reader.explanation.take(reader.name, path, reason)
