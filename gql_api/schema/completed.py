"""Fields that are answered as a whole, so that the executor need not walk their selections."""

from dataclasses import dataclass
from typing import Any

import strawberry

from gql_api.errors import NoPlainFormError
from gql_api.loading.answers import load_answer
from gql_api.loading.run import Run
from gql_api.plan.known import KnownPlan
from gql_api.schema.context import RequestContext, table_of


@dataclass(frozen=True, slots=True)
class Completed:
    """The answer of a field; the executor takes it as it is."""

    data: Any
    """Plain data, or a fragment of JSON."""


async def complete(
    info: strawberry.Info[Any, Any], known: KnownPlan[Any], run: Run
) -> Completed | None:
    """Answer the field that is resolved as a whole.

    Returns:
        None where its selection is to be executed: somebody wants to see it, or a part of it can
        only be presented so.

    Cost:
        As of ``load_answer``.
    """
    context: RequestContext = info.context
    if not context.takes_completed:
        return None
    config = table_of(info).config
    try:
        answer = await load_answer(
            known,
            run,
            has_json_path=config.has_json_path,
            is_in_transaction=context.is_in_transaction,
        )
    except NoPlainFormError:
        return None
    return Completed(answer.sendable if context.takes_fragments else answer.plain)
