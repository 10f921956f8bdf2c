"""The schemas that the authorization matrix asks, on each kind of database."""

import functools
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

import gql_api as gql
from gql_api.app import models
from gql_api.app.main import MUTATIONS, POLICIES, QUERIES, TYPES
from gql_api.app.roles import ADMIN
from tests.access import matrix_policies
from tests.access.matrix_rules import BUNDLED, STRICT, Caller, Row, Rules, Type, World, field_of
from tests.access.matrix_rules import TYPES as DESCRIBED
from tests.fixtures.demo import Demo
from tests.proof.paths import compare_paths, first_difference, planned_fields

CELLS: Counter[str] = Counter()
"""Values that were compared, by route."""

LIMIT = 500
"""Rows of a page that holds them all."""

RULES = {each.name: each for each in (BUNDLED, STRICT)}

Wired = Mapping[str, Any]
"""A row as the wire has it, by the names of its fields."""

_LIMITS = gql.Limits(
    max_tokens=10**6, max_depth=100, max_aliases=10**4, max_root_fields=10**4, max_cost=10**9
)
_CONFIG = gql.ApiConfig(max_page_size=LIMIT, limits=_LIMITS)
_POLICIES = {"bundled": POLICIES, "strict": matrix_policies.POLICIES}


@functools.cache
def schema_for(rules: str, dialect: str) -> gql.Schema:
    """Build a schema once per kind of database."""
    return gql.build_schema(
        models.Base,
        dialect=dialect,
        config=_CONFIG,
        types=TYPES,
        policies=_POLICIES[rules],
        default_policy=gql.Roles(ADMIN),
        queries=QUERIES,
        mutations=MUTATIONS,
    )


