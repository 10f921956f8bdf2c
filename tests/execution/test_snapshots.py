"""Queries that read one moment."""

from typing import Any

import pytest
import sqlalchemy as sa
import strawberry

import gql_api as gql
from tests.fixtures.models import Tag
from tests.fixtures.schema import Api

QUERY = (
    "{ before: tags { totalCount } changed first: seen second: seen after: tags { totalCount } }"
)


@strawberry.type
class Queries:
    """Fields that look at the tags by themselves."""

    @strawberry.field
    async def seen(self, info: gql.Info) -> int:
        """Count the tags."""
        async with info.context.read_session() as session:
            return await session.scalar(sa.select(sa.func.count()).select_from(Tag)) or 0

    @strawberry.field
    async def changed(self, info: gql.Info) -> bool:
        """Have somebody else add a tag, once something was read."""
        async with info.context.read_session() as session:
            await session.scalar(sa.select(sa.func.count()).select_from(Tag))
        async with gql.unit_of_work(info.context.database) as unit:
            unit.session.add(Tag(label="new"))
        return True


@pytest.fixture
async def tags(written: Api) -> Api:
    """A schema whose query changes the data in its middle."""
    return written.of(queries=[Queries])


async def _run(api: Api, text: str, extensions: dict[str, Any] | None, **facts: Any) -> Any:
    context = gql.Context(api.database)
    context.takes_snapshot = facts.get("takes_snapshot", False)
    return await api.schema.execute(text, context_value=context, operation_extensions=extensions)


async def test_one_moment(tags: Api):
    """All fields of a query that asks for it see the same rows."""
    result = await _run(tags, QUERY, {"snapshot": True})

    assert result.errors is None
    assert result.data == {
        "before": {"totalCount": 0},
        "changed": True,
        "first": 0,
        "second": 0,
        "after": {"totalCount": 0},
    }
    pools = tags.database.pool_status()
    assert (pools.write.checked_out, pools.read.checked_out) == (0, 0)


async def test_asked_in_python(tags: Api):
    """The context may ask for it, too."""
    result = await _run(tags, QUERY, None, takes_snapshot=True)

    assert result.errors is None
    assert (result.data["first"], result.data["after"]) == (0, {"totalCount": 0})


async def test_not_allowed(tags: Api):
    """Where the configuration does not allow it, nothing is held."""
    api = tags.of(queries=[Queries], config=gql.ApiConfig(has_snapshots=False))
    result = await _run(api, QUERY, {"snapshot": True})
    after = await _run(api, "{ seen }", {"snapshot": True})

    assert result.errors is None
    assert after.data == {"seen": 1}


async def test_reads_only(tags: Api):
    """A snapshot writes nothing on PostgreSQL, and leaves nothing anywhere."""

    @strawberry.type
    class Sly:
        @strawberry.field
        async def sly(self, info: gql.Info) -> bool:
            async with info.context.read_session() as session:
                await session.execute(sa.insert(Tag).values(label="x"))
            return True

    api = tags.of(queries=[Sly, Queries])
    await _run(api, "{ sly }", {"snapshot": True})
    after = await _run(api, "{ seen }", None)

    assert after.data == {"seen": 0}
