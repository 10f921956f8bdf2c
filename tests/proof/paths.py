"""Every path of a read: what a root field plans is loaded by each, and the answers are compared."""

import json
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

import gql_api as gql
from gql_api.errors import NoPlainFormError
from gql_api.loading.answers import write_json
from gql_api.loading.json import load_json
from gql_api.loading.plans import load_wire
from gql_api.loading.readers import ConnectionReader
from gql_api.loading.run import Run
from gql_api.schema import queries
from tests.proof.documents import exact

PATHS: Counter[str] = Counter()
"""Root fields that each path answered or refused."""


@dataclass(frozen=True)
class Planned:
    """What a root field planned."""

    response_key: str
    known: Any
    values: Sequence[Any]


@contextmanager
def planned_fields(schema: Any) -> Iterator[list[Planned]]:
    """Collect what root fields plan, and leave their answers to resolvers.

    Nodes by their ids are left out: rows of several plans become one answer.
    """
    found: list[Planned] = []

    class _Plans:
        def __init__(self, plans: Any) -> None:
            self._plans = plans

        def find(self, asked: Any, name: str, make: Any, given: Any = None) -> Any:
            known, values = self._plans.find(asked, name, make, given)
            if given is None:
                found.append(Planned(asked.path[0], known, values))
            return known, values

    with pytest.MonkeyPatch.context() as patch:
        real = queries.plans_of
        patch.setattr(queries, "plans_of", lambda info: _Plans(real(info)))
        patch.setattr(queries, "complete", _leave)
        patch.setattr(schema, "bypass", None)
        yield found


async def _leave(*_arguments: Any) -> None:
    """Answer no field as a whole."""


async def compare_paths(
    database: gql.Database, schema: Any, subject: gql.Subject, found: list[Planned], data: Any
) -> str | None:
    """Load what was planned by the other paths, and compare it with the resolvers' answer.

    Returns:
        The first difference; None where there is none.
    """
    paths: dict[str, Callable[[Any, Run], Awaitable[Any]]] = {"rows": load_wire}
    if database.dialect.name == "postgresql":
        paths["json"] = load_json
    for planned in found:
        for name, load in paths.items():
            run = Run(
                compilation=schema.compilation(subject),
                reader=ConnectionReader(database),
                values=planned.values,
                subject_parameters=subject.parameters,
            )
            try:
                loaded = await load(planned.known, run)
            except NoPlainFormError as error:
                PATHS[f"{name} refused: {error}"] += 1
                continue
            PATHS[name] += 1
            text = loaded if isinstance(loaded, bytes) else write_json(loaded)
            answer, expected = json.loads(text), data[planned.response_key]
            if not are_equal(answer, expected):
                return f"by {name}: {answer} is not {expected}"
    return None


def first_difference(one: Any, other: Any, place: str = "") -> str | None:
    """Tell where two answers differ, and how; None where they do not."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        pairs: Any = ((f"{place}.{key}", one[key], other[key]) for key in one)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = ((f"{place}.{at}", *pair) for at, pair in enumerate(zip(one, other, strict=True)))
    else:
        return None if _is_same(one, other) else f"{place}: {one!r} is not {other!r}"
    found = (first_difference(left, right, here) for here, left, right in pairs)
    return next((each for each in found if each is not None), None)


def _is_same(one: Any, other: Any) -> bool:
    """Compare scalars: numbers by what they show, since ``jsonb`` writes 1e3 as 1000."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return exact(one) == exact(other)
    return bool(one == other)


def are_equal(one: Any, other: Any, *, is_aggregate: bool = False) -> bool:
    """Compare JSON: keys in order, numbers by value, floats of aggregates within 1e-9."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [*one] == [*other] and all(
            are_equal(one[key], other[key], is_aggregate=is_aggregate or key == "aggregate")
            for key in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            are_equal(*pair, is_aggregate=is_aggregate) for pair in zip(one, other, strict=True)
        )
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_aggregate and isinstance(one, float | int) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-9)
    return bool(one == other)
