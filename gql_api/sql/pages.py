"""Statements that read: one per list, per count and per level of relationships.

Every list goes through the same order of work: scope, filter, order, page.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from gql_api.mapping.descriptors import Entity, Relationship
from gql_api.plan.aggregates import Aggregate
from gql_api.plan.filters import Filter
from gql_api.plan.pages import Page
from gql_api.plan.selections import Connection, Lookup
from gql_api.sql.aggregates import compile_aggregate
from gql_api.sql.caching import reuse_statement
from gql_api.sql.columns import SelectedColumn, SubtypeColumn, readable
from gql_api.sql.operands import bind_slot, compile_keys_in
from gql_api.sql.ordering import (
    SortKey,
    compile_order,
    compile_order_by,
    compile_seek,
    first_order,
    reverse,
)
from gql_api.sql.places import compile_place, is_folded, lasting
from gql_api.sql.predicates import compile_filter
from gql_api.sql.sources import (
    Compilation,
    Deleted,
    Source,
    given_keys,
    is_kept_single,
    key_types,
    visible_relatives,
    visible_rows,
)

PARENT_KEYS = "parent_keys"
"""Name of the parameter that holds the parents' key values: scalars for one key, else tuples."""


@dataclass(frozen=True, slots=True)
class Parents:
    """The parents whose relatives a statement selects."""

    entity: Entity
    relationship: Relationship

    def are_probed(self, compilation: Compilation) -> bool:
        """Tell whether each parent's page is cheaper to find alone than among all relatives."""
        is_possible = compilation.dialect.has_lateral and self.relationship.is_indexed
        return is_possible and not placed_keys(self, compilation)


@reuse_statement
def select_page(
    connection: Connection,
    columns: Sequence[SelectedColumn],
    compilation: Compilation,
    *,
    parents: Parents | None = None,
    has_order_values: bool = False,
) -> sa.Select[Any]:
    """Select one page of a list, or one page per parent.

    Args:
        connection: Filter, order and page.
        columns: What to select.
        compilation: Registry, scopes and dialect.
        parents: Selects a page for each of the parents in ``PARENT_KEYS``: by a LATERAL join where
            an index leads to the relatives of one parent, else by a window function over all.
        has_order_values: Whether the values of the order keys are selected too, for cursors.

    Returns:
        Rows of: the parent's keys, the columns, the order values. Backward pages come in reverse
        order.
    """
    source = connection_source(connection, parents, compilation, columns)
    keys = compile_order(connection.order, source, compilation)
    direction = reverse(keys) if connection.page.is_backward else keys
    seek = seek_predicates(connection.page, keys, compilation)
    selected = [
        *source.keys,
        *(source.column(key) for key in columns),
        *(key.expression for key in keys if has_order_values),
    ]
    if parents is not None and parents.are_probed(compilation):
        predicates = [*_conditions(connection.filter, source, compilation), *seek]
        probe = _Probe(source, predicates)
        return probe.select_pages(selected, direction, connection.page, compilation)
    predicates = [*list_predicates(connection.filter, source, compilation), *seek]
    order_by = compile_order_by(direction, compilation)
    if parents is None:
        statement = _select(selected, source, predicates).order_by(*order_by)
        return _paged(statement, connection.page)
    rank = sa.func.row_number().over(partition_by=source.keys, order_by=order_by)
    return _ranked(_select([*selected, rank], source, predicates), connection.page)


@reuse_statement
def select_aggregates(
    connection: Connection,
    aggregates: Sequence[Aggregate],
    compilation: Compilation,
    *,
    parents: Parents | None = None,
) -> sa.Select[Any]:
    """Select aggregates of a filtered, unpaged list, or the keys and aggregates of each parent.

    Returns:
        Rows of: the parent's keys, the aggregates. Parents without rows have none.
    """
    source = connection_source(connection, parents, compilation)
    predicates = list_predicates(connection.filter, source, compilation)
    values = [
        compile_aggregate(each, source, compilation.dialect, is_read=True) for each in aggregates
    ]
    statement = _select([*source.keys, *values], source, predicates)
    return statement.group_by(*source.keys) if source.keys else statement


class Side(enum.Enum):
    """A side of a page."""

    BEFORE = "before"
    """Rows up to the one of the ``after`` cursor, or any row when the page has an offset."""

    AFTER = "after"
    """Rows from the one of the ``before`` cursor on."""


