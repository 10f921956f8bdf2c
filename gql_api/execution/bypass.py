"""The bypass: operations of nothing but generated reads are answered without the executor.

Only where all is well: whatever is out of the ordinary is left to the usual way, from the start.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLField, GraphQLNonNull, located_error
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from gql_api.errors import ApiError, LimitExceededError, NoPlainFormError, RateLimitedError
from gql_api.execution.context import Context
from gql_api.execution.disclosing import tells_suggestions
from gql_api.execution.documents import DocumentCache, KnownDocument
from gql_api.execution.limits import judge_request, present_cost
from gql_api.execution.operations import KnownOperation, RootSelection
from gql_api.execution.presenting import present_error
from gql_api.loading.answers import Answer, load_answer
from gql_api.loading.run import Run
from gql_api.plan.known import KnownPlan
from gql_api.schema.build import Schema
from gql_api.schema.sites import AskedField
from gql_api.sql.sources import Compilation


class WrittenResult(ExecutionResult):
    """A result without errors and extensions, as it is sent; it holds no data besides.

    Args:
        body: JSON of the whole answer.
    """

    def __init__(self, body: bytes) -> None:
        super().__init__(None, None)
        self.body = body


@dataclass(frozen=True, slots=True)
class AskedOperation:
    """An operation as it was sent."""

    text: str
    name: str | None
    variables: Mapping[str, Any]
    context: Context


@dataclass(frozen=True, slots=True)
class _PlannedField:
    """A root field with its plan; ``known`` is None for the name of the root type."""

    selection: RootSelection
    known: KnownPlan[Any] | None = None
    values: tuple[Any, ...] = ()


class Bypass:
    """Answers operations that are known and that nobody else looks at.

    Args:
        schema: Without extensions of others.
        documents: That were found good.
    """

    def __init__(self, schema: Schema, documents: DocumentCache) -> None:
        self._schema = schema
        self._documents = documents

    async def execute(self, asked: AskedOperation) -> ExecutionResult | None:
        """Answer an operation.

        Returns:
            None where it is left to the usual way; nothing was changed then.

        Cost:
            As of ``load_answer`` for each root field. No planning where the operation is warm.
        """
        known = self._documents.get(asked.text)
        operation = None if known is None else known.operation(asked.name, self._schema)
        if known is None or operation is None:
            return None
        if (planned := self._plan(known, operation, asked)) is None:
            return None
        fields, cost = planned
        context = asked.context
        context.cost = cost
        if context.charge is not None and (refusal := await self._refusal(context)) is not None:
            return refusal
        context.operation_name, context.operation_type = operation.name, OperationType.QUERY.value
        context.plans = known.plans
        context.enter_operation(self._schema, None)
        answers = await self._load(fields, context)
        if any(isinstance(each, NoPlainFormError) for each in answers):
            context.needs_execution = True
            return None
        extensions = present_cost(cost, self._schema)
        body = _body(fields, answers) if context.takes_body and not extensions else None
        written = None if body is None else WrittenResult(body)
        return written or self._result(fields, answers, context, extensions)

    async def _refusal(self, context: Context) -> ExecutionResult | None:
        """Have the cost counted; None where it is not too much."""
        try:
            await context.charge_cost()
        except (RateLimitedError, LimitExceededError) as error:
            unlocated = GraphQLError(str(error), original_error=error)
            return ExecutionResult(None, [self._presented(unlocated, context)])
        return None

    def _plan(
        self, known: KnownDocument, operation: KnownOperation, asked: AskedOperation
    ) -> tuple[list[_PlannedField], int] | None:
        """Judge the variables and plan all fields; None where anything is wrong."""
        compilation = self._schema.compilation(asked.context.subject)
        try:
            cost = judge_request(known, operation.name, asked.variables, self._schema)
            variables = operation.variables.read(asked.variables)
            selections = operation.selections(variables)
            if selections is None or cost is None:
                return None
            return [
                self._plan_field(each, known, operation, variables, compilation)
                for each in selections
            ], cost
        except (ApiError, GraphQLError, NoPlainFormError):
            return None

    def _plan_field(
        self,
        selection: RootSelection,
        known: KnownDocument,
        operation: KnownOperation,
        variables: Mapping[str, Any],
        compilation: Compilation,
    ) -> _PlannedField:
        if selection.root is None or selection.field is None:
            return _PlannedField(selection)
        field = AskedField(
            table=self._schema.table,
            schema=self._schema.graphql_schema,
            fragments=operation.fragments,
            field=selection.field,
            nodes=selection.nodes,
            path=(selection.key,),
            variables=variables,
            compilation=compilation,
        )
        return _PlannedField(selection, *selection.root.find(field, known.plans))

    async def _load(
        self, fields: Sequence[_PlannedField], context: Context
    ) -> Sequence[Answer | Exception | str]:
        """Load all fields at once: an answer, an error, or the name of the root type for each."""
        if len(fields) == 1:
            return [await self._load_field(fields[0], context)]
        return await asyncio.gather(*(self._load_field(each, context) for each in fields))

    async def _load_field(self, field: _PlannedField, context: Context) -> Answer | Exception | str:
        if field.known is None:
            return field.selection.type_name
        run = Run(
            compilation=self._schema.compilation(context.subject),
            reader=context.reader_of(field.selection.key),
            values=field.values,
            subject_parameters=context.subject.parameters,
        )
        has_json_path = self._schema.table.config.has_json_path
        try:
            return await load_answer(
                field.known, run, has_json_path=has_json_path, is_in_transaction=False
            )
        except Exception as error:  # noqa: BLE001 - located and presented, as the executor does
            return error

    def _result(
        self,
        fields: Sequence[_PlannedField],
        answers: Sequence[Answer | Exception | str],
        context: Context,
        extensions: dict[str, Any],
    ) -> ExecutionResult:
        """Make the result; an error nulls its field, or all data where the field is not null."""
        data: dict[str, Any] | None = {}
        errors: list[GraphQLError] = []
        for field, answer in zip(fields, answers, strict=True):
            key = field.selection.key
            if isinstance(answer, Exception):
                error = located_error(answer, field.selection.nodes, [key])
                errors.append(self._presented(error, context))
                if _is_non_null(field.selection.field):
                    data = None
                    break
            assert data is not None  # noqa: S101 - the loop ends where it is
            data[key] = _value(answer, context)
        return ExecutionResult(data, errors or None, extensions)

    def _presented(self, error: GraphQLError, context: Context) -> GraphQLError:
        return present_error(
            error,
            request_id=context.request_id,
            is_early=False,
            shows_suggestions=tells_suggestions(context, self._schema.table.config),
        )


def _body(
    fields: Sequence[_PlannedField], answers: Sequence[Answer | Exception | str]
) -> bytes | None:
    """Put the whole answer together, each long text copied once; None where there is an error."""
    if not fields:
        return None
    pieces = [b'{"data":{']
    for field, answer in zip(fields, answers, strict=True):
        if isinstance(answer, Exception):
            return None
        pieces.append(field.selection.begin)
        pieces += answer.pieces if isinstance(answer, Answer) else (b'"%s"' % answer.encode(),)
        pieces.append(b",")
    pieces[-1] = b"}}"
    return b"".join(pieces)


def _is_non_null(field: GraphQLField | None) -> bool:
    return field is not None and isinstance(field.type, GraphQLNonNull)


def _value(answer: Answer | Exception | str, context: Context) -> Any:
    if isinstance(answer, Answer):
        return answer.sendable if context.takes_encoded else answer.plain
    return answer if isinstance(answer, str) else None
