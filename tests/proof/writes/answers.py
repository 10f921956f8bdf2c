"""What payloads hold, as the model says."""

from collections.abc import Sequence
from typing import Any

from strawberry.types import ExecutionResult

from tests.proof.writes.kinds import KINDS, Kind
from tests.proof.writes.naive import World
from tests.proof.writes.roots import Answer, Root
from tests.proof.writes.rows import Refused
from tests.proof.writes.yard import MANY, Yard, link_name

Payload = dict[str, Any]


def expected_payload(yard: Yard, world: World, root: Root, answer: Answer) -> Payload:
    """Return the payload of a root field that was not refused."""
    kind = KINDS[root.kind]
    payload: Payload = {"errors": []}
    if answer.deleted is not None:
        ids = [_id_of(yard, root.kind, each) for each in answer.deleted]
        payload["deleted"] = ids if root.verb == "deleteMany" else ids[0]
    elif answer.rows is not None:
        rows = [shown(world, kind, row) for row in answer.rows]
        payload["rows"] = rows if root.verb in MANY else rows[0]
    if answer.is_set:
        payload["count"] = len(answer.rows or answer.deleted or ())
    if answer.is_new is not None:
        payload["isNew"] = answer.is_new
    return payload


def _id_of(yard: Yard, kind: str, identity: Any) -> str | None:
    """Return a global id; None for that of a row which the operation itself has made."""
    parts = identity if isinstance(identity, tuple | list) else (identity,)
    return None if None in parts else yard.identify(kind, identity)


def known_ids(found: Payload, payload: Payload) -> Payload:
    """Return what was found without the ids that the model cannot know."""
    expected = payload.get("deleted", ())
    if expected is None:
        return found | {"deleted": None}
    if isinstance(expected, list) and None in expected:
        ids = [each if each in expected else None for each in found["deleted"]]
        return found | {"deleted": ids}
    return found


def in_order(payload: Payload) -> Payload:
    """Return a payload of a set of rows, whose order is that of keys that the model cannot know."""
    names = [name for name in ("rows", "deleted") if "count" in payload and payload.get(name)]
    return payload | {name: sorted(payload[name], key=repr) for name in names}


def shown(world: World, kind: Kind, number: int) -> dict[str, Any] | None:
    """Return what a payload shows of a row; None where the looker does not see it."""
    row = world.live(kind.name).get(number)
    if row is None:
        return None
    found = {column.name: row[column.name] for column in kind.columns}
    if kind.has_version:
        found["version"] = str(row["version"])
    for link in kind.to_one:
        other = world.live(link.target).get(row[link.name])
        names = link_name(KINDS[link.target]).split()
        found[link.name] = None if other is None else {name: other[name] for name in names}
    return found


def refusal_difference(refusal: Refused, found: Payload) -> str | None:
    """Tell where a payload has other errors than the model, in any order; None if nowhere."""
    told = [(each["code"], tuple(each["path"])) for each in found["errors"]]
    left = list(refusal.errors)
    for each in told:
        fit = next((one for one in left if each in one), None)
        if fit is None:
            break
        left.remove(fit)
    if left or len(told) != len(refusal.errors):
        return f"{told} is not {refusal.errors}"
    return None


def answer_difference(
    expected: Sequence[Payload | Refused], result: ExecutionResult, count: int
) -> str | None:
    """Tell where an answer is not the model's; None if nowhere.

    Args:
        expected: Payloads of root fields in their order; a refusal ends them.
        result: What was answered.
        count: Number of root fields.
    """
    refusal = expected[-1] if isinstance(expected[-1], Refused) else None
    untold = {f"f{at}": "ROLLED_BACK" for at in range(len(expected) - 1) if refusal is not None}
    untold |= {f"f{at}": "NOT_RUN" for at in range(len(expected), count)}
    places = [tuple(error.path or ()) for error in result.errors or ()]
    told = [(*place, code) for place, code in zip(places, codes_of(result), strict=True)]
    if sorted(told, key=repr) != sorted(untold.items()):
        return f"{result.errors} are not {untold}"
    for at, payload in enumerate(expected):
        found = (result.data or {})[f"f{at}"]
        if isinstance(payload, Refused):
            problem = refusal_difference(payload, found)
        elif refusal is not None:
            problem = None if found is None else f"{found} is not rolled back"
        else:
            is_same = in_order(known_ids(found, payload)) == in_order(payload)
            problem = None if is_same else f"{found} is not {payload}"
        if problem is not None:
            return f"{problem} in f{at}"
    return None


def codes_of(result: ExecutionResult) -> list[Any]:
    """Return the codes of the errors beside the data."""
    return [(error.extensions or {}).get("code") for error in result.errors or ()]
