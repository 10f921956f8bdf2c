"""Computed fields without the executor."""

from collections.abc import Sequence
from typing import Any

import pytest
import strawberry

import gql_api as gql
from gql_api.errors import NoPlainFormError, SchemaBuildError
from tests.fixtures import models
from tests.fixtures.json_path import check_wire, load_planned_wire, plan_of
from tests.fixtures.schema import Api

CALLS: list[Any] = []
"""What was called, in order."""


@strawberry.input
class Style:
    """How a text is written."""

    mark: str = "!"
    is_loud: bool = False


@gql.type(models.Book, all_fields=True)
class Book:
    """Books with computed fields of every kind."""

    @gql.computed(depends_on=[models.Book.title])
    def short(self: Any, length: int = 3, style: Style | None = None) -> str:
        """The beginning of the title."""
        CALLS.append("short")
        text = str(self.title)[:length] + (style.mark if style else "")
        return text.upper() if style and style.is_loud else text

    @gql.computed(depends_on=[models.Book.title])
    def parts(self: Any) -> list[str | None] | None:
        """Words; none for a title of one."""
        words = self.title.split()
        return [*words, None] if len(words) > 1 else None

    @gql.computed(depends_on=[models.Book.price])
    def doubled(self: Any) -> float:
        """Twice the price, where there is one."""
        return float(self.price) * 2 if self.price is not None else None  # type: ignore[return-value]  # as wild code does

    @gql.computed(depends_on=[models.Book.id], batch=True)
    @staticmethod
    async def places(rows: "list[Book]", start: int = 0) -> list[int]:
        """Place of each row in its batch."""
        CALLS.append(("places", len(rows)))
        return [start + at for at, _ in enumerate(rows)]

    @gql.computed(depends_on=[models.Book.id], batch=True)
    @staticmethod
    def keys(rows: Sequence[Any]) -> list[str]:
        """Own key of each row."""
        return [f"k{row.id}" for row in rows]

    @gql.computed(depends_on=[models.Book.id], batch=True)
    @staticmethod
    def missing(rows: Sequence[Any]) -> list[int]:
        """One value too few."""
        return [0 for _ in rows[1:]]

    @gql.computed(depends_on=[models.Book.title])
    async def slow(self: Any) -> str:
        """Awaited row by row."""
        return str(self.title)

    @gql.computed(depends_on=[models.Book.title])
    def informed(self: Any, info: gql.Info) -> str:
        """Asks the executor."""
        return str(info.path.key)


@pytest.fixture(scope="module")
def computed(api: Api) -> Api:
    """The test models, books with computed fields."""
    return api.of(types=[Book])


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    CALLS.clear()


@pytest.mark.parametrize(
    "fields",
    [
        "short",
        "a: short(length: 1) title b: short(style: {isLoud: true}) __typename",
        'short(length: 2, style: {mark: "?"}) id',
        "parts keys",
        "places later: places(start: 5)",
        "author { written { nodes { short keys } } }",
    ],
)
async def test_answers(computed: Api, fields: str):
    """Computed fields answer as with the executor, at every level."""
    await check_wire(computed, f"{{ books {{ nodes {{ {fields} }} }} }}")


async def test_calls(computed: Api):
    """A method is called once per row, a batch once per level, whatever its name."""
    text = "query ($n: Int!) { books { nodes { short(length: $n) places author { penName } } } }"
    planned = await plan_of(computed, text, gql.ANONYMOUS, n=2)
    CALLS.clear()

    with computed.statements() as sent:
        await load_planned_wire(computed, planned)

    assert CALLS[:6] == ["short"] * 6
    assert CALLS[6:] == [("places", 6)]
    assert len(sent) == 2


async def test_batch_in_executor(computed: Api):
    """The executor passes all rows of a level to a batch too."""
    data = await computed.data("{ books(first: 3) { nodes { places(start: 1) slow } } }", count=1)

    assert [row["places"] for row in data["books"]["nodes"]] == [1, 2, 3]
    assert CALLS == [("places", 3)]


async def test_batch_of_instances(api: Api):
    """Rows that a resolver returned are passed to a batch together."""

    class Queries:
        @strawberry.field
        async def every_book(self, info: gql.Info) -> list[Book]:
            return [await info.context.load(models.Book, key) for key in (2, 1)]  # type: ignore[misc]  # an instance of the model

    found = await api.of(types=[Book], queries=[Queries]).run("{ everyBook { keys places } }")

    assert found.errors == ()
    assert found.data["everyBook"] == [
        {"keys": "k2", "places": 0},
        {"keys": "k1", "places": 1},
    ]
    assert CALLS == [("places", 2)]


@pytest.mark.parametrize("field", ["doubled", "missing"])
async def test_failures(computed: Api, field: str):
    """A value of another type, or none, is left to the executor, which names the path."""
    planned = await plan_of(computed, f"{{ books {{ nodes {{ {field} }} }} }}", gql.ANONYMOUS)

    with pytest.raises(NoPlainFormError):
        await load_planned_wire(computed, planned)

    answer = await computed.run(f"{{ books {{ nodes {{ {field} }} }} }}")
    assert answer.errors[0].path[:3] == ["books", "nodes", 2 if field == "doubled" else 0]


@pytest.mark.parametrize("field", ["slow", "informed"])
async def test_left_to_executor(computed: Api, field: str):
    """A method that awaits alone, or asks for the info, is not computed apart."""
    planned = await plan_of(computed, f"{{ books {{ nodes {{ {field} }} }} }}", gql.ANONYMOUS)

    with pytest.raises(NoPlainFormError):
        await load_planned_wire(computed, planned)


def test_no_list():
    """A batch that is not annotated to return a list is refused."""
    with pytest.raises(SchemaBuildError) as caught:

        @gql.computed(depends_on=[], batch=True)
        def broken(rows: Any) -> str:
            return str(rows)

    assert "it must take rows and return a list" in str(caught.value)
    assert "-> list[...]" in str(caught.value)
