"""The lifecycle of an operation: unit of work around a mutation, errors presented at the end."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, get_args

from graphql import (
    DefinitionNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    get_operation_ast,
)
from sqlalchemy.exc import DBAPIError
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types.graphql import OperationType
from typing_extensions import override

from gql_api.config import Isolation
from gql_api.database.engines import Database
from gql_api.errors import (
    BadUserInputError,
    ConfigurationError,
    LimitExceededError,
    RateLimitedError,
    RolledBackError,
)
from gql_api.execution.attempts import has_conflict
from gql_api.execution.context import Context
from gql_api.execution.disclosing import tells_suggestions
from gql_api.execution.idempotency import KeptAnswers, Key, fingerprint_of, read_key
from gql_api.execution.introspection import root_fields
from gql_api.execution.presenting import present_error
from gql_api.execution.snapshots import open_snapshot
from gql_api.execution.unit_of_work import UnitOfWork
from gql_api.persistence.constraints import translate_deferred
from gql_api.schema.build import Schema


class OperationLifecycle(SchemaExtension):
    """Gives a mutation its unit of work, and presents the errors of every operation.

    It runs for ``schema.execute`` in process, for the HTTP edge and for sockets alike.
    """

    @override
    async def on_operation(self) -> AsyncIterator[None]:
        """Present the errors at the end."""
        self._is_early = True
        yield
        result: Any = self.execution_context.result
        if result is not None and getattr(result, "errors", None):
            result.errors = [self._presented(error) for error in result.errors]

    @override
    async def on_stream_result(self, result: Any) -> AsyncIterator[None]:
        """Present the errors of one event of a subscription; the next one reads everything anew."""
        if getattr(result, "errors", None):
            result.errors = [self._presented(error) for error in result.errors]
        yield
        context = self.execution_context.context
        if isinstance(context, Context):
            schema: Any = self.execution_context.schema
            context.enter_operation(schema, None)

    @override
    async def on_parse(self) -> AsyncIterator[None]:
        """Refuse several operations of which none is named: Strawberry would run the first."""
        yield
        document = self.execution_context.graphql_document
        name = self.execution_context._provided_operation_name  # noqa: SLF001 - no public twin
        if document is None or name is not None:
            return
        operations = [each for each in document.definitions if _is_operation(each)]
        if len(operations) > 1:
            raise CannotGetOperationTypeError(None)

    @override
    async def on_execute(self) -> AsyncIterator[None]:
        """Open the unit of work of a mutation, and finish it before the answer leaves."""
        self._is_early = False
        context = _required_context(self.execution_context.context)
        schema: Any = self.execution_context.schema
        context.operation_name = self.execution_context.operation_name
        context.operation_type = self.execution_context.operation_type.value
        if not await self._is_affordable(context):
            yield
            return
        if self.execution_context.operation_type is not OperationType.MUTATION:
            context.enter_operation(schema, None)
            async with self._reads(context, schema):
                yield
            return
        settings = _settings(context, schema)
        async with UnitOfWork(context.database, self._isolation(schema), settings) as unit:
            context.enter_operation(schema, unit)
            key = await self._claim_key(context, unit, schema)
            yield
            await self._finish(unit, key, context.database)
            context.enter_operation(schema, None)
            context.lost_conflict = not unit.has_committed and self._is_conflict(unit)

    async def _is_affordable(self, context: Context) -> bool:
        """Have the cost counted; where it is too much, the refusal is the result."""
        try:
            await context.charge_cost()
        except (RateLimitedError, LimitExceededError) as error:
            refusal = GraphQLError(str(error), original_error=error)
            self.execution_context.result = ExecutionResult(None, [refusal])
            return False
        return True

    async def _claim_key(self, context: Context, unit: UnitOfWork, schema: Any) -> Key | None:
        """Claim the idempotency key, if there is one: an earlier answer or a refusal is the result."""
        running = self.execution_context
        try:
            name = read_key(running, context)
            if name is None:
                return None
            self._refuse_secrets(schema)
            kept: KeptAnswers = schema.kept_answers
            key = await kept.claim(unit, context, name, fingerprint_of(running))
        except Exception as error:  # noqa: BLE001 - whatever failed, the mutation does not run
            refusal = GraphQLError(str(error), original_error=error)
            running.result = ExecutionResult(None, [refusal])
            return None
        if key.replay is not None:
            running.result = key.replay
            return None
        return key

    def _refuse_secrets(self, schema: Schema) -> None:
        """Refuse an idempotency key where the answer must not be stored.

        Raises:
            BadUserInputError: A root field answers with a secret.
        """
        for name in sorted(self._root_fields() & schema.unkept):
            message = f"The answer of {name} is not kept: send no idempotency key with it."
            raise BadUserInputError(message)

    def _root_fields(self) -> set[str]:
        document, name = (
            self.execution_context.graphql_document,
            self.execution_context.operation_name,
        )
        operation = None if document is None else get_operation_ast(document, name)
        if document is None or operation is None:
            return set()
        return root_fields(document, operation)

    @asynccontextmanager
    async def _reads(self, context: Context, schema: Schema) -> AsyncIterator[None]:
        """Let a query read one moment, where that is asked for, or the database must be told who asks."""
        extensions = self.execution_context.operation_extensions or {}
        is_asked = schema.table.config.has_snapshots and extensions.get("snapshot") is True
        is_query = self.execution_context.operation_type is OperationType.QUERY
        settings = _settings(context, schema)
        if not is_query or not (is_asked or context.takes_snapshot or settings):
            yield
            return
        async with open_snapshot(context.database, settings) as snapshot:
            context.snapshot = snapshot
            try:
                yield
            finally:
                context.snapshot = None

    def _isolation(self, schema: Schema) -> Isolation | None:
        """Return the highest isolation that the operation's root fields ask for."""
        asked = [schema.table.config.isolation]
        if schema.isolations:
            names = self._root_fields()
            asked += [each for name, each in schema.isolations.items() if name in names]
        return max(asked, key=_ISOLATIONS.index)

    def _is_conflict(self, unit: UnitOfWork) -> bool:
        result: Any = self.execution_context.result
        return unit.conflict is not None or has_conflict(result)

    async def _finish(self, unit: UnitOfWork, key: Key | None, database: Database) -> None:
        result: Any = self.execution_context.result
        if not isinstance(result, ExecutionResult):
            return
        if result.errors:
            unit.fail()
        try:
            if key is not None and not unit.has_failed:
                await key.keep(result, unit, database)
            await unit.finish()
        except Exception as error:  # noqa: BLE001 - whatever failed, nothing was written: say so
            schema: Any = self.execution_context.schema
            _undo(result, _commit_error(error, schema))
            return
        if unit.has_failed:
            _roll_back(result, unit)

    def _presented(self, error: GraphQLError) -> GraphQLError:
        request_id = getattr(self.execution_context.context, "request_id", None)
        schema: Any = self.execution_context.schema
        return present_error(
            error,
            request_id=request_id,
            is_early=self._is_early,
            shows_suggestions=tells_suggestions(
                self.execution_context.context, schema.table.config
            ),
        )


