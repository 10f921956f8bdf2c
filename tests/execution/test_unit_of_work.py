"""The unit of work for plain code."""

import logging

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

import gql_api as gql
from tests.fixtures.models import Tag
from tests.fixtures.schema import Api


async def _count(api: Api) -> int:
    async with api.database.read_connection() as connection:
        return int(await connection.scalar(sa.select(sa.func.count()).select_from(Tag)) or 0)


async def _add_within_savepoint(session: AsyncSession) -> None:
    async with session.begin_nested():
        session.add(Tag(label="x"))
        await session.flush()


async def test_commit(written: Api, caplog: pytest.LogCaptureFixture):
    """The end of the block commits, and the log tells how long it took."""
    with caplog.at_level(logging.INFO, "gql_api.execution.unit_of_work"):
        async with gql.unit_of_work(written.database) as unit:
            unit.session.add(Tag(label="x"))

    assert await _count(written) == 1
    (record,) = [each for each in caplog.records if each.name.endswith("unit_of_work")]
    assert record.message == "transaction committed"
    assert record.__dict__["outcome"] == "committed"
    assert record.__dict__["duration_ms"] >= 0


async def test_exception(written: Api, caplog: pytest.LogCaptureFixture):
    """Any exception undoes everything, and is passed on."""

    async def work() -> None:
        async with gql.unit_of_work(written.database) as unit:
            unit.session.add(Tag(label="x"))
            await unit.session.flush()
            message = "stop"
            raise RuntimeError(message)

    with caplog.at_level(logging.INFO), pytest.raises(RuntimeError, match="stop"):
        await work()

    assert await _count(written) == 0
    assert "transaction rolled back" in caplog.messages


async def test_failed_unit(written: Api):
    """A unit that was told to fail writes nothing."""
    async with gql.unit_of_work(written.database) as unit:
        unit.session.add(Tag(label="x"))
        await unit.session.flush()
        unit.fail()

    assert await _count(written) == 0


async def test_failing_commit(written: Api, caplog: pytest.LogCaptureFixture):
    """A commit that fails writes nothing, and raises."""
    with caplog.at_level(logging.INFO), pytest.raises(IntegrityError):
        async with gql.unit_of_work(written.database) as unit:
            unit.session.add_all([Tag(label="x"), Tag(label="x")])

    assert await _count(written) == 0
    assert "transaction failed" in caplog.messages


async def test_savepoint(written: Api):
    """What fails within a savepoint is undone alone."""
    async with gql.unit_of_work(written.database) as unit:
        unit.session.add(Tag(label="x"))
        await unit.session.flush()
        with pytest.raises(IntegrityError):
            await _add_within_savepoint(unit.session)

    assert await _count(written) == 1


async def test_not_open(written: Api):
    """A unit that was not entered has no session."""
    unit = gql.UnitOfWork(written.database)

    message = "The unit of work is not open: its session exists within `async with` only."
    with pytest.raises(RuntimeError) as session:
        _ = unit.session
    with pytest.raises(RuntimeError) as reader:
        _ = unit.reader
    assert str(session.value) == str(reader.value) == message


async def test_memory(sqlite_memory: gql.Database):
    """In memory the one connection serves unit and reads, one after the other."""
    async with sqlite_memory.write_engine.begin() as connection:
        await connection.run_sync(Tag.metadata.create_all)
    schema = gql.build_schema([Tag], dialect="sqlite")
    api = Api(sqlite_memory, schema)

    answer = await api.run('mutation { createTag(input: {label: "x"}) { tag { label } } }')
    data = (await api.run("{ a: tags { totalCount } b: tags { nodes { label } } }")).data

    assert answer.data == {"createTag": {"tag": {"label": "x"}}}
    assert data == {"a": {"totalCount": 1}, "b": {"nodes": [{"label": "x"}]}}
