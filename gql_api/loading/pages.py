"""Connections are loaded: pages, counts and sides, for the root or for many parents at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from gql_api.loading.groups import LoadedGroup, aggregate_answer, group_answer, read_groups
from gql_api.loading.rows import (
    FetchedRow,
    LoadedRow,
    RowShape,
    assemble_row,
    column_values,
    entity_of,
    owner_of,
)
from gql_api.loading.run import ParentKey, Run
from gql_api.mapping.descriptors import Entity
from gql_api.plan import selections
from gql_api.plan.aggregates import ROW_COUNT, Aggregate
from gql_api.plan.selections import Connection, Lookup, Selection
from gql_api.sql.cursors import CursorCodec
from gql_api.sql.groups import select_groups
from gql_api.sql.pages import (
    Parents,
    Side,
    placed_keys,
    select_aggregates,
    select_page,
    select_related,
    select_rows,
    select_side,
)
from gql_api.sql.places import places_of

_PAGED = selections.NodesField | selections.EdgesField | selections.PageInfoField
_HOLDING_ROWS = selections.NodesField | selections.EdgesField | selections.GroupsField

ROOT: ParentKey = ()
"""Key of the only list of a root field."""


async def load_connection(connection: Connection, run: Run) -> dict[str, Any]:
    """Load the connection of a root field.

    Returns:
        Response keys to values, in the shape of ``connection.fields``.

    Cost:
        One statement for the page, one for the count and all aggregates, one for each field of
        groups and one for each far side of the page, each only if selected; and those of the
        relationships, whatever the number of rows.
    """
    return (await _load_connections(connection, run, None, (ROOT,)))[ROOT]


async def load_related_connections(
    parents: Parents, connection: Connection, keys: Sequence[ParentKey], run: Run
) -> Mapping[ParentKey, dict[str, Any]]:
    """Load the connection of each parent.

    Args:
        parents: Entity and to-many relationship.
        connection: The same for all parents.
        keys: Distinct key values of the parents, none of them null.
        run: Where and with which values.

    Cost:
        As of ``load_connection``, whatever the number of parents.
    """
    return await _load_connections(connection, run, parents, keys)


async def load_lookup(lookup: Lookup, run: Run) -> list[LoadedRow]:
    """Load the visible rows that meet a condition, in no particular order.

    Cost:
        One statement, and those of the relationships.
    """
    registry = run.compilation.registry
    shape = RowShape(lookup.selection.entity, (lookup.selection,), registry)
    fetched = await run.fetch(select_rows(lookup, shape.columns, run.compilation))
    return await _load_rows(lookup.selection, [shape.read(each) for each in fetched], run)


async def load_related_rows(
    parents: Parents, selection: Selection, keys: Sequence[ParentKey], run: Run
) -> Mapping[ParentKey, LoadedRow]:
    """Load the row that a to-one relationship leads to from each parent; absent where none.

    Cost:
        One statement, and those of the relationships, whatever the number of parents.
    """
    shape = RowShape(selection.entity, (selection,), run.compilation.registry)
    statement = select_related(parents, shape.columns, run.compilation)
    width = len(parents.relationship.join.local_keys)
    found: dict[ParentKey, FetchedRow] = {}
    for each in await _fetch_related(statement, parents, keys, run):
        found.setdefault(tuple(each[:width]), shape.read(each[width:]))
    rows = await _load_rows(selection, list(found.values()), run)
    return dict(zip(found, rows, strict=True))


@dataclass(slots=True)
class _Group:
    """The page of one parent while it is loaded."""

    rows: list[FetchedRow] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    has_more: bool = False
    aggregates: Mapping[Aggregate, Any] = field(default_factory=dict)
    sides: set[Side] = field(default_factory=set)


async def _load_connections(
    connection: Connection, run: Run, parents: Parents | None, keys: Sequence[ParentKey]
) -> dict[ParentKey, dict[str, Any]]:
    groups = {key: _Group() for key in keys}
    if any(isinstance(each, _PAGED) for each in connection.fields):
        await _load_page(connection, run, parents, groups)
    await _load_aggregates(connection, run, parents, groups)
    for side in _wanted_sides(connection, run, groups):
        await _load_side(connection, side, run, parents, groups)
    answers: dict[ParentKey, dict[str, Any]] = {key: {} for key in keys}
    for asked in connection.fields:
        values = await _field_values(asked, connection, groups, parents, run)
        for key, value in values.items():
            answers[key][asked.response_key] = value
    return answers


async def _load_page(
    connection: Connection, run: Run, parents: Parents | None, groups: Mapping[ParentKey, _Group]
) -> None:
    registry = run.compilation.registry
    entity = registry.entities[connection.entity]
    shape = RowShape(connection.entity, _row_selections(connection), registry)
    has_cursors = _wants_cursors(connection, entity)
    statement = select_page(
        connection, shape.columns, run.compilation, parents=parents, has_order_values=has_cursors
    )
    width = 0 if parents is None else len(parents.relationship.join.local_keys)
    codec = CursorCodec(entity, connection.order, registry, run.values) if has_cursors else None
    for each in await _fetch(statement, run, parents, groups):
        group = groups[tuple(each[:width])]
        group.rows.append(shape.read(each[width:]))
        if codec is not None:
            group.cursors.append(codec.encode(each[width + len(shape.columns) :]))
    # the slot holds one row more than the page, to tell whether there are more
    size = run.values[connection.page.limit_slot] - 1
    for group in groups.values():
        _trim(group, size, is_backward=connection.page.is_backward)


def _trim(group: _Group, size: int, *, is_backward: bool) -> None:
    group.has_more = len(group.rows) > size
    del group.rows[size:], group.cursors[size:]
    if is_backward:
        group.rows.reverse()
        group.cursors.reverse()


async def _load_aggregates(
    connection: Connection, run: Run, parents: Parents | None, groups: Mapping[ParentKey, _Group]
) -> None:
    """Load the total count and all aggregates, with one statement if there are any."""
    wanted = _wanted_aggregates(connection)
    if not wanted:
        return
    statement = select_aggregates(connection, wanted, run.compilation, parents=parents)
    width = 0 if parents is None else len(parents.relationship.join.local_keys)
    for each in await _fetch(statement, run, parents, groups):
        groups[tuple(each[:width])].aggregates = dict(zip(wanted, each[width:], strict=True))


def _wanted_aggregates(connection: Connection) -> tuple[Aggregate, ...]:
    wanted: dict[Aggregate, None] = {}
    for asked in connection.fields:
        if isinstance(asked, selections.TotalCountField):
            wanted[ROW_COUNT] = None
        elif isinstance(asked, selections.AggregateField):
            wanted.update(dict.fromkeys(asked))
    return tuple(wanted)


async def _load_side(
    connection: Connection,
    side: Side,
    run: Run,
    parents: Parents | None,
    groups: Mapping[ParentKey, _Group],
) -> None:
    statement = select_side(connection, side, run.compilation, parents=parents)
    for each in await _fetch(statement, run, parents, groups):
        groups[ROOT if parents is None else tuple(each)].sides.add(side)


def _wanted_sides(
    connection: Connection, run: Run, groups: Mapping[ParentKey, _Group]
) -> list[Side]:
    """Return the sides of the page that only a further statement can tell about."""
    facts = {
        fact
        for each in connection.fields
        if isinstance(each, selections.PageInfoField)
        for _, fact in each.facts
    }
    page = connection.page
    sides = []
    if "hasNextPage" in facts and page.before is not None:
        sides.append(Side.AFTER)
    skipped = 0 if page.offset_slot is None else run.values[page.offset_slot]
    if "hasPreviousPage" in facts:
        if skipped:
            for group in groups.values():
                if group.rows:
                    group.sides.add(Side.BEFORE)
        is_unknown = skipped and not all(group.rows for group in groups.values())
        if page.after is not None or is_unknown:
            sides.append(Side.BEFORE)
    return sides


async def _fetch(
    statement: sa.Select[Any],
    run: Run,
    parents: Parents | None,
    keys: Iterable[ParentKey],
) -> Sequence[Sequence[Any]]:
    if parents is None:
        return await run.fetch(statement)
    return await _fetch_related(statement, parents, list(keys), run)


async def _fetch_related(
    statement: sa.Select[Any], parents: Parents, keys: Sequence[ParentKey], run: Run
) -> list[Sequence[Any]]:
    indexes = placed_keys(parents, run.compilation)
    fetched: list[Sequence[Any]] = []
    for chunk in run.chunks(keys):
        places = places_of(chunk, indexes)
        rows = await run.fetch(statement, chunk, places)
        fetched.extend(_with_values(rows, chunk, places) if places else rows)
    return fetched


def _with_values(
    rows: Sequence[Sequence[Any]], keys: Sequence[ParentKey], places: Mapping[int, Sequence[Any]]
) -> Iterator[Sequence[Any]]:
    """Put the parents' own values in the places of keys; rows of no parent are left out."""
    wanted = set(keys)
    for row in rows:
        values = list(row)
        for index, listed in places.items():
            values[index] = listed[values[index] - 1]
        if tuple(values[: len(keys[0])]) in wanted:
            yield values


