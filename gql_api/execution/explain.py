"""Explanations: what an operation sent to the database, and which path each root field took."""

import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from gql_api.access.subjects import Subject, is_administrator
from gql_api.database.engines import Database
from gql_api.loading.explanations import Explanation, SentStatement, Way
from gql_api.schema.build import Schema
from gql_api.sql.disclosure import Disclosure
from gql_api.sql.query_plans import QueryPlan

HIDDEN = "(hidden)"
"""Stands for a value that may not be shown."""

MODES = ("sql", "plan")
"""The statements; the statements and how the database would run each."""

_MAX_ITEMS = 50
_UNNOTED = Way("resolvers", "No generated field read anything for it.")


def may_explain(subject: Subject, *, is_development: bool) -> bool:
    """Tell whether a caller may see the SQL of an operation."""
    return is_development or is_administrator(subject)


def watch_session(explanation: Explanation, session: AsyncSession) -> None:
    """Report what a session sends: writes, and reads that no plan makes."""

    def begin(_session: Any, _transaction: Any, connection: Connection) -> None:
        if not event.contains(connection, "before_cursor_execute", watcher.begin):
            _listen(connection, watcher)

    watcher = _Watcher(explanation)
    event.listen(session.sync_session, "after_begin", begin)


@asynccontextmanager
async def watched(
    explanation: Explanation | None, connection: AsyncConnection
) -> AsyncIterator[AsyncConnection]:
    """Report what a connection sends within the block, if somebody asked."""
    if explanation is not None:
        _listen(connection.sync_connection, _Watcher(explanation))
    yield connection


async def present_explanation(
    explanation: Explanation,
    schema: Schema,
    database: Database,
    *,
    names: Iterable[str],
    has_plans: bool,
) -> dict[str, Any]:
    """Present what was collected, as plain data.

    Args:
        explanation: Of an operation that has ended.
        schema: Says which columns are hidden, and with them the values that stand beside them.
        database: Where the statements ran.
        names: Response keys of the operation's root fields.
        has_plans: Whether to ask the database how it would run each read.

    Cost:
        No statement; one per read for their plans.
    """
    disclosure = Disclosure(schema.table.registry)
    ways = {name: explanation.ways.get(name, _UNNOTED) for name in names}
    statements = []
    for sent in explanation.statements:
        shown, is_complete = _presented(sent, database, disclosure)
        if has_plans and sent.is_read:
            shown["plan"] = await _plan(sent, database) if is_complete else None
        statements.append(shown)
    return {
        "fields": {name: {"path": way.path, "reason": way.reason} for name, way in ways.items()},
        "statements": statements,
    }


class _Watcher:
    """Reports what one connection sends; statements follow one another there."""

    def __init__(self, explanation: Explanation) -> None:
        self._explanation = explanation
        self._sent: SentStatement | None = None

    def begin(self, *facts: Any) -> None:
        """Note that a statement is sent."""
        text, context = facts[2], facts[4]
        compiled = context.compiled
        is_write = context.isinsert or context.isupdate or context.isdelete
        self._sent = None
        if text.startswith("BEGIN") or (self._explanation.reading and not is_write):
            return
        sets = context.compiled_parameters if compiled is not None else [{}]
        statement = None if compiled is None else compiled.statement
        self._sent = SentStatement(None, statement, sets[0], compiled, text, is_read=False)
        self._explanation.statements.append(self._sent)
        self._started_at = time.perf_counter()

    def end(self, *facts: Any) -> None:
        """Note that it has run."""
        if self._sent is None:
            return
        self._sent.duration_s = time.perf_counter() - self._started_at
        count = facts[1].rowcount
        self._sent.rows = count if count >= 0 else None


def _listen(connection: Any, watcher: _Watcher) -> None:
    event.listen(connection, "before_cursor_execute", watcher.begin)
    event.listen(connection, "after_cursor_execute", watcher.end)


def _presented(
    sent: SentStatement, database: Database, disclosure: Disclosure
) -> tuple[dict[str, Any], bool]:
    """Present one statement, and tell whether all of its parameters are shown."""
    text, values = _sent_values(sent, database)
    are_shown = [False] * len(values)
    if sent.statement is not None:
        disclosed = disclosure.disclose(sent.statement)
        are_shown = [disclosed.may_show(key, value) for key, value in values]
    parameters = [
        _plain(value) if is_shown else HIDDEN
        for is_shown, (_, value) in zip(are_shown, values, strict=True)
    ]
    duration_ms = None if sent.duration_s is None else round(sent.duration_s * 1000, 3)
    shown = {
        "field": sent.field,
        "sql": text,
        "parameters": parameters,
        "rows": sent.rows,
        "durationMs": duration_ms,
    }
    return shown, all(are_shown)


def _sent_values(sent: SentStatement, database: Database) -> tuple[str, list[tuple[str, Any]]]:
    """Return the text of a statement, and key and value of each placeholder in it."""
    compiled = sent.compiled
    if compiled is None:
        if sent.statement is None:
            return sent.text or "", []
        compiled = _compiled(sent.statement, database)
    state = compiled.construct_expanded_state(dict(sent.parameters), escape_names=False)
    origins = {name: origin for origin, all_ in state.parameter_expansion.items() for name in all_}
    values = []
    for name in state.positiontup or ():
        origin = origins.get(name, name)
        bind = compiled.binds.get(origin)
        values.append((origin if bind is None else bind.key, state.parameters[name]))
    return sent.text or state.statement, values


def _compiled(statement: Any, database: Database) -> Any:
    engine = database.read_engine.sync_engine
    schemas = engine.get_execution_options().get("schema_translate_map")
    options = {"schema_translate_map": schemas, "render_schema_translate": True} if schemas else {}
    return statement.compile(dialect=engine.dialect, **options)


async def _plan(sent: SentStatement, database: Database) -> list[str]:
    assert sent.statement is not None  # noqa: S101 - reads of plans are built by us
    async with database.read_connection() as connection:
        found = await connection.execute(QueryPlan(sent.statement), dict(sent.parameters))
        rows = found.mappings().all()
    return [_plan_line(row) for row in rows]


def _plan_line(row: Mapping[Any, Any]) -> str:
    """Write a row of a plan: its only text, or all of its facts."""
    if "detail" in row:  # of SQLite
        return str(row["detail"])
    if len(row) == 1:
        return str(next(iter(row.values())))
    return ", ".join(f"{name}: {value}" for name, value in row.items() if value is not None)


def _plain(value: Any) -> Any:
    """Return a value that JSON has; of a long list the first items."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple():
            return _plain_list(value)
        case bytes() | bytearray() | memoryview():
            return f"({len(value)} bytes)"
        case _:
            return str(value)


def _plain_list(values: Sequence[Any]) -> list[Any]:
    shown = [_plain(each) for each in values[:_MAX_ITEMS]]
    more = len(values) - _MAX_ITEMS
    return [*shown, f"(and {more} more)"] if more > 0 else shown
