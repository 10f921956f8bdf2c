"""The answer of a root field as it is sent: by the fastest path that its plan can take."""

import json
from typing import Any

import orjson

from gql_api.errors import NoPlainFormError
from gql_api.loading.explanations import report_path
from gql_api.loading.json import json_refusal, load_pieces
from gql_api.loading.plans import load_wire
from gql_api.loading.run import Run
from gql_api.plan.known import KnownPlan
from gql_api.plan.selections import Connection, Lookup, TypenameField

_JSON = "One statement writes the JSON of the whole field."
_OFF = "The json path is switched off."
_IN_TRANSACTION = "A statement that meets a value without a form would end the transaction."


class Answer:
    """The value of a root field: as JSON, or as data that JSON is written of.

    Args:
        pieces: The JSON, to be joined.
        data: The value, where there is no JSON.
    """

    __slots__ = ("_data", "_pieces")

    def __init__(self, pieces: tuple[bytes, ...] | None, data: Any = None) -> None:
        self._pieces = pieces
        self._data = data

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """The JSON, to be joined: long ones are copied only then."""
        return (write_json(self._data),) if self._pieces is None else self._pieces

    @property
    def sendable(self) -> Any:
        """What ``write_json`` takes."""
        return self._data if self._pieces is None else orjson.Fragment(b"".join(self._pieces))

    @property
    def plain(self) -> Any:
        """The value as plain data."""
        return self._data if self._pieces is None else json.loads(b"".join(self._pieces))


async def load_answer(
    known: KnownPlan[Any], run: Run, *, has_json_path: bool, is_in_transaction: bool
) -> Answer:
    """Load the answer of a root field: its JSON, else its rows.

    Args:
        known: Its plan.
        run: Where and with which values.
        has_json_path: Whether the database may write the JSON.
        is_in_transaction: Whether it reads in a transaction, of a mutation or a snapshot.

    Raises:
        NoPlainFormError: The plan, or a value that was met, can only be presented by the executor
            of GraphQL. Nothing was changed: the field may be read again.

    Cost:
        One statement; as of ``load_wire`` where the database does not write the JSON.
    """
    try:
        _check_json(has_json_path=has_json_path, is_in_transaction=is_in_transaction)
        constant = _constant(known, run)
        pieces = await load_pieces(known, run) if constant is None else (constant,)
    except NoPlainFormError as error:
        return await _load_rows(known, run, str(error))
    report_path(run.reader, "json", _JSON)
    return Answer(pieces)


async def _load_rows(known: KnownPlan[Any], run: Run, refusal: str) -> Answer:
    """Load the rows of a field whose JSON the database does not write."""
    try:
        data = await load_wire(known, run)
    except NoPlainFormError as error:
        report_path(run.reader, "resolvers", str(error))
        raise
    report_path(run.reader, "rows", refusal)
    return Answer(None, data)


def write_json(content: Any) -> bytes:
    """Write JSON.

    Whole numbers beyond 64 bits and lone surrogates, which a JSON column can hold, take the slower
    way of the standard library.
    """
    try:
        return orjson.dumps(content)
    except TypeError:
        text = json.dumps(content, separators=(",", ":"), allow_nan=False, default=_read_fragment)
        return text.encode()


def _read_fragment(value: Any) -> Any:
    if isinstance(value, orjson.Fragment):
        return json.loads(orjson.dumps(value))
    message = f"{type(value).__name__} has no form in JSON."
    raise TypeError(message)


def _constant(known: KnownPlan[Any], run: Run) -> bytes | None:
    """Return the JSON of a field of which nothing but names of types is asked."""
    plan: Connection | Lookup = known.plan
    if isinstance(plan, Lookup):
        return None
    for each in plan.fields:
        if not isinstance(each, TypenameField):
            return None
    refusal = json_refusal(known, run.compilation)
    if refusal is not None:
        raise NoPlainFormError(refusal)
    names = [each for each in plan.fields if isinstance(each, TypenameField)]
    return orjson.dumps({each.response_key: each.type_name for each in names})


def _check_json(*, has_json_path: bool, is_in_transaction: bool) -> None:
    """Refuse the path where the database may not write JSON; of plans, ``load_pieces`` judges."""
    if not has_json_path:
        raise NoPlainFormError(_OFF)
    if is_in_transaction:
        raise NoPlainFormError(_IN_TRANSACTION)
