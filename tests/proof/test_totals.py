"""Aggregates and groups of generated lists, at the root and per parent."""

from hypothesis import given, note
from hypothesis import strategies as st

from tests.proof import generation
from tests.proof.asking import AskedList
from tests.proof.reference import Row, World, holds, sort_rows
from tests.proof.service import Service, literal_order, show
from tests.proof.test_generated import enter, make_writer
from tests.proof.totals import Offered, answer_totals, is_alike, totals, totals_text

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


@given(data=st.data())
async def test_totals(service: Service, data: st.DataObject) -> None:
    """Aggregates and groups are those of the filtered, unpaged rows of each list."""
    world = await enter(service, data)

    for _ in range(_OPERATIONS):
        table = data.draw(st.sampled_from(service.models.tables))
        relation = data.draw(st.sampled_from((None, *table.lists)))
        target = table if relation is None else service.models.table[relation.target]
        kinds = {column.name: column.kind for column in target.columns}
        drawn = data.draw(totals(_offered(service, target.name), kinds))
        asked = AskedList(target.name, generation.everything(target))
        asked.where = data.draw(st.just(("and", [])) | generation.conditions(world, target.name))
        asked.order = data.draw(generation.orders(service.models, target.name))
        asked.default_order = () if relation is None else relation.order
        writer = make_writer(service, data)
        where = writer.argument(writer.condition(target.name, asked.where), f"{target.name}Filter")
        inside = (
            f"(where: {where}, orderBy: {literal_order(asked.order)}, first: 1) "
            f"{{ {totals_text(drawn, target.key, kinds)} }}"
        )
        lists = [world.visible(table.name)]
        if relation is None:
            selection = f"{table.root}{inside}"
        else:
            selection = f"{table.root}(first: 100) {{ nodes {{ {relation.name}{inside} }} }}"
            parents = sort_rows(world, table.name, [], lists[0])
            lists = [world.related(table.name, relation, row) for row in parents]
        text = f"DIFFERENCE in {show(writer.document([selection]), writer.variables)}"
        note(text)

        answer = (await service.run(world, writer, [selection]))[table.root]

        expected = [
            answer_totals(drawn, _listed(world, asked, rows), kinds, target.key, service.times)
            for rows in lists
        ]
        if relation is None:
            answers = [answer]
        else:
            answers = [node[relation.name] for node in answer["nodes"]]
        assert is_alike(answers, expected), f"{text}: {answers} is not {expected}"
