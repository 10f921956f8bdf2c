"""The json path: a root field is answered by the text that one statement returns."""

import re
from typing import Any

from sqlalchemy.exc import DBAPIError

from gql_api.database.documents import is_index
from gql_api.database.driver_errors import is_data_fault, is_type_fault
from gql_api.errors import NoPlainFormError
from gql_api.loading.run import Run
from gql_api.plan.known import KnownPlan
from gql_api.sql.json_statements import JsonStatement, select_json
from gql_api.sql.sources import Compilation

_NUMBER = re.compile(r"\s*[+-]?[0-9]+")
_MAX_INDEX_DIGITS = 9
_NO_ROW = b"null"
_OTHER_TYPES = "The columns of the database are of other types than the models say."


async def load_json(known: KnownPlan[Any], run: Run) -> bytes:
    """Load the JSON of a root field of a query, as ``load_pieces`` does, and put it together."""
    return b"".join(await load_pieces(known, run))


async def load_pieces(known: KnownPlan[Any], run: Run) -> tuple[bytes, ...]:
    """Load the JSON of a root field of a query.

    Args:
        known: The plan; what is derived from it is kept there.
        run: Where and with which values. Its reader is not that of a mutation, whose transaction
            a value without a form would end.

    Returns:
        The JSON of the field's value, in pieces: a long one is copied once, into the answer.

    Raises:
        NoPlainFormError: The plan, a path into a document or a value that was met has no equal
            form: another path answers the field.

    Cost:
        One statement.
    """
    made = json_statement(known, run.compilation)
    if isinstance(made, str):
        raise NoPlainFormError(made)
    for slot in made.path_slots:
        _check_path(run.values[slot])
    try:
        found = await run.reader.fetch_text(made.statement, run.parameters())
    except DBAPIError as error:
        if is_type_fault(error):
            known.derived[_key(run.compilation)] = _OTHER_TYPES
            raise NoPlainFormError(_OTHER_TYPES) from error
        if is_data_fault(error):
            message = "A value has no plain form, or the statement fails."
            raise NoPlainFormError(message) from error
        raise
    if found is None:
        return (_NO_ROW,)
    text = found.encode() if isinstance(found, str) else found
    return (made.before, text, made.after)


def json_refusal(known: KnownPlan[Any], compilation: Compilation) -> str | None:
    """Return why the json path does not take a plan; None where it does."""
    made = json_statement(known, compilation)
    return made if isinstance(made, str) else None


def json_statement(known: KnownPlan[Any], compilation: Compilation) -> JsonStatement | str:
    """Return the statement of a plan, or why there is none; it is made once."""
    key = _key(compilation)
    made: JsonStatement | str | None = known.derived.get(key)
    if made is None:
        try:
            made = select_json(known.plan, compilation)
        except NoPlainFormError as error:
            made = str(error)
        known.derived[key] = made
    return made


def _key(compilation: Compilation) -> tuple[str, Compilation]:
    return ("json", compilation)


def _check_path(steps: list[str]) -> None:
    """Refuse a path with steps that PostgreSQL takes for indexes and Python for keys alone."""
    for step in steps:
        if _NUMBER.match(step) and (not is_index(step) or len(step) > _MAX_INDEX_DIGITS):
            message = f"{step!r} is an index to PostgreSQL alone"
            raise NoPlainFormError(message)
