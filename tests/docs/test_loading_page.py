"""The statement counts that ``docs/loading.md`` states are those that strategies send."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.ext.asyncio import AsyncSession

import gql_api as gql
from gql_api.app import models
from gql_api.app.base import SCHEMA_TRANSLATE_MAP, Base
from gql_api.app.seeding import seed

_PAGE = Path(__file__).parents[2] / "docs" / "loading.md"
_ASKED = """{ posts(first: 50) { nodes {
  title author { username } tags { nodes { name } } comments { nodes { content } } } } }"""
_RELATIONSHIPS = (models.Post.author, models.Post.tags, models.Post.comments)


@pytest.fixture
async def demo(sqlite_url: str) -> Any:
    """The demo data on SQLite."""
    options = gql.EngineOptions(schema_translate_map=SCHEMA_TRANSLATE_MAP)
    database = gql.open_database(sqlite_url, options)
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await seed(database.write_engine)
    yield database
    await database.dispose()


def _documented(strategy: str) -> int:
    (count,) = re.findall(rf"\| {strategy} \| (\d+) \|", _PAGE.read_text())
    return int(count)


def _touch(session: orm.Session, option: Callable[[Any], Any]) -> None:
    """Read 50 posts with their relatives, as code written by hand would."""
    statement = sa.select(models.Post).order_by(models.Post.id).limit(50)
    for post in session.scalars(statement.options(*map(option, _RELATIONSHIPS))).unique():
        _ = post.author.username, [tag.name for tag in post.tags]
        _ = [comment.content for comment in post.comments]


@pytest.mark.parametrize(
    ("strategy", "option"),
    [
        pytest.param("lazy", orm.lazyload, id="lazy"),
        pytest.param("joined", orm.joinedload, id="joined"),
        pytest.param("selectin", orm.selectinload, id="selectin"),
        pytest.param("subquery", orm.subqueryload, id="subquery"),
    ],
)
async def test_loader_option(
    demo: gql.Database, strategy: str, option: Callable[[Any], Any]
) -> None:
    """Each loader option of the ORM sends as many statements as the page says."""
    sent: list[str] = []
    listener = lambda *arguments: sent.append(arguments[2])  # noqa: E731 - the engine ends with the test
    event.listen(demo.read_engine.sync_engine, "before_cursor_execute", listener)

    async with AsyncSession(demo.read_engine) as session:
        await session.run_sync(_touch, option)

    assert len(sent) == _documented(strategy)


async def test_rows(demo: gql.Database) -> None:
    """The rows path sends as many statements as the page says."""
    schema = gql.build_schema(Base, dialect="sqlite")
    sent: list[str] = []
    listener = lambda *arguments: sent.append(arguments[2])  # noqa: E731 - the engine ends with the test
    event.listen(demo.read_engine.sync_engine, "before_cursor_execute", listener)

    result = await schema.execute(_ASKED, context_value=gql.Context(demo))

    assert result.errors is None
    assert len(result.data["posts"]["nodes"]) == 50
    assert len(sent) == _documented("rows")
