"""Batches: several operations in one request, answered in their order; off by default."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gql_api.errors import LimitExceededError
from gql_api.execution.context import Context
from gql_api.server.answers import EncodedAnswer
from gql_api.server.endpoint import CLIENT_LEFT, Endpoint, failure
from gql_api.server.headers import header_of
from gql_api.server.negotiation import JSON
from gql_api.server.requests import OperationRequest

_LEAST_S = 0.001
"""What the operations that begin after the deadline have, to be refused as others are."""


@dataclass(slots=True)
class Budget:
    """What all operations of a batch may cost together.

    Args:
        max_cost: In points.
    """

    max_cost: int
    spent: int = 0

    def watch(self, context: Context) -> None:
        """Have the cost of an operation counted here before it is counted elsewhere."""
        charge: Callable[[int], Awaitable[None]] | None = context.charge

        async def charge_both(cost: int) -> None:
            self._spend(cost)
            if charge is not None:
                await charge(cost)

        context.charge = charge_both

    def _spend(self, cost: int) -> None:
        """Count a cost.

        Raises:
            LimitExceededError: It is more than is left.
        """
        self.spent += cost
        if self.spent > self.max_cost:
            message = (
                f"The batch costs {self.spent} points up to here: at most {self.max_cost} are allowed. "
                "Send fewer operations at once."
            )
            raise LimitExceededError(message, limit="max_cost")


async def answer_batch(
    endpoint: Endpoint, request: Request, operations: Sequence[OperationRequest]
) -> Response:
    """Run operations one after the other, and answer with a list of their answers.

    Each is an operation by itself: a mutation that fails undoes nothing of the others. Deadline and
    cost are those of one operation, for all together.
    """
    if header_of(request.scope, b"idempotency-key") is not None:
        message = (
            "The header Idempotency-Key stands for one operation: with a batch, send "
            "`extensions.idempotencyKey` with each mutation."
        )
        return failure(request, HTTPException(400, message), JSON)
    budget = Budget(endpoint.limits.max_cost)
    end = time.monotonic() + endpoint.timeout_s
    answers: list[bytes] = []
    for operation in operations:
        left_s = max(end - time.monotonic(), _LEAST_S)
        answer = await endpoint.answer(
            request, operation, JSON, timeout_s=left_s, begin=budget.watch
        )
        if answer.status_code in {HTTPStatus.UNAUTHORIZED, CLIENT_LEFT}:  # so would be the others
            return answer
        answers.append(bytes(answer.body))
    return EncodedAnswer(request.scope, b"[%b]" % b",".join(answers), JSON)
