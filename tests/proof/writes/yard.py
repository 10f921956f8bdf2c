"""A database with the models: filled with a world, written through mutations, and read by plain SQL."""

import types
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from strawberry.types import ExecutionResult

import gql_api as gql
from gql_api.config import ApiConfig, Limits
from gql_api.mapping.global_ids import encode_key
from tests.proof.writes import models
from tests.proof.writes.kinds import KINDS, Kind
from tests.proof.writes.roots import Root
from tests.proof.writes.rows import Looker, Ref

COUNTS: Counter[str] = Counter()
"""Root fields that were compared, by database."""

_VERBS = ("visible", "creatable", "updatable", "deletable")
_TYPES = {
    "input": "Create{}Input!",
    "inputs": "[Create{}Input!]!",
    "items": "[Update{}Item!]!",
    "where": "{}Filter!",
    "set": "Update{}Input!",
    "atMost": "Int!",
    "key": "{}UpsertKey!",
    "create": "Create{}Input!",
    "update": "Update{}Input!",
    "id": "ID!",
    "expectedVersion": "String",
}
_UPDATED = "Update{}Input!"
_LIMITS = Limits(
    max_tokens=1_000_000, max_depth=1000, max_aliases=10_000, max_directives=10_000, max_cost=10**9
)
_CLASSES: dict[str, Any] = {name: getattr(models, name) for name in KINDS}


@dataclass(frozen=True)
class Sent:
    """An operation as clients send it."""

    document: str
    variables: dict[str, Any]
    count: int
    """Number of root fields."""


class Yard:
    """A database and the schema over it."""

    def __init__(self, database: gql.Database) -> None:
        self.database = database
        self.dialect = database.dialect.name
        self.schema = gql.build_schema(
            models.Base,
            dialect=self.dialect,
            policies=[_make_policy(name) for name in KINDS],
            config=ApiConfig(limits=_LIMITS),
        )

    async def create(self) -> None:
        """Create the tables."""
        async with self.database.write_engine.begin() as connection:
            await connection.run_sync(models.Base.metadata.create_all)

    async def empty(self) -> None:
        """Delete all rows."""
        async with self.database.write_engine.begin() as connection:
            if self.dialect == "mysql":
                await connection.execute(sa.text("SET foreign_key_checks = 0"))
            await connection.execute(sa.update(models.Person).values(boss_id=None))
            for table in reversed(models.Base.metadata.sorted_tables):
                await connection.execute(sa.delete(table))
            if self.dialect == "mysql":
                await connection.execute(sa.text("SET foreign_key_checks = 1"))

    async def mutate(self, sent: Sent, looker: Looker, key: str | None = None) -> ExecutionResult:
        """Run one operation, with a context of its own, and with an idempotency key or none."""
        roles = [f"{verb} {kind} {name}" for (verb, kind), name in looker.rules.items()]
        context = gql.Context(self.database, gql.Subject(looker.user, frozenset(roles)))
        context.idempotency_key = key
        result = await self.schema.execute(sent.document, sent.variables, context_value=context)
        COUNTS[self.dialect] += sent.count
        assert isinstance(result, ExecutionResult)
        return result

    def write(self, roots: Sequence[Root]) -> Sent:
        """Write an operation as a document with variables."""
        declared, fields, variables = [], [], {}
        for at, root in enumerate(roots):
            kind = KINDS[root.kind]
            arguments = []
            for name, value in root.arguments.items():
                variables[f"{name}{at}"] = self._wire(value)
                type_ = _UPDATED if (root.verb, name) == ("update", "input") else _TYPES[name]
                declared.append(f"${name}{at}: {type_.format(kind.name)}")
                arguments.append(f"{name}: ${name}{at}")
            payload = _payload(root.verb, kind)
            fields.append(
                f"f{at}: {_field(root.verb, kind)}({', '.join(arguments)}) "
                f"{{ {payload} errors {{ code path }} }}"
            )
        document = f"mutation({', '.join(declared)}) {{ {' '.join(fields)} }}"
        return Sent(document, variables, len(roots))

    def _wire(self, value: Any) -> Any:
        if isinstance(value, Ref):
            return self.identify(value.kind, value.identity)
        if isinstance(value, dict):
            return {name: self._wire(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._wire(each) for each in value]
        return value

    def identify(self, kind: str, identity: Any) -> str:
        """Return a global id."""
        entity = self.schema.table.registry.entities[kind]
        return encode_key(entity, identity if isinstance(identity, tuple) else (identity,))

    async def read(self) -> dict[str, list[Any]]:
        """Read all tables, by attribute; pairs under their table's name."""
        found: dict[str, list[Any]] = {}
        async with self.database.read_connection() as connection:
            for name, model in _CLASSES.items():
                rows = await connection.execute(sa.select(model.__table__))
                found[name] = [dict(row) for row in rows.mappings()]
            rows = await connection.execute(sa.select(models.person_skill))
            found["pairs"] = [tuple(row) for row in rows]
        return found


_ROW = {
    "create": "create{single}",
    "createMany": "create{many}",
    "update": "update{single}",
    "updateById": "update{many}ById",
    "updateMany": "update{many}",
    "upsert": "upsert{single}",
    "delete": "delete{single}",
    "deleteMany": "delete{many}",
    "restore": "restore{single}",
    "purge": "purge{single}",
}
MANY = {"createMany", "updateById", "updateMany"}


def _field(verb: str, kind: Kind) -> str:
    return _ROW[verb].format(single=kind.name, many=kind.many)


def _payload(verb: str, kind: Kind) -> str:
    if verb in {"delete", "purge"}:
        return "deleted: deletedId"
    if verb == "deleteMany":
        return "deleted: deletedIds count"
    name = kind.many.lower() if verb in MANY else kind.single
    extra = {"upsert": " isNew", "updateMany": " count"}.get(verb, "")
    return f"rows: {name} {{ {_selection(kind)} }}{extra}"


def _selection(kind: Kind) -> str:
    columns = [column.name for column in kind.columns]
    version = ["version"] if kind.has_version else []
    links = [f"{link.name} {{ {link_name(KINDS[link.target])} }}" for link in kind.to_one]
    return " ".join([*columns, *version, *links])


def link_name(kind: Kind) -> str:
    return "number label" if kind.name == "Room" else "code"


def _make_policy(name: str) -> Any:
    """Make a policy whose predicates are named by roles."""
    model = _CLASSES[name]

    def method(verb: str) -> Any:
        def allowed(_self: Any, row: Any, subject: gql.SymbolicSubject) -> Any:
            if subject.has_role(f"{verb} {name} open"):
                return row.is_open
            if subject.has_role(f"{verb} {name} own"):
                return row.score == subject.user_id
            return sa.false() if subject.has_role(f"{verb} {name} none") else sa.true()

        return allowed

    made = types.new_class(
        f"{name}Policy",
        (gql.Policy[model],),
        {},
        lambda names: names.update({verb: method(verb) for verb in _VERBS}),
    )
    return made()
