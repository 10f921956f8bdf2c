"""Aggregates of lists: answers, conditions and orders."""

import decimal

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

import gql_api as gql
from tests.fixtures.models import Sample
from tests.fixtures.schema import Api


async def test_root(api: Api):
    """All functions and the total count are one statement over the filtered, unpaged list."""
    data = await api.data(
        """{ books(first: 1, where: {price: {isNull: false}}) {
          totalCount
          aggregate {
            count n: count
            countDistinct { title authorId }
            sum { rowId price }
            avg { rowId }
            min { title price }
            max { price }
            stddev { rowId }
          }
        } }""",
        count=1,
    )

    assert data["books"] == {
        "totalCount": 4,
        "aggregate": {
            "count": 4,
            "n": 4,
            "countDistinct": {"title": 4, "authorId": 3},
            "sum": {"rowId": "12", "price": "2.0000000003"},
            "avg": {"rowId": 3.0},
            "min": {"title": "100% wool", "price": "-2.5000000000"},
            "max": {"price": "2.5000000000"},
            "stddev": {"rowId": pytest.approx(1.8257418583505538, abs=1e-9)},
        },
    }


async def test_digits_of_sums(api: Api):
    """A sum of decimals has the digits of its column, on every database."""
    data = await api.data(
        "{ books(where: {rowId: {in: [4, 5]}}) { groups(by: [{field: ROW_ID}]) { aggregate { sum { price } } } } }",
        count=1,
    )

    sums = [each["aggregate"]["sum"]["price"] for each in data["books"]["groups"]]
    assert sums == ["-2.5000000000", "2.5000000000"]


async def test_nothing(api: Api):
    """Over no rows counts are 0 and all else is null."""
    data = await api.data(
        """{ books(where: {rowId: {in: []}}) { aggregate {
          count countDistinct { title } sum { rowId } avg { rowId } min { title } stddev { rowId }
        } } }""",
        count=1,
    )

    assert data["books"]["aggregate"] == {
        "count": 0,
        "countDistinct": {"title": 0},
        "sum": {"rowId": None},
        "avg": {"rowId": None},
        "min": {"title": None},
        "stddev": {"rowId": None},
    }


async def test_nested(api: Api):
    """Aggregates hold per parent, with one statement for all parents."""
    data = await api.data(
        """{ authors(orderBy: [{rowId: ASC}]) { nodes {
          penName written(first: 1) { totalCount aggregate { sum { rowId } } nodes { rowId } }
        } } }""",
        count=3,
    )

    assert [each["written"]["aggregate"]["sum"]["rowId"] for each in data["authors"]["nodes"]] == [
        "6",
        "4",
        "5",
        "6",
        None,
    ]
    assert [each["written"]["totalCount"] for each in data["authors"]["nodes"]] == [3, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param("{writtenAggregate: {sum: {rowId: {gte: 6}}}}", [1, 4], id="sum"),
        pytest.param("{writtenAggregate: {sum: {rowId: {isNull: true}}}}", [5], id="no rows"),
        pytest.param("{writtenAggregate: {countDistinct: {title: {eq: 3}}}}", [1], id="distinct"),
        pytest.param('{writtenAggregate: {min: {title: {startsWith: "a"}}}}', [2, 4], id="text"),
        pytest.param("{writtenAggregate: {avg: {rowId: {lt: 4}}}}", [1], id="average"),
        pytest.param("{not: {writtenAggregate: {max: {rowId: {gt: 4}}}}}", [1, 2], id="unknown"),
    ],
)
async def test_conditions(api: Api, where: str, expected: list[int]):
    """Parents are found by aggregates of their visible relatives; of no rows these are null."""
    data = await api.data(
        f"{{ authors(where: {where}, orderBy: [{{rowId: ASC}}]) {{ nodes {{ rowId }} }} }}", count=1
    )

    assert [each["rowId"] for each in data["authors"]["nodes"]] == expected


async def test_order_and_cursors(api: Api):
    """Parents are sorted by aggregates, nulls where asked, and walked by cursors."""
    found, cursor = [], None
    while True:
        data = await api.data(
            """query ($after: String) {
              authors(
                first: 2, after: $after,
                orderBy: [{writtenAggregate: {sum: {rowId: DESC_NULLS_LAST}}}]
              ) { pageInfo { hasNextPage endCursor } nodes { rowId } }
            }""",
            count=1,
            after=cursor,
        )
        found += [each["rowId"] for each in data["authors"]["nodes"]]
        if not data["authors"]["pageInfo"]["hasNextPage"]:
            break
        cursor = data["authors"]["pageInfo"]["endCursor"]

    assert found == [1, 4, 3, 2, 5]


