"""Introspection: the same answer for everyone, or for every role, so it is worked out once and kept.

For hundreds of models it takes seconds, in a thread of its own: other requests are served meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeGuard

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    execute,
    get_operation_ast,
)
from strawberry.extensions import SchemaExtension
from typing_extensions import override

from gql_api.access.subjects import RoleSet, Subject
from gql_api.config import ApiConfig
from gql_api.errors import ForbiddenError
from gql_api.execution.disclosing import subject_in, told_part
from gql_api.execution.role_schemas import RoleSchemas
from gql_api.schema.build import Schema

_MAX_BYTES = 64_000_000
ROOT_FIELDS = frozenset({"__schema", "__type", "__typename"})
"""Of operations that are answered here."""

_TELLING = frozenset({"__schema", "__type"})

_Key = tuple[str, str | None, bytes, RoleSet | None]
"""Text of the document, name of the operation, variables; roles, where they decide."""

SchemaSource = Callable[[], GraphQLSchema]
"""Gives what is introspected; called in the thread."""

_Answer = bytes | ExecutionResult
"""Data as JSON; a result with errors as it is, which is not kept."""


class IntrospectionAnswers:
    """Answers to introspection of one schema, as JSON; the ones used last are kept.

    Args:
        max_bytes: Of all answers and their documents together.
    """

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self.roles = RoleSchemas()
        self._answers: dict[_Key, bytes] = {}
        self._running: dict[_Key, Future[_Answer]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="introspection")
        self._max_bytes = max_bytes
        self._bytes = 0

    @property
    def known(self) -> tuple[_Key, ...]:
        """What is kept, the one used last at the end."""
        return tuple(self._answers)

    async def get(
        self, source: SchemaSource, document: DocumentNode, key: _Key, variables: Any
    ) -> _Answer:
        """Return an answer; who asks for the same while it is worked out waits for it.

        Args:
            source: Of what is introspected.
            document: Valid, and nothing but introspection in the operation.
            key: What the answer depends on.
            variables: By name, as sent.

        Cost:
            No SQL. The first time seconds for a large schema, in a thread.
        """
        known = self._answers.pop(key, None)
        if known is not None:
            self._answers[key] = known
            return known
        running = self._running.get(key)
        if running is None:
            work = partial(_introspect, source, document, key[1], variables)
            running = self._running[key] = self._thread.submit(work)
        try:
            # a client that goes away does not end the work, for which others may wait
            answer = await asyncio.shield(asyncio.wrap_future(running))
        finally:
            if running.done():
                self._running.pop(key, None)
        if isinstance(answer, bytes):
            self._keep(key, answer)
        return answer

    def _keep(self, key: _Key, answer: bytes) -> None:
        size = _size(key, answer)
        if key in self._answers or size > self._max_bytes:
            return
        self._answers[key] = answer
        self._bytes += size
        while self._bytes > self._max_bytes:
            oldest = next(iter(self._answers))
            self._bytes -= _size(oldest, self._answers.pop(oldest))


class Introspection(SchemaExtension):
    """Answers operations that select nothing but introspection; they are judged like all others.

    Args:
        answers: Those of the schema that are known.
        is_innermost: Whether no other extension looks at the answer.
    """

    def __init__(self, answers: IntrospectionAnswers, *, is_innermost: bool) -> None:
        self._answers = answers
        self._is_innermost = is_innermost

    @override
    async def on_execute(self) -> AsyncIterator[None]:
        """Answer it, unless another extension did or wants to see each field resolved."""
        context = self.execution_context
        document = context.graphql_document
        schema: Any = context.schema
        if (
            context.result is None
            and document is not None
            and context.query is not None
            and _is_introspection(document, context.operation_name)
            and (self._is_innermost or self._roles(schema) or not _resolves_fields(schema))
        ):
            name, variables = context.operation_name, context.variables or {}
            roles = self._roles(schema)
            dumped = orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)
            source = partial(self._source, schema, roles)
            key = (context.query, name, dumped, roles)
            answer = await self._answers.get(source, document, key, variables)
            context.result = answer if not isinstance(answer, bytes) else self._result(answer)
        yield

    def _roles(self, schema: Schema) -> RoleSet | None:
        """Return the roles that decide what the caller is told; None where it is the whole schema."""
        subject = subject_in(self.execution_context.context)
        part = told_part(subject, schema.table.config)
        return subject.role_set if part == "own" else None

    def _source(self, schema: Schema, roles: RoleSet | None) -> GraphQLSchema:
        if roles is None:
            return schema.graphql_schema
        return self._answers.roles.get(schema, roles).graphql_schema

    def _result(self, answer: bytes) -> ExecutionResult:
        """Return the data encoded where it is only sent on, else as Python's values."""
        takes_encoded = getattr(self.execution_context.context, "takes_encoded", False)
        data: Any = orjson.Fragment(answer)
        if not (takes_encoded and self._is_innermost):
            data = orjson.loads(answer)
        return ExecutionResult(data, None)


