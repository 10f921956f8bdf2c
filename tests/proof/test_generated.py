"""Generated operations over generated rows give what the naive reference gives."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, note
from hypothesis import strategies as st

import gql_api as gql
from tests.fixtures.schema import ROOMY
from tests.proof import generation, models
from tests.proof.reference import RELATIONS, AskedList, World, answer_list, holds, sort_rows, wire

_OPERATIONS = 4
_ENTITIES = {
    "Author": models.Author,
    "Book": models.Book,
    "Tag": models.Tag,
    "Note": models.Note,
}


class Bench:
    """One database with the schema over it, with and without the policy."""

    def __init__(self, database: gql.Database) -> None:
        dialect = database.dialect.name
        self.database = database
        self.open = gql.build_schema(models.Base, dialect=dialect, config=ROOMY)
        self.guarded = gql.build_schema(
            models.Base, dialect=dialect, policies=[models.DraftPolicy()], config=ROOMY
        )

    async def fill(self, world: World) -> None:
        """Replace all rows."""
        async with self.database.write_engine.begin() as connection:
            # parents stand below their children, so that trees go in one statement each
            await connection.execute(sa.update(models.Book).values(parent_id=None))
            for table in reversed(models.Base.metadata.sorted_tables):
                await connection.execute(sa.delete(table))
            for name in ("Author", "Book", "Tag", "Note"):
                for row in world.tables[name]:
                    await connection.execute(sa.insert(_ENTITIES[name]).values(_attributes(row)))
            for book, tag in sorted(world.links):
                link = sa.insert(models.book_tag).values(book_id=book, tag_id=tag)
                await connection.execute(link)

    async def ask(self, world: World, document: str) -> Any:
        """Run an operation as the looker of a world."""
        schema = self.guarded if world.has_policy else self.open
        context = gql.Context(self.database, gql.Subject(world.user_id))
        result = await schema.execute(document, context_value=context)
        assert result.errors is None, (document, result.errors)
        return result.data


def _attributes(row: dict[str, Any]) -> dict[str, Any]:
    names = {"rowId": "id", "printedAt": "printed_at", "isDraft": "is_draft"}
    names |= {"authorId": "author_id", "editorId": "editor_id", "parentId": "parent_id"}
    names |= {"bookId": "book_id"}
    return {names.get(name, name): value for name, value in row.items()}


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
async def bench(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Bench]:
    """A database of each kind."""
    path: Path = tmp_path_factory.mktemp("proof") / "proof.db"
    make: Callable[[], str] = request.getfixturevalue("make_postgres_database")
    url = make() if request.param == "postgresql" else f"sqlite:///{path}"
    database = gql.open_database(url)
    async with database.write_engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.create_all)
    yield Bench(database)
    await database.dispose()


@given(data=st.data())
async def test_lists(bench: Bench, data: st.DataObject) -> None:
    """Lists of any shape: conditions, orders, pages, counts, nested to any depth."""
    world = data.draw(generation.worlds())
    await bench.fill(world)

    for _ in range(_OPERATIONS):
        asked = data.draw(generation.lists())
        root = generation.ROOTS[asked.entity]
        document = f"{{ {generation.list_text(root, asked)} }}"
        note(document)

        answer = await bench.ask(world, document)

        assert answer[root] == answer_list(world, asked, world.visible(asked.entity))


@given(data=st.data())
async def test_quantifiers(bench: Bench, data: st.DataObject) -> None:
    """Some, every and none of the relatives, where comparisons with them are unknown."""
    world = data.draw(generation.worlds())
    await bench.fill(world)

    for _ in range(2 * _OPERATIONS):
        asked = data.draw(generation.quantified())
        root = generation.ROOTS[asked.entity]
        document = f"{{ {generation.list_text(root, asked)} }}"
        note(document)

        answer = await bench.ask(world, document)

        assert answer[root] == answer_list(world, asked, world.visible(asked.entity))


@given(data=st.data())
async def test_walks(bench: Bench, data: st.DataObject) -> None:
    """A walk by cursors, forwards and backwards, meets every row exactly once."""
    world = data.draw(generation.worlds())
    await bench.fill(world)
    entity = data.draw(st.sampled_from(list(generation.ROOTS)))
    asked = AskedList(
        entity,
        where=data.draw(st.just(("and", [])) | generation.conditions(entity)),
        order=data.draw(generation.orders(entity, min_size=1)),
        columns=list(generation.COLUMNS[entity]),
    )
    size = data.draw(st.integers(1, 3))

    matching = [
        row for row in world.visible(entity) if holds(world, entity, asked.where, row) is True
    ]
    expected = [
        {name: wire(row[name]) for name in asked.columns}
        for row in sort_rows(world, entity, asked.order, matching)
    ]
    assert await _walk(bench, world, asked, size, "forward") == expected
    assert await _walk(bench, world, asked, size, "backward") == expected


async def _walk(bench: Bench, world: World, asked: AskedList, size: int, way: str) -> list[Any]:
    is_forward = way == "forward"
    count, place = ("first", "after") if is_forward else ("last", "before")
    more, edge = ("hasNextPage", "endCursor") if is_forward else ("hasPreviousPage", "startCursor")
    other = "hasPreviousPage" if is_forward else "hasNextPage"
    root = generation.ROOTS[asked.entity]
    where, order = generation.condition_text(asked.where), generation.order_text(asked.order)
    met: list[Any] = []
    cursor = ""
    while True:
        document = (
            f"{{ page: {root}(where: {where}, orderBy: {order}, {count}: {size}{cursor}) {{ "
            "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } "
            f"edges {{ cursor node {{ {' '.join(asked.columns)} }} }} }} }}"
        )
        note(document)
        page = (await bench.ask(world, document))["page"]
        rows = [each["node"] for each in page["edges"]]
        assert len(rows) <= size
        assert page["pageInfo"][other] is bool(met)
        met = [*met, *rows] if is_forward else [*rows, *met]
        if not page["pageInfo"][more]:
            return met
        assert len(rows) == size
        cursor = f', {place}: "{page["pageInfo"][edge]}"'


@given(data=st.data())
async def test_nodes(bench: Bench, data: st.DataObject) -> None:
    """Rows by id: the visible ones, in the order of the ids, null for the others."""
    world = data.draw(generation.worlds())
    await bench.fill(world)
    everybody = World(world.tables, world.links)
    books = (await bench.ask(everybody, "{ books(first: 100) { nodes { id rowId } } }"))["books"]
    ids = {each["rowId"]: each["id"] for each in books["nodes"]}
    wanted = data.draw(st.lists(st.sampled_from(sorted(ids)), max_size=8)) if ids else []

    document = "{{ nodes(ids: {}) {{ id ... on Book {{ rowId title }} }} }}"
    text = document.format(generation.literal([ids[key] for key in wanted]))
    answer = await bench.ask(world, text)

    visible = {row["rowId"]: row for row in world.visible("Book")}
    assert answer["nodes"] == [
        {"id": ids[key], "rowId": key, "title": visible[key]["title"]} if key in visible else None
        for key in wanted
    ]


def test_reference_knows_every_relationship() -> None:
    """The reference and the schema name the same relationships."""
    table = gql.build_schema(models.Base).table

    assert {
        entity.name: {each.name for each in entity.relationships.values()}
        for entity in table.registry
    } == {name: set(relations) for name, relations in RELATIONS.items()}
