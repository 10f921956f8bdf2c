"""Operations written by hand: ``@gql.query`` and ``@gql.mutation`` over plain async functions.

A function returns mapped instances; the rows that clients see are loaded through the read path, so
that selections, scopes and the number of statements are those of every other field.
"""

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any, Self

import sqlalchemy as sa
import strawberry
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from typing_extensions import override

from gql_api.config import Isolation
from gql_api.errors import SchemaBuildError, WriteError
from gql_api.mapping.descriptors import Entity, Registry
from gql_api.mapping.global_ids import key_values
from gql_api.plan.changes import KeyValue
from gql_api.schema.context import table_of
from gql_api.schema.definitions import nullable
from gql_api.schema.mutations import UnitOfWorkField, new_payload
from gql_api.schema.payloads import ErrorTypes, Payload, PayloadField, PayloadRowField, refused
from gql_api.schema.queries import load_by_key
from gql_api.schema.table import TypeTable

Info = strawberry.Info[Any, Any]
Function = Callable[..., Any]


class OperationField(StrawberryField):
    """A root field with a function of its own; its type is known once the schema is built.

    Args:
        function: Async; its parameters are the arguments, its return annotation the result.
        description: For readers of the schema; the docstring when left out.
    """

    def __init__(self, function: Function, description: str | None) -> None:
        super().__init__(
            base_resolver=StrawberryResolver(function),
            description=description or inspect.getdoc(function),
        )
        self._function = function
        self._type: Any = None

    @override
    def __copy__(self) -> Self:
        """Return a field of the same function, for another schema."""
        made = type(self)(self._function, self.description)
        made.graphql_name, made.origin = self.graphql_name, self.origin
        return made

    @override
    def resolve_type(self, *, type_definition: Any = None) -> Any:
        return self._type

    @property
    def annotation(self) -> Any:
        """The return annotation of the function."""
        resolver = self.base_resolver
        assert resolver is not None  # noqa: S101 - set in the constructor
        return typing.get_type_hints(resolver.wrapped_func, include_extras=True).get("return")


class QueryOperation(OperationField):
    """A query that returns an instance of a model, or none."""

    entity: Entity

    def build(self, table: TypeTable) -> None:
        """Set the type.

        Raises:
            SchemaBuildError: The function returns no mapped model.
        """
        entity = _entity_of(self.annotation, table)
        if entity is None:
            message = f"The query {self.python_name} returns {self.annotation!r}."
            raise SchemaBuildError(message, fix="Annotate a mapped model, or use strawberry.field.")
        self.entity = entity
        self._type = nullable(table.entities[entity.name].object)

    @override
    async def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        instance = await super().get_result(source, info, args, kwargs)
        if instance is None:
            return None
        key = key_of(instance, self.entity, table_of(info).registry)
        return await load_by_key(info, self.entity, key)


class MutationOperation(OperationField):
    """A mutation that returns an instance, a dataclass of results, or nothing.

    The payload has one nullable field per result, and ``errors``: a ``WriteError`` that the
    function raises becomes one of them.
    """

    isolation: Isolation | None = None
    """Of the operation's transaction, at least; None for that of the configuration."""

    keeps_answer = True
    """Whether its answer may be kept for an idempotency key."""

    @override
    def __copy__(self) -> Self:
        made = super().__copy__()
        made.isolation, made.keeps_answer = self.isolation, self.keeps_answer
        return made

    def build(self, table: TypeTable, error_types: ErrorTypes) -> None:
        """Make the payload."""
        self.extensions = [UnitOfWorkField()]
        name = self.graphql_name or table.inflector.field(str(self.python_name))
        fields = [
            _payload_field(each, annotation, table)
            for each, annotation in _results(self.annotation, table).items()
        ]
        self._type = nullable(new_payload(name, [*fields, error_types.field()], table))

    @override
    async def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Payload:
        try:
            result = await super().get_result(source, info, args, kwargs)
        except WriteError as error:
            return refused(error)
        table = table_of(info)
        entities = {
            name: _entity_of(annotation, table)
            for name, annotation in _results(self.annotation, table).items()
        }
        results = _result_values(result, self.annotation, table)
        await info.context.unit.session.flush()
        registry = table.registry
        return Payload(
            {name: _presented(value, entities[name], registry) for name, value in results.items()}
        )


def query(function: Function | None = None, *, description: str | None = None) -> Any:
    """Declare a query that returns an instance of a mapped model, or None."""
    if function is not None:
        return QueryOperation(function, description)
    return lambda decorated: QueryOperation(decorated, description)


@typing.overload
def mutation(function: Function, /) -> Any: ...