def _introspect(
    source: SchemaSource, document: DocumentNode, name: str | None, variables: Mapping[str, Any]
) -> _Answer:
    result = execute(
        source(),
        document,
        operation_name=name,
        variable_values=dict(variables),
        is_awaitable=_is_never_awaitable,
    )
    assert isinstance(result, ExecutionResult)  # noqa: S101 - nothing in it is awaitable
    return result if result.errors else orjson.dumps(result.data)


def _is_never_awaitable(_value: Any) -> TypeGuard[Awaitable[Any]]:
    return False


def _resolves_fields(schema: Any) -> bool:
    """Tell whether an extension resolves fields: it may answer otherwise for each caller."""
    return any(
        type(each).resolve is not SchemaExtension.resolve for each in schema.get_extensions()
    )


def _is_introspection(document: DocumentNode, name: str | None) -> bool:
    """Tell whether a query selects nothing but introspection."""
    operation = get_operation_ast(document, name)
    return (
        operation is not None
        and operation.operation is OperationType.QUERY
        and root_fields(document, operation) <= ROOT_FIELDS
    )


def check_introspection(
    document: DocumentNode, name: str | None, subject: Subject, config: ApiConfig
) -> None:
    """Refuse an operation that asks for more of the schema than its caller is told.

    Args:
        document: That is valid.
        name: Of the operation; None for the only one.
        subject: Who asks.
        config: Of the schema.

    Raises:
        ForbiddenError: It does.
    """
    part = told_part(subject, config)
    operation = None if part == "all" else get_operation_ast(document, name)
    if operation is None:
        return
    asked = root_fields(document, operation)
    if part == "none" and asked & _TELLING:
        who = "nobody" if config.introspection == "none" else "administrators only"
        message = f"The schema is told to {who}: ask without {_joined(asked & _TELLING)}."
        raise ForbiddenError(message)
    if part == "own" and asked & _TELLING and not asked <= ROOT_FIELDS:
        message = "Ask for the schema and for data in two operations."
        raise ForbiddenError(message)


def _joined(names: frozenset[str] | set[str]) -> str:
    return " and ".join(sorted(names))


def root_fields(document: DocumentNode, operation: OperationDefinitionNode) -> set[str]:
    """Return the names of the root fields of an operation, those of its fragments included."""
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    names: set[str] = set()
    pending = [operation.selection_set]
    while pending:
        for node in pending.pop().selections:
            if isinstance(node, FieldNode):
                names.add(node.name.value)
            elif isinstance(node, InlineFragmentNode):
                pending.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                fragment = fragments.pop(node.name.value, None)  # each is entered once
                pending += [] if fragment is None else [fragment.selection_set]
    return names


def _size(key: _Key, answer: bytes) -> int:
    return len(key[0]) + len(key[2]) + len(answer)
