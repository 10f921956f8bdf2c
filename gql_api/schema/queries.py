"""Root query fields: each becomes one plan, which is then loaded."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import strawberry
from strawberry.types.arguments import StrawberryArgument
from typing_extensions import override

from gql_api.errors import BadUserInputError, NoPlainFormError
from gql_api.loading.explanations import report_path
from gql_api.loading.plans import load_connection, load_lookup, load_wire_rows
from gql_api.loading.rows import LoadedRow, column_values
from gql_api.loading.run import Run
from gql_api.mapping.descriptors import Column, Entity, Registry
from gql_api.mapping.global_ids import decode_global_id, key_values, read_column, write_column
from gql_api.mapping.values import ScalarKind
from gql_api.plan.changes import KeyValue
from gql_api.plan.filters import Compare, Filter, KeyIn, Operator
from gql_api.plan.known import KnownPlan
from gql_api.plan.selections import Connection, Lookup, Selection
from gql_api.schema.completed import Completed, complete
from gql_api.schema.context import new_run, table_of
from gql_api.schema.definitions import TypedField, argument, list_of, nullable
from gql_api.schema.keys import key_filter, read_global_id, read_key
from gql_api.schema.operands import Operands
from gql_api.schema.pages import list_arguments
from gql_api.schema.plans import DocumentPlans, plans_of
from gql_api.schema.selections import Planner
from gql_api.schema.sites import ArgumentReader, AskedField, Path, Site
from gql_api.schema.table import TypeTable

Info = strawberry.Info[Any, Any]


class RootField(TypedField):
    """A root field that is planned from its AST and resolved by loading the plan."""

    is_planned = False
    """Whether one plan answers it: see ``find``."""

    @override
    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        assert info is not None  # noqa: S101 - Strawberry leaves it out of basic fields only
        return self.resolve(info)

    async def resolve(self, info: Info) -> Any:
        """Plan and load the field."""
        raise NotImplementedError

    def find(
        self, asked: AskedField, plans: DocumentPlans
    ) -> tuple[KnownPlan[Any], tuple[Any, ...]]:
        """Return the plan of the field, and its operands.

        Raises:
            BadUserInputError: An argument is wrong.
            NoPlainFormError: More than the plan is needed for these arguments.
        """
        raise NotImplementedError


class ManyField(RootField):
    """``posts``: a connection."""

    is_planned = True

    def __init__(self, entity: Entity, table: TypeTable) -> None:
        super().__init__(
            table.inflector.many_field(entity.name),
            table.entities[entity.name].connection,
            description=f"A page of {entity.name}.",
            arguments=list_arguments(entity, table),
        )
        self.entity = entity

    @override
    def find(
        self, asked: AskedField, plans: DocumentPlans
    ) -> tuple[KnownPlan[Connection], tuple[Any, ...]]:
        return plans.find(asked, self.entity.name, self._plan)

    @override
    async def resolve(self, info: Info) -> Completed | dict[str, Any]:
        known, values = self.find(AskedField.of(info), plans_of(info))
        run = new_run(info, values)
        return await complete(info, known, run) or await load_connection(known, run)

    def _plan(self, planner: Planner) -> Connection:
        return planner.plan_connection(self.entity, planner.field, planner.nodes, planner.path)


class SingleField(RootField):
    """``post(id:)`` and ``postBy(key:)``: one row, or null."""

    is_planned = True

    def __init__(
        self, name: str, entity: Entity, table: TypeTable, key: StrawberryArgument
    ) -> None:
        super().__init__(
            name,
            nullable(table.entities[entity.name].object),
            description=f"One {entity.name}; null when there is none.",
            arguments=[key],
        )
        self.entity = entity

    @override
    def find(
        self, asked: AskedField, plans: DocumentPlans
    ) -> tuple[KnownPlan[Lookup], tuple[Any, ...]]:
        return plans.find(asked, self.entity.name, self._plan)

    @override
    async def resolve(self, info: Info) -> Completed | LoadedRow | None:
        known, values = self.find(AskedField.of(info), plans_of(info))
        run = new_run(info, values)
        return await complete(info, known, run) or await _load_row(known, run)

    def _plan(self, planner: Planner) -> Lookup:
        read = partial(_read_key_argument, entity=self.entity, path=planner.path)
        where = planner.read_site(Site(read, planner.field, planner.nodes[0]))
        return Lookup(planner.plan_selection(self.entity, planner.nodes, planner.path), where)


def _read_key_argument(
    reader: ArgumentReader, arguments: Mapping[str, Any], *, entity: Entity, path: Path
) -> Filter:
    registry = reader.table.registry
    if "id" in arguments:
        key = read_global_id(arguments["id"], entity, registry, (*path, "id"))
    else:
        key = read_key(arguments["key"], entity, registry, (*path, "key"))
    return key_filter(key, reader.operands)


class NodeField(RootField):
    """``node(id:)``: the row with a global id, or null."""

    is_planned = True

    def __init__(self, table: TypeTable) -> None:
        super().__init__(
            "node",
            nullable(table.node),
            description="The row with a global id; null when there is none.",
            arguments=[argument("id", strawberry.ID, "Global id.")],
        )

    @override
    def find(
        self, asked: AskedField, plans: DocumentPlans
    ) -> tuple[KnownPlan[Lookup], tuple[Any, ...]]:
        entity, key = _node_key(asked.table.registry, asked.arguments["id"], "id")
        if any(map(_has_spellings, entity.primary_key)):
            message = f"A key of {entity.name} has several spellings, its id has one."
            raise NoPlainFormError(message)
        given = KeyValue(tuple(column.key for column in entity.primary_key), key)
        return plans.find(asked, entity.name, partial(_plan_given_key, entity=entity), given)

    @override
    async def resolve(self, info: Info) -> Completed | LoadedRow | None:
        try:
            known, values = self.find(AskedField.of(info), plans_of(info))
        except NoPlainFormError:
            row: LoadedRow | None
            (row,) = await _load_nodes(info, _load_rows)
            return row
        run = new_run(info, values)
        return await complete(info, known, run) or await _load_row(known, run)


class NodesField(RootField):
    """``nodes(ids:)``: rows in the order of their ids, null where there is none."""

    def __init__(self, table: TypeTable) -> None:
        super().__init__(
            "nodes",
            list_of(nullable(table.node)),
            description="The rows with global ids, in their order; null where there is none.",
            arguments=[
                argument(
                    "ids",
                    list_of(strawberry.ID),
                    f"Global ids, at most {table.config.max_page_size}.",
                )
            ],
        )

    @override
    async def resolve(self, info: Info) -> Completed | list[LoadedRow | None]:
        return await _complete_list(info, partial(_load_nodes, info))


def build_query_fields(table: TypeTable) -> list[RootField]:
    """Make the root query fields of all entities."""
    fields: list[RootField] = [NodeField(table), NodesField(table)]
    for entity in table.registry:
        fields.append(ManyField(entity, table))
        if entity.is_keyless:
            continue
        make, types = table.inflector, table.entities[entity.name]
        by_id = argument("id", strawberry.ID, "Global id.")
        by_key = argument("key", types.key, "Global id, primary key or unique key.")
        fields.append(SingleField(make.single_field(entity.name), entity, table, by_id))
        fields.append(SingleField(make.by_key_field(entity.name), entity, table, by_key))
    return fields


async def load_by_key(info: Info, entity: Entity, key: KeyValue) -> Completed | LoadedRow | None:
    """Load the row with a key, with what the field that is resolved selects of it.

    Cost:
        One statement, and those of the relationships.
    """
    plan = partial(_plan_given_key, entity=entity)
    known, values = plans_of(info).find(AskedField.of(info), entity.name, plan, given=key)
    run = new_run(info, values)
    return await complete(info, known, run) or await _load_row(known, run)


async def _load_row(known: KnownPlan[Lookup], run: Run) -> LoadedRow | None:
    rows = await load_lookup(known, run)
    return rows[0] if rows else None


def _plan_given_key(planner: Planner, *, entity: Entity) -> Lookup:
    where = planner.read_site(Site(_read_given_key))
    return Lookup(planner.plan_selection(entity, planner.nodes, planner.path), where)


def _read_given_key(reader: ArgumentReader, _arguments: Mapping[str, Any]) -> Filter:
    return key_filter(reader.given, reader.operands)


_Keyed = list[tuple[tuple[Any, ...], Any]]
"""Values of the primary key, and the row."""

_BY_KEYS = "Rows of several keys, in the order of the keys."

_Load = Callable[[KnownPlan[Lookup], tuple[str, ...], Run], Awaitable[_Keyed]]
"""Loads rows with values of columns."""


async def _load_rows(known: KnownPlan[Lookup], columns: tuple[str, ...], run: Run) -> _Keyed:
    rows = await load_lookup(known, run)
    return [(column_values(row, columns), row) for row in rows]


async def _load_wire(known: KnownPlan[Lookup], columns: tuple[str, ...], run: Run) -> _Keyed:
    rows = await load_wire_rows(known, columns, run)
    report_path(run.reader, "rows", _BY_KEYS)
    return rows


async def _complete_list(
    info: Info, load: Callable[[_Load], Awaitable[list[Any]]]
) -> Completed | list[Any]:
    """Answer a list as a whole where that is possible, else with rows that are executed."""
    if info.context.takes_completed:
        try:
            return Completed(await load(_load_wire))
        except NoPlainFormError:
            pass
    return await load(_load_rows)


async def load_by_keys(
    info: Info, entity: Entity, keys: Sequence[KeyValue]
) -> Completed | list[LoadedRow | None]:
    """Load the rows with primary keys, with what the field selects of them.

    Returns:
        A row per key, in the same order; None where there is none that may be seen.

    Cost:
        One statement, and those of the relationships; more where keys exceed the parameters of one.
    """
    return await _complete_list(info, partial(_load_by_keys, info, entity, keys))


async def _load_by_keys(
    info: Info, entity: Entity, keys: Sequence[KeyValue], load: _Load
) -> list[Any]:
    found: dict[tuple[Any, ...], Any] = {}
    wanted = list(dict.fromkeys(key.values for key in keys))
    size = table_of(info).dialect.max_parameters // (2 * len(entity.primary_key))
    for start in range(0, len(wanted), size):
        found |= await _load_nodes_of(info, entity, wanted[start : start + size], load)
    return [found.get(_written(entity, key.values)) for key in keys]


async def _load_nodes(info: Info, load: _Load) -> list[Any]:
    """Load the nodes of a field: one run per type, in the order of the ids."""
    table = table_of(info)
    arguments = AskedField.of(info).arguments
    name = "id" if "id" in arguments else "ids"
    ids = [arguments[name]] if name == "id" else arguments[name]
    if len(ids) > table.config.max_page_size:
        message = f"ids holds {len(ids)}: ask for at most {table.config.max_page_size}."
        raise BadUserInputError(message, path=("ids",))
    wanted = [_node_key(table.registry, each, name) for each in ids]
    found: dict[tuple[str, tuple[Any, ...]], Any] = {}
    for entity in dict.fromkeys(entity for entity, _ in wanted):
        keys = list(dict.fromkeys(key for each, key in wanted if each is entity))
        for key, row in (await _load_nodes_of(info, entity, keys, load)).items():
            found[entity.name, key] = row
    return [found.get((entity.name, _written(entity, key))) for entity, key in wanted]


def _has_spellings(column: Column) -> bool:
    """Tell whether a database may find a key that is written otherwise: in capitals, say."""
    type_ = column.type
    is_text = type_.kind in {ScalarKind.STRING, ScalarKind.OPAQUE, ScalarKind.ENUM}
    return is_text or type_.is_text or type_.own is not None


def _node_key(registry: Registry, text: str, argument: str) -> tuple[Entity, tuple[Any, ...]]:
    entity, values = decode_global_id(registry, text, (argument,))
    key = key_values(entity, entity, values)
    assert key is not None  # noqa: S101 - an entity has rows with its own ids
    return entity, key


async def _load_nodes_of(
    info: Info, entity: Entity, keys: list[tuple[Any, ...]], load: _Load
) -> dict[tuple[Any, ...], Any]:
    plan = partial(_plan_nodes, entity=entity)
    name = f"{entity.name} by keys"
    known, values = plans_of(info).find(AskedField.of(info), name, plan, given=keys)
    columns = tuple(column.key for column in entity.primary_key)
    loaded = await load(known, columns, new_run(info, values))
    return {_written(entity, key): row for key, row in loaded}


def _plan_nodes(planner: Planner, *, entity: Entity) -> Lookup:
    columns = tuple(column.key for column in entity.primary_key)
    where = planner.read_site(Site(partial(_read_nodes_keys, columns=columns)))
    planned = planner.plan_selection(entity, planner.nodes, planner.path)
    return Lookup(_with_columns(planned, columns), where)


def _read_nodes_keys(
    reader: ArgumentReader, _arguments: Mapping[str, Any], *, columns: tuple[str, ...]
) -> Filter:
    return _keys_filter(columns, reader.given, reader.operands)


def _written(entity: Entity, key: tuple[Any, ...]) -> tuple[Any, ...]:
    """Write a key as its id does: databases may give back another form of the same value."""
    return tuple(map(_written_column, entity.primary_key, key))


def _written_column(column: Column, value: Any) -> Any:
    written = write_column(column, value)
    # one decimal has many texts
    return read_column(column, written) if column.type.kind is ScalarKind.DECIMAL else written


def _with_columns(selection: Selection, columns: tuple[str, ...]) -> Selection:
    """Load columns besides, for rows of each type."""
    if selection.subtypes:
        subtypes = tuple(_with_columns(each, columns) for each in selection.subtypes)
        return replace(selection, subtypes=subtypes)
    return replace(selection, columns=(*selection.columns, *columns))


def _keys_filter(
    columns: tuple[str, ...], keys: list[tuple[Any, ...]], operands: Operands
) -> Filter:
    if len(columns) == 1:
        return Compare(columns[0], Operator.IN, operands.add([key[0] for key in keys]))
    return KeyIn(columns, operands.add(keys))
