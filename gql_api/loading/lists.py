"""Lists and to-one relatives are loaded, for a root field or for many parents at once.

A list of a plan is made ready once: statements built, columns placed. A run then sends the
statements and makes the answer of each parent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gql_api.loading.aggregates import (
    Computed,
    ReadyAggregates,
    aggregate_answers,
    empty_aggregate,
    of_no_rows,
)
from gql_api.loading.assembly import ReadyRows, Relatives
from gql_api.loading.fetching import ReadyStatement
from gql_api.loading.forms import Form, Values, objects
from gql_api.loading.groups import ReadyGroups
from gql_api.loading.pages import LoadedPages, PageSides, ReadyPage, no_pages
from gql_api.loading.rows import RowShape
from gql_api.loading.run import ParentKey, Run, leading_keys
from gql_api.plan import selections
from gql_api.plan.aggregates import ROW_COUNT, Aggregate
from gql_api.plan.selections import Connection, Selection, ToManyField, ToOneField
from gql_api.sql.pages import Parents, Side, select_aggregates, select_related
from gql_api.sql.sources import Compilation

_PAGED = selections.NodesField | selections.EdgesField | selections.PageInfoField
_HOLDING_ROWS = selections.NodesField | selections.EdgesField | selections.GroupsField


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What all parts of a plan are made ready with."""

    compilation: Compilation
    form: Form

    def relatives(self, asked: ToOneField | ToManyField, parents: Parents) -> Relatives:
        """Make a relationship field ready."""
        if isinstance(asked, ToOneField):
            return ReadyRelated(asked.selection, parents, self)
        return ReadyList(asked.connection, parents, self)

    def rows(self, selection: Selection, shape: RowShape) -> ReadyRows:
        """Make the rows of a selection ready."""
        return ReadyRows(selection, shape, self.compilation.registry, self.form, self.relatives)


class ReadyRelated:
    """The rows that a to-one relationship leads to.

    Args:
        selection: What is asked of them.
        parents: Entity and relationship.
        setting: What it is made ready with.
    """

    def __init__(self, selection: Selection, parents: Parents, setting: Setting) -> None:
        self.empty: Any = None
        self._width = len(parents.relationship.join.local_keys)
        registry = setting.compilation.registry
        shape = RowShape(selection.entity, (selection,), registry, self._width)
        statement = select_related(parents, shape.columns, setting.compilation)
        self._statement = ReadyStatement(statement, parents, setting.compilation)
        self._rows = setting.rows(selection, shape)

    async def load(self, keys: Sequence[ParentKey], run: Run) -> list[Any]:
        """Load the row of each parent; None where there is none.

        Cost:
            One statement, and those of the relationships, whatever the number of parents.
        """
        fetched = await self._statement.fetch(keys, run)
        leading = leading_keys(fetched, self._width)
        # of several rows of one parent the first one counts: it is put in last
        found = dict(zip(reversed(leading), reversed(fetched), strict=True))
        rows = await self._rows.load(list(found.values()), run)
        return list(map(dict(zip(found, rows, strict=True)).get, keys))


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """What the statements of a list told, before rows are assembled."""

    keys: Sequence[ParentKey]
    pages: LoadedPages
    computed: Computed
    sides: Mapping[Side, Sequence[bool]]
    run: Run


