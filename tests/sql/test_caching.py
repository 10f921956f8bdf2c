"""Statements are built once per plan."""

from typing import Any

import pytest
import sqlalchemy as sa

from gql_api.sql.caching import StatementCache
from tests.fixtures.schema import Api


def test_same_key():
    """A key is built once."""
    cache = StatementCache()
    first = cache.find("a", lambda: sa.select(sa.literal(1)))

    assert cache.find("a", lambda: sa.select(sa.literal(2))) is first


def test_bound():
    """The statement that was not used for longest is forgotten."""
    cache = StatementCache(max_statements=2)
    first = cache.find("a", lambda: sa.select(sa.literal(1)))
    cache.find("b", lambda: sa.select(sa.literal(2)))
    cache.find("a", lambda: sa.select(sa.literal(3)))
    cache.find("c", lambda: sa.select(sa.literal(4)))

    assert len(cache) == 2
    assert cache.find("a", lambda: sa.select(sa.literal(5))) is first


_BOOKS = """query ($least: Int!, $first: Int) {
  books(where: {rowId: {gt: $least}}, first: $first) {
    totalCount nodes { title author { penName } tags(first: 2) { nodes { label } } }
  }
}"""


@pytest.mark.parametrize("least", [0, 2])
async def test_warm_operation(api: Api, least: int, monkeypatch: pytest.MonkeyPatch):
    """An operation of a known shape builds no statement, whatever its values."""
    built: list[sa.Select[Any]] = []
    build = sa.Select.__init__

    def count(statement: sa.Select[Any], *parts: Any, **options: Any) -> None:
        built.append(statement)
        build(statement, *parts, **options)

    monkeypatch.setattr(sa.Select, "__init__", count)
    fresh = api.of()
    await fresh.data(_BOOKS, least=1, first=3, count=4)
    assert built
    built.clear()

    await fresh.data(_BOOKS, least=least, first=2, count=4)

    assert not built
