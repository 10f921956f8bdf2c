"""Root query fields: each becomes one plan, which is then loaded."""

from dataclasses import replace
from typing import Any

import strawberry
from strawberry.types.arguments import StrawberryArgument
from typing_extensions import override

from gql_api.errors import BadUserInputError
from gql_api.loading.pages import load_connection, load_lookup
from gql_api.loading.rows import LoadedRow, column_values
from gql_api.mapping.descriptors import Column, Entity, Registry
from gql_api.mapping.global_ids import decode_global_id, key_values, read_column, write_column
from gql_api.mapping.values import ScalarKind
from gql_api.plan.changes import KeyValue
from gql_api.plan.filters import Compare, Filter, KeyIn, Operator
from gql_api.plan.selections import Lookup, Selection
from gql_api.schema.context import new_run, table_of
from gql_api.schema.definitions import TypedField, argument, list_of, nullable
from gql_api.schema.keys import key_filter, read_global_id, read_key
from gql_api.schema.operands import Operands
from gql_api.schema.pages import list_arguments
from gql_api.schema.selections import Planner
from gql_api.schema.table import TypeTable

Info = strawberry.Info[Any, Any]


class RootField(TypedField):
    """A root field that is planned from its AST and resolved by loading the plan."""

    @override
    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        assert info is not None  # noqa: S101 - Strawberry leaves it out of basic fields only
        return self.resolve(info)

    async def resolve(self, info: Info) -> Any:
        """Plan and load the field."""
        raise NotImplementedError


class ManyField(RootField):
    """``posts``: a connection."""

    def __init__(self, entity: Entity, table: TypeTable) -> None:
        super().__init__(
            table.inflector.many_field(entity.name),
            table.entities[entity.name].connection,
            description=f"A page of {entity.name}.",
            arguments=list_arguments(entity, table),
        )
        self.entity = entity

    @override
    async def resolve(self, info: Info) -> dict[str, Any]:
        planner = Planner(info)
        connection = planner.plan_connection(
            self.entity, planner.field, planner.nodes, planner.path
        )
        return await load_connection(connection, new_run(info, planner.operands.values))


class SingleField(RootField):
    """``post(id:)`` and ``postBy(key:)``: one row, or null."""

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
    async def resolve(self, info: Info) -> LoadedRow | None:
        registry = table_of(info).registry
        planner = Planner(info)
        arguments = planner.own_arguments
        if "id" in arguments:
            path = (*planner.path, "id")
            key = read_global_id(arguments["id"], self.entity, registry, path)
        else:
            key = read_key(arguments["key"], self.entity, registry, (*planner.path, "key"))
        return await load_by_key(info, planner, self.entity, key)


class NodeField(RootField):
    """``node(id:)``: the row with a global id, or null."""

    def __init__(self, table: TypeTable) -> None:
        super().__init__(
            "node",
            nullable(table.node),
            description="The row with a global id; null when there is none.",
            arguments=[argument("id", strawberry.ID, "Global id.")],
        )

    @override
    async def resolve(self, info: Info) -> LoadedRow | None:
        (row,) = await _load_nodes(info)
        return row


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
    async def resolve(self, info: Info) -> list[LoadedRow | None]:
        return await _load_nodes(info)


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


async def load_by_key(
    info: Info, planner: Planner, entity: Entity, key: KeyValue
) -> LoadedRow | None:
    """Load the row with a key, with what the field selects of it.

    Cost:
        One statement, and those of the relationships.
    """
    selection = planner.plan_selection(entity, planner.nodes, planner.path)
    lookup = Lookup(selection, key_filter(key, planner.operands))
    rows = await load_lookup(lookup, new_run(info, planner.operands.values))
    return rows[0] if rows else None


async def _load_nodes(info: Info) -> list[LoadedRow | None]:
    """Load the nodes of a field: one run per type, in the order of the ids."""
    table = table_of(info)
    arguments = Planner(info).own_arguments
    ids = [arguments["id"]] if "id" in arguments else arguments["ids"]
    if len(ids) > table.config.max_page_size:
        message = f"ids holds {len(ids)}: ask for at most {table.config.max_page_size}."
        raise BadUserInputError(message, path=("ids",))
    wanted = [_node_key(table.registry, each) for each in ids]
    found: dict[tuple[str, tuple[Any, ...]], LoadedRow] = {}
    for entity in dict.fromkeys(entity for entity, _ in wanted):
        keys = list(dict.fromkeys(key for each, key in wanted if each is entity))
        for key, row in (await _load_nodes_of(info, entity, keys)).items():
            found[entity.name, key] = row
    return [found.get((entity.name, _written(entity, key))) for entity, key in wanted]


def _node_key(registry: Registry, text: str) -> tuple[Entity, tuple[Any, ...]]:
    entity, values = decode_global_id(registry, text)
    key = key_values(entity, entity, values)
    assert key is not None  # noqa: S101 - an entity has rows with its own ids
    return entity, key


async def _load_nodes_of(
    info: Info, entity: Entity, keys: list[tuple[Any, ...]]
) -> dict[tuple[Any, ...], LoadedRow]:
    planner = Planner(info)
    columns = tuple(column.key for column in entity.primary_key)
    planned = planner.plan_selection(entity, planner.nodes, planner.path)
    lookup = Lookup(_with_columns(planned, columns), _keys_filter(columns, keys, planner.operands))
    rows = await load_lookup(lookup, new_run(info, planner.operands.values))
    return {_written(entity, column_values(row, columns)): row for row in rows}


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
