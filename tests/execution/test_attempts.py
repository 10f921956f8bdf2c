"""Mutations whose transactions lose against others: repeated, or refused; never half written."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import strawberry
from sqlalchemy.exc import DBAPIError

import gql_api as gql
from gql_api.execution.attempts import Attempts
from tests.fixtures.models import Author, Tag
from tests.fixtures.schema import Api

PATIENCE_S = 60


async def _ranks(api: Api) -> list[int | None]:
    async with api.database.read_connection() as connection:
        return list(await connection.scalars(sa.select(Author.rank).order_by(Author.id)))


async def _add_authors(api: Api, count: int = 2) -> None:
    async with gql.unit_of_work(api.database) as unit:
        unit.session.add_all(Author(id=n + 1, pen_name="x", rank=0) for n in range(count))


def _codes(answer: Any) -> list[str]:
    return [error.extensions["code"] for error in answer.errors]


def _add(key: int) -> sa.Update:
    return sa.update(Author).where(Author.id == key).values(rank=Author.rank + 1)


class Crossing:
    """Two transactions that take two rows in opposite orders, and meet in between."""

    def __init__(self) -> None:
        self.attempts: list[int] = []
        self.seen: list[gql.Context] = []
        self.committed: list[int] = []
        self._barrier = asyncio.Barrier(2)

    def operations(self) -> type[Any]:
        """Make the mutation."""
        crossing = self

        class Operations:
            @gql.mutation
            async def cross(self, info: gql.Info, first: int, second: int) -> None:
                session = info.context.session
                info.context.after_commit(lambda: crossing.committed.append(first))
                crossing.attempts.append(first)
                crossing.seen.append(info.context)
                await session.execute(_add(first))
                if crossing.attempts.count(first) == 1:
                    await crossing._barrier.wait()
                await session.execute(_add(second))

        return Operations


async def test_deadlock(written: Api):
    """Of two transactions that wait for each other one is repeated, whole, and both are written."""
    if written.database.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    await _add_authors(written)
    crossing = Crossing()
    api = written.of(mutations=[crossing.operations()])

    async with asyncio.timeout(PATIENCE_S):
        answers = await asyncio.gather(
            api.run("mutation { cross(first: 1, second: 2) { errors { code } } }"),
            api.run("mutation { cross(first: 2, second: 1) { errors { code } } }"),
        )

    assert [each.errors for each in answers] == [(), ()]
    assert await _ranks(written) == [2, 2]
    assert len(crossing.attempts) == 3
    assert len({id(each) for each in crossing.seen}) == 3
    assert sorted(crossing.committed) == [1, 2]


async def test_deadlock_without_another_attempt(written: Api):
    """With a single attempt the loser is told, and has written nothing."""
    if written.database.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    await _add_authors(written)
    api = written.of(mutations=[Crossing().operations()], config=gql.ApiConfig(max_attempts=1))

    async with asyncio.timeout(PATIENCE_S):
        answers = await asyncio.gather(
            api.run("mutation { cross(first: 1, second: 2) { errors { code } } }"),
            api.run("mutation { cross(first: 2, second: 1) { errors { code } } }"),
        )

    (error,) = [error for each in answers for error in each.errors]
    assert (error.extensions["code"], error.message, error.path) == (
        "CONFLICT",
        "Other changes were in the way: retry in a moment.",
        ["cross"],
    )
    assert await _ranks(written) == [1, 1]


class Increments:
    """Increments that read before they write: only isolation keeps them apart."""

    @gql.mutation(isolation="SERIALIZABLE")
    async def increment(self, info: gql.Info, author_id: int) -> None:
        """Read, then write."""
        session = info.context.session
        rank = await session.scalar(sa.select(Author.rank).where(Author.id == author_id))
        await session.execute(
            sa.update(Author).where(Author.id == author_id).values(rank=(rank or 0) + 1)
        )


async def test_isolation(written: Api):
    """Concurrent increments that ask for isolation are repeated until all of them count."""
    await _add_authors(written, 1)
    config = gql.ApiConfig(max_attempts=50)
    api = written.of(mutations=[Increments], config=config)

    async with asyncio.timeout(PATIENCE_S):
        answers = await asyncio.gather(
            *(api.run("mutation { increment(authorId: 1) { errors { code } } }") for _ in range(8))
        )

    assert [each.errors for each in answers] == [()] * 8
    assert await _ranks(written) == [8]


class Careless:
    """Mutations that catch what the database says, and go on."""

    @strawberry.mutation
    async def swallow(self, info: gql.Info) -> str | None:
        """Write, fail, and pretend that nothing was."""
        info.context.session.add(Tag(label="x"))
        await info.context.session.flush()
        try:
            await info.context.session.execute(sa.insert(Tag).values(label="x"))
        except DBAPIError:
            return "fine"
        return None


async def test_swallowed_error(written: Api):
    """An answer never says that something was written which the database has undone."""
    answer = await written.of(mutations=[Careless]).run("mutation { swallow }")

    async with written.database.read_connection() as connection:
        labels = list(await connection.scalars(sa.select(Tag.label)))
    if written.database.dialect.name == "postgresql":
        assert answer.data == {"swallow": None}
        assert _codes(answer) == ["UNIQUE_VIOLATION"]
        assert labels == []
    else:
        assert answer.data == {"swallow": "fine"}
        assert labels == ["x"]


class Meeting:
    """A deadlock that the mutation catches."""

    def __init__(self) -> None:
        self._barrier = asyncio.Barrier(2)
        self._met: set[int] = set()

    def operations(self) -> type[Any]:
        """Make the mutation."""
        meeting = self

        class Operations:
            @gql.mutation
            async def hide(self, info: gql.Info, first: int, second: int) -> None:
                session = info.context.session
                await session.execute(_add(first))
                if first not in meeting._met:
                    meeting._met.add(first)
                    await meeting._barrier.wait()
                try:
                    await session.execute(_add(second))
                except DBAPIError:
                    return

        return Operations


async def test_swallowed_deadlock(written: Api):
    """A deadlock that the mutation catches is repeated all the same: nothing is written by half."""
    if written.database.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    await _add_authors(written)
    api = written.of(mutations=[Meeting().operations()])

    async with asyncio.timeout(PATIENCE_S):
        answers = await asyncio.gather(
            api.run("mutation { hide(first: 1, second: 2) { errors { code } } }"),
            api.run("mutation { hide(first: 2, second: 1) { errors { code } } }"),
        )

    assert [each.errors for each in answers] == [(), ()]
    assert await _ranks(written) == [2, 2]


async def test_bounds(caplog: pytest.LogCaptureFixture):
    """There are no more attempts than allowed, and each is logged."""
    attempts = Attempts(3)

    with caplog.at_level(logging.INFO):
        found = [await attempts.pause() for _ in range(3)]

    assert found == [True, True, False]
    assert [record.__dict__["attempt"] for record in caplog.records] == [2, 3]


def _work(done: list[str], name: str) -> Callable[[], None]:
    return lambda: done.append(name)


async def test_after_commit(written: Api, caplog: pytest.LogCaptureFixture):
    """Work for after the commit runs in order, and one that fails stops neither answer nor rest."""
    done: list[str] = []

    async def fail() -> None:
        message = "no mail today"
        raise RuntimeError(message)

    async with gql.unit_of_work(written.database) as unit:
        unit.session.add(Tag(label="x"))
        unit.after_commit(_work(done, "first"))
        unit.after_commit(fail)
        unit.after_commit(_work(done, "last"))
        assert done == []

    assert done == ["first", "last"]
    assert "work after a transaction failed" in caplog.messages


async def test_after_no_commit(written: Api):
    """What is not committed is not followed by anything."""
    done: list[str] = []

    async with gql.unit_of_work(written.database) as unit:
        unit.after_commit(_work(done, "never"))
        unit.after_rollback(_work(done, "undone"))
        unit.fail()
        assert done == []

    assert done == ["undone"]


async def test_after_no_rollback(written: Api):
    """What waits for a rollback does not follow a commit."""
    done: list[str] = []

    async with gql.unit_of_work(written.database) as unit:
        unit.after_rollback(_work(done, "never"))

    assert done == []


async def test_write_after_a_rollback(written: Api):
    """What follows a refusal may write by itself: the transaction is over, its connection free."""

    class Operations:
        @gql.mutation
        async def refuse(self, info: gql.Info) -> None:
            info.context.session.add(Tag(label="undone"))
            await info.context.session.flush()

            async def note() -> None:
                async with gql.unit_of_work(info.context.database) as unit:
                    unit.session.add(Tag(label="noted"))

            info.context.after_rollback(note)
            message = "No."
            raise gql.ForbiddenError(message)

    api = written.of(mutations=[Operations])
    answer = await api.run("mutation { refuse { errors { code } } }")

    async with written.database.read_connection() as connection:
        labels = list(await connection.scalars(sa.select(Tag.label)))
    assert answer.data == {"refuse": {"errors": [{"code": "FORBIDDEN"}]}}
    assert labels == ["noted"]


async def test_cancelled_commit(written: Api):
    """Who is cancelled while the commit runs has committed, and the connection is back."""
    done: list[str] = []
    begun = asyncio.Event()

    async def work() -> None:
        async with gql.unit_of_work(written.database) as unit:
            unit.session.add(Tag(label="x"))
            await unit.session.flush()
            unit.after_commit(_work(done, "told"))
            begun.set()

    task = asyncio.create_task(work())
    await begun.wait()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with written.database.read_connection() as connection:
        labels = list(await connection.scalars(sa.select(Tag.label)))
    assert (labels, done) in [(["x"], ["told"]), ([], [])]
    assert written.database.pool_status().write.checked_out == 0


class Siblings:
    """A payload whose fields all use the session at the same time."""

    @gql.mutation
    async def add_tag(self, info: gql.Info, label: str) -> Tag:
        """Add a tag."""
        tag = Tag(label=label)
        info.context.session.add(tag)
        return tag


@gql.type(Tag, all_fields=True)
class TagType:
    @strawberry.field
    async def number(self, info: gql.Info, n: int) -> int:
        """Ask the database for a number, by each way there is."""
        statement = sa.select(sa.literal(n))
        if n % 3 == 0:
            return await info.context.session.scalar(statement) or 0
        if n % 3 == 1:
            async with info.context.read_session() as session:
                return await session.scalar(statement) or 0
        found = await info.context.load(Tag, -n)
        return n if found is None else 0


async def test_siblings(written: Api):
    """Fifty resolvers of a payload and its loaders share the connection, one at a time."""
    api = written.of(mutations=[Siblings], types=[TagType])
    fields = " ".join(f"n{n}: number(n: {n})" for n in range(50))

    async with asyncio.timeout(PATIENCE_S):
        answer = await api.run(
            f'mutation {{ addTag(label: "x") {{ tag {{ books {{ totalCount }} {fields} }} }} }}'
        )

    assert answer.errors == ()
    assert answer.data["addTag"]["tag"] == {
        "books": {"totalCount": 0},
        **{f"n{n}": n for n in range(50)},
    }
    assert written.database.pool_status().write.checked_out == 0