class Service:
    """One set of policies over one database.

    Args:
        demo: The demo data.
        rules: What the policies say.
    """

    def __init__(self, demo: Demo, rules: Rules) -> None:
        self.demo = demo
        self.rules = rules
        self.database = demo.database
        self.schema = schema_for(rules.name, demo.database.dialect.name)
        self.world = World(rules, {})
        self.wired: dict[str, dict[Any, Wired]] = {}
        self._known: dict[tuple[str, str], list[Any]] = {}
        """Keys of rows by the arguments of the list, for a trusted caller."""

    async def learn(self) -> None:
        """Read all rows by plain SQL, and how the wire writes them by a trusted caller."""
        self.world = World(self.rules, await self.rows())
        for each in DESCRIBED.values():
            names = " ".join(map(field_of, each.columns))
            text = f"{{ {each.many}({_everything(each)}) {{ nodes {{ id {names} }} }} }}"
            nodes = (await self._trusted(text))[each.many]["nodes"]
            keys = [row["id"] for row in self.world.rows(each.name)]
            assert [node["rowId"] for node in nodes] == [_wire_key(key) for key in keys]
            self.wired[each.name] = dict(zip(keys, nodes, strict=True))

    async def rows(self) -> dict[str, list[Row]]:
        """Read all rows of all tables, in the order of their keys."""
        found: dict[str, list[Row]] = {}
        async with self.database.read_connection() as connection:
            for table in models.Base.metadata.sorted_tables:
                result = await connection.execute(sa.select(table).order_by(*table.primary_key))
                found[table.name] = [dict(row) for row in result.mappings()]
        return found

    async def order_of(self, name: str, field: str) -> list[Any]:
        """Return the keys of all rows as the database sorts them by a field, for a trusted caller."""
        return await self._keys(name, f"orderBy: [{{{field}: ASC}}]")

    async def found_by(self, name: str, field: str, word: str) -> list[Any]:
        """Return the keys of the rows that a word finds, for a trusted caller."""
        return await self._keys(name, f'where: {{{field}: {{search: "{word}"}}}}')

    async def ranked_by(self, name: str, field: str, word: str) -> list[Any]:
        """Return the keys of all rows, the best matches first, for a trusted caller."""
        return await self._keys(name, f'orderBy: [{{searchRank: {{{field}: "{word}"}}}}]')

    async def _keys(self, name: str, arguments: str) -> list[Any]:
        if (name, arguments) not in self._known:
            each = DESCRIBED[name]
            text = f"{{ {each.many}({_everything(each)}, {arguments}) {{ nodes {{ rowId }} }} }}"
            keys = {_wire_key(row["id"]): row["id"] for row in self.world.rows(name)}
            nodes = (await self._trusted(text))[each.many]["nodes"]
            self._known[name, arguments] = [keys[node["rowId"]] for node in nodes]
        return self._known[name, arguments]

    async def _trusted(self, text: str) -> Any:
        context = gql.Context(self.database, gql.UNRESTRICTED)
        result = await self.schema.execute(text, context_value=context)
        assert not result.errors, result.errors
        return result.data

    def id_of(self, name: str, key: Any) -> str:
        """Return the global id of a row."""
        found: str = self.wired[name][key]["id"]
        return found

    async def check(
        self, route: str, caller: Caller, fields: Mapping[str, tuple[str, Any]], **variables: Any
    ) -> None:
        """Ask for root fields together, by all paths, and compare what they answer.

        Args:
            route: What the cells are counted under.
            caller: Who asks.
            fields: The text and the expected answer of each, by alias.
            variables: By name; their types stand before the texts, as ``$name: Type``.
        """
        declared = ", ".join(name for name in variables)
        values = {name.split(":")[0].lstrip("$"): value for name, value in variables.items()}
        head = f"query({declared}) " if declared else ""
        text = head + "{ " + " ".join(f"{alias}: {each}" for alias, (each, _) in fields.items())
        expected = {alias: answer for alias, (_, answer) in fields.items()}
        data = await self._ask(f"{text} }}", caller, values)
        difference = first_difference(data, expected)
        assert difference is None, f"{caller.name}, {route}{difference} in {text}"
        CELLS[route] += sum(1 for _ in _leaves(expected))

    async def _ask(self, text: str, caller: Caller, values: Any) -> Any:
        subject = subject_of(caller)
        context = gql.Context(self.database, subject)
        with planned_fields(self.schema) as found:
            result = await self.schema.execute(text, values, context_value=context)
        assert not result.errors, f"{caller.name}: {result.errors} in {text}"
        if self.database.dialect.name == "postgresql":  # elsewhere it is rows that are sent below
            loaded = await compare_paths(self.database, self.schema, subject, found, result.data)
            assert loaded is None, f"{caller.name}: {loaded} in {text}"
        own = await self.schema.execute(
            text, values, context_value=gql.Context(self.database, subject)
        )
        assert not own.errors, f"{caller.name}: {own.errors} in {text}"
        assert first_difference(own.data, result.data) is None
        return result.data

    async def run(self, text: str, subject: gql.Subject) -> Any:
        """Run an operation."""
        return await self.schema.execute(text, context_value=gql.Context(self.database, subject))

    async def restore(self) -> None:
        """Bring all rows back to what was learnt."""
        tables = models.Base.metadata.sorted_tables
        async with self.database.write_engine.begin() as connection:
            for table in reversed(tables):
                if table.name == "categories":  # of a tree, those below first
                    await connection.execute(sa.update(table).values(parent_id=None))
                await connection.execute(sa.delete(table))
            for table in tables:
                if self.world.tables[table.name]:
                    await connection.execute(sa.insert(table), self.world.tables[table.name])

    async def answer(self, text: str, caller: Caller) -> Any:
        """Ask by the usual path."""
        context = gql.Context(self.database, subject_of(caller))
        result = await self.schema.execute(text, context_value=context)
        assert not result.errors, f"{caller.name}: {result.errors} in {text}"
        return result.data

    async def check_refused(
        self, route: str, caller: Caller, text: str, *, told: str, value: Any = None
    ) -> None:
        """See that a query is refused before any SQL, with a message that tells no values.

        Args:
            route: What the cell is counted under.
            caller: Who asks.
            text: With one root field.
            told: What the message names.
            value: What it must not tell.
        """
        context = gql.Context(self.database, subject_of(caller))
        result = await self.schema.execute(text, context_value=context)
        found = [each.extensions["code"] for each in result.errors or ()]
        assert found == ["FORBIDDEN"], f"{caller.name}, {route}: {result} for {text}"
        (error,) = result.errors or ()
        assert told in error.message, f"{error.message} for {text}"
        assert value is None or str(value) not in error.message
        assert not any((result.data or {}).values()), f"{result.data} for {text}"
        CELLS[route] += 1


def subject_of(caller: Caller) -> gql.Subject:
    """Return a caller as authentication does."""
    return gql.Subject(caller.user_id, caller.roles)


def _everything(each: Type) -> str:
    deleted = ", includeDeleted: true" if each.name == "Product" else ""
    return f"first: {LIMIT}{deleted}"


def _wire_key(key: Any) -> Any:
    return key if isinstance(key, int) else str(key)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)
    else:
        yield value
