"""Stored values without a form, in columns that are not null."""

import decimal
import enum
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

import gql_api as gql
from tests.fixtures.schema import KINDS, Api, drop_test_database, open_test_database


class _Base(orm.DeclarativeBase):
    """The models of these tests."""


class Size(enum.Enum):
    """Two values."""

    SMALL = "s"
    LARGE = "l"


class Probe(_Base):
    """Columns that are not null, and hold anything that their database takes."""

    __tablename__ = "probe"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ratio: Mapped[float] = mapped_column(sa.Double)
    exact: Mapped[decimal.Decimal | None] = mapped_column(sa.Numeric(12, 2))
    loose: Mapped[Size] = mapped_column(sa.Enum(Size, native_enum=False))
    label: Mapped[str] = mapped_column(sa.Enum("a", "b", native_enum=False, name="label"))
    native: Mapped[Size] = mapped_column(sa.Enum(Size, name="native"))
    checked: Mapped[Size] = mapped_column(
        sa.Enum(Size, native_enum=False, create_constraint=True, name="checked")
    )


@pytest.fixture(scope="module", params=KINDS)
async def probes(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_postgres_database: Callable[[], str],
) -> AsyncIterator[Api]:
    """Rows with unknown labels, NaN and infinity where the database has them."""
    folder = tmp_path_factory.mktemp("probes")
    database = await open_test_database(request.param, make_postgres_database, folder)
    name = database.dialect.name
    odd = {"postgresql": "'NaN'", "sqlite": "9e999", "mysql": "3"}[name]
    least = {"postgresql": "'-Infinity'", "sqlite": "-9e999", "mysql": "0"}[name]
    rest = {"postgresql": "'NaN'", "sqlite": "9e999", "mysql": "NULL"}[name]
    rows = (
        f"(1, 1.5, 1.25, 'SMALL', 'a', 'SMALL', 'SMALL'),"
        f"(2, {odd}, {rest}, 'LOST', 'z', 'SMALL', 'SMALL'),"
        f"(3, {least}, 2, 'LARGE', 'b', 'SMALL', 'SMALL')"
    )
    async with database.write_engine.begin() as connection:
        await connection.run_sync(_Base.metadata.create_all)
        await connection.exec_driver_sql(f"INSERT INTO probe VALUES {rows}")
    yield Api(database, gql.build_schema(_Base, dialect=name))
    await drop_test_database(database)


async def test_list_lives_on(probes: Api):
    """What has no form is null and an error at its field, and breaks nothing else."""
    answer = await probes.run("{ probes { nodes { rowId ratio exact loose label native } } }")

    nodes = answer.data["probes"]["nodes"]
    holds_odd = probes.database.dialect.has_infinity
    assert [row["loose"] for row in nodes] == ["SMALL", None, "LARGE"]
    assert [row["label"] for row in nodes] == ["A", None, "B"]
    assert [row["native"] for row in nodes] == ["SMALL"] * 3
    assert [row["ratio"] for row in nodes] == [1.5, None, None] if holds_odd else [1.5, 3.0, 0.0]
    assert [row["exact"] for row in nodes] == ["1.25", None, "2.00"]
    paths = [tuple(error.path[2:]) for error in answer.errors]
    odd = [(1, "ratio"), (1, "exact"), (2, "ratio")] if holds_odd else []
    assert sorted(paths) == sorted([(1, "loose"), (1, "label"), *odd])


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("column", ["ratio", "exact", "loose", "label"])
async def test_walk(probes: Api, column: str, direction: str):
    """Cursors hold what has no form: each row is seen once, in both directions."""
    order = f"orderBy: [{{{column}: {direction}}}]"
    data = await probes.data(f"{{ probes({order}) {{ nodes {{ rowId }} }} }}", count=1)
    whole = [row["rowId"] for row in data["probes"]["nodes"]]

    for size, start, side in (("first", "after", "end"), ("last", "before", "start")):
        seen: list[int] = []
        cursor = None
        for _ in whole:
            data = await probes.data(
                f"query($c: String) {{ probes({order}, {size}: 1, {start}: $c)"
                f" {{ nodes {{ rowId }} pageInfo {{ cursor: {side}Cursor }} }} }}",
                c=cursor,
                count=1,
            )
            seen += [row["rowId"] for row in data["probes"]["nodes"]]
            cursor = data["probes"]["pageInfo"]["cursor"]
        assert seen == (whole if size == "first" else whole[::-1])


@pytest.mark.parametrize(
    ("dialect", "nullable"),
    [
        ("postgresql", {"ratio", "exact", "loose", "label"}),
        ("sqlite", {"ratio", "exact", "loose", "label", "native"}),
        ("mysql", {"exact", "loose", "label"}),
    ],
)
def test_nullability(dialect: str, nullable: set[str]):
    """A column is nullable in answers where the database may hold what has no form."""
    types: Any = gql.build_schema(_Base, dialect=dialect).graphql_schema.type_map

    fields = types["Probe"].fields
    assert {name for name, each in fields.items() if not str(each.type).endswith("!")} == nullable


def test_declared_non_null():
    """A declared type says that its values have a form."""

    @gql.type(Probe)
    class Declared:
        ratio: gql.auto = gql.field(non_null=True)
        loose: gql.auto

    types: Any = gql.build_schema(_Base, types=[Declared]).graphql_schema.type_map

    assert str(types["Probe"].fields["ratio"].type) == "Float!"
    assert str(types["Probe"].fields["loose"].type) == "Size"
