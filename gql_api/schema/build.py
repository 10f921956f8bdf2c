"""``build_schema``: models become a Strawberry schema."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import strawberry
from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLSchema,
    lexicographic_sort_schema,
    print_schema,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types.field import StrawberryField
from typing_extensions import override

from gql_api.access.policies import Policy, policy_by_model
from gql_api.access.scopes import Scopes
from gql_api.access.subject_values import LoadValue, ValueLoaders
from gql_api.access.subjects import RoleSet, Subject
from gql_api.config import ApiConfig, Isolation
from gql_api.database.dialects import dialect_named
from gql_api.errors import SchemaBuildError
from gql_api.mapping.descriptors import Column, Entity, Registry, Relationship
from gql_api.mapping.registry import describe_models, mapped_classes
from gql_api.mapping.versions import check_clocks
from gql_api.mapping.visibility import Hidden
from gql_api.naming import Inflector
from gql_api.persistence.constraints import has_deferred_constraints
from gql_api.persistence.hooks import Hooks, HooksByModel, hooks_by_model
from gql_api.plan.known import PlanCache
from gql_api.schema.aggregates import build_aggregate_types
from gql_api.schema.declarations import TypeDeclaration, declaration_of
from gql_api.schema.definitions import add_fields, new_object
from gql_api.schema.filters import build_filter_types
from gql_api.schema.inputs import InputTable
from gql_api.schema.keys import build_key_type
from gql_api.schema.mutations import UnitOfWorkField, build_mutation_fields, build_upsert_fields
from gql_api.schema.operations import MutationOperation, QueryOperation, collect_fields
from gql_api.schema.orders import build_order_types
from gql_api.schema.outputs import build_object_type, build_page_info
from gql_api.schema.payloads import ErrorTypes
from gql_api.schema.queries import build_query_fields
from gql_api.schema.scalars import scalar_map
from gql_api.schema.sets import build_set_fields
from gql_api.schema.shortcuts import add_shortcuts
from gql_api.schema.soft_deletes import build_soft_delete_fields
from gql_api.schema.table import TypeTable
from gql_api.sql.caching import StatementCache
from gql_api.sql.sources import Compilation

_MAX_ROLE_SETS = 256
"""Role sets whose scopes are kept."""


class Schema(strawberry.Schema):
    """A Strawberry schema that knows the entities and policies it was built from."""

    table: TypeTable
    policies: Mapping[type[Any], Policy[Any]]
    default_policy: Policy[Any] | None = None
    """For models without one; None: they are open."""

    value_loaders: ValueLoaders
    """Load the values that policies name."""

    plans: PlanCache
    """Plans of operations, whoever asks."""

    hooks: HooksByModel
    """What the application does around writes."""

    isolations: Mapping[str, Isolation]
    """Root mutation field to the isolation that it asks for."""

    unkept: frozenset[str]
    """Root mutation fields whose answers hold secrets."""

    has_deferred: bool
    """Whether constraints are checked at the commit, which the database can do earlier when told."""

    is_bare = False
    """Whether no extension but those of the project looks at operations and their answers."""

    def compilation(self, subject: Subject) -> Compilation:
        """Return what statements for a subject are built from: one per role set."""
        role_set = subject.role_set
        found = self._compilations.get(role_set)
        if found is None:
            if len(self._compilations) >= _MAX_ROLE_SETS:
                self._compilations.pop(next(iter(self._compilations)))
            has_arrays = self.table.dialect.has_arrays
            scopes = Scopes(role_set, self.policies, self.default_policy, has_arrays)
            found = self._compilations[role_set] = Compilation(
                self.table.registry, scopes, self.table.dialect, self._statements
            )
        return found

    def __init__(  # noqa: PLR0913 - as Strawberry's, with what it was built from
        self,
        table: TypeTable,
        policies: Mapping[type[Any], Policy[Any]],
        query: type[Any],
        mutation: type[Any] | None,
        subscription: type[Any] | None,
        *,
        types: Iterable[type[Any]],
        extensions: Iterable[Callable[[], SchemaExtension]],
    ) -> None:
        self.table = table
        self.policies = policies
        self._compilations: dict[RoleSet, Compilation] = {}
        self.plans = PlanCache()
        self._statements = StatementCache()
        super().__init__(
            query=query,
            mutation=mutation,
            subscription=subscription,
            types=types,
            extensions=extensions,
            config=StrawberryConfig(scalar_map=scalar_map()),
        )

    @override
    def as_str(self) -> str:
        """Return the SDL, sorted, so that it changes only with what it says."""
        return print_schema(_with_one_of(lexicographic_sort_schema(self._schema))) + "\n"

    @override
    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Log nothing here: defects are logged where errors are presented."""

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """The graphql-core schema."""
        return self._schema


