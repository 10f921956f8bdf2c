"""Generated mutations write what the naive model writes, and refuse what it refuses."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import gql_api as gql
from tests.proof.conftest import DATABASES, proof_database
from tests.proof.writes.answers import (
    Payload,
    answer_difference,
    codes_of,
    expected_payload,
)
from tests.proof.writes.drawing import Drawer, draw_looker
from tests.proof.writes.kinds import KINDS
from tests.proof.writes.naive import World
from tests.proof.writes.reading import Read, learn, tables_in, tables_of
from tests.proof.writes.roots import Root, run
from tests.proof.writes.rows import Refused
from tests.proof.writes.yard import Yard

_OPERATIONS = 20
_KEYED = 0.15
"""Operations that come with an idempotency key, of all."""


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

    for at in range(_OPERATIONS):
        world.looker = draw_looker(chance)
        roots = Drawer(world, chance).roots()
        await _compare(yard, world, roots, f"key-{at}" if chance.random() < _KEYED else None)


async def _compare(yard: Yard, world: World, roots: list[Root], key: str | None = None) -> None:
    """Run an operation on both; with an idempotency key it is sent again."""
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
    sent = yard.write(roots)

    result = await yard.mutate(sent, world.looker, key)

    text = f"{sent} for {world.looker}"
    problem = answer_difference(expected, result, len(roots))
    assert problem is None, f"DIFFERENCE {problem} in {text}"
    if key is not None:
        # the first answer, or the same refusal, which was not kept
        again = await yard.mutate(sent, world.looker, key)
        problem = answer_difference(expected, again, len(roots))
        assert problem is None, f"DIFFERENCE {problem} in the retry of {text}"
    if key is not None and not isinstance(expected[-1], Refused):
        other = replace(sent, document=f"{sent.document} # other")
        codes = codes_of(await yard.mutate(other, world.looker, key))
        assert codes == ["IDEMPOTENCY_KEY_REUSED"], f"DIFFERENCE {codes} in the other of {text}"
    read = await yard.read()
    _compare_tables(world, read, text)
    learn(world, read)


def _compare_tables(world: World, read: Read, text: str) -> None:
    found = tables_in(read)
    for name, rows in tables_of(world).items():
        assert found[name] == rows, (
            f"DIFFERENCE in {name}: {found[name]} is not {rows} after {text}"
        )
