"""Documents asked again: their plans are known, whoever asks and with whatever variables."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

from hypothesis import assume, given, note
from hypothesis import strategies as st

from tests.proof import generation
from tests.proof.asking import AskedList, AskedRow
from tests.proof.description import Table
from tests.proof.paths import first_difference
from tests.proof.reference import World, answer_list
from tests.proof.rights import refuses_list
from tests.proof.service import DEFAULT_SIZE, Service, show
from tests.proof.test_generated import enter, make_writer
from tests.proof.writing import order_item, plain

_TIMES = 5


@given(data=st.data())
async def test_again(service: Service, data: st.DataObject) -> None:
    """One document gives each looker what its own variables ask for."""
    world = await enter(service, data)
    table = data.draw(st.sampled_from([each for each in service.models.tables if each.lists]))
    relation = data.draw(st.sampled_from(table.lists))
    target = service.models.table[relation.target]
    fixed = data.draw(_lists(world, target))
    fixed.default_order = relation.order
    fixed.row.columns = {name: name for name in target.key}
    writer = replace(make_writer(service, data), has_variables=False)
    constant = writer.list_field(relation.name, fixed, "fixed")
    assume(not writer.variables)  # some documents have no literal
    document = _document(table, target, relation.name, constant)

    first = data.draw(_lists(world, table)), data.draw(_lists(world, target))

    for _ in range(_TIMES):
        looker = replace(world, **data.draw(generation.lookers()))
        outer, inner = deepcopy(first)
        if data.draw(st.integers(0, 2)) == 0:
            outer, inner = data.draw(_lists(looker, table)), data.draw(_lists(looker, target))
        inner.default_order = relation.order
        shown, hidden = data.draw(st.booleans()), data.draw(st.booleans())
        _select(outer, table, shown=shown, hidden=hidden)
        _select(inner, target, shown=shown, hidden=hidden)
        outer.row.to_many |= {"inner": (relation.name, inner), "fixed": (relation.name, fixed)}
        variables = {
            "shown": shown,
            "hidden": hidden,
            **_variables(service, data, outer, "Outer"),
            **_variables(service, data, inner, "Inner"),
        }
        await _compare(service, looker, outer, document, variables)


async def _compare(
    service: Service, looker: World, asked: AskedList, document: str, variables: dict[str, Any]
) -> None:
    note(show(document, variables))
    if refuses_list(looker, asked):
        await service.expect_refusal(looker, document, variables)
        return

    answer = await service.ask(looker, document, variables)

    expected = answer_list(looker, asked, looker.visible(asked.table), DEFAULT_SIZE)
    difference = first_difference(answer, {"answer": expected})
    assert difference is None, f"DIFFERENCE {difference} in {show(document, variables)}"


@st.composite
def _lists(draw: st.DrawFn, world: World, table: Table) -> AskedList:
    """A list of a few shapes, so that a shape comes again with other operands."""
    asked = AskedList(table.name, AskedRow(table.name))
    column = draw(st.sampled_from((*table.columns[:3], table.columns[-1])))
    pool = generation.comparisons(replace(table, columns=(column,)))
    asked.where = draw(st.one_of(pool, pool, generation.conditions(world, table.name)))
    asked.order = draw(generation.orders(world.models, table.name))
    asked.first = draw(st.none() | st.integers(0, 3))
    asked.offset = draw(st.none() | st.integers(0, 1))
    asked.has_facts = False
    return asked


def _select(asked: AskedList, table: Table, *, shown: bool, hidden: bool) -> None:
    """Ask for what the document asks for under its conditions."""
    first, *rest = (column.name for column in table.columns)
    names = [first, *rest[:2] * shown, *rest[2:4] * (not hidden)]
    asked.row.columns = {name: name for name in names}


def _document(table: Table, target: Table, relation: str, constant: str) -> str:
    outer, inner = _columns(table), _columns(target)
    variables = [
        f"$where{side}: {each.name}Filter, $order{side}: [{each.name}Order!], "
        f"$first{side}: Int, $offset{side}: Int"
        for side, each in (("Outer", table), ("Inner", target))
    ]
    return (
        f"query Q($shown: Boolean!, $hidden: Boolean!, {', '.join(variables)}) {{ "
        f"answer: {table.root}({_arguments('Outer')}) {{ totalCount nodes {{ {outer} "
        f"inner: {relation}({_arguments('Inner')}) {{ totalCount nodes {{ {inner} }} }} "
        f"{constant} }} }} }}"
    )


def _columns(table: Table) -> str:
    first, *rest = (column.name for column in table.columns)
    shown, hidden = " ".join(rest[:2]), " ".join(rest[2:4])
    kept = f"... @skip(if: $hidden) {{ {hidden} }}" if hidden else ""
    return f"{first} ... @include(if: $shown) {{ {shown} }} {kept}"


def _arguments(side: str) -> str:
    return f"where: $where{side}, orderBy: $order{side}, first: $first{side}, offset: $offset{side}"


def _variables(
    service: Service, data: st.DataObject, asked: AskedList, side: str
) -> dict[str, Any]:
    writer = make_writer(service, data)
    return {
        f"where{side}": plain(writer.condition(asked.table, asked.where)),
        f"order{side}": plain([order_item(*each) for each in asked.order]),
        f"first{side}": asked.first,
        f"offset{side}": asked.offset,
    }
