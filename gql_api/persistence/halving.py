"""Many changes at once, and the first of them that is refused."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from gql_api.errors import WriteError
from gql_api.persistence.write import Write

ItemT = TypeVar("ItemT")

Apply = Callable[[Sequence[ItemT]], Awaitable[list[Any]]]


async def apply_together(items: Sequence[ItemT], apply: Apply[ItemT], write: Write) -> list[Any]:
    """Apply changes together; if the database refuses, in halves until one of them is left.

    Args:
        items: Any number.
        apply: Applies some of them and returns a result for each; its errors are about the first.
        write: Session and rights.

    Raises:
        WriteError: About the first change that is refused.

    Cost:
        That of ``apply``; around several changes a savepoint. After a refusal that of ``apply`` for
        about twice the logarithm of their number.
    """
    if len(items) <= 1:
        return await apply(items)
    try:
        async with write.session.begin_nested():
            return await apply(items)
    except WriteError:
        middle = len(items) // 2
        first = await apply_together(items[:middle], apply, write)
        return [*first, *await apply_together(items[middle:], apply, write)]
