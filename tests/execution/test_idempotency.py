"""Mutations that come again with their idempotency key: one run, one answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy import orm

import gql_api as gql
from gql_api.execution.idempotency import KeptAnswers
from tests.fixtures.models import Tag
from tests.fixtures.schema import Api

CREATE = "mutation($label: String!) { createTag(input: {label: $label}) { tag { id label } errors { code } } }"
TABLE = gql.idempotency_table(sa.MetaData())
PATIENCE_S = 30


@pytest.fixture
async def keyed(written: Api) -> AsyncIterator[Api]:
    """A database with the table of kept answers."""
    async with written.database.write_engine.begin() as connection:
        await connection.run_sync(TABLE.create)
    yield written
    async with written.database.write_engine.begin() as connection:
        await connection.run_sync(TABLE.drop)


async def _run(
    api: Api,
    key: Any,
    label: str = "x",
    *,
    text: str = CREATE,
    subject: gql.Subject = gql.ANONYMOUS,
) -> Any:
    context = gql.Context(api.database, subject)
    variables = {"label": label} if "$label" in text else None
    return await api.schema.execute(
        text,
        variable_values=variables,
        context_value=context,
        operation_extensions={"idempotencyKey": key},
    )


async def _labels(api: Api) -> list[str]:
    async with api.database.read_connection() as connection:
        return sorted(await connection.scalars(sa.select(Tag.label)))


async def _stored(api: Api) -> int:
    async with api.database.read_connection() as connection:
        return int(await connection.scalar(sa.select(sa.func.count()).select_from(TABLE)) or 0)


def _codes(result: Any) -> list[str]:
    return [error.extensions["code"] for error in result.errors or ()]


async def test_retry(keyed: Api):
    """A retry gets the same answer and changes nothing."""
    first = await _run(keyed, "k-1")
    again = await _run(keyed, "k-1")

    assert first.errors is again.errors is None
    assert first.data["createTag"]["tag"]["label"] == "x"
    assert again.data == first.data
    assert await _labels(keyed) == ["x"]


async def test_statements(keyed: Api):
    """A key costs three statements, a retry two in all."""
    with keyed.statements() as sent:
        await _run(keyed, "k-1")
    with keyed.statements() as plain:
        await keyed.run(CREATE, label="y")
    with keyed.statements() as again:
        await _run(keyed, "k-1")

    purged = sum(each.startswith(f"DELETE FROM {TABLE.name}") for each in sent)
    assert len(sent) - purged == len(plain) + 3
    assert len(again) == 2


async def test_other_body(keyed: Api):
    """Another operation, or other variables, under the same key are refused; nothing is written."""
    await _run(keyed, "k-1", "x")
    other_variables = await _run(keyed, "k-1", "y")
    text = 'mutation { createTag(input: {label: "z"}) { errors { code } } }'
    other_text = await _run(keyed, "k-1", text=text)

    for result in (other_variables, other_text):
        (error,) = result.errors
        assert result.data is None
        assert (error.extensions["code"], error.message) == (
            "IDEMPOTENCY_KEY_REUSED",
            (
                "This idempotency key came with another operation or other variables before: "
                "choose a new key."
            ),
        )
    assert await _labels(keyed) == ["x"]


async def test_subjects(keyed: Api):
    """Each caller has keys of their own."""
    results = [
        await _run(keyed, "k", label, subject=gql.Subject(user_id))
        for label, user_id in (("a", None), ("b", 1), ("c", "1"), ("d", 2))
    ]

    assert [each.errors for each in results] == [None] * 4
    assert await _labels(keyed) == ["a", "b", "c", "d"]


async def test_refused_answer(keyed: Api):
    """A refused answer is not kept: the same key may be tried again."""
    await _run(keyed, "k-0", "x")
    refused = await _run(keyed, "k-1", "x")
    async with gql.unit_of_work(keyed.database) as unit:
        await unit.session.execute(sa.delete(Tag))
    retried = await _run(keyed, "k-1", "x")

    assert refused.data["createTag"]["errors"] == [{"code": "UNIQUE_VIOLATION"}]
    assert retried.data["createTag"]["errors"] == []
    assert await _labels(keyed) == ["x"]


async def test_concurrent_duplicates(keyed: Api):
    """Duplicates that come at the same time wait, and get the one answer."""
    async with asyncio.timeout(PATIENCE_S):
        results = await asyncio.gather(*(_run(keyed, "k-1") for _ in range(8)))

    assert [each.errors for each in results] == [None] * 8
    assert len({str(each.data) for each in results}) == 1
    assert await _labels(keyed) == ["x"]


async def test_duplicate_of_failure(keyed: Api):
    """A duplicate that waits for one that fails runs itself."""
    begun, failed = asyncio.Event(), asyncio.Event()

    class Operations:
        @gql.mutation
        async def once(self, info: gql.Info) -> Tag:
            if not begun.is_set():
                begun.set()
                await asyncio.wait_for(failed.wait(), PATIENCE_S)
                message = "Not now."
                raise gql.ForbiddenError(message)
            tag = Tag(label="once")
            info.context.session.add(tag)
            return tag

    api = keyed.of(mutations=[Operations])
    text = "mutation { once { tag { label } errors { code } } }"
    first = asyncio.create_task(_run(api, "k-1", text=text))
    await begun.wait()
    second = asyncio.create_task(_run(api, "k-1", text=text))
    await asyncio.sleep(0.2)
    failed.set()
    async with asyncio.timeout(PATIENCE_S):
        results = await asyncio.gather(first, second)

    assert [each.data["once"]["errors"] for each in results] == [[{"code": "FORBIDDEN"}], []]
    assert await _labels(keyed) == ["once"]


async def test_expiry(keyed: Api):
    """An expired key is free again, and the expired ones are deleted in time."""
    await _run(keyed, "k-1", "x")
    await _run(keyed, "k-2", "y")
    async with gql.unit_of_work(keyed.database) as unit:
        await unit.session.execute(sa.update(TABLE).values(expires_at_s=1))
    api = keyed.of()
    result = await _run(api, "k-1", "z")

    assert result.errors is None
    assert await _labels(keyed) == ["x", "y", "z"]
    assert await _stored(keyed) == 1


async def test_no_table(written: Api):
    """Without the table the mutation does not run, and the answer says who makes it."""
    result = await _run(written, "k-1")

    (error,) = result.errors
    assert result.data is None
    assert (error.extensions["code"], error.message) == (
        "IDEMPOTENCY_UNAVAILABLE",
        (
            "This API keeps no answers for idempotency keys: the table gql_idempotency_keys is missing. "
            "Its operator makes it, by a migration or by gql-api db create."
        ),
    )
    assert await _labels(written) == []


@pytest.mark.parametrize("key", ["", "two words", "é", "x" * 256, 5, ["k"]])
async def test_no_key(offline: Api, key: Any):
    """What is no key is refused before any SQL."""
    result = await _run(offline, key)

    assert _codes(result) == ["BAD_USER_INPUT"]
    assert result.errors[0].message == (
        "An idempotency key has 1 to 255 printable ASCII characters and no spaces."
    )


async def test_query(keyed: Api):
    """A query takes no notice of a key."""
    result = await _run(keyed, "k-1", text="{ tags { totalCount } }")

    assert result.data == {"tags": {"totalCount": 0}}
    assert await _stored(keyed) == 0


async def test_own_table(postgres: gql.Database):
    """The table of the models' own metadata is used, in its database schema."""

    class Base(orm.DeclarativeBase):
        metadata = sa.MetaData(schema="other")

    class Thing(Base):
        __tablename__ = "thing"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    table = gql.idempotency_table(Base.metadata)

    schema = gql.build_schema([Thing])

    kept: KeptAnswers = schema.kept_answers  # type: ignore[attr-defined]  # of the subclass
    assert kept.table is table is gql.idempotency_table(Base.metadata)
    assert table.fullname == "other.gql_idempotency_keys"


async def test_header(keyed: Api):
    """Over HTTP the key is a header, quoted or not."""
    app = gql.create_app(keyed.schema, database=keyed.database)
    request = {"query": CREATE, "variables": {"label": "x"}}
    answers = []
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as client:
        app.state.database = keyed.database
        for key in ('"k-1"', "k-1"):
            headers = {"Idempotency-Key": key}
            answers.append((await client.post("/graphql", json=request, headers=headers)).json())
        both = {**request, "extensions": {"idempotencyKey": "k-2"}}
        refused = await client.post("/graphql", json=both, headers={"Idempotency-Key": "k-3"})

    assert answers[0] == answers[1]
    assert answers[0]["data"]["createTag"]["tag"]["label"] == "x"
    assert refused.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await _labels(keyed) == ["x"]
