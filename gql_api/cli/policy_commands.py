"""``gql-api policy``: who may do what, and which predicates a query meets."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
import typer
from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    validate,
    visit,
)

from gql_api.access.matrix import OPERATIONS, EntityRights, describe_rights, matrix_lines, roles_of
from gql_api.access.scopes import Scopes
from gql_api.access.subjects import VALUE_PREFIX, RoleSet, Subject
from gql_api.cli.applications import Source
from gql_api.cli.console import say
from gql_api.cli.options import AppOption, ModelsOption, start
from gql_api.cli.schema_commands import Chosen, DialectOption, built_schema
from gql_api.errors import ConfigurationError
from gql_api.naming import Inflector
from gql_api.schema.build import Schema
from gql_api.schema.table import TypeTable

commands = typer.Typer(help="Show and explain policies.", no_args_is_help=True)

TypeOption = Annotated[
    list[str] | None,
    typer.Option("--type", help="GraphQL type; may be given repeatedly. All if none."),
]


@commands.command()
def show(
    *,
    type_: TypeOption = None,
    role: Annotated[
        list[str] | None,
        typer.Option(help="Role; may be given repeatedly. Those that policies ask for if none."),
    ] = None,
    app: AppOption = None,
    models: ModelsOption = None,
    dialect: DialectOption = None,
) -> None:
    """Print who may do what: for each type and role the rows, and the columns that are withheld."""
    schema = built_schema(Chosen(Source(application=app, models=models), dialect), start())
    nobody = schema.compilation(Subject()).scopes
    roles = role or roles_of(schema.table.registry, nobody)
    subjects = {
        "anonymous": RoleSet(),
        "signed in": RoleSet(is_authenticated=True),
        **{name: RoleSet(frozenset({name}), is_authenticated=True) for name in roles},
    }
    found = {
        name: {each.entity: each for each in _rights(schema, role_set)}
        for name, role_set in subjects.items()
    }
    for name in _chosen_types(type_, schema.table):
        say(name)
        rows = [[who, *_cells(rights[name])] for who, rights in found.items()]
        for line in matrix_lines(["role", *OPERATIONS, "not read", "not written"], rows):
            say(f"  {line}")


@commands.command()
def explain(
    query: Annotated[str, typer.Argument(help="The GraphQL document.")],
    *,
    subject: Annotated[
        str, typer.Option(help='Who asks, such as {"userId": 1, "roles": ["staff"]}.')
    ] = "{}",
    app: AppOption = None,
    models: ModelsOption = None,
    dialect: DialectOption = None,
) -> None:
    """Print the predicates that the rows of a document meet, type by type, and their parameters."""
    schema = built_schema(Chosen(Source(application=app, models=models), dialect), start())
    asker = _subject(subject)
    parameters = asker.parameters
    touched = _touched(query, schema)
    named: Any = sa.make_url(f"{schema.table.dialect.name}://").get_dialect()
    written = named(paramstyle="named")
    for rights in _rights(schema, asker.role_set):
        if rights.entity not in touched.types:
            continue
        say(rights.entity)
        for operation in OPERATIONS if touched.is_write else OPERATIONS[:1]:
            text = rights.predicates[operation].compile(dialect=written)
            say(f"  {operation}: {' '.join(str(text).split())}")
            for name, value in text.params.items():
                is_loaded = name.startswith(VALUE_PREFIX)
                known = (
                    "loaded once per request" if is_loaded else repr(parameters.get(name, value))
                )
                say(f"    {name} = {known}")
        for title, names in (("not read", rights.unread), ("not written", rights.unwritten)):
            if names:
                say(f"  {title}: {', '.join(names)}")


@dataclass(frozen=True, slots=True)
class _Touched:
    """What a document is about."""

    types: Collection[str]
    """Names of entities."""

    is_write: bool


def _rights(schema: Schema, role_set: RoleSet) -> list[EntityRights]:
    has_arrays = schema.table.dialect.has_arrays
    scopes = Scopes(role_set, schema.policies, schema.default_policy, has_arrays)
    return describe_rights(schema.table.registry, scopes)


def _chosen_types(names: list[str] | None, table: TypeTable) -> list[str]:
    known = list(table.registry.entities)
    for name in names or ():
        if name not in known:
            message = f"There is no type {name} of a model."
            raise ConfigurationError(message, fix="gql-api schema names lists them.")
    return names or known


def _cells(rights: EntityRights) -> Iterator[str]:
    for operation in OPERATIONS:
        yield "closed" if rights.is_closed else rights.extent(operation)
    yield ", ".join(rights.unread) or "-"
    yield ", ".join(rights.unwritten) or "-"


def _subject(text: str) -> Subject:
    """Read who asks.

    Raises:
        ConfigurationError: It is no such object.
    """
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if isinstance(given, dict) and given.keys() <= {"userId", "roles", "claims"}:
        roles, claims = given.get("roles", []), given.get("claims", {})
        if isinstance(roles, list) and isinstance(claims, dict):
            return Subject(given.get("userId"), frozenset(map(str, roles)), claims)
    message = f"{text} is no subject."
    fix = 'Write {"userId": 1, "roles": ["staff"], "claims": {}}, each of it optional.'
    raise ConfigurationError(message, fix=fix)


def _touched(query: str, schema: Schema) -> _Touched:
    """Find the types that a document reads, writes, filters or sorts by.

    Raises:
        ConfigurationError: The document is not valid.
    """
    graphql_schema = schema.graphql_schema
    try:
        document = parse(query)
    except GraphQLError as error:
        raise ConfigurationError(error.message) from error
    errors = validate(graphql_schema, document)
    if errors:
        raise ConfigurationError(errors[0].message)
    collector = _Collector(graphql_schema, _entity_names(schema.table))
    visit(document, TypeInfoVisitor(collector.info, collector))
    return _Touched(collector.found, collector.is_write)


def _entity_names(table: TypeTable) -> dict[str, str]:
    """Return the entity of each type that stands for rows: outputs, filters, orders, keys."""
    make = table.inflector
    found: dict[str, str] = {}
    for name, entity in table.registry.entities.items():
        makers: Any = (
            make.filter_type,
            make.order_type,
            make.key_type,
            make.connection_type,
            make.aggregate_filter_type,
            make.aggregate_order_type,
        )
        found |= {name: name, entity.row_type: name}
        found |= {each(name): name for each in makers}
        found |= {make.payload_type(each(name)): name for each in _mutations(make)}
    return found


def _mutations(make: Inflector) -> list[Callable[[str], str]]:
    """Return what makes the names of the mutations of an entity."""
    one = [make.create_field, make.update_field, make.upsert_field, make.delete_field]
    many = [make.create_many_field, make.update_many_field, make.delete_many_field]
    return [*one, *many, make.update_by_id_field]


class _Collector(Visitor):
    """Collects the entities whose types a document names.

    Args:
        schema: GraphQL's.
        entities: Type name to entity.
    """

    def __init__(self, schema: GraphQLSchema, entities: Mapping[str, str]) -> None:
        super().__init__()
        self.info = TypeInfo(schema)
        self.found: set[str] = set()
        self.is_write = False
        self._entities = entities
        self._mutation = schema.mutation_type

    def enter(self, node: Node, *_arguments: Any) -> None:
        """Note the type of a field, or of a part of an argument."""
        if isinstance(node, FieldNode):
            self.is_write |= self.info.get_parent_type() is self._mutation is not None
            self._note(self.info.get_type())
        elif isinstance(node, ObjectFieldNode | ArgumentNode):
            self._note(self.info.get_input_type())

    def _note(self, type_: Any) -> None:
        name = getattr(get_named_type(type_), "name", "") if type_ is not None else ""
        if name in self._entities:
            self.found.add(self._entities[name])
