"""Statements that are kept for long: as little of them as can be."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa


class KeptStatement:
    """A statement that can be built again, so that its SQL is all that need be kept of it.

    SQLAlchemy's objects of one statement take some 200 kB, its text 2 kB. Compared by identity.

    Args:
        select: The statement.
        build: Builds an equal one.
    """

    __slots__ = ("__weakref__", "_build", "_select")

    def __init__(self, select: sa.Select[Any], build: Callable[[], sa.Select[Any]]) -> None:
        self._select: sa.Select[Any] | None = select
        self._build = build

    @property
    def select(self) -> sa.Select[Any]:
        """The statement; it is built once more where it was forgotten."""
        return self._build() if self._select is None else self._select

    def forget(self) -> None:
        """Forget the statement: whoever knows its SQL rarely needs it again."""
        self._select = None
