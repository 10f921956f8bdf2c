"""``docs/transactions.md`` says what happens."""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

import gql_api as gql

_PAGE = (Path(__file__).parents[2] / "docs" / "transactions.md").read_text()
_TAKE = "mutation($n: Int!) { take(productId: 1, amount: $n) { product { stock } errors { message path } } }"


class Base(orm.DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "product"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    stock: orm.Mapped[int]


@pytest.fixture
def scope(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of the examples, run in order as a module."""
    module = ModuleType("transactions_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    scope: dict[str, Any] = vars(module)
    scope.update({"Base": Base, "Product": Product, "shipments": []})
    for source in re.findall(r"```python\n(.*?)```", _PAGE, re.DOTALL):
        exec(source, scope)  # noqa: S102 - the page is ours
    return scope


async def test_examples(scope: dict[str, Any], postgres: gql.Database):
    """The mutation of the page takes and refuses, tells after the commit, and keeps its answers."""
    async with postgres.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(sa.insert(Product).values(id=1, stock=5))
    answers = [
        await scope["schema"].execute(
            _TAKE,
            {"n": amount},
            gql.Context(postgres),
            operation_extensions={"idempotencyKey": key},
        )
        for amount, key in ((3, "a"), (3, "a"), (3, "b"), (2, "b"))
    ]

    taken, refused = answers[0].data["take"], answers[2].data["take"]
    assert [each.errors for each in answers] == [None] * 4
    assert taken == answers[1].data["take"] == {"product": {"stock": 2}, "errors": []}
    assert refused["errors"] == [{"message": "There are only 2.", "path": ["amount"]}]
    assert answers[3].data["take"]["product"] == {"stock": 0}
    assert scope["shipments"] == [1, 1]


def test_defaults():
    """The numbers of the page are the defaults."""
    config = gql.ApiConfig()

    assert f"max_attempts={config.max_attempts}" in _PAGE
    assert f"idempotency_lifetime_s={config.idempotency_lifetime_s:_}" in _PAGE


@pytest.mark.parametrize(
    "code",
    ["ROLLED_BACK", "NOT_RUN", "CONFLICT", "IDEMPOTENCY_KEY_REUSED", "IDEMPOTENCY_UNAVAILABLE"],
)
def test_codes(code: str):
    """Each code of the page is that of an error."""

    def codes(error: type[gql.ApiError]) -> set[str]:
        return {error.code}.union(*map(codes, error.__subclasses__()))

    assert f"`{code}`" in _PAGE
    assert code in codes(gql.ApiError)
