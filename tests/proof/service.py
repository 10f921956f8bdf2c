"""One database with the schemas over it: filled with a world, and asked."""

import json
from collections import Counter
from itertools import product
from typing import Any

import sqlalchemy as sa

import gql_api as gql
from gql_api.config import ApiConfig, Limits
from tests.fixtures.statements import count_statements
from tests.proof import searching
from tests.proof.asking import AskedList, AskedRow, Place, lists_within
from tests.proof.description import Models
from tests.proof.documents import Document
from tests.proof.modelling import Mapping, attribute
from tests.proof.paths import are_equal, compare_paths, planned_fields
from tests.proof.reference import Key, Row, World, sort_rows
from tests.proof.rights import refuses_order
from tests.proof.values import wire_as
from tests.proof.writing import Writer, literal, order_item, plain

DEFAULT_SIZE = 3
"""Rows of a list that asks for no number of them."""

COUNTS: Counter[str] = Counter()
"""Operations that were compared, by database."""

_LIMITS = Limits(
    max_tokens=1_000_000, max_depth=1000, max_aliases=10_000, max_directives=10_000, max_cost=10**9
)


class Service:
    """A database with the schema over it, with and without policies."""

    def __init__(self, models: Models, database: gql.Database, name: str) -> None:
        self.models = models
        self.mapping = Mapping(models)
        self.database = database
        self.name = name
        self.times = range(1970, 2038) if name == "mariadb" else range(1, 10_000)
        """The years in which time zones are known."""

        self.open = self._build([])
        self.guarded = self._build(self.mapping.policies)
        self._ids: dict[tuple[str, Key], str] = {}
        self._cursors: dict[str, dict[Key, str]] = {}

    def _build(self, policies: list[Any]) -> Any:
        return gql.build_schema(
            self.mapping.base,
            dialect=self.database.dialect.name,
            policies=policies,
            config=ApiConfig(default_page_size=DEFAULT_SIZE, limits=_LIMITS, is_read_only=True),
        )

    async def create(self) -> None:
        """Create the tables."""
        async with self.database.write_engine.begin() as connection:
            await connection.run_sync(self.mapping.base.metadata.create_all)
        if self.name == "postgresql":
            await self._learn_ranks()

    async def _learn_ranks(self) -> None:
        """Ask how well the texts match the searches, one by one."""
        statement = sa.text(
            "SELECT ts_rank(to_tsvector('simple', :text), "
            "websearch_to_tsquery('simple', :words))::float8"
        )
        async with self.database.read_connection() as connection:
            for text, search in product(searching.TEXTS, searching.SEARCHES):
                found = await connection.execute(statement, {"text": text, "words": search.text})
                searching.RANKS[text, search.text] = found.scalar_one()

    async def fill(self, world: World) -> None:
        """Replace all rows: two statements per table."""
        self._cursors = {}
        tables = [self.mapping.classes[table.name].__table__ for table in self.models.tables]
        async with self.database.write_engine.begin() as connection:
            if self.database.dialect.name == "mysql":
                # its rows are deleted one by one, parents of the same table too
                await connection.execute(sa.text("SET foreign_key_checks = 0"))
            for table in [*self.mapping.links.values(), *reversed(tables)]:
                await connection.execute(sa.delete(table))
            for described, table in zip(self.models.tables, tables, strict=True):
                rows = [attributes(row) for row in world.tables[described.name]]
                if rows:
                    await connection.execute(sa.insert(table), rows)
            for link, pairs in world.links.items():
                if pairs:
                    await connection.execute(
                        sa.insert(self.mapping.links[link]), self._linked(link, pairs)
                    )

    def _linked(self, name: str, pairs: set[tuple[Key, Key]]) -> list[dict[str, Any]]:
        link = self.models.link[name]
        left, right = (self.models.table[each].key for each in (link.left, link.right))
        names = [*(f"l_{key}" for key in left), *(f"r_{key}" for key in right)]
        return [dict(zip(names, (*near, *far), strict=True)) for near, far in sorted(pairs)]

    async def add(self, name: str, row: Row) -> None:
        """Insert one row."""
        async with self.database.write_engine.begin() as connection:
            await connection.execute(sa.insert(self.mapping.classes[name]), [attributes(row)])

    async def remove(self, name: str, key: Key) -> None:
        """Delete one row."""
        model = self.mapping.classes[name]
        columns = [getattr(model, attribute(each)) for each in self.models.table[name].key]
        same = [column == value for column, value in zip(columns, key, strict=True)]
        async with self.database.write_engine.begin() as connection:
            await connection.execute(sa.delete(model).where(*same))

    async def ask(
        self,
        world: World,
        document: str,
        variables: dict[str, Any] | None = None,
        *,
        is_open: bool = False,
    ) -> Any:
        """Run an operation as the looker of a world, by all paths, which agree."""
        schema = self.guarded if world.has_policies and not is_open else self.open
        subject = gql.Subject(world.user_id, world.roles)
        context = gql.Context(self.database, subject)
        with planned_fields(schema) as found:
            result = await schema.execute(document, variables, context_value=context)
        text = show(document, variables or {})
        assert result.errors is None, f"DIFFERENCE {result.errors} in {text}"
        difference = await compare_paths(self.database, schema, subject, found, result.data)
        assert difference is None, f"DIFFERENCE {difference} in {text}"
        own = await schema.execute(
            document, variables, context_value=gql.Context(self.database, subject)
        )
        assert own.errors is None, f"DIFFERENCE {own.errors} in {text}"
        assert are_equal(own.data, result.data), (
            f"DIFFERENCE {own.data} is not {result.data} in {text}"
        )
        COUNTS[self.name] += 1
        return result.data

    async def expect_refusal(
        self, world: World, document: str, variables: dict[str, Any] | None = None
    ) -> None:
        """Run an operation that needs what its looker may not read: it is refused before any SQL."""
        context = gql.Context(self.database, gql.Subject(world.user_id, world.roles))
        with count_statements(self.database) as sent:
            result = await self.guarded.execute(document, variables, context_value=context)
        codes = {(error.extensions or {}).get("code") for error in result.errors or ()}
        text = show(document, variables or {})
        assert codes == {"FORBIDDEN"}, f"DIFFERENCE {result.errors or result.data} in {text}"
        assert not any((result.data or {}).values()), f"DIFFERENCE {result.data} in {text}"
        assert not sent, f"DIFFERENCE {sent} in {text}"
        COUNTS[self.name] += 1
        COUNTS[f"{self.name}, refused"] += 1

    async def run(self, world: World, writer: Writer, selections: list[str]) -> Any:
        """Run what a writer wrote."""
        return await self.ask(world, writer.document(selections), writer.variables)

    # Global ids and cursors are opaque: they are asked for

    async def learn_ids(self, world: World) -> None:
        """Ask for the global ids of all rows; a row has the same id in every world."""
        for table in self.models.tables:
            keys = [world.key(table.name, row) for row in world.tables[table.name]]
            if all((table.name, key) in self._ids for key in keys):
                continue
            text = f"{{ {table.root}(first: 100) {{ nodes {{ id {' '.join(table.key)} }} }} }}"
            nodes = (await self.ask(world, text, is_open=True))[table.root]["nodes"]
            by_wire = {tuple(self._wired(table.name, key)): key for key in keys}
            for node in nodes:
                key = by_wire[tuple(node[name] for name in table.key)]
                assert self._ids.setdefault((table.name, key), node["id"]) == node["id"]

    def identify(self, name: str, key: Key) -> str:
        """Return the global id of a row."""
        return self._ids[name, key]

    def _wired(self, name: str, key: Key) -> list[Any]:
        table = self.models.table[name]
        return [
            wire_as(table.by_name[column].kind, value)
            for column, value in zip(table.key, key, strict=True)
        ]

    async def place(self, world: World, asked: AskedList | AskedRow) -> None:
        """Find the cursors of the places that lists are asked to begin or end at."""
        for each in lists_within(asked):
            if refuses_order(world, each):
                continue
            rows = sort_rows(world, each.table, each.sorted_by, world.visible(each.table))
            if rows and each.places != (None, None):
                cursors = await self._cursors_of(world, each)
                each.after, each.before = (
                    None if at is None else self._place(world, each, rows[at % len(rows)], cursors)
                    for at in each.places
                )

    def _place(self, world: World, asked: AskedList, row: Row, cursors: dict[Key, str]) -> Place:
        return Place(row, cursors[tuple(self._wired(asked.table, world.key(asked.table, row)))])

    async def _cursors_of(self, world: World, asked: AskedList) -> dict[Key, str]:
        table = self.models.table[asked.table]
        order = literal_order(asked.sorted_by)
        text = (
            f"{{ {table.root}(first: 100, orderBy: {order}) "
            f"{{ edges {{ cursor node {{ {' '.join(table.key)} }} }} }} }}"
        )
        looker = f"{world.user_id} {sorted(world.roles)} {text}"
        if looker not in self._cursors:
            edges = (await self.ask(world, text))[table.root]["edges"]
            rows = sort_rows(world, table.name, asked.sorted_by, world.visible(table.name))
            keys = [tuple(self._wired(table.name, world.key(table.name, row))) for row in rows]
            met = [tuple(edge["node"][name] for name in table.key) for edge in edges]
            assert met == keys, f"DIFFERENCE in {text}: {met} is not {keys}"
            self._cursors[looker] = {
                key: edge["cursor"] for key, edge in zip(keys, edges, strict=True)
            }
        return self._cursors[looker]


def attributes(row: Row) -> dict[str, Any]:
    """Name the values of a row by attribute."""
    return {attribute(name): _stored(value) for name, value in row.items()}


def _stored(value: Any) -> Any:
    """Return what is inserted for a value."""
    if isinstance(value, Document):
        return sa.JSON.NULL if value.value is None else value.value
    return list(value) if isinstance(value, tuple) else value


def literal_order(order: list[Any]) -> str:
    """Write an order as a literal, without style."""
    return f"[{', '.join(_item(order_item(path, direction)) for path, direction in order)}]"


def _item(value: Any) -> str:
    if isinstance(value, dict):
        ((name, part),) = value.items()
        return f"{{{name}: {_item(part)}}}"
    return literal(value.value)


def show(document: str, variables: dict[str, Any]) -> str:
    """Write an operation for people."""
    return f"{document}\n{json.dumps(plain(variables), ensure_ascii=False)}"
