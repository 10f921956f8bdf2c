"""Hashing and checking passwords."""

import asyncio
import threading

import pytest

from gql_api.app import passwords


async def test_right_password():
    """A password belongs to its hash."""
    hashed = await passwords.hash_password("correct horse")

    assert await passwords.verify_password("correct horse", hashed)


async def test_wrong_password():
    """Another password does not."""
    hashed = await passwords.hash_password("correct horse")

    assert not await passwords.verify_password("Correct horse", hashed)


async def test_hashes_are_salted_argon2id():
    """The same password has another hash each time, and the password is not in it."""
    first, second = [await passwords.hash_password("correct horse") for _ in range(2)]

    assert first != second
    assert first.startswith("$argon2id$")
    assert len(first) <= 255
    assert "correct" not in first


async def test_unknown_user():
    """Without a hash no password is right, not even the one of the stand-in."""
    assert not await passwords.verify_password("nobody's password", None)


@pytest.mark.parametrize("hashed", ["", "plain text", "$argon2id$v=19$broken"])
async def test_unreadable_hash(hashed: str):
    """What is no hash matches nothing, and is no defect either."""
    assert not await passwords.verify_password("plain text", hashed)


async def test_unknown_user_costs_a_verification(monkeypatch: pytest.MonkeyPatch):
    """An unknown user is checked against a real hash: the time tells nobody who has an account."""
    checked: list[str] = []

    class Recorder:
        """Notes what is verified."""

        hash = passwords._HASHER.hash

        def verify(self, hashed: str, password: str) -> bool:
            checked.append(hashed)
            return passwords.PasswordHasher().verify(hashed, password)

    monkeypatch.setattr(passwords, "_HASHER", Recorder())
    await passwords.verify_password("guess", None)

    assert [each.startswith("$argon2id$") for each in checked] == [True]


async def test_event_loop_stays_free(monkeypatch: pytest.MonkeyPatch):
    """Hashing happens in another thread."""
    threads: list[threading.Thread] = []

    class Recorder:
        """Notes where it is called."""

        def hash(self, password: str) -> str:
            threads.append(threading.current_thread())
            return password

    monkeypatch.setattr(passwords, "_HASHER", Recorder())
    await asyncio.gather(*(passwords.hash_password("x") for _ in range(2)))

    assert len(threads) == 2
    assert threading.main_thread() not in threads
