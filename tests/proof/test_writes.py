"""Generated mutations write what the naive model writes, and refuse what it refuses."""

import random
from collections.abc import AsyncIterator

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import gql_api as gql
from tests.proof.conftest import DATABASES, proof_database
from tests.proof.writes.answers import Payload, expected_payload, in_order, refusal_difference
from tests.proof.writes.drawing import Drawer, draw_looker
from tests.proof.writes.kinds import KINDS
from tests.proof.writes.naive import World
from tests.proof.writes.reading import learn, tables_in, tables_of
from tests.proof.writes.roots import Root, run
from tests.proof.writes.rows import Refused
from tests.proof.writes.yard import Yard

_OPERATIONS = 20


@pytest.fixture(scope="module", params=DATABASES)
async def yard(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Yard]:
    """A database of each kind."""
    async with proof_database(request.param, request, tmp_path_factory) as url:
        database = gql.open_database(url)
        made = Yard(database)
        await made.create()
        yield made
        await database.dispose()


@pytest.mark.filterwarnings("ignore:New instance:sqlalchemy.exc.SAWarning")  # and then refused
@settings(phases=(Phase.explicit, Phase.generate))  # a smaller seed is no smaller sequence
@given(seed=st.integers(0, 2**32))
async def test_sequences(yard: Yard, seed: int) -> None:
    """Payloads, errors and whole tables are those of the model, after each operation."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    world = World(yard.dialect)
    await yard.empty()
    for name in (*KINDS, *KINDS):
        # each kind gets rows, mostly
        drawer = Drawer(world, chance)
        await _compare(yard, world, [Root("create", name, drawer.arguments("create", KINDS[name]))])

    for _ in range(_OPERATIONS):
        world.looker = draw_looker(chance)
        await _compare(yard, world, Drawer(world, chance).roots())


async def _compare(yard: Yard, world: World, roots: list[Root]) -> None:
    """Run an operation on both."""
    before = world.copied()
    expected: list[Payload | Refused] = []
    for root in roots:
        try:
            expected.append(expected_payload(yard, world, root, run(world, root)))
        except Refused as error:
            expected.append(error)
            break
    if isinstance(expected[-1], Refused):
        world.become(before)
    text = f"{yard.write(roots)} for {world.looker}"

    result = await yard.mutate(roots, world.looker)

    assert result.data is not None, f"DIFFERENCE {result.errors} in {text}"
    refusal = expected[-1] if isinstance(expected[-1], Refused) else None
    told = {
        str(error.path[0]): (error.extensions or {}).get("code")
        for error in result.errors or ()
        if error.path
    }
    for at, payload in enumerate(expected):
        found = result.data[f"f{at}"]
        if payload is refusal:
            problem = refusal_difference(refusal, found)
        elif refusal is not None:
            problem = (
                None if (found, told.get(f"f{at}")) == (None, "ROLLED_BACK") else (found, told)
            )
        else:
            problem = None if in_order(found) == in_order(payload) else f"{found} is not {payload}"
        assert problem is None, f"DIFFERENCE {problem} in f{at} of {text}"
    rest = [f"f{at}" for at in range(len(expected), len(roots))]
    assert [(result.data[each], told.get(each)) for each in rest] == [(None, "NOT_RUN")] * len(rest)
    read = await yard.read()
    for name, rows in tables_of(world).items():
        found = tables_in(read)[name]
        assert found == rows, f"DIFFERENCE in {name}: {found} is not {rows} after {text}"
    learn(world, read)