@reuse_statement
def select_side(
    connection: Connection,
    side: Side,
    compilation: Compilation,
    *,
    parents: Parents | None = None,
) -> sa.Select[Any]:
    """Select whether any row of a filtered list stands on one side of a page.

    Returns:
        At most one row, or the keys of each parent that has such a row.
    """
    source = connection_source(connection, parents, compilation)
    predicates = side_predicates(connection, side, source, compilation)
    if parents is None:
        return _select([sa.literal(1)], source, predicates).limit(1)
    if parents.are_probed(compilation):
        return _Probe(source, predicates).select_parents()
    return _select(source.keys, source, [*predicates, *source.matches]).distinct()


@reuse_statement
def select_related(
    parents: Parents, columns: Sequence[SelectedColumn], compilation: Compilation
) -> sa.Select[Any]:
    """Select the rows that a to-one relationship leads to from the parents in ``PARENT_KEYS``.

    Returns:
        Rows of: the parent's keys, the columns; in the relationship's own order, then the primary
        key's, where nothing but a constraint makes it one row per parent.
    """
    source = list_source(parents.relationship.target, parents, compilation, columns)
    selected = [*source.keys, *(source.column(key) for key in columns)]
    statement = _select(selected, source, list_predicates(None, source, compilation))
    if is_kept_single(parents.relationship, source.entity):
        return statement
    return statement.order_by(*first_order(parents.relationship, source, compilation))


@reuse_statement
def select_rows(
    lookup: Lookup, columns: Sequence[SelectedColumn], compilation: Compilation
) -> sa.Select[Any]:
    """Select the visible rows that meet a condition; their number is bounded by the condition."""
    source = list_source(lookup.selection.entity, None, compilation, columns)
    selected = [source.column(key) for key in columns]
    return _select(selected, source, list_predicates(lookup.filter, source, compilation))


def connection_source(
    connection: Connection,
    parents: Parents | None,
    compilation: Compilation,
    columns: Sequence[SelectedColumn] = (),
) -> Source:
    """Return the rows of a list, not filtered yet: of the root, or of each parent."""
    deleted = deleted_of(connection)
    return list_source(connection.entity, parents, compilation, columns, deleted=deleted)


def deleted_of(connection: Connection) -> Deleted:
    """Return what becomes of the deleted rows of a list."""
    return Deleted.INCLUDED if connection.includes_deleted else Deleted.HIDDEN


def list_source(
    entity: str,
    parents: Parents | None,
    compilation: Compilation,
    columns: Sequence[SelectedColumn] = (),
    *,
    deleted: Deleted = Deleted.HIDDEN,
) -> Source:
    """Return the visible rows of an entity, or those that a relationship leads to."""
    subtypes = {each.entity for each in columns if isinstance(each, SubtypeColumn)}
    if parents is None:
        described = compilation.registry.entities[entity]
        return visible_rows(described, compilation, subtypes, deleted=deleted)
    relatives = visible_relatives(
        parents.entity, parents.relationship, compilation, subtypes, deleted=deleted
    )
    return _placed(relatives, parents, compilation, deleted)


def placed_keys(parents: Parents, compilation: Compilation) -> tuple[int, ...]:
    """Return the indexes of the parents' keys that statements answer with places."""
    types = key_types(parents.entity, parents.relationship, compilation)
    return tuple(at for at, type_ in enumerate(types) if is_folded(type_, compilation.dialect))


def _placed(
    relatives: Source, parents: Parents, compilation: Compilation, deleted: Deleted
) -> Source:
    """Let places in lists of values stand for the keys whose values the database folds."""
    keys, dialect = list(relatives.keys), compilation.dialect
    indexes = placed_keys(parents, compilation)
    if not indexes:
        return replace(relatives, matches=(compile_keys_in(keys, PARENT_KEYS, dialect),))
    # one key is found by its place alone
    matches = [] if len(keys) == 1 else [compile_keys_in(keys, PARENT_KEYS, dialect)]
    alike = visible_relatives(parents.entity, parents.relationship, compilation, deleted=deleted)
    for at in indexes:
        like = sa.select(alike.keys[at]).select_from(alike.from_clause)
        keys[at], is_listed = compile_place(relatives.keys, at, like, dialect)
        matches.append(is_listed)
    return replace(relatives, keys=tuple(keys), matches=tuple(matches))


