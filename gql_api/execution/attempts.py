"""Another attempt at a mutation whose transaction lost against another one."""

import asyncio
import logging
import random
import time
from collections.abc import Iterator
from typing import Any

from graphql import ExecutionResult
from strawberry.types import ExecutionContext
from typing_extensions import override

from gql_api.database.driver_errors import is_serialization_failure
from gql_api.execution.context import Context
from gql_api.execution.idempotency import KeptAnswers
from gql_api.schema.build import Schema

_LOG = logging.getLogger(__name__)

_FIRST_PAUSE_S = 0.02
_LONGEST_S = 10.0
"""No attempt begins later than this after the first one began."""


class Attempts:
    """How often one operation may run: bounded in number and in time.

    Args:
        most: Attempts at most, the first one included.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._made = 1
        self._started_at = time.perf_counter()

    async def pause(self) -> bool:
        """Wait before another attempt, a random time that grows; False if there are no more."""
        elapsed = time.perf_counter() - self._started_at
        if self._made >= self._most or elapsed > _LONGEST_S:
            return False
        longest = _FIRST_PAUSE_S * 2**self._made
        self._made += 1
        _LOG.info("mutation repeated after a conflict", extra={"attempt": self._made})
        await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - spreads load, guards nothing
        return True


class RepeatingSchema(Schema):
    """A schema that runs a mutation again after a conflict: with a new context, session and loaders.

    What is parsed and judged stays; the extensions of the schema see each attempt as an execution.
    """

    kept_answers: KeptAnswers
    """Those of mutations that came with an idempotency key."""

    @override
    async def _execute_operation(
        self, execution_context: ExecutionContext, *arguments: Any, **options: Any
    ) -> Any:
        first = execution_context.context
        result = await super()._execute_operation(execution_context, *arguments, **options)
        attempts = Attempts(self.table.config.max_attempts)
        while _lost_conflict(execution_context) and await attempts.pause():
            execution_context.context = first.again()
            execution_context.result = execution_context.pre_execution_errors = None
            result = await super()._execute_operation(execution_context, *arguments, **options)
        return result


def _lost_conflict(execution_context: ExecutionContext) -> bool:
    context = execution_context.context
    return isinstance(context, Context) and context.lost_conflict


def has_conflict(result: ExecutionResult) -> bool:
    """Tell whether an error of a result comes from a transaction that lost against another one."""
    return any(
        is_serialization_failure(cause) for error in result.errors or () for cause in _causes(error)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Walk from an error to what it was raised from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = getattr(error, "original_error", None) or error.__cause__