async def _field_values(
    asked: selections.ConnectionField,
    connection: Connection,
    groups: Mapping[ParentKey, _Group],
    parents: Parents | None,
    run: Run,
) -> Mapping[ParentKey, Any]:
    """Return the value of one field of the connection for each parent."""
    match asked:
        case selections.NodesField(_, selection):
            return await _load_group_rows(selection, groups, run)
        case selections.EdgesField():
            return await _load_edges(asked, groups, run)
        case selections.GroupsField():
            return await _load_groups(asked, connection, run, parents, tuple(groups))
        case _:
            is_backward = connection.page.is_backward
            return {
                key: _plain_value(asked, group, is_backward=is_backward)
                for key, group in groups.items()
            }


_PlainField = (
    selections.TypenameField
    | selections.PageInfoField
    | selections.TotalCountField
    | selections.AggregateField
)


def _plain_value(asked: _PlainField, group: _Group, *, is_backward: bool) -> Any:
    """Return the value of a field that holds no rows."""
    match asked:
        case selections.TypenameField(_, type_name):
            return type_name
        case selections.PageInfoField(_, facts):
            return _page_info(facts, group, is_backward=is_backward)
        case selections.TotalCountField():
            return group.aggregates.get(ROW_COUNT, 0)
        case selections.AggregateField():
            return aggregate_answer(asked, group.aggregates)


