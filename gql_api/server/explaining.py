"""The header ``X-GQL-Explain``: which SQL an operation sends, for those who may see it."""

from dataclasses import dataclass
from typing import Any

from starlette.types import Scope
from strawberry.types import ExecutionResult

from gql_api.execution.context import Context
from gql_api.execution.explain import MODES, may_explain, present_explanation
from gql_api.loading.explanations import Explanation
from gql_api.schema.build import Schema
from gql_api.server.headers import header_of

EXPLAIN_HEADER = "X-GQL-Explain"
_RAW_HEADER = EXPLAIN_HEADER.lower().encode()

_UNKNOWN = f"{EXPLAIN_HEADER} takes {' or '.join(MODES)}: nothing was explained."
_FORBIDDEN = (
    f"{EXPLAIN_HEADER} was ignored: it is for administrators, and for servers in development mode."
)


@dataclass(frozen=True, slots=True)
class AskedExplanation:
    """What a request asks to be told besides its answer."""

    mode: str

    note: str | None
    """Why nothing is told; None where it is."""

    async def add_to(self, result: ExecutionResult, schema: Schema, context: Context) -> None:
        """Put the explanation into the extensions of an answer."""
        told: dict[str, Any] = {"note": self.note}
        if context.explanation is not None:
            told = await present_explanation(
                context.explanation,
                schema,
                context.database,
                names=result.data or (),
                has_plans=self.mode == "plan",
            )
        result.extensions = {**(result.extensions or {}), "explain": told}


def begin_explanation(
    scope: Scope, context: Context, *, is_development: bool
) -> AskedExplanation | None:
    """Begin to collect what a request asks to be told; None where it does not ask."""
    mode = header_of(scope, _RAW_HEADER)
    if mode is None:
        return None
    if not may_explain(context.subject, is_development=is_development):
        return AskedExplanation(mode, _FORBIDDEN)
    if mode not in MODES:
        return AskedExplanation(mode, _UNKNOWN)
    context.explanation = Explanation()
    return AskedExplanation(mode, None)
