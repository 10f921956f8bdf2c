"""Statements that were built before: equal plans share one, and with it the compiled SQL."""

import functools
from collections.abc import Callable, Hashable
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa

Arguments = ParamSpec("Arguments")
StatementT = TypeVar("StatementT", bound=sa.Executable)

_MAX_STATEMENTS = 1_000


class StatementCache:
    """Statements by what they were built from; the ones used last are kept.

    Args:
        max_statements: A statement with its compiled SQL takes about 50 kB.
    """

    def __init__(self, max_statements: int = _MAX_STATEMENTS) -> None:
        self._statements: dict[Hashable, Any] = {}
        self._max_statements = max_statements

    def __len__(self) -> int:
        """Return the number of statements that are kept."""
        return len(self._statements)

    def find(self, key: Hashable, build: Callable[[], StatementT]) -> StatementT:
        """Return the statement of a key; it is built when it is not known."""
        statement: StatementT | None = self._statements.pop(key, None)
        if statement is None:
            statement = build()
            if len(self._statements) >= self._max_statements:
                del self._statements[next(iter(self._statements))]
        self._statements[key] = statement
        return statement


def reuse_statement(
    select: Callable[Arguments, StatementT],
) -> Callable[Arguments, StatementT]:
    """Keep what a function returns in the cache of its ``compilation``.

    A plan holds slots instead of values, so that equal arguments give one statement. They must be
    hashable, and one of them is the ``Compilation``.
    """

    @functools.wraps(select)
    def reused(*args: Arguments.args, **kwargs: Arguments.kwargs) -> StatementT:
        cache: StatementCache
        (cache,) = (each.statements for each in args if hasattr(each, "statements"))
        key = (select, args, *kwargs.values())
        return cache.find(key, lambda: select(*args, **kwargs))

    return reused
