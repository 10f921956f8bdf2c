"""The GraphQL endpoint: an operation that was read from a request is run, logged and answered.

Two ways lead here: the route for FastAPI applications, and the front door before FastAPI.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from http import HTTPStatus
from typing import Any

from graphql import GraphQLError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from structlog.contextvars import bind_contextvars, reset_contextvars

from gql_api.database.engines import Database
from gql_api.execution.bypass import WrittenResult
from gql_api.execution.context import Context
from gql_api.execution.presenting import present_error
from gql_api.loading.answers import write_json
from gql_api.schema.build import Schema
from gql_api.server.answers import (
    VARY,
    EncodedAnswer,
    errors_response,
    json_response,
    outage_status,
    present_exception,
    refusal,
    status_of,
)
from gql_api.server.application import Authenticate
from gql_api.server.explaining import begin_explanation
from gql_api.server.headers import header_of
from gql_api.server.negotiation import GRAPHQL_RESPONSE
from gql_api.server.persisted import DocumentStore, PersistedDocuments, check_trusted
from gql_api.server.rates import RequestRates, caller_of, client_address
from gql_api.server.request_ids import request_id_of
from gql_api.server.requests import OperationRequest
from gql_api.server.session import database_of
from gql_api.server.statements import StatementCount, counted_statements, watch_statements
from gql_api.server.streams import (
    StreamedOperation,
    SubscriptionAskedError,
    explain_failure,
    require_same,
    tell_result,
)
from gql_api.server.watch import ClientLeftError, Watch

_LOG = logging.getLogger(__name__)

CLIENT_LEFT = 499
"""Of an answer that nobody reads; as nginx logs it."""

_ALLOWED = {
    "GET": (OperationType.QUERY,),
    "POST": (OperationType.QUERY, OperationType.MUTATION),
}


class Endpoint:
    """Runs the operations of one schema for callers over HTTP.

    Args:
        schema: From ``build_schema``.
        authenticate: Finds out who asks.
        is_development: Whether every caller may see the SQL of an operation; else administrators.
        documents: Which ones are found by their ids, and whether others are run.
        rates: How much a caller may ask for; None for any amount.

    Raises:
        ConfigurationError: A trusted document cannot be run.
    """

    def __init__(
        self,
        schema: Schema,
        authenticate: Authenticate,
        *,
        is_development: bool,
        documents: PersistedDocuments,
        rates: RequestRates | None = None,
    ) -> None:
        check_trusted(documents, schema)
        self._store = DocumentStore(documents)
        self.limits = schema.table.config.limits
        """Of requests."""
        self.timeout_s = schema.table.config.request_timeout_s
        """From the beginning of an operation to its deadline."""
        self.config = schema.table.config
        """Of the schema."""
        self._rates = rates
        self._schema = schema
        self._authenticate = authenticate
        self._is_development = is_development

    async def answer(
        self,
        request: Request,
        operation: OperationRequest,
        media_type: str,
        *,
        timeout_s: float | None = None,
        begin: Callable[[Context], None] | None = None,
    ) -> Response:
        """Run an operation and answer, whatever happens, with GraphQL's JSON.

        Args:
            request: Its body has been read.
            operation: What it asks for.
            media_type: Of the answer.
            timeout_s: From now to the deadline; None for that of the schema.
            begin: Told the context before the operation runs.
        """
        timeout_s = self.timeout_s if timeout_s is None else timeout_s
        try:
            if operation.is_unusual or not self._store.takes_all:
                operation = self._store.resolve(operation)
            database = database_of(request)
            is_cancellable = database.may_cancel
            with Watch(request.receive, timeout_s, is_cancellable=is_cancellable) as watch:
                return await self._run(request, operation, media_type, watch, begin)
        except ClientLeftError:
            return Response(status_code=CLIENT_LEFT)
        except Exception as error:  # noqa: BLE001 - the edge: what nobody caught is masked here
            return failure(request, error, media_type)

    async def _run(
        self,
        request: Request,
        operation: OperationRequest,
        media_type: str,
        watch: Watch,
        begin: Callable[[Context], None] | None,
    ) -> Response:
        started_at = time.perf_counter()
        database = database_of(request)
        watch_statements(database)
        request_id = request_id_of(request.scope)
        with counted_statements() as count:
            subject = await self._authenticate(request, database)
            context = watch.context = Context(database, subject, request_id=request_id)
            await self._count(context, request)
            context.client_address = client_address(request.scope)
            context.takes_encoded = True
            context.idempotency_key = header_of(request.scope, b"idempotency-key")
            asked = begin_explanation(request.scope, context, is_development=self._is_development)
            context.takes_body = asked is None
            if begin is not None:
                begin(context)
            errors: Sequence[dict[str, Any]] = ()
            try:
                result = await self._execute(request.method, operation, context)
                errors = [_presented(error, request_id) for error in result.errors or ()]
            finally:
                _log_operation(context, operation, count, started_at, errors)
        if asked is not None:
            await asked.add_to(result, self._schema, context)
        return _present_result(request, result, errors, media_type)

    async def _count(self, context: Context, connection: HTTPConnection) -> None:
        """Count the request, and have its cost counted.

        Raises:
            RateLimitedError: The caller has asked for too much lately.
        """
        rates = self._rates
        if rates is not None:
            caller = caller_of(context.subject, connection.scope)
            await rates.count_request(caller)
            if rates.cost is not None:
                context.charge = functools.partial(rates.count_cost, caller)

    async def _execute(
        self, method: str, operation: OperationRequest, context: Context
    ) -> ExecutionResult:
        """Run an operation.

        Raises:
            HTTPException: 405 for a mutation by GET.
            SubscriptionAskedError: It is a subscription.
        """
        try:
            return await self._schema.execute(
                operation.query,
                variable_values=operation.variables,
                context_value=context,
                operation_name=operation.operation_name,
                operation_extensions=operation.extensions,
                allowed_operation_types=_ALLOWED[method],
            )
        except CannotGetOperationTypeError:
            return ExecutionResult(None, [_unknown_operation(operation, context)], None)
        except InvalidOperationTypeError as error:
            if error.operation_type is OperationType.MUTATION:
                message = "Mutations are not run by GET: send them by POST."
                raise HTTPException(405, message, headers={"Allow": "POST"}) from error
            raise SubscriptionAskedError from error

    async def stream(self, asked: StreamedOperation) -> None:
        """Run an operation and tell its results as they come, whatever happens.

        Cost:
            As of the operation; before each further event of a subscription, who asks is found out
            again, so that a role that was taken away ends it.
        """
        tokens = bind_contextvars(request_id=asked.request_id)
        try:
            await self._stream(asked)
            await asked.complete()
        except ClientLeftError:
            pass
        except Exception as error:  # noqa: BLE001 - the edge: what nobody caught is masked here
            with suppress(ClientLeftError):
                await asked.refuse(*explain_failure(error, asked.request_id))
        finally:
            reset_contextvars(**tokens)

    async def _stream(self, asked: StreamedOperation) -> None:
        started_at = time.perf_counter()
        operation = asked.operation
        if operation.is_unusual or not self._store.takes_all:
            operation = self._store.resolve(operation)
        database = database_of(asked.connection)
        watch_statements(database)
        with counted_statements() as count:
            errors: Sequence[dict[str, Any]] = ()
            try:
                result = await self._execute_watched(asked, operation, database)
                errors = [_presented(error, asked.request_id) for error in result.errors or ()]
                await tell_result(asked, result, errors)
            except SubscriptionAskedError:
                await self._tell_events(asked, operation)
            finally:
                if asked.context is not None:
                    _log_operation(asked.context, operation, count, started_at, errors)

    async def _execute_watched(
        self, asked: StreamedOperation, operation: OperationRequest, database: Database
    ) -> ExecutionResult:
        connection, is_cancellable = asked.connection, database.may_cancel
        with Watch(asked.leaving, self.timeout_s, is_cancellable=is_cancellable) as watch:
            subject = await self._authenticate(connection, database)
            context = Context(database, subject, request_id=asked.request_id)
            asked.context = watch.context = context
            await self._count(context, connection)
            context.client_address = client_address(connection.scope)
            context.takes_encoded = context.takes_body = True
            return await self._execute(asked.method, operation, context)

    async def _tell_events(self, asked: StreamedOperation, operation: OperationRequest) -> None:
        """Tell the events of a subscription until it ends, or whoever asks has lost a right."""
        context = asked.begin_events()
        results: Any = await self._schema.subscribe(
            operation.query,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.operation_name,
            operation_extensions=operation.extensions,
        )
        await asked.begin()
        is_first = True
        async with aclosing(results):
            async for result in results:
                if not is_first:
                    subject = await self._authenticate(asked.connection, context.database)
                    require_same(context, subject)
                errors = [_presented(error, asked.request_id) for error in result.errors or ()]
                await tell_result(asked, result, errors)
                is_first = False
                await asyncio.sleep(0)  # events that are there already let others run as well

    async def admit(self, connection: HTTPConnection) -> None:
        """Find out who asks, before any operation.

        Raises:
            UnauthenticatedError: The credentials are invalid.
        """
        await self._authenticate(connection, database_of(connection))


def failure(request: Request, error: Exception, media_type: str) -> Response:
    """Answer with an exception that ended a request: a refusal, or what is presented as others are."""
    if isinstance(error, HTTPException):
        headers = {**VARY, **(error.headers or {})}
        return refusal(
            request.scope, error.status_code, error.detail, media_type=media_type, headers=headers
        )
    return present_exception(request.scope, error, media_type=media_type, headers=VARY)


def _presented(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """Return an error as JSON; one that ended the operation from outside is masked only here."""
    if "code" not in (error.extensions or {}):
        error = present_error(error, request_id=request_id, is_early=True)
    return dict(error.formatted)


def _unknown_operation(operation: OperationRequest, context: Context) -> GraphQLError:
    name = operation.operation_name
    message = (
        "The document has several operations or none: name one in `operationName`."
        if name is None
        else f"The document has no operation named {name!r}."
    )
    extensions = {"code": "OPERATION_RESOLUTION_FAILURE", "requestId": context.request_id}
    return GraphQLError(message, extensions=extensions)


def _present_result(
    request: Request, result: ExecutionResult, errors: Sequence[dict[str, Any]], media_type: str
) -> Response:
    """Answer with a result; without data where nothing was executed.

    Source:
        GraphQL specification, "Request errors"; GraphQL over HTTP, "Status codes".
    """
    if isinstance(result, WrittenResult):
        return EncodedAnswer(request.scope, result.body, media_type)
    data = result.data
    if data is None and errors and not any(error.get("path") for error in errors):
        status = status_of(errors)
        if status < HTTPStatus.TOO_MANY_REQUESTS:
            status = 400 if media_type == GRAPHQL_RESPONSE else 200
        return errors_response(request.scope, status, errors, media_type=media_type, headers=VARY)
    content = {"data": data, "errors": errors} if errors else {"data": data}
    if result.extensions:
        content["extensions"] = result.extensions
    if (status := outage_status(data, errors)) != HTTPStatus.OK:
        headers = {**VARY, "Retry-After": "1"}
        return json_response(
            request.scope, content, status=status, media_type=media_type, headers=headers
        )
    return EncodedAnswer(request.scope, write_json(content), media_type)


def _log_operation(
    context: Context,
    operation: OperationRequest,
    count: StatementCount,
    started_at: float,
    errors: Sequence[dict[str, Any]],
) -> None:
    """Write the one line that stands for an operation."""
    if not _LOG.isEnabledFor(logging.INFO):
        return
    facts = {
        "operation_name": context.operation_name or operation.operation_name,
        "operation_type": context.operation_type,
        "statements": count.total,
        "duration_ms": round((time.perf_counter() - started_at) * 1000, 2),
        "request_id": context.request_id,
        "error_codes": [error.get("extensions", {}).get("code") for error in errors],
    }
    _LOG.info("operation", extra=facts)
