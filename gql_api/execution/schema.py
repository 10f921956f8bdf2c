"""``build_schema``, the front door: an assembled schema whose operations have their lifecycle."""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeGuard

from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from typing_extensions import override

from gql_api.execution.attempts import RepeatingSchema
from gql_api.execution.bypass import AskedOperation, Bypass
from gql_api.execution.context import Context
from gql_api.execution.documents import DocumentCache
from gql_api.execution.executor import OperationExecutor
from gql_api.execution.idempotency import kept_answers
from gql_api.execution.introspection import Introspection, IntrospectionAnswers
from gql_api.execution.lifecycle import OperationLifecycle
from gql_api.execution.limits import OperationLimits
from gql_api.schema.build import Schema, assemble_schema


class ApiSchema(RepeatingSchema):
    """A schema that answers operations of nothing but generated reads by itself."""

    bypass: Bypass | None = None
    """None where extensions want to see operations."""

    @override
    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Execute an operation."""
        is_plain = not (operation_extensions or {}).get("snapshot") and (
            allowed_operation_types is None or OperationType.QUERY in allowed_operation_types
        )
        if self.bypass is not None and query is not None and is_plain and _is_free(context_value):
            asked = AskedOperation(query, operation_name, variable_values or {}, context_value)
            result = await self.bypass.execute(asked)
            if result is not None:
                return result
        return await super().execute(
            query,
            variable_values,
            context_value,
            root_value,
            operation_name,
            allowed_operation_types,
            operation_extensions,
        )


def _is_free(context: Any) -> TypeGuard[Context]:
    """Tell whether a query with a context reads wherever there is room, and not one moment."""
    return isinstance(context, Context) and not context.takes_snapshot


def build_schema(
    models: Any, *, extensions: Sequence[Callable[[], SchemaExtension]] = (), **options: Any
) -> Schema:
    """Turn mapped classes into a GraphQL schema.

    ```python
    schema = build_schema(Base, dialect="postgresql")
    ```

    Args:
        models: A declarative base, a SQLAlchemy registry, or a list of mapped classes.
        extensions: Strawberry extensions, or what makes them, inside the lifecycle of the operation.
        options: As of ``assemble_schema``: ``dialect``, ``types``, ``policies``, ``default_policy``,
            ``subject_values``, ``hooks``, ``queries``, ``mutations``,
            ``subscriptions``, ``config``, ``inflector`` and ``hidden``.

    Returns:
        A plain ``strawberry.Schema``. Run it with a ``gql_api.Context``; a mutation is committed,
        or rolled back, before its answer is returned.

    Raises:
        MappingError: A model cannot be mapped.
        SchemaBuildError: A declared type or operation cannot be built.
    """
    documents = DocumentCache()
    limits = partial(OperationLimits, documents)
    introspection = partial(Introspection, IntrospectionAnswers(), is_innermost=not len(extensions))
    # introspection is answered last: whoever may refuse it comes before
    everything: list[Callable[[], SchemaExtension]]
    everything = [OperationLifecycle, limits, *extensions, introspection]
    with _paused_collector():
        schema = assemble_schema(models, ApiSchema, extensions=everything, **options)
    schema.is_bare = not len(extensions)
    is_told = (
        schema.table.config.has_row_level_security
    )  # in a transaction, which the bypass has not
    if isinstance(schema, ApiSchema) and schema.is_bare and not is_told:
        schema.bypass = Bypass(schema, documents)
    schema.execution_context_class = OperationExecutor
    assert isinstance(schema, RepeatingSchema)  # noqa: S101 - so it was asked for
    lifetime_s = schema.table.config.idempotency_lifetime_s
    schema.kept_answers = kept_answers(schema.table.registry, lifetime_s)
    return schema


@contextmanager
def _paused_collector() -> Iterator[None]:
    """Let no cycles be collected: hundreds of models make a million objects, and all of them stay.

    Looking through them over and over takes two thirds of the time of the build.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