@typing.overload
def mutation(
    *,
    description: str | None = None,
    isolation: Isolation | None = None,
    keeps_answer: bool = True,
) -> Callable[[Function], Any]: ...


def mutation(
    function: Function | None = None,
    *,
    description: str | None = None,
    isolation: Isolation | None = None,
    keeps_answer: bool = True,
) -> Any:
    """Declare a mutation. It runs in the unit of work: it flushes and never commits.

    Return an instance of a mapped model, a dataclass whose fields are the results, or nothing;
    raise a ``WriteError`` to refuse. It may run more than once: an operation whose transaction loses
    against another one is repeated from its beginning.

    Args:
        function: Async; its parameters are the arguments.
        description: For readers of the schema; the docstring when left out.
        isolation: Of the operation's transaction: of several root fields the highest counts.
        keeps_answer: Whether the answer may be stored for an idempotency key; not one that holds a
            secret: a key is refused then.
    """

    def declare(decorated: Function) -> MutationOperation:
        made = MutationOperation(decorated, description)
        made.isolation, made.keeps_answer = isolation, keeps_answer
        return made

    return declare if function is None else declare(function)


def collect_fields(classes: Sequence[type[Any]]) -> list[StrawberryField]:
    """Return the fields that classes of operations declare, in order.

    Raises:
        SchemaBuildError: A class declares none.
    """
    found: list[StrawberryField] = []
    for class_ in classes:
        definition = getattr(class_, "__strawberry_definition__", None)
        fields = (
            list(definition.fields)
            if definition is not None
            else [each for each in vars(class_).values() if isinstance(each, StrawberryField)]
        )
        if not fields:
            message = f"{class_.__name__} declares no operations."
            raise SchemaBuildError(
                message, fix="Use @gql.query, @gql.mutation or strawberry.field."
            )
        for field in fields:
            field.origin = field.origin or class_
        # each schema has operations of its own, since their types are its own
        found += [copy(each) if isinstance(each, OperationField) else each for each in fields]
    return found


def key_of(instance: Any, entity: Entity, registry: Registry) -> KeyValue:
    """Return the primary key of an instance of a mapped model, or the key itself.

    Args:
        instance: Of the entity's model or a subclass.
        entity: Whose rows it is looked for in.
        registry: All entities.
    """
    if isinstance(instance, KeyValue):
        return instance
    if entity.is_union:
        found = registry.entity_of(type(instance))
        own = tuple(getattr(instance, each.key) for each in found.id_columns)
        values = key_values(entity, found, own)
        assert values is not None  # noqa: S101 - an instance of a class of the union
        return KeyValue(tuple(each.key for each in entity.primary_key), values)
    mapper = sa.inspect(type(instance))
    keys = tuple(mapper.get_property_by_column(column).key for column in mapper.primary_key)
    return KeyValue(keys, tuple(getattr(instance, key) for key in keys))


def _entity_of(annotation: Any, table: TypeTable) -> Entity | None:
    """Return the entity of ``Model`` or ``Model | None``."""
    options = [each for each in typing.get_args(annotation) if each is not types.NoneType]
    plain = options[0] if len(options) == 1 and _is_union(annotation) else annotation
    return table.registry.by_model.get(plain) if isinstance(plain, type) else None


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in {typing.Union, types.UnionType}


def _results(annotation: Any, table: TypeTable) -> Mapping[str, Any]:
    """Return the results of a mutation, by payload field."""
    entity = _entity_of(annotation, table)
    if entity is not None:
        return {table.inflector.single_field(entity.name): annotation}
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        hints = typing.get_type_hints(annotation)
        return {
            table.inflector.field(each.name): hints[each.name]
            for each in dataclasses.fields(annotation)
        }
    return {}


def _result_values(result: Any, annotation: Any, table: TypeTable) -> Mapping[str, Any]:
    entity = _entity_of(annotation, table)
    if entity is not None:
        return {table.inflector.single_field(entity.name): result}
    if dataclasses.is_dataclass(result):
        return {
            table.inflector.field(each.name): getattr(result, each.name)
            for each in dataclasses.fields(result)
        }
    return {}


def _presented(value: Any, entity: Entity | None, registry: Registry) -> Any:
    """Return what a payload holds: a key for an instance, any other value as it is."""
    return value if entity is None or value is None else key_of(value, entity, registry)


def _payload_field(name: str, annotation: Any, table: TypeTable) -> StrawberryField:
    entity = _entity_of(annotation, table)
    if entity is not None:
        return PayloadRowField(name, entity, table, "The row as it is now; null on failure.")
    options = [each for each in typing.get_args(annotation) if each is not types.NoneType]
    plain = options[0] if _is_union(annotation) else annotation
    return PayloadField(name, nullable(plain), description="Null on failure.")