async def _load_groups(
    asked: selections.GroupsField,
    connection: Connection,
    run: Run,
    parents: Parents | None,
    keys: Sequence[ParentKey],
) -> Mapping[ParentKey, list[dict[str, Any]]]:
    """Load the groups of each list, with one statement, and those of their rows' relationships."""
    nodes = [each for each in asked.fields if isinstance(each, selections.GroupNodesField)]
    picked = [each.selection for each in nodes]
    shape = RowShape(connection.entity, picked, run.compilation.registry) if nodes else None
    columns = () if shape is None else shape.columns
    statement = select_groups(connection, asked, columns, run.compilation, parents=parents)
    width = 0 if parents is None else len(parents.relationship.join.local_keys)
    fetched: dict[ParentKey, list[Sequence[Any]]] = {key: [] for key in keys}
    for each in await _fetch(statement, run, parents, keys):
        fetched[tuple(each[:width])].append(each[width:])
    groups = {key: read_groups(asked, rows, shape) for key, rows in fetched.items()}
    everything = [group for each in groups.values() for group in each]
    loaded = {each.response_key: await _load_group_nodes(each, everything, run) for each in nodes}
    answers = iter(
        group_answer(asked, group, {name: rows[at] for name, rows in loaded.items()})
        for at, group in enumerate(everything)
    )
    return {key: [next(answers) for _ in each] for key, each in groups.items()}


async def _load_group_nodes(
    asked: selections.GroupNodesField, groups: Sequence[LoadedGroup], run: Run
) -> list[list[LoadedRow]]:
    """Assemble the first rows of all groups at once."""
    limit = run.values[asked.limit_slot]
    everything = [row for group in groups for row in group.rows[:limit]]
    rows = iter(await _load_rows(asked.selection, everything, run))
    return [[next(rows) for _ in group.rows[:limit]] for group in groups]