def assemble_schema(  # noqa: PLR0913 - the public surface: all but models are options
    models: Any,
    schema_type: type["Schema"] = Schema,
    *,
    dialect: str = "postgresql",
    types: Sequence[type[Any]] = (),
    policies: Sequence[Policy[Any]] = (),
    default_policy: Policy[Any] | None = None,
    subject_values: Sequence[LoadValue] = (),
    hooks: Sequence[Hooks[Any]] = (),
    queries: Sequence[type[Any]] = (),
    mutations: Sequence[type[Any]] = (),
    subscriptions: Sequence[type[Any]] = (),
    config: ApiConfig | None = None,
    inflector: Inflector | None = None,
    hidden: Sequence[Hidden] = (),
    extensions: Sequence[Callable[[], SchemaExtension]] = (),
) -> Schema:
    """Build the schema of mapped classes.

    Args:
        models: A declarative base, a SQLAlchemy registry, or mapped classes.
        schema_type: What is made.
        dialect: Name of the database's dialect: what it lacks is left out of the schema.
        types: Classes declared with ``@gql.type``.
        policies: At most one per model.
        default_policy: For models without one, such as ``Roles("admin")``; else they are open.
        subject_values: Load what policies name with ``subject.value(name)``: async functions of a
            subject and a session, called by the first statement of a request that needs the value.
        hooks: What happens around writes, in this order.
        queries: Classes of further root query fields.
        mutations: Classes of further root mutation fields.
        subscriptions: Classes of root subscription fields, declared with ``strawberry.subscription``.
        config: Page sizes and the like.
        inflector: Makes the names.
        hidden: Attributes that do not exist for clients: patterns such as ``"User.password"`` and
            ``"*.token"``, and column types.
        extensions: Strawberry extensions, or what makes them, from the outermost to the innermost.

    Raises:
        MappingError: A model cannot be mapped.
        SchemaBuildError: A declared type or operation cannot be built.
    """
    inflector = inflector or Inflector()
    declarations = {each.model: each for each in map(declaration_of, types)}
    classes = models if isinstance(models, list | tuple) else mapped_classes(models)
    registry = describe_models(classes, inflector=inflector, hidden=hidden)
    table = TypeTable(
        registry=_restricted(registry, declarations),
        inflector=inflector,
        config=config or ApiConfig(),
        dialect=dialect_named(dialect),
        declarations=declarations,
    )
    if table.config.has_row_level_security and table.dialect.name != "postgresql":
        message = f"Row-level security is PostgreSQL's: there is none on {table.dialect.name}."
        raise SchemaBuildError(message, fix="Leave has_row_level_security out.")
    check_clocks(table.registry, table.dialect.name)
    _fill_in(table)
    error_types = ErrorTypes(table)
    query = _root("Query", _query_fields(table, queries), inflector)
    mutation_fields = _mutation_fields(table, mutations, error_types)
    schema = schema_type(
        table,
        MappingProxyType(policy_by_model(tuple(policies))),
        query,
        _root("Mutation", mutation_fields, inflector) if mutation_fields else None,
        _root("Subscription", collect_fields(subscriptions), inflector) if subscriptions else None,
        types=[*error_types.types, *_row_types(table)] if mutation_fields else _row_types(table),
        extensions=extensions,
    )
    schema.default_policy = default_policy
    schema.value_loaders = ValueLoaders(subject_values)
    _check_mutations(schema.graphql_schema)
    add_shortcuts(schema.graphql_schema)
    is_told = table.dialect.has_deferral
    schema.has_deferred = is_told and has_deferred_constraints(table.registry)
    schema.hooks = hooks_by_model(hooks)
    operations = _operations(mutation_fields, inflector)
    schema.isolations = {
        name: each.isolation for name, each in operations.items() if each.isolation is not None
    }
    schema.unkept = frozenset(name for name, each in operations.items() if not each.keeps_answer)
    return schema


def _fill_in(table: TypeTable) -> None:
    build_page_info(table)
    for entity in table.registry:
        build_key_type(entity, table)
        build_aggregate_types(entity, table)
        build_filter_types(entity, table)
        build_order_types(entity, table)
        build_object_type(entity, table)


def _row_types(table: TypeTable) -> list[type[Any]]:
    """Return the types of rows: interfaces alone would not bring what implements them."""
    shown = [each.object for each in table.entities.values()]
    return [*shown, *(each.own for each in table.entities.values() if each.own is not None)]


def _query_fields(table: TypeTable, classes: Sequence[type[Any]]) -> list[StrawberryField]:
    own = collect_fields(classes)
    for field in own:
        if isinstance(field, QueryOperation):
            field.build(table)
    return [*build_query_fields(table), *own]


def _mutation_fields(
    table: TypeTable, classes: Sequence[type[Any]], error_types: ErrorTypes
) -> list[StrawberryField]:
    if table.config.is_read_only:
        return []
    own = collect_fields(classes)
    for field in own:
        if isinstance(field, MutationOperation):
            field.build(table, error_types)
        elif not any(isinstance(each, UnitOfWorkField) for each in field.extensions):
            field.extensions = [*field.extensions, UnitOfWorkField()]
    replaced = {
        field.graphql_name or table.inflector.field(str(field.python_name)) for field in own
    }
    fields: list[StrawberryField] = []
    for inputs in InputTable(table, replaced).entities.values():
        fields += build_mutation_fields(table, inputs, error_types)
        fields += build_soft_delete_fields(table, inputs.entity, error_types)
        if table.config.has_bulk_writes:
            fields += build_upsert_fields(table, inputs, error_types)
            fields += build_set_fields(table, inputs, error_types)
    return [*fields, *own]


