"""Operations whose results are told one by one: over WebSockets, and as server-sent events."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import Message
from strawberry.types import ExecutionResult

from gql_api.errors import UnauthenticatedError
from gql_api.execution.bypass import WrittenResult
from gql_api.execution.context import Context
from gql_api.loading.answers import write_json
from gql_api.server.answers import presented, refused, status_of
from gql_api.server.request_ids import request_id_of
from gql_api.server.requests import OperationRequest
from gql_api.server.watch import ClientLeftError


class SubscriptionAskedError(HTTPException):
    """The operation is a subscription: one answer cannot hold its events."""

    def __init__(self) -> None:
        message = "Subscriptions are run over WebSockets, and for text/event-stream."
        super().__init__(400, message)


class StreamedOperation:
    """An operation, and who listens.

    Args:
        connection: Who asks; its headers are authenticated again before each further event.
        operation: What is asked.
    """

    task: asyncio.Task[None] | None = None
    """That runs it."""

    context: Context | None = None
    """Of the operation, once it is known who asks."""

    def __init__(self, connection: HTTPConnection, operation: OperationRequest) -> None:
        self.connection = connection
        self.operation = operation
        self.request_id = request_id_of(connection.scope)
        """Of this operation."""
        self.method: str = connection.scope.get("method", "POST")
        """Of HTTP: by GET there are no mutations."""
        self._left = asyncio.Event()
        self._has_events = False

    @property
    def is_stopped(self) -> bool:
        """Whether nobody listens any more."""
        return self._left.is_set()

    def stop(self) -> None:
        """Have it end, since nobody listens: a mutation that has begun runs on."""
        self._left.set()
        self.end_events()

    def end_events(self) -> None:
        """End a subscription; any other operation goes on to its result."""
        if self._has_events and self.task is not None and self.context is not None:
            self.task.cancel()
            self.context.progress.cancel_reads(self.task)

    async def leaving(self) -> Message:
        """Wait until nobody listens any more, as for a request's client."""
        await self._left.wait()
        return {"type": "http.disconnect"}

    def begin_events(self) -> Context:
        """Go on as a subscription.

        Raises:
            ClientLeftError: Nobody listens.
        """
        if self.is_stopped or self.context is None:
            raise ClientLeftError
        self._has_events = True
        return self.context

    async def begin(self) -> None:
        """Be told that a subscription has begun, whose first event may take its time."""

    async def tell(self, result: bytes) -> None:
        """Tell a result, as JSON.

        Raises:
            ClientLeftError: Nobody listens.
        """
        raise NotImplementedError

    async def complete(self) -> None:
        """Tell that there are no further results.

        Raises:
            ClientLeftError: Nobody listens.
        """
        raise NotImplementedError

    async def tell_errors(self, errors: Sequence[Mapping[str, Any]]) -> None:
        """Tell why nothing was executed: GraphQL's own reasons.

        Raises:
            ClientLeftError: Nobody listens.
        """
        raise NotImplementedError

    async def refuse(self, errors: Sequence[Mapping[str, Any]], status: int) -> None:
        """Tell why the operation did not run or ended: reasons outside of GraphQL.

        Args:
            errors: In GraphQL's form.
            status: That HTTP has for them.

        Raises:
            ClientLeftError: Nobody listens.
        """
        raise NotImplementedError


def require_same(context: Context, subject: object) -> None:
    """Let a subscription go on for those only for whom it began.

    Raises:
        UnauthenticatedError: The subject is another one, or has other roles.
    """
    if subject != context.subject:
        message = "Who you are, or what you may do, has changed: subscribe again."
        raise UnauthenticatedError(message)


def explain_failure(error: Exception, request_id: str) -> tuple[list[dict[str, Any]], int]:
    """Return the errors that stand for an exception at the edge, and its HTTP status."""
    if isinstance(error, HTTPException):
        return [refused(error.status_code, error.detail, request_id)], error.status_code
    errors = presented(error, request_id)
    return errors, status_of(errors)


async def tell_result(
    asked: StreamedOperation, result: ExecutionResult, errors: Sequence[dict[str, Any]]
) -> None:
    """Tell a result with its presented errors.

    Raises:
        ClientLeftError: Nobody listens.
    """
    if isinstance(result, WrittenResult):
        await asked.tell(result.body)
        return
    if result.data is None and errors and not any(each.get("path") for each in errors):
        await asked.tell_errors(errors)
        return
    content: dict[str, Any] = {"data": result.data}
    if errors:
        content["errors"] = errors
    if result.extensions:
        content["extensions"] = result.extensions
    await asked.tell(write_json(content))