async def _load_edges(
    asked: selections.EdgesField, groups: Mapping[ParentKey, _Group], run: Run
) -> Mapping[ParentKey, list[dict[str, Any]]]:
    edges: dict[ParentKey, list[dict[str, Any]]] = {
        key: [{} for _ in group.rows] for key, group in groups.items()
    }
    for part in asked.fields:
        filled: Mapping[ParentKey, Sequence[Any]]
        match part:
            case selections.EdgeNodeField(_, selection):
                filled = await _load_group_rows(selection, groups, run)
            case selections.EdgeCursorField():
                filled = {key: group.cursors for key, group in groups.items()}
            case selections.TypenameField(_, type_name):
                filled = {key: [type_name] * len(group.rows) for key, group in groups.items()}
        for key, values in filled.items():
            for edge, value in zip(edges[key], values, strict=True):
                edge[part.response_key] = value
    return edges


def _page_info(
    facts: Sequence[tuple[str, str]], group: _Group, *, is_backward: bool
) -> dict[str, Any]:
    known = {
        "hasNextPage": Side.AFTER in group.sides or (group.has_more and not is_backward),
        "hasPreviousPage": Side.BEFORE in group.sides or (group.has_more and is_backward),
        "startCursor": group.cursors[0] if group.cursors else None,
        "endCursor": group.cursors[-1] if group.cursors else None,
        "__typename": "PageInfo",
    }
    return {name: known[fact] for name, fact in facts}


async def _load_group_rows(
    selection: Selection, groups: Mapping[ParentKey, _Group], run: Run
) -> Mapping[ParentKey, list[LoadedRow]]:
    """Assemble the rows of all groups at once, so that their relationships are loaded together."""
    everything = [row for group in groups.values() for row in group.rows]
    rows = iter(await _load_rows(selection, everything, run))
    return {key: [next(rows) for _ in group.rows] for key, group in groups.items()}


async def _load_rows(
    selection: Selection, fetched: Sequence[FetchedRow], run: Run
) -> list[LoadedRow]:
    """Assemble rows and load their relationships, one level for all rows together."""
    registry = run.compilation.registry
    picked = {each.entity: each for each in selection.subtypes or (selection,)}
    rows = [assemble_row(picked[each.entity.name], each) for each in fetched]
    entity = registry.entities[selection.entity]
    for asked, names in _asked_relationships(picked.values()):
        subtype = registry.entities[names[0]]
        owner = owner_of(asked.relationship, entity, subtype, registry)
        if asked.relationship not in owner.relationships:
            owner = subtype
        chosen = [row for row in rows if entity_of(row).name in names]
        await _load_relationship(asked, owner, chosen, run)
    return rows


def _asked_relationships(
    picked: Iterable[Selection],
) -> list[tuple[selections.ToOneField | selections.ToManyField, list[str]]]:
    """Return the relationships that are asked for, each with the entities of the rows."""
    found: dict[int, tuple[selections.ToOneField | selections.ToManyField, list[str]]] = {}
    for selection in picked:
        for asked in selection.fields:
            if isinstance(asked, selections.ToOneField | selections.ToManyField):
                # the planner gives one field to all types that inherit the relationship
                found.setdefault(id(asked), (asked, []))[1].append(selection.entity)
    return list(found.values())


async def _load_relationship(
    asked: selections.ToOneField | selections.ToManyField,
    entity: Entity,
    rows: Sequence[LoadedRow],
    run: Run,
) -> None:
    relationship = entity.relationships[asked.relationship]
    parents = Parents(entity, relationship)
    local_keys = relationship.join.local_keys
    keys = [column_values(row, local_keys) for row in rows]
    # a null key leads nowhere
    distinct = [key for key in dict.fromkeys(keys) if None not in key]
    found: Mapping[ParentKey, Any] = {}
    if isinstance(asked, selections.ToOneField):
        if distinct:
            found = await load_related_rows(parents, asked.selection, distinct, run)
        for row, key in zip(rows, keys, strict=True):
            row[asked.response_key] = found.get(key)
        return
    if distinct:
        found = await load_related_connections(parents, asked.connection, distinct, run)
    for row, key in zip(rows, keys, strict=True):
        row[asked.response_key] = found[key] if key in found else empty_connection(asked.connection)


def empty_connection(connection: Connection) -> dict[str, Any]:
    """Return the answer of a connection without rows."""
    answer: dict[str, Any] = {}
    for asked in connection.fields:
        if isinstance(asked, _HOLDING_ROWS):
            answer[asked.response_key] = []
        else:
            answer[asked.response_key] = _plain_value(asked, _Group(), is_backward=False)
    return answer


def _row_selections(connection: Connection) -> list[Selection]:
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
