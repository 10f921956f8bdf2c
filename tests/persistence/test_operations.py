"""Operations: new values computed from what a locked row holds, so that no change is lost."""

import asyncio
import decimal
from typing import Any

import pytest

from gql_api.errors import ValidationError
from gql_api.mapping.descriptors import Column, ValueType
from gql_api.mapping.values import ScalarKind
from gql_api.persistence.operations import compute_value
from gql_api.persistence.relatives import PlacedUpdate
from gql_api.persistence.rows import update_instances, update_row
from gql_api.persistence.sets import RowSet, update_set
from gql_api.plan import filters
from gql_api.plan.changes import KeyValue, Operation, Operator, UpdateRow
from tests.persistence.conftest import Writes
from tests.persistence.models import Article, Author

KEY = KeyValue(("id",), (901,))


def column(kind: ScalarKind, dimensions: int = 0) -> Column:
    """Make a column."""
    return Column("x", "x", ValueType(kind, dimensions=dimensions), is_nullable=True)


def increment(**amounts: int) -> UpdateRow:
    """Make a change of an article."""
    operations = {key: Operation(Operator.INCREMENT, each) for key, each in amounts.items()}
    return UpdateRow("Article", KEY, {}, operations=operations)


async def add_article(writes: Writes) -> None:
    """Insert an article that was viewed 7 times, and never rated."""
    await writes.add(Author(id=901, username="ada"))
    await writes.add(Article(id=901, title="T", author_id=901))


@pytest.mark.parametrize(
    ("current", "operand", "value"),
    [(1, 2, 3), (None, 2, 2), (5, -7, -2), (0, 0, 0)],
)
def test_increment(current: Any, operand: int, value: int):
    """A number is added; null counts as 0."""
    operation = Operation(Operator.INCREMENT, operand)

    assert compute_value(operation, current, column(ScalarKind.INT)) == value


@pytest.mark.parametrize("current", [decimal.Decimal("0.1"), 0.1])
def test_increment_decimal(current: Any):
    """Decimals are added exactly, whatever the database gives."""
    operation = Operation(Operator.INCREMENT, decimal.Decimal("0.2"))

    found = compute_value(operation, current, column(ScalarKind.DECIMAL))

    assert found == decimal.Decimal("0.3")


@pytest.mark.parametrize(
    ("current", "operand", "value"),
    [(["a"], ["b", None], ["a", "b", None]), (None, ["b"], ["b"]), (["a"], [], ["a"])],
)
def test_append(current: Any, operand: Any, value: Any):
    """Items are added at the end; null counts as an empty list."""
    operation = Operation(Operator.APPEND, operand)

    assert compute_value(operation, current, column(ScalarKind.STRING, 1)) == value


@pytest.mark.parametrize(
    ("current", "patch", "value"),
    [
        # the examples of RFC 7396, Appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        (None, {"a": 1}, {"a": 1}),
    ],
)
def test_merge(current: Any, patch: Any, value: Any):
    """Documents are merged as the standard says."""
    operation = Operation(Operator.MERGE, patch)

    assert compute_value(operation, current, column(ScalarKind.JSON)) == value


async def test_row(writes: Writes):
    """A row is locked, then changed by what it holds."""
    await add_article(writes)

    with writes.statements() as sent:
        await update_row(increment(views=3, rating=4), writes())

    assert sent == ["SELECT", "UPDATE"]
    assert await writes.value(Article.views) == 10
    assert await writes.value(Article.rating) == 4


async def test_document(writes: Writes):
    """A document is merged into the one that the row holds."""
    await add_article(writes)
    for patch in ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}):
        operations = {"extra": Operation(Operator.MERGE, patch)}
        await update_row(UpdateRow("Article", KEY, {}, operations=operations), writes())

    assert await writes.value(Article.extra) == {"a": {"c": 2}}


async def test_rule(writes: Writes):
    """A sum that breaks a rule of its column is refused."""
    await add_article(writes)

    with pytest.raises(ValidationError) as caught:
        await update_row(increment(views=-8), writes())

    assert (caught.value.message, caught.value.path) == (
        "views must be at least 0; got -1.",
        ("input", "increment", "views"),
    )


async def test_range(writes: Writes):
    """A sum that does not fit is refused."""
    await add_article(writes)
    await update_row(increment(rating=1), writes())

    with pytest.raises(ValidationError) as caught:
        await update_row(increment(rating=2**31 - 1), writes())

    assert (caught.value.message, caught.value.path) == (
        "rating is out of range.",
        ("input", "increment", "rating"),
    )


async def test_set(writes: Writes):
    """All rows of a set change in one statement where the database can add."""
    await add_article(writes)
    await writes.add(Article(id=902, title="T", author_id=901, rating=2))
    rows = RowSet("Article", filters.Compare("title", filters.Operator.EQ, 0), ("T",), 2)

    with writes.statements() as sent:
        await update_set(rows, increment(rating=1), writes())

    if writes.database.dialect.name != "sqlite":
        assert sent == ["SELECT", "UPDATE"]
    assert await writes.count(Article, Article.rating == 1) == 1
    assert await writes.count(Article, Article.rating == 3) == 1


async def test_at_the_same_time(writes: Writes):
    """Of increments at the same time none is lost."""
    if writes.database.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    await add_article(writes)
    await writes.session.commit()

    async def add() -> None:
        async with writes.database.session() as session:
            await update_row(increment(views=1), writes(session=session))
            await session.commit()

    try:
        await asyncio.gather(*(add() for _ in range(12)))
        await writes.session.rollback()

        assert await writes.value(Article.views) == 19
    finally:
        await writes.session.rollback()
        await writes.session.execute(Article.__table__.delete())
        await writes.session.execute(Author.__table__.delete())
        await writes.session.commit()


async def test_row_twice(writes: Writes):
    """Two changes of one row are made one after the other, and both count."""
    await add_article(writes)
    placed = [
        PlacedUpdate(increment(views=2), ("items", str(at), "input"), ("items", str(at), "id"))
        for at in range(2)
    ]

    await update_instances(placed, writes())

    assert await writes.value(Article.views) == 11