class ReadyList:
    """A list of a plan: a page of it, and what is told about all its rows.

    Args:
        connection: The list.
        parents: Of the lists; None for the list of a root field.
        setting: What it is made ready with.
    """

    def __init__(self, connection: Connection, parents: Parents | None, setting: Setting) -> None:
        compilation = setting.compilation
        self.empty: Any = empty_connection(connection)
        self._connection = connection
        self._page: ReadyPage | None = None
        self._rows: dict[int, ReadyRows] = {}
        if any(isinstance(each, _PAGED) for each in connection.fields):
            self._page = page = ReadyPage(connection, parents, compilation)
            self._rows = {id(each): setting.rows(each, page.shape) for each in page.selections}
        self._aggregates = _ReadyCounts(connection, parents, setting)
        self._sides = PageSides(connection, parents, compilation)
        self._groups = {
            id(each): ReadyGroups(
                connection, each, parents, compilation, setting.form, setting.relatives
            )
            for each in connection.fields
            if isinstance(each, selections.GroupsField)
        }

    async def load(self, keys: Sequence[ParentKey], run: Run) -> list[dict[str, Any]]:
        """Load the connection of each parent.

        Returns:
            Response keys to values, in the order of the keys.

        Raises:
            NoPlainFormError: A value has no form on the wire.

        Cost:
            One statement for the page, one for the count and all aggregates, one for each field of
            groups and one for each far side of the page, each only if selected; and those of the
            relationships, whatever the number of rows and parents.
        """
        pages = no_pages(len(keys)) if self._page is None else await self._page.load(keys, run)
        computed = await self._aggregates.load(keys, run)
        sides = await self._sides.load(keys, pages, run)
        loaded = _Loaded(keys, pages, computed, sides, run)
        fields = self._connection.fields
        columns = [await self._column(each, loaded) for each in fields]
        return objects([each.response_key for each in fields], columns, len(keys))

    async def _column(self, asked: selections.ConnectionField, loaded: _Loaded) -> Values:
        """Return the answers of one field of all connections."""
        match asked:
            case selections.NodesField(_, selection):
                return loaded.pages.split(await self._load_rows(selection, loaded))
            case selections.EdgesField():
                return loaded.pages.split(await self._load_edges(asked, loaded))
            case selections.GroupsField():
                return await self._groups[id(asked)].load(loaded.keys, loaded.run)
            case _:
                return self._told(asked, loaded)

    def _told(
        self,
        asked: selections.PageInfoField
        | selections.TotalCountField
        | selections.AggregateField
        | selections.TypenameField,
        loaded: _Loaded,
    ) -> Values:
        """Return the answers of a field that holds no rows."""
        match asked:
            case selections.PageInfoField(_, facts):
                columns = [self._fact(fact, loaded) for _, fact in facts]
                return objects([name for name, _ in facts], columns, len(loaded.keys))
            case selections.TotalCountField():
                return loaded.computed[ROW_COUNT]
            case selections.AggregateField(_, fields):
                return aggregate_answers(fields, loaded.computed, len(loaded.keys))
            case selections.TypenameField(_, type_name):
                return (type_name,) * len(loaded.keys)

    async def _load_rows(self, selection: Selection, loaded: _Loaded) -> list[Any]:
        """Assemble the rows of all pages at once, so that their relatives are loaded together."""
        return await self._rows[id(selection)].load(loaded.pages.rows, loaded.run)

    async def _load_edges(
        self, asked: selections.EdgesField, loaded: _Loaded
    ) -> list[dict[str, Any]]:
        rows = loaded.pages.rows
        columns: list[Values] = []
        for part in asked.fields:
            match part:
                case selections.EdgeNodeField(_, selection):
                    columns.append(await self._load_rows(selection, loaded))
                case selections.EdgeCursorField():
                    assert self._page is not None  # noqa: S101 - edges have a page
                    columns.append(self._page.cursors(rows, loaded.run))
                case selections.TypenameField(_, type_name):
                    columns.append((type_name,) * len(rows))
        return objects([part.response_key for part in asked.fields], columns, len(rows))

    def _fact(self, fact: str, loaded: _Loaded) -> Values:
        assert self._page is not None  # noqa: S101 - a list whose pageInfo is asked for has a page
        pages, is_backward = loaded.pages, self._connection.page.is_backward
        match fact:
            case "hasNextPage":
                return _either(loaded.sides.get(Side.AFTER), pages, is_told=not is_backward)
            case "hasPreviousPage":
                return _either(loaded.sides.get(Side.BEFORE), pages, is_told=is_backward)
            case "startCursor" | "endCursor":
                return self._page.ends(pages, loaded.run, is_last=fact == "endCursor")
            case _:
                return ("PageInfo",) * len(loaded.keys)


class _ReadyCounts:
    """The total count and all aggregates of lists, with one statement if there are any.

    Args:
        connection: The list.
        parents: Of the lists; None for the list of a root field.
        setting: What it is made ready with.
    """

    def __init__(self, connection: Connection, parents: Parents | None, setting: Setting) -> None:
        compilation = setting.compilation
        self._wanted = wanted = _wanted_aggregates(connection)
        self._width = 0 if parents is None else len(parents.relationship.join.local_keys)
        entity = compilation.registry.entities[connection.entity]
        self._aggregates = ReadyAggregates(wanted, entity, setting.form)
        self._statement: ReadyStatement | None = None
        if wanted:
            statement = select_aggregates(connection, wanted, compilation, parents=parents)
            self._statement = ReadyStatement(statement, parents, compilation)

    async def load(self, keys: Sequence[ParentKey], run: Run) -> Computed:
        """Load the aggregates of each list."""
        if self._statement is None:
            return {}
        width = self._width
        fetched = await self._statement.fetch(keys, run)
        found = {tuple(row[:width]): row[width:] for row in fetched}
        none = tuple(map(of_no_rows, self._wanted))
        return self._aggregates.read([found.get(key, none) for key in keys])


def empty_connection(connection: Connection) -> dict[str, Any]:
    """Return the answer of a connection without rows, in either form."""
    answer: dict[str, Any] = {}
    for asked in connection.fields:
        match asked:
            case selections.TypenameField(_, type_name):
                value: Any = type_name
            case selections.PageInfoField(_, facts):
                value = {name: _EMPTY_PAGE[fact] for name, fact in facts}
            case selections.TotalCountField():
                value = 0
            case selections.AggregateField():
                value = empty_aggregate(asked)
            case _:
                value = []
        answer[asked.response_key] = value
    return answer


_EMPTY_PAGE = {
    "hasNextPage": False,
    "hasPreviousPage": False,
    "startCursor": None,
    "endCursor": None,
    "__typename": "PageInfo",
}


def _either(known: Sequence[bool] | None, pages: LoadedPages, *, is_told: bool) -> list[bool]:
    """Tell whether rows follow pages on a side: by a statement, or by the rows that were cut."""
    told = [more and is_told for more in pages.has_more]
    return told if known is None else [a or b for a, b in zip(known, told, strict=True)]


def _wanted_aggregates(connection: Connection) -> tuple[Aggregate, ...]:
    wanted: dict[Aggregate, None] = {}
    for asked in connection.fields:
        if isinstance(asked, selections.TotalCountField):
            wanted[ROW_COUNT] = None
        elif isinstance(asked, selections.AggregateField):
            wanted.update(dict.fromkeys(asked))
    return tuple(wanted)
