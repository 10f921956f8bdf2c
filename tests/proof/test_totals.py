"""Aggregates and groups of generated lists, at the root and per parent."""

from dataclasses import replace
from functools import partial

from hypothesis import given, note
from hypothesis import strategies as st

from tests.proof import generation
from tests.proof.asking import AskedList, AskedRow
from tests.proof.description import Relation
from tests.proof.reference import Row, World, answer_row, holds, sort_rows
from tests.proof.rights import refuses_columns, refuses_list
from tests.proof.service import DEFAULT_SIZE, Service, literal_order, show
from tests.proof.test_generated import enter, make_writer
from tests.proof.totals import AskedTotals, Offered, answer_totals, is_alike, totals, totals_text

_OPERATIONS = 6
_FUNCTIONS = {
    "countDistinct": "CountDistinctAggregate",
    "sum": "SumAggregate",
    "avg": "AverageAggregate",
    "stddev": "AverageAggregate",
    "min": "RangeAggregate",
    "max": "RangeAggregate",
}


def _offered(service: Service, name: str) -> Offered:
    """Read from the schema which columns each function takes."""
    types = service.open._schema.type_map
    offered = {
        function: set(types[f"{name}{suffix}"].fields)
        for function, suffix in _FUNCTIONS.items()
        if function in types[f"{name}Aggregate"].fields
    }
    columns = service.models.table[name].by_name
    spelled = {column: column.replace("_", "").lower() for column in columns}
    fields = {each.replace("_", "").lower() for each in types[f"{name}GroupField"].values}
    return {**offered, "group": {column for column, text in spelled.items() if text in fields}}


def _listed(world: World, asked: AskedList, rows: list[Row]) -> list[Row]:
    matching = [row for row in rows if holds(world, asked.table, asked.where, row) is True]
    return sort_rows(world, asked.table, asked.sorted_by, matching)


def _draw(
    service: Service, world: World, data: st.DataObject, relation: Relation | None, name: str
) -> tuple[AskedList, AskedTotals, AskedRow]:
    """Draw a list of a table, what is asked of it, and of the rows of its groups."""
    kinds = _kinds(service, name)
    drawn = data.draw(totals(_offered(service, name), kinds))
    asked = AskedList(name, generation.everything(service.models.table[name]))
    asked.where = data.draw(st.just(("and", [])) | generation.conditions(world, name))
    asked.order = data.draw(generation.orders(service.models, name))
    asked.default_order = () if relation is None else relation.order
    return asked, drawn, data.draw(generation.asked_rows(world, name, 2))


def _refuses(world: World, asked: AskedList, drawn: AskedTotals, row: AskedRow) -> bool:
    """Tell whether what is computed, or the list itself, needs what the looker may not read."""
    asked = replace(asked, row=AskedRow(asked.table) if drawn.groups is None else row)
    return refuses_list(world, asked) or refuses_columns(world, asked.table, drawn.columns())


def _kinds(service: Service, name: str) -> dict[str, str]:
    return {column.name: column.kind for column in service.models.table[name].columns}


@given(data=st.data())
async def test_totals(service: Service, data: st.DataObject) -> None:
    """Aggregates and groups are those of the filtered, unpaged rows of each list."""
    world = await enter(service, data)

    for _ in range(_OPERATIONS):
        await _compare_totals(service, world, data)


async def _compare_totals(service: Service, world: World, data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(service.models.tables))
    relation = data.draw(st.sampled_from((None, *table.lists)))
    target = table.name if relation is None else relation.target
    asked, drawn, row = _draw(service, world, data, relation, target)
    await service.place(world, row)
    writer, kinds = make_writer(service, data), _kinds(service, target)
    where = writer.argument(writer.condition(target, asked.where), f"{target}Filter")
    nodes = "" if drawn.groups is None else writer.row(row)
    inside = (
        f"(where: {where}, orderBy: {literal_order(asked.order)}, first: 1) "
        f"{{ {totals_text(drawn, nodes, kinds)} }}"
    )
    lists = [world.visible(table.name)]
    if relation is None:
        selection = f"{table.root}{inside}"
    else:
        selection = f"{table.root}(first: 100) {{ nodes {{ {relation.name}{inside} }} }}"
        parents = sort_rows(world, table.name, [], lists[0])
        lists = [world.related(table.name, relation, each) for each in parents]
    text = f"DIFFERENCE in {show(writer.document([selection]), writer.variables)}"
    note(text)
    is_told = relation is None or world.may_follow(table.name, relation)
    if not is_told or _refuses(world, asked, drawn, row):
        await service.expect_refusal(world, writer.document([selection]), writer.variables)
        return

    answer = (await service.run(world, writer, [selection]))[table.root]

    answer_node = partial(answer_row, world, row, default_size=DEFAULT_SIZE)
    expected = [
        answer_totals(drawn, _listed(world, asked, rows), kinds, answer_node, service.times)
        for rows in lists
    ]
    answers = [answer] if relation is None else [node[relation.name] for node in answer["nodes"]]
    assert is_alike(answers, expected), f"{text}: {answers} is not {expected}"