def list_predicates(
    part: Filter | None, source: Source, compilation: Compilation
) -> list[sa.ColumnElement[bool]]:
    """Compile the scope, the filter, and the parents where there are some."""
    return [*_conditions(part, source, compilation), *source.matches]


def side_predicates(
    connection: Connection, side: Side, source: Source, compilation: Compilation
) -> list[sa.ColumnElement[bool]]:
    """Compile the scope, the filter, and what tells the rows on one side of a page."""
    keys = compile_order(connection.order, source, compilation)
    page = connection.page
    predicates = _conditions(connection.filter, source, compilation)
    if side is Side.AFTER and page.before is not None:
        predicates.append(compile_seek(keys, page.before, compilation, is_inclusive=True))
    if side is Side.BEFORE and page.after is not None:
        turned = reverse(keys)
        predicates.append(compile_seek(turned, page.after, compilation, is_inclusive=True))
    return lasting(predicates)


def _conditions(
    part: Filter | None, source: Source, compilation: Compilation
) -> list[sa.ColumnElement[bool]]:
    predicates = [source.scope]
    if part is not None:
        predicates.append(compile_filter(part, source, compilation))
    return lasting(predicates)


def seek_predicates(
    page: Page, keys: Sequence[SortKey], compilation: Compilation
) -> list[sa.ColumnElement[bool]]:
    """Compile the rows between the cursors of a page."""
    predicates = []
    if page.after is not None:
        predicates.append(compile_seek(keys, page.after, compilation))
    if page.before is not None:
        predicates.append(compile_seek(reverse(keys), page.before, compilation))
    return lasting(predicates)


def _select(
    selected: Sequence[Any], source: Source, predicates: Sequence[sa.ColumnElement[bool]]
) -> sa.Select[Any]:
    labelled = [readable(expression).label(f"c{at}") for at, expression in enumerate(selected)]
    return sa.select(*labelled).select_from(source.from_clause).where(*predicates)


@dataclass(frozen=True, slots=True, eq=False)
class _Probe:
    """The relatives of one parent after another, each found through an index."""

    source: Source
    predicates: Sequence[sa.ColumnElement[bool]]
    """Of the relatives, without the parents' keys."""

    def select_pages(
        self,
        selected: Sequence[Any],
        direction: Sequence[SortKey],
        page: Page,
        compilation: Compilation,
    ) -> sa.Select[Any]:
        """Select a page per parent, all of them in the order of the pages."""
        everything = [*selected, *(key.expression for key in direction)]
        given = given_keys(self.source, PARENT_KEYS)
        one = self._select_one(everything, given).order_by(
            *compile_order_by(direction, compilation)
        )
        rows = _paged(one, page).lateral("page")
        columns, places = list(rows.c)[: len(selected)], list(rows.c)[len(selected) :]
        order = [
            replace(key, expression=place) for key, place in zip(direction, places, strict=True)
        ]
        statement = sa.select(*columns).select_from(given.join(rows, sa.true()))
        return statement.order_by(*compile_order_by(order, compilation))

    def select_parents(self) -> sa.Select[Any]:
        """Select the keys of each parent that has a relative."""
        given = given_keys(self.source, PARENT_KEYS)
        rows = self._select_one(self.source.keys, given).limit(1).lateral("page")
        return sa.select(*rows.c).select_from(given.join(rows, sa.true()))

    def _select_one(self, selected: Sequence[Any], given: Any) -> sa.Select[Any]:
        tied = [key == each for key, each in zip(self.source.keys, given.c, strict=True)]
        return _select(selected, self.source, [*tied, *self.predicates]).correlate(given)


def _paged(statement: sa.Select[Any], page: Page) -> sa.Select[Any]:
    statement = statement.limit(bind_slot(page.limit_slot, sa.Integer()))
    if page.offset_slot is None:
        return statement
    return statement.offset(bind_slot(page.offset_slot, sa.Integer()))


def _ranked(statement: sa.Select[Any], page: Page) -> sa.Select[Any]:
    """Keep the rows of each parent whose rank, the last column, is on the page."""
    ranked = statement.subquery()
    *columns, rank = ranked.c
    limit: sa.ColumnElement[int] = bind_slot(page.limit_slot, sa.Integer())
    outer = sa.select(*columns).order_by(rank)
    if page.offset_slot is None:
        return outer.where(rank <= limit)
    offset = bind_slot(page.offset_slot, sa.Integer())
    return outer.where(rank > offset, rank <= offset + limit)
