"""The watch over an operation: it ends at its deadline, and a query when its client has left."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from starlette.types import Receive

from gql_api.errors import DeadlineExceededError
from gql_api.execution.context import Context

LOOK_AFTER_S = 0.1
"""An operation that takes longer than this is worth a task that waits for its client to leave."""

_AGAIN_S = 0.5
"""What is cancelled has this long to end before it is cancelled again."""

_UNCERTAIN = (
    "The request took longer than {:g} s. Its commit had begun: look whether the changes are there."
)


class ClientLeftError(Exception):
    """The client of a query has left: nobody reads the answer."""


class Watch:
    """Cancels the task that enters it: at its deadline, or, for a query, when the client leaves.

    A commit that has begun is given a moment more; then nobody knows whether it was done, and the
    error says so. Two timers, as long as nothing takes long: no task.

    Args:
        receive: Of the request, whose body has been read.
        timeout_s: From now to the deadline.
        is_cancellable: Whether the database bears it.
    """

    context: Context | None = None
    """Of the operation, as soon as there is one."""

    def __init__(self, receive: Receive, timeout_s: float, *, is_cancellable: bool) -> None:
        self._receive = receive
        self._timeout_s = timeout_s
        self._is_cancellable = is_cancellable
        self._reason: Exception | None = None
        self._cancellations = 0
        self._listening: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        """Begin to watch the current task."""
        self._began_at = time.monotonic()
        if self._is_cancellable:
            self._loop = asyncio.get_running_loop()
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - it runs
            self._task, self._cancelling = task, task.cancelling()
            self._timer = self._loop.call_later(min(LOOK_AFTER_S, self._timeout_s), self._look)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """End; what was cancelled from here is told by its reason.

        Raises:
            DeadlineExceededError: The deadline has passed.
            ClientLeftError: The client has left.
        """
        if not self._is_cancellable:
            return
        self._timer.cancel()
        if self._listening is not None:
            self._listening.cancel()
        for _ in range(self._cancellations):
            self._task.uncancel()
        is_ours = isinstance(error, asyncio.CancelledError)
        if self._reason is None or not is_ours or self._task.cancelling() > self._cancelling:
            return
        if self.context is not None:
            self.context.progress.cancel_reads(self._task)
        raise self._reason from None

    def _look(self) -> None:
        left_s = self._began_at + self._timeout_s - time.monotonic()
        if left_s <= 0:
            self._expire()
            return
        self._listening = self._loop.create_task(self._listen())
        self._after(left_s, self._expire)

    def _after(self, delay_s: float, step: Callable[[], Any]) -> None:
        self._timer = self._loop.call_later(delay_s, step)

    async def _listen(self) -> None:
        """Wait until the client leaves; a mutation runs on all the same."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        while self.context is None or self.context.operation_type is None:  # noqa: ASYNC110 - rare
            await asyncio.sleep(LOOK_AFTER_S)
        if self.context.operation_type != "mutation" and self._reason is None:
            self._timer.cancel()
            self._reason = ClientLeftError()
            self._cancel()

    def _expire(self) -> None:
        if self._reason is None:
            self._reason = DeadlineExceededError(
                f"The request took longer than {self._timeout_s:g} s."
            )
            if self._is_committing:
                self._after(_AGAIN_S, self._expire)
                return
        if self._is_committing:
            self._reason = DeadlineExceededError(_UNCERTAIN.format(self._timeout_s))
        self._cancel()

    @property
    def _is_committing(self) -> bool:
        return self.context is not None and self.context.progress.is_committing

    def _cancel(self) -> None:
        """Cancel the task, again and again: a rollback may hang where the statement hung."""
        self._cancellations += 1
        self._task.cancel()
        if self.context is not None:
            self.context.progress.cancel_reads(self._task)
        self._after(_AGAIN_S, self._cancel)