_ISOLATIONS: Sequence[Isolation | None] = (None, *get_args(Isolation))
"""From the least to the most."""


def _is_operation(definition: DefinitionNode) -> bool:
    return isinstance(definition, OperationDefinitionNode)


def _settings(context: Context, schema: Schema) -> Mapping[str, str] | None:
    """Return what row-level security of the database is told; None where it is not relied on."""
    return context.subject.settings if schema.table.config.has_row_level_security else None


def _required_context(context: Any) -> Context:
    if isinstance(context, Context):
        return context
    message = f"The operation runs with {type(context).__name__} as its context."
    raise ConfigurationError(message, fix="Pass context_value=gql_api.Context(database, subject).")


def _roll_back(result: ExecutionResult, unit: UnitOfWork) -> None:
    """Null the fields that ran and were undone; the one that was refused keeps its payload."""
    told = {error.path[0] for error in result.errors or () if error.path}
    for name in unit.fields:
        if result.data is None or name == unit.failed_field:
            continue
        result.data[name] = None
        if name not in told:
            _add_error(result, name, RolledBackError(f"{name} was undone, because a field failed."))


def _add_error(result: ExecutionResult, name: str, error: Exception) -> None:
    located = GraphQLError(str(error), path=[name], original_error=error)
    result.errors = [*(result.errors or []), located]


def _undo(result: ExecutionResult, error: Exception) -> None:
    """Replace the answer of a mutation whose commit failed."""
    result.data = dict.fromkeys(result.data or {})
    for name in result.data:
        _add_error(result, name, error)


def _commit_error(error: Exception, schema: Schema) -> Exception:
    if not isinstance(error, DBAPIError):
        return error
    return translate_deferred(error, schema.table.registry) or error