def _root(name: str, fields: list[StrawberryField], inflector: Inflector) -> type[Any]:
    """Make a root type; a field written by hand replaces the generated one of its name."""
    by_name = {
        field.graphql_name or inflector.field(str(field.python_name)): field for field in fields
    }
    type_ = new_object(name, description=None)
    add_fields(type_, list(by_name.values()))
    return type_


def _operations(
    fields: list[StrawberryField], inflector: Inflector
) -> Mapping[str, MutationOperation]:
    """Return the mutations that are written by hand, by name."""
    return {
        field.graphql_name or inflector.field(str(field.python_name)): field
        for field in fields
        if isinstance(field, MutationOperation)
    }


def _restricted(registry: Registry, declarations: Mapping[type[Any], TypeDeclaration]) -> Registry:
    """Leave out what declared types do not list: it exists neither in answers nor in arguments.

    Raises:
        SchemaBuildError: A declared model is not mapped, or a listed attribute does not exist.
    """
    for model in declarations.keys() - registry.by_model.keys():
        message = f"{declarations[model].origin.__name__} declares {model!r}, which is not mapped."
        raise SchemaBuildError(message, fix="Pass its model to build_schema.")
    entities: dict[str, Entity] = {}
    for entity in sorted(registry, key=lambda each: len(registry.ancestors(each))):
        base = next(iter(registry.ancestors(entity)), None)
        parts = (base, entities[base.name]) if base is not None else None
        entities[entity.name] = _restrict(entity, declarations.get(entity.model), parts)
    entities = {name: entities[name] for name in registry.entities}
    entities = {name: _without_dangling(entity, entities) for name, entity in entities.items()}
    return Registry(
        entities=MappingProxyType(entities),
        by_model=MappingProxyType({each.model: each for each in entities.values()}),
    )


def _without_dangling(entity: Entity, entities: Mapping[str, Entity]) -> Entity:
    """Leave out columns of relatives that these do not list."""
    shown = {
        key: column
        for key, column in entity.columns.items()
        if column.proxy is None
        or column.proxy.column in entities[column.proxy.relationship.target].columns
    }
    return replace(entity, columns=MappingProxyType(shown))


def _restrict(
    entity: Entity, declaration: TypeDeclaration | None, base: tuple[Entity, Entity] | None
) -> Entity:
    """Leave out what is not listed; a subclass always has what its base shows, and no more of it.

    Args:
        entity: With all attributes.
        declaration: What is listed.
        base: The entity that it inherits from, before and after it was restricted.
    """
    attributes = _attributes(entity)
    if declaration is not None:
        _check_listed(declaration, entity)
    full, shown = ({}, {}) if base is None else map(_attributes, base)
    listed = declaration.fields.keys() if declaration is not None else frozenset()
    if declaration is None or declaration.has_all_fields:
        listed |= attributes.keys() - full.keys()
    kept = listed | shown.keys()
    if attributes.keys() <= kept:
        return entity
    columns = {key: each for key, each in entity.columns.items() if key in kept}
    relationships = {key: each for key, each in entity.relationships.items() if key in kept}
    return replace(
        entity,
        columns=MappingProxyType(columns),
        relationships=MappingProxyType(relationships),
        keys=tuple(key for key in entity.keys if all(each in columns for each in key.columns)),
    )


def _attributes(entity: Entity) -> dict[str, Column | Relationship]:
    return {**entity.columns, **entity.relationships}


def _check_listed(declaration: TypeDeclaration, entity: Entity) -> None:
    for key in declaration.fields:
        if key not in entity.columns and key not in entity.relationships:
            message = f"{declaration.origin.__name__}.{key} is no attribute of {entity.model!r}."
            raise SchemaBuildError(message, fix="Correct the name, or write a resolver.")


def _with_one_of(schema: GraphQLSchema) -> GraphQLSchema:
    """Mark the inputs that take exactly one field: Strawberry checks them itself, unseen by printers."""
    for type_ in schema.type_map.values():
        definition = type_.extensions.get("strawberry-definition")
        if isinstance(type_, GraphQLInputObjectType) and definition is not None:
            type_.is_one_of = definition.is_one_of
    return schema


def _check_mutations(schema: GraphQLSchema) -> None:
    """Refuse root mutation fields that are not null: one failure would null the whole answer.

    Raises:
        SchemaBuildError: There is one.
    """
    if schema.mutation_type is None:
        return
    for name, field in schema.mutation_type.fields.items():
        if isinstance(field.type, GraphQLNonNull):
            message = f"The mutation {name} is not nullable, so that one failure nulls all answers."
            raise SchemaBuildError(message, fix="Make its type nullable.")
