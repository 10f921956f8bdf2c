"""Whole plans are loaded: as trees for resolvers, or as data for the wire.

What is made ready of a known plan is kept with it, so that a warm operation only sends statements.
"""

from collections.abc import Sequence
from typing import Any

from gql_api.errors import NoPlainFormError
from gql_api.loading.assembly import ReadyRows
from gql_api.loading.fetching import ReadyStatement
from gql_api.loading.forms import TREE, WIRE, Form
from gql_api.loading.lists import ReadyList, Setting
from gql_api.loading.pages import ROOT
from gql_api.loading.rows import LoadedRow, RowShape
from gql_api.loading.run import Run
from gql_api.plan.known import KnownPlan
from gql_api.plan.selections import Connection, Lookup, python_fields
from gql_api.sql.pages import select_rows
from gql_api.sql.sources import Compilation

_PYTHON = "A resolver in Python answers a field."


async def load_connection(known: KnownPlan[Connection], run: Run) -> dict[str, Any]:
    """Load the connection of a root field, for resolvers.

    Returns:
        Response keys to values, in the shape of the connection's fields.

    Cost:
        One statement for the page, one for the count and all aggregates, one for each field of
        groups and one for each far side of the page, each only if selected; and those of the
        relationships, whatever the number of rows.
    """
    ready: ReadyList = _ready(known, run.compilation, TREE)
    return (await ready.load((ROOT,), run))[0]


async def load_lookup(known: KnownPlan[Lookup], run: Run) -> list[LoadedRow]:
    """Load the visible rows that meet a condition, in no particular order, for resolvers.

    Cost:
        One statement, and those of the relationships.
    """
    ready: _ReadyLookup = _ready(known, run.compilation, TREE)
    return await ready.load(run)


async def load_wire(known: KnownPlan[Any], run: Run) -> Any:
    """Load the answer of a root field as data that JSON is written of.

    Returns:
        The connection, or the row of a lookup; None where there is none.

    Raises:
        NoPlainFormError: A value has no form on the wire, or a field is answered by a resolver.

    Cost:
        As of ``load_connection`` and ``load_lookup``.
    """
    ready: ReadyList | _ReadyLookup = _ready(known, run.compilation, WIRE)
    if isinstance(ready, ReadyList):
        return (await ready.load((ROOT,), run))[0]
    rows = await ready.load(run)
    return rows[0] if rows else None


async def load_wire_rows(
    known: KnownPlan[Lookup], columns: Sequence[str], run: Run
) -> list[tuple[tuple[Any, ...], Any]]:
    """Load the visible rows that meet a condition as data that JSON is written of.

    Args:
        known: The plan; its selections load the columns.
        columns: Attribute keys.
        run: Where and with which values.

    Returns:
        Database values of the columns and answer of each row, in no particular order.

    Raises:
        NoPlainFormError: As of ``load_wire``.

    Cost:
        One statement, and those of the relationships.
    """
    ready: _ReadyLookup = _ready(known, run.compilation, WIRE)
    return await ready.load_with_columns(columns, run)


class _ReadyLookup:
    """The rows that meet a condition, made ready.

    Args:
        lookup: The plan.
        setting: What it is made ready with.
    """

    def __init__(self, lookup: Lookup, setting: Setting) -> None:
        compilation, selection = setting.compilation, lookup.selection
        self._shape = RowShape(selection.entity, (selection,), compilation.registry)
        statement = select_rows(lookup, self._shape.columns, compilation)
        self._statement = ReadyStatement(statement, None, compilation)
        self._rows: ReadyRows = setting.rows(selection, self._shape)

    async def load(self, run: Run) -> list[Any]:
        """Load the rows."""
        return await self._rows.load(await self._statement.fetch((), run), run)

    async def load_with_columns(
        self, columns: Sequence[str], run: Run
    ) -> list[tuple[tuple[Any, ...], Any]]:
        """Load the rows, each with values of columns that its selection loads."""
        fetched = await self._statement.fetch((), run)
        rows = await self._rows.load(fetched, run)
        keys = [self._shape.column_values(each, columns) for each in fetched]
        return list(zip(keys, rows, strict=True))


def wire_refusal(known: KnownPlan[Any]) -> str | None:
    """Return why a plan cannot be loaded as data for the wire; None where it can."""
    is_executed = any(each.call_slot is None for each in python_fields(known.plan))
    return _PYTHON if is_executed else None


def _ready(known: KnownPlan[Any], compilation: Compilation, form: Form) -> Any:
    """Return what is made ready of a plan; it is made once."""
    key = (form, compilation)
    ready = known.derived.get(key)
    if ready is None:
        if form.is_plain and (refusal := wire_refusal(known)) is not None:
            raise NoPlainFormError(refusal)
        setting = Setting(compilation, form)
        ready = known.derived[key] = (
            ReadyList(known.plan, None, setting)
            if isinstance(known.plan, Connection)
            else _ReadyLookup(known.plan, setting)
        )
    return ready
