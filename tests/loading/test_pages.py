"""What wild rows must not break."""

from typing import Any

import pytest
import sqlalchemy as sa

import gql_api as gql
from tests.fixtures.models import Author, Book, Sample, State
from tests.fixtures.schema import Api


async def _add(api: Api, *rows: Any) -> None:
    async with gql.unit_of_work(api.database) as unit:
        unit.session.add_all(rows)


@pytest.fixture
async def namesakes(written: Api) -> Api:
    """Three books with one title: each has two namesakes."""
    await _add(written, Author(id=1, pen_name="Ann"))
    await _add(written, *(Book(id=each, title="same", author_id=1) for each in (1, 2, 3)))
    return written


async def test_custom_to_one_with_many_rows(namesakes: Api):
    """A to-one relationship that the database does not keep to one row takes the first by key."""
    data = await namesakes.data("{ books { nodes { rowId namesake { rowId } } } }", count=2)

    assert [row["namesake"]["rowId"] for row in data["books"]["nodes"]] == [2, 1, 1]


@pytest.mark.parametrize(("direction", "found"), [("ASC", [2, 3, 1]), ("DESC", [1, 2, 3])])
async def test_order_by_custom_to_one(namesakes: Api, direction: str, found: list[int]):
    """The same row of several is the one to sort by."""
    data = await namesakes.data(
        f"{{ books(orderBy: [{{namesake: {{rowId: {direction}}}}}]) {{ nodes {{ rowId }} }} }}",
        count=1,
    )

    assert [row["rowId"] for row in data["books"]["nodes"]] == found


async def test_unknown_label(written: Api):
    """A stored value outside of an enumeration is null and an error; the list lives on."""
    if written.database.dialect.name != "sqlite":
        pytest.skip("The database itself refuses the value.")
    await _add(written, Sample(id=1), Sample(id=2, state=State.PLANNED))
    async with written.database.write_engine.begin() as connection:
        await connection.execute(sa.text("UPDATE sample SET state = 'LOST' WHERE id = 1"))

    answer = await written.run(
        "{ samples(orderBy: [{state: ASC}]) { edges { node { rowId state } } } }"
    )

    assert [edge["node"] for edge in answer.data["samples"]["edges"]] == [
        {"rowId": "1", "state": None},
        {"rowId": "2", "state": "PLANNED"},
    ]
    assert [error.message for error in answer.errors] == [
        "Enum 'State' cannot represent value: 'LOST'"
    ]


@pytest.mark.parametrize("text", ["NaN", "Infinity"])
async def test_number_without_form(written: Api, text: str):
    """NaN and infinity are null and an error; the list lives on."""
    if written.database.dialect.name != "postgresql":
        pytest.skip("The database has no such number.")
    await _add(written, Sample(id=1, ratio=float(text)), Sample(id=2, ratio=1.5))

    answer = await written.run("{ samples { nodes { rowId ratio } } }")

    assert answer.data == {
        "samples": {"nodes": [{"rowId": "1", "ratio": None}, {"rowId": "2", "ratio": 1.5}]}
    }
    assert len(answer.errors) == 1
    assert answer.errors[0].path == ["samples", "nodes", 0, "ratio"]
