"""What became of a transaction: whether the server would still commit all of it.

PostgreSQL answers COMMIT with ROLLBACK, without an error, where a statement has failed; MySQL undoes
a whole transaction that loses a deadlock, and goes on with a new one. Code that catches such an error
and goes on would commit nothing, or a part. Hence errors are noted beside the transaction.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

from gql_api.database.driver_errors import is_serialization_failure

_FACTS = "gql_transaction"
# Of MySQL: a deadlock, and a row that changed since it was read.
_NUMBERS_THAT_UNDO = frozenset({1213, 1020})


@dataclass(slots=True)
class TransactionFacts:
    """What one transaction has suffered."""

    lost: DBAPIError | None = None
    """The error after which the server would not commit all of it. What was undone to a savepoint is
    forgotten, unless the server has undone everything."""

    conflict: DBAPIError | None = None
    """The error by which it lost against another transaction."""


def watch_transactions(engine: Engine) -> None:
    """Note beside each transaction of an engine what it suffers."""
    event.listen(engine, "begin", _start)
    event.listen(engine, "handle_error", _note)
    event.listen(engine, "rollback_savepoint", _recover)


def transaction_facts(connection: Connection) -> TransactionFacts:
    """Return the facts of the transaction that a connection is in; they change as it goes on."""
    facts: TransactionFacts = connection.info[_FACTS]
    return facts


def _start(connection: Connection) -> None:
    connection.info[_FACTS] = TransactionFacts()


def _note(context: ExceptionContext) -> None:
    connection, error = context.connection, context.sqlalchemy_exception
    if connection is not None and isinstance(error, DBAPIError) and not context.is_disconnect:
        note_error(connection, error)


def note_error(connection: Connection, error: DBAPIError) -> None:
    """Note that a statement failed in the transaction that a connection is in."""
    facts: TransactionFacts | None = connection.info.get(_FACTS)
    if facts is None:
        return
    is_conflict = is_serialization_failure(error)
    if is_conflict:
        facts.conflict = facts.conflict or error
    if connection.dialect.name == "postgresql" or (is_conflict and _undoes_all(error)):
        facts.lost = facts.lost or error


def _undoes_all(error: DBAPIError) -> bool:
    cause: Any = error.driver_exception
    return bool(cause.args) and cause.args[0] in _NUMBERS_THAT_UNDO


def _recover(connection: Connection, _name: str, _context: None) -> None:
    # one whose connection broke within a savepoint has no facts any more, and commits nothing
    if connection.dialect.name == "postgresql" and not connection.invalidated:
        transaction_facts(connection).lost = None
