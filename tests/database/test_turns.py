"""Turns on the only connection."""

import asyncio

import pytest

from gql_api.database.turns import Turns


async def test_one_after_the_other():
    """Whoever asks while another holds the connection waits until it is free."""
    turns = Turns()
    seen: list[str] = []

    async def take(name: str) -> None:
        async with turns.turn():
            seen.append(f"{name} begins")
            await asyncio.sleep(0)
            seen.append(f"{name} ends")

    await asyncio.gather(take("a"), take("b"))

    assert seen == ["a begins", "a ends", "b begins", "b ends"]


async def test_twice_in_one_task():
    """A task that would wait for itself is refused."""
    turns = Turns()

    async with turns.turn():
        with pytest.raises(RuntimeError, match="holds the only connection already"):
            async with turns.turn():
                pass


async def test_free_after_an_error():
    """An error ends the turn."""
    turns = Turns()

    with pytest.raises(KeyError):
        async with turns.turn():
            raise KeyError

    async with turns.turn():
        pass