async def test_policy(guarded: Api):
    """Rows outside of a policy count nowhere."""
    text = """{
      books { totalCount aggregate { count sum { rowId } } }
      authors(where: {writtenAggregate: {sum: {rowId: {gt: 0}}}}) { nodes {
        written { aggregate { count } nodes { rowId } }
      } }
    }"""
    data = (await guarded.run(text)).data

    shown = await guarded.run("{ books(first: 50) { nodes { rowId } } }")
    rows = [each["rowId"] for each in shown.data["books"]["nodes"]]
    assert data["books"]["aggregate"] == {"count": len(rows), "sum": {"rowId": str(sum(rows))}}
    for author in data["authors"]["nodes"]:
        written = author["written"]
        assert written["aggregate"]["count"] == len(written["nodes"]) > 0


async def test_null_operand(api: Api):
    """Null is refused with its place before anything is sent."""
    path = "authors.where.writtenAggregate.sum.rowId.gt"
    text = "{ authors(where: {writtenAggregate: {sum: {rowId: {gt: null}}}}) { totalCount } }"
    code, message, where = await api.refusal(text)

    assert (code, where) == ("BAD_USER_INPUT", path)
    assert message.startswith(f"{path} is null")


def test_switches(api: Api):
    """Without aggregates only counts of relatives stay; groups need aggregates."""
    config = gql.ApiConfig(has_aggregates=False, has_groups=False)
    types = api.of(config=config).schema.graphql_schema.type_map

    assert {"aggregate", "groups"}.isdisjoint(types["BookConnection"].fields)
    assert sorted(types["BookAggregateFilter"].fields) == ["count"]
    assert sorted(types["BookAggregateOrder"].fields) == ["count"]
    with pytest.raises(gql.ConfigurationError, match="has_aggregates is off"):
        gql.ApiConfig(has_aggregates=False)


class Cents(sa.types.TypeDecorator[decimal.Decimal]):
    """An amount that the database holds in other units."""

    impl = sa.Integer
    cache_ok = True

    def process_result_value(
        self, value: int | None, dialect: sa.Dialect
    ) -> decimal.Decimal | None:
        """Give units."""
        return None if value is None else decimal.Decimal(value) / 100


def test_own_types():
    """What the database would add is not what a type of the models' own gives: it has no sum."""

    class Base(orm.DeclarativeBase):
        pass

    class Invoice(Base):
        __tablename__ = "invoice"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        total: orm.Mapped[decimal.Decimal] = orm.mapped_column(Cents)

    types = gql.build_schema(Base).graphql_schema.type_map

    assert sorted(types["InvoiceSumAggregate"].fields) == ["rowId"]
    assert sorted(types["InvoiceAverageAggregate"].fields) == ["rowId"]


async def test_average_of_extremes(written: Api):
    """An average is a number where the squares of its numbers are none."""
    async with gql.unit_of_work(written.database) as unit:
        rows = [{"id": 1, "ratio": 1e300}, {"id": 2, "ratio": -1.5}]
        await unit.session.execute(sa.insert(Sample), rows)

    data = await written.data("{ samples { aggregate { avg { ratio } } } }", count=1)

    assert data["samples"]["aggregate"]["avg"]["ratio"] == pytest.approx(5e299)


async def test_beyond_doubles(written: Api):
    """A sum beyond what a double holds is an error that says so, not a defect."""
    async with gql.unit_of_work(written.database) as unit:
        rows = [{"id": 1, "ratio": 1.5e308}, {"id": 2, "ratio": 1.5e308}]
        await unit.session.execute(sa.insert(Sample), rows)

    answer = await written.run("{ samples { aggregate { sum { ratio } } } }")

    (error,) = answer.errors
    if written.database.dialect.name == "sqlite":  # which adds up to infinity
        assert answer.data == {"samples": {"aggregate": {"sum": {"ratio": None}}}}
        assert error.message == "Float cannot represent non numeric value: inf"
    else:
        assert error.message == "The database computed a number that is beyond its type."
        assert error.extensions["code"] == "UNREADABLE_VALUE"


async def test_exact_condition(written: Api):
    """A sum of 64-bit integers compares exactly, also where doubles are too coarse."""
    async with gql.unit_of_work(written.database) as unit:
        rows = [{"id": 1, "big": 2**60}, {"id": 2, "big": 1}]
        await unit.session.execute(sa.insert(Sample), rows)
    query = """
      query ($sum: Decimal!) {
        samples { groups(by: [{field: FLAG}], having: {sum: {big: {eq: $sum}}}) {
          aggregate { sum { big } }
        } }
      }
    """

    found = await written.data(query, sum=str(2**60 + 1), count=1)
    missed = await written.data(query, sum=str(2**60), count=1)

    assert found["samples"]["groups"] == [{"aggregate": {"sum": {"big": str(2**60 + 1)}}}]
    assert missed["samples"]["groups"] == []
