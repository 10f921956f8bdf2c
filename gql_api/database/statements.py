"""Who is told about each statement that a database is sent, whichever way it takes."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

StatementListener = Callable[[str], None]
"""Takes the text of a statement, when it is sent."""

_EVENTS = ("do_execute", "do_executemany", "do_execute_no_params")


class StatementFeed:
    """The listeners of one database.

    Events of the dialect, not of the engine: `DirectReads` steps aside for whoever listens to
    events of an engine, as these come with objects that it does not make.
    """

    __slots__ = ("listeners",)

    def __init__(self) -> None:
        self.listeners: list[StatementListener] = []

    def tell(self, text: str) -> None:
        """Tell about a statement; BEGIN, COMMIT and ROLLBACK are none, savepoints are."""
        if text.startswith("BEGIN"):  # of SQLite, where nobody else sends it
            return
        for listener in self.listeners:
            listener(text)

    def follow(self, engine: Engine) -> None:
        """Tell about the statements that an engine sends from now on."""

        def tell(_cursor: Any, text: str, *facts: Any) -> None:
            # not what SQLAlchemy asks the server about itself, on its first connection
            if facts[-1].root_connection._allow_autobegin:  # noqa: SLF001 - no public twin
                self.tell(text)

        for name in _EVENTS:
            event.listen(engine, name, tell)
