"""Generated operations over generated rows give what the naive reference gives."""

import random
from typing import Any

from hypothesis import given, note
from hypothesis import strategies as st

import gql_api as gql
from tests.proof import generation
from tests.proof.asking import AskedList
from tests.proof.description import Table
from tests.proof.paths import first_difference
from tests.proof.reference import Row, World, answer_list, answer_row
from tests.proof.rights import refuses_columns, refuses_list, refuses_row
from tests.proof.service import DEFAULT_SIZE, Service, show
from tests.proof.values import wire_as
from tests.proof.writing import Writer

_OPERATIONS = 6


async def enter(service: Service, data: st.DataObject) -> World:
    """Draw a world and fill the tables with it."""
    world = data.draw(generation.worlds(service.models))
    await service.fill(world)
    await service.learn_ids(world)
    return world


def make_writer(service: Service, data: st.DataObject) -> Writer:
    """Draw a style."""
    seed = data.draw(st.integers(0, 2**16))
    return Writer(service.models, service.identify, random.Random(seed))  # noqa: S311


@given(data=st.data())
async def test_lists(service: Service, data: st.DataObject) -> None:
    """Lists of any shape: conditions, orders, pages, counts, nested to any depth."""
    world = await enter(service, data)

    for _ in range(_OPERATIONS):
        name = data.draw(st.sampled_from([table.name for table in service.models.tables]))
        asked = data.draw(generation.lists(world, name))
        await _compare_list(service, world, asked, make_writer(service, data))


@given(data=st.data())
async def test_quantifiers(service: Service, data: st.DataObject) -> None:
    """Some, every and none of the relatives, where comparisons with them are unknown."""
    world = await enter(service, data)

    for _ in range(_OPERATIONS):
        asked = data.draw(generation.quantified(world))
        await _compare_list(service, world, asked, make_writer(service, data))


@given(data=st.data())
async def test_texts(service: Service, data: st.DataObject) -> None:
    """Patterns and parts of texts, with and without case."""
    world = await enter(service, data)

    for _ in range(_OPERATIONS):
        asked = data.draw(generation.matched(world))
        await _compare_list(service, world, asked, make_writer(service, data))


@given(data=st.data())
async def test_kept(service: Service, data: st.DataObject) -> None:
    """Documents, arrays and words: conditions, values at paths and ranks."""
    world = await enter(service, data)

    for _ in range(_OPERATIONS):
        asked = data.draw(generation.kept(world))
        await _compare_list(service, world, asked, make_writer(service, data))


@given(data=st.data())
async def test_relatives(service: Service, data: st.DataObject) -> None:
    """Functions of the values of relatives, as conditions and as orders."""
    world = await enter(service, data)

    for _ in range(_OPERATIONS):
        asked = data.draw(generation.totalled(world))
        await _compare_list(service, world, asked, make_writer(service, data))


async def _compare_list(service: Service, world: World, asked: AskedList, writer: Writer) -> None:
    await service.place(world, asked)
    root = service.models.table[asked.table].root
    selection = writer.list_field(root, asked, "answer")
    note(show(writer.document([selection]), writer.variables))
    if refuses_list(world, asked):
        await service.expect_refusal(world, writer.document([selection]), writer.variables)
        return

    answer = await service.run(world, writer, [selection])

    expected = answer_list(world, asked, world.visible(asked.table), DEFAULT_SIZE)
    difference = first_difference(answer, {"answer": expected})
    shown = show(writer.document([selection]), writer.variables)
    assert difference is None, f"DIFFERENCE {difference} in {shown}"


@given(data=st.data())
async def test_rows(service: Service, data: st.DataObject) -> None:
    """Rows by global id and by key: the visible ones, in the order asked for, null for others."""
    world = await enter(service, data)

    for _ in range(_OPERATIONS):
        table = data.draw(st.sampled_from(service.models.tables))
        known = world.tables[table.name]
        wanted = data.draw(st.lists(st.sampled_from(known), max_size=4)) if known else []
        asked = data.draw(generation.asked_rows(world, table.name, 1))
        await service.place(world, asked)
        writer = make_writer(service, data)
        inside = writer.row(asked)
        ids = [service.identify(table.name, world.key(table.name, row)) for row in wanted]
        many = writer.argument(ids, "[ID!]!")
        selections = [f"many: nodes(ids: {many}) {{ ... on {table.name} {{ id {inside} }} }}"]
        if wanted:
            one = writer.argument(ids[0], "ID!")
            selections += [
                f"one: {table.single}(id: {one}) {{ id {inside} }}",
                f"node(id: {one}) {{ ... on {table.name} {{ id {inside} }} }}",
            ]
            by = await _choose_key(service, world, data, table, wanted[0])
            key = writer.argument(_key(table, by, wanted[0]), f"{table.name}Key!")
            selections.append(f"by: {table.single}By(key: {key}) {{ id {inside} }}")
        note(show(writer.document(selections), writer.variables))
        if wanted and refuses_row(world, asked):
            await service.expect_refusal(world, writer.document(selections), writer.variables)
            continue

        answer = await service.run(world, writer, selections)

        visible = world.visible(table.name)
        expected = [
            {"id": id_, **answer_row(world, asked, row, DEFAULT_SIZE)} if row in visible else None
            for id_, row in zip(ids, wanted, strict=True)
        ]
        found: dict[str, Any] = {"many": expected}
        if wanted:
            found |= dict.fromkeys(("one", "node", "by"), expected[0])
        difference = first_difference(answer, found)
        assert difference is None, f"DIFFERENCE {difference}"


async def _choose_key(
    service: Service, world: World, data: st.DataObject, table: Table, row: Row
) -> tuple[str, ...]:
    """Draw the columns of a key that a row has; one that the looker may not read finds nothing."""
    unique = [each for each in table.unique if row[each] is not None]
    chosen = data.draw(st.sampled_from([table.key, *((each,) for each in unique)]))
    if not refuses_columns(world, table.name, chosen):
        return chosen
    writer = make_writer(service, data)
    key = writer.argument(_key(table, chosen, row), f"{table.name}Key!")
    document = writer.document([f"{table.single}By(key: {key}) {{ id }}"])
    await service.expect_refusal(world, document, writer.variables)
    return table.key


def _key(table: Table, chosen: tuple[str, ...], row: Row) -> dict[str, Any]:
    """Name a row by a key."""
    values = {each: wire_as(table.by_name[each].kind, row[each]) for each in chosen}
    if len(chosen) == 1:
        return values
    head, *rest = chosen
    return {head + "".join(each[0].upper() + each[1:] for each in rest): values}


def test_reference_knows_every_relationship(service: Service) -> None:
    """The reference and the schema name the same relationships and columns."""
    registry = gql.build_schema(service.mapping.base).table.registry

    assert {
        entity.name: (
            {each.name for each in entity.columns.values()},
            {each.name for each in entity.relationships.values()},
        )
        for entity in registry
    } == {table.name: (set(table.by_name), set(table.relation)) for table in service.models.tables}
