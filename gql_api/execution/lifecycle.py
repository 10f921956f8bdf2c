"""The lifecycle of an operation: unit of work around a mutation, errors presented at the end."""

from collections.abc import AsyncIterator
from typing import Any

from graphql import DefinitionNode, ExecutionResult, GraphQLError, OperationDefinitionNode
from sqlalchemy.exc import DBAPIError
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types.graphql import OperationType
from typing_extensions import override

from gql_api.database.driver_errors import constraint_facts
from gql_api.errors import CheckViolationError, ConfigurationError, RolledBackError
from gql_api.execution.context import Context
from gql_api.execution.presenting import present_error
from gql_api.execution.unit_of_work import UnitOfWork


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
        if self.execution_context.operation_type is not OperationType.MUTATION:
            context.enter_operation(schema, None)
            yield
            return
        async with UnitOfWork(context.database) as unit:
            context.enter_operation(schema, unit)
            yield
            await self._finish(unit)
            context.enter_operation(schema, None)

    async def _finish(self, unit: UnitOfWork) -> None:
        result: Any = self.execution_context.result
        if not isinstance(result, ExecutionResult):
            return
        if result.errors:
            unit.fail()
        try:
            await unit.finish()
        except Exception as error:  # noqa: BLE001 - whatever failed, nothing was written: say so
            _undo(result, _commit_error(error))
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
            shows_suggestions=schema.table.config.shows_suggestions,
        )


def _is_operation(definition: DefinitionNode) -> bool:
    return isinstance(definition, OperationDefinitionNode)


def _required_context(context: Any) -> Context:
    if isinstance(context, Context):
        return context
    message = f"The operation runs with {type(context).__name__} as its context."
    raise ConfigurationError(message, fix="Pass context_value=gql_api.Context(database, subject).")


def _roll_back(result: ExecutionResult, unit: UnitOfWork) -> None:
    """Null the fields that ran and were undone; the one that failed keeps its payload."""
    answered = {error.path[0] for error in result.errors or () if error.path}
    for name in unit.fields:
        if result.data is None or name == unit.failed_field or name in answered:
            continue
        result.data[name] = None
        _add_error(result, name, RolledBackError(f"{name} was undone, because a field failed."))


def _add_error(result: ExecutionResult, name: str, error: Exception) -> None:
    located = GraphQLError(str(error), path=[name], original_error=error)
    result.errors = [*(result.errors or []), located]


def _undo(result: ExecutionResult, error: Exception) -> None:
    """Replace the answer of a mutation whose commit failed."""
    result.data = dict.fromkeys(result.data or {})
    for name in result.data:
        _add_error(result, name, error)


def _commit_error(error: Exception) -> Exception:
    if not isinstance(error, DBAPIError) or constraint_facts(error) is None:
        return error
    message = "The database refused the changes at commit: nothing was written."
    return CheckViolationError(message)
