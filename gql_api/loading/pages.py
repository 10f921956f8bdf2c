"""Pages of lists: the rows of each, their cursors, and what stands on both sides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from gql_api.loading.fetching import ReadyStatement
from gql_api.loading.rows import RowShape
from gql_api.loading.run import ParentKey, Run, leading_keys
from gql_api.mapping.descriptors import Entity
from gql_api.plan import selections
from gql_api.plan.selections import Connection, Selection
from gql_api.sql.cursors import CursorCodec
from gql_api.sql.pages import Parents, Side, select_page, select_side
from gql_api.sql.sources import Compilation

ROOT: ParentKey = ()
"""Key of the only list of a root field."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedPages:
    """The pages of all parents of a run, in the order of their keys."""

    rows: Sequence[Sequence[Any]]
    """As they were fetched, of one page after another."""

    sizes: Sequence[int]
    """Number of rows of each page."""

    has_more: Sequence[bool]
    """Whether rows follow each page, in the direction of the statement."""

    def split(self, values: Sequence[Any]) -> list[list[Any]]:
        """Split one value per row into the pages."""
        rest = iter(values)
        return [list(islice(rest, size)) for size in self.sizes]


def no_pages(count: int) -> LoadedPages:
    """Return pages without rows."""
    return LoadedPages((), (0,) * count, (False,) * count)


class ReadyPage:
    """The page of a list, made ready.

    Args:
        connection: The list.
        parents: Of the lists; None for the list of a root field.
        compilation: Registry, scopes and dialect.
    """

    selections: Sequence[Selection]
    """What is asked of the rows, by each field that holds them."""

    shape: RowShape
    """Of the fetched rows."""

    def __init__(
        self, connection: Connection, parents: Parents | None, compilation: Compilation
    ) -> None:
        registry = compilation.registry
        self.selections = _page_selections(connection)
        self._width = 0 if parents is None else len(parents.relationship.join.local_keys)
        self.shape = RowShape(connection.entity, self.selections, registry, self._width)
        self._connection = connection
        self._entity = entity = registry.entities[connection.entity]
        self._compilation = compilation
        self._statement = ReadyStatement(
            select_page(
                connection,
                self.shape.columns,
                compilation,
                parents=parents,
                has_order_values=_wants_cursors(connection, entity),
            ),
            parents,
            compilation,
        )

    async def load(self, keys: Sequence[ParentKey], run: Run) -> LoadedPages:
        """Load the page of each parent.

        Cost:
            One statement.
        """
        fetched = await self._statement.fetch(keys, run)
        # the slot holds one row more than the page, to tell whether there are more
        size = run.values[self._connection.page.limit_slot] - 1
        pages = [fetched] if not self._width else self._by_parent(keys, fetched)
        has_more = [len(page) > size for page in pages]
        cut = [page[:size] for page in pages]
        if self._connection.page.is_backward:
            cut = [page[::-1] for page in cut]
        rows = cut[0] if len(cut) == 1 else [row for page in cut for row in page]
        return LoadedPages(rows, [len(page) for page in cut], has_more)

    def _by_parent(
        self, keys: Sequence[ParentKey], fetched: Sequence[Sequence[Any]]
    ) -> list[Sequence[Sequence[Any]]]:
        groups: dict[ParentKey, list[Sequence[Any]]] = {key: [] for key in keys}
        for key, row in zip(leading_keys(fetched, self._width), fetched, strict=True):
            groups[key].append(row)
        return list(groups.values())

    def cursors(self, rows: Sequence[Sequence[Any]], run: Run) -> list[str | None]:
        """Return the cursors of rows; those of a list without keys have none."""
        if self._entity.is_keyless:
            return [None] * len(rows)
        order, registry = self._connection.order, self._compilation.registry
        codec = CursorCodec(self._entity, order, registry, run.values)
        return [codec.encode(row[self.shape.end :]) for row in rows]

    def ends(self, pages: LoadedPages, run: Run, *, is_last: bool) -> list[str | None]:
        """Return the cursor of the first or the last row of each page; None where it is empty."""
        ends, start = [], 0
        for size in pages.sizes:
            if size:
                ends.append(pages.rows[start + size - 1 if is_last else start])
            start += size
        cursors = iter(self.cursors(ends, run))
        return [next(cursors) if size else None for size in pages.sizes]


class PageSides:
    """Whether rows stand on the sides of a page that only a further statement can tell about.

    Args:
        connection: The list.
        parents: Of the lists; None for the list of a root field.
        compilation: Registry, scopes and dialect.
    """

    def __init__(
        self, connection: Connection, parents: Parents | None, compilation: Compilation
    ) -> None:
        facts = {
            fact
            for each in connection.fields
            if isinstance(each, selections.PageInfoField)
            for _, fact in each.facts
        }
        page = connection.page
        self._connection, self._parents, self._compilation = connection, parents, compilation
        self._is_next_unknown = "hasNextPage" in facts and page.before is not None
        self._is_previous_asked = "hasPreviousPage" in facts
        self._offset_slot, self._has_after = page.offset_slot, page.after is not None

    async def load(
        self, keys: Sequence[ParentKey], pages: LoadedPages, run: Run
    ) -> Mapping[Side, Sequence[bool]]:
        """Return on which sides of the page of each parent rows stand; what is absent is not known.

        Cost:
            At most one statement per side.
        """
        found: dict[Side, Sequence[bool]] = {}
        if self._is_next_unknown:
            found[Side.AFTER] = await self._load_side(Side.AFTER, keys, run)
        if self._is_previous_asked:
            skipped = 0 if self._offset_slot is None else run.values[self._offset_slot]
            is_known = [bool(skipped and size) for size in pages.sizes]
            if self._has_after or (skipped and not all(is_known)):
                is_there = await self._load_side(Side.BEFORE, keys, run)
                is_known = [a or b for a, b in zip(is_known, is_there, strict=True)]
            found[Side.BEFORE] = is_known
        return found

    async def _load_side(self, side: Side, keys: Sequence[ParentKey], run: Run) -> list[bool]:
        built = select_side(self._connection, side, self._compilation, parents=self._parents)
        statement = ReadyStatement(built, self._parents, self._compilation)
        fetched = await statement.fetch(keys, run)
        found = {ROOT if self._parents is None else tuple(row) for row in fetched}
        return [key in found for key in keys]


def _page_selections(connection: Connection) -> list[Selection]:
    found = [
        each.selection for each in connection.fields if isinstance(each, selections.NodesField)
    ]
    for each in connection.fields:
        if isinstance(each, selections.EdgesField):
            found.extend(
                part.selection for part in each.fields if isinstance(part, selections.EdgeNodeField)
            )
    return found


def _wants_cursors(connection: Connection, entity: Entity) -> bool:
    if entity.is_keyless:
        return False
    return any(
        isinstance(part, selections.EdgeCursorField)
        for each in connection.fields
        if isinstance(each, selections.EdgesField)
        for part in each.fields
    ) or any(
        fact.endswith("Cursor")
        for each in connection.fields
        if isinstance(each, selections.PageInfoField)
        for _, fact in each.facts
    )
