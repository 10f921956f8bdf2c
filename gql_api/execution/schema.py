"""``build_schema``, the front door: an assembled schema whose operations have their lifecycle."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from strawberry.extensions import SchemaExtension

from gql_api.execution.attempts import RepeatingSchema
from gql_api.execution.documents import DocumentCache
from gql_api.execution.executor import OperationExecutor
from gql_api.execution.idempotency import kept_answers
from gql_api.execution.introspection import Introspection, IntrospectionAnswers
from gql_api.execution.lifecycle import OperationLifecycle
from gql_api.execution.limits import OperationLimits
from gql_api.schema.build import Schema, assemble_schema


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
        options: As of ``assemble_schema``: ``dialect``, ``types``, ``policies``, ``queries``,
            ``mutations``, ``config``, ``inflector`` and ``hidden``.

    Returns:
        A plain ``strawberry.Schema``. Run it with a ``gql_api.Context``; a mutation is committed,
        or rolled back, before its answer is returned.

    Raises:
        MappingError: A model cannot be mapped.
        SchemaBuildError: A declared type or operation cannot be built.
    """
    limits = partial(OperationLimits, DocumentCache())
    introspection = partial(Introspection, IntrospectionAnswers(), is_innermost=not len(extensions))
    # introspection is answered last: whoever may refuse it comes before
    everything: list[Callable[[], SchemaExtension]]
    everything = [OperationLifecycle, limits, *extensions, introspection]
    with _paused_collector():
        schema = assemble_schema(models, RepeatingSchema, extensions=everything, **options)
    schema.is_bare = not len(extensions)
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
