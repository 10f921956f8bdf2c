"""Walks of whole tables by cursor meet every row once, also while rows come and go."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from tests.proof import generation
from tests.proof.asking import AskedList
from tests.proof.paths import first_difference
from tests.proof.reference import Key, Row, World, compare_rows, holds, sort_rows
from tests.proof.service import Service, literal_order
from tests.proof.test_generated import enter, make_writer
from tests.proof.values import wire_as

_MAX_PAGES = 30


async def _enter(service: Service, data: st.DataObject) -> World:
    """Draw a world without guests: their walks are those of others, or refused."""
    world = await enter(service, data)
    world.roles -= {"guest"}
    return world


def _draw_walk(service: Service, world: World, data: st.DataObject, *, is_own: bool) -> AskedList:
    """Draw a filter and an order; of the table's own columns alone where its rows change."""
    table = data.draw(st.sampled_from(service.models.tables))
    asked = AskedList(table.name, generation.everything(table))
    if is_own:
        columns = [column for column in table.columns if generation.is_compared(column)]
        keys = st.tuples(st.sampled_from(columns), st.sampled_from(generation.DIRECTIONS))
        asked.order = [
            ((column.name,), direction)
            for column, direction in data.draw(st.lists(keys, min_size=1, max_size=3))
        ]
        asked.where = data.draw(st.just(("and", [])) | generation.comparisons(table))
    else:
        asked.order = data.draw(generation.orders(service.models, table.name, min_size=1))
        if data.draw(st.booleans()):
            asked.where = data.draw(generation.conditions(world, table.name))
    return asked


class _Walk:
    """Pages one after the other, forwards or backwards."""

    def __init__(
        self, service: Service, world: World, asked: AskedList, where: str, way: str, size: int
    ) -> None:
        self.service, self.world, self.asked = service, world, asked
        self.is_forward = way == "forward"
        self.size = size
        self.met: list[dict[str, Any]] = []
        self.is_done = False
        self._where = where
        self._cursor = ""

    async def step(self) -> None:
        """Ask for one page more."""
        count, place = ("first", "after") if self.is_forward else ("last", "before")
        document = (
            f"{{ page: {self.service.models.table[self.asked.table].root}"
            f"(where: {self._where}, orderBy: {literal_order(self.asked.order)}, "
            f"{count}: {self.size}{self._cursor}) {{ "
            "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } "
            f"edges {{ cursor node {{ {' '.join(self.asked.row.columns)} }} }} }} }}"
        )
        note(document)
        page = (await self.service.ask(self.world, document))["page"]
        facts, edges = page["pageInfo"], page["edges"]
        rows = [each["node"] for each in edges]
        assert len(rows) <= self.size
        assert facts["startCursor"] == (edges[0]["cursor"] if edges else None)
        assert facts["endCursor"] == (edges[-1]["cursor"] if edges else None)
        self.met = [*self.met, *rows] if self.is_forward else [*rows, *self.met]
        self.is_done = not facts["hasNextPage" if self.is_forward else "hasPreviousPage"]
        assert self.is_done or len(rows) == self.size
        if edges:
            cursor = facts["endCursor" if self.is_forward else "startCursor"]
            self._cursor = f', {place}: "{cursor}"'
        self.has_behind = facts["hasPreviousPage" if self.is_forward else "hasNextPage"]


def _wired(service: Service, name: str, row: Row) -> dict[str, Any]:
    columns = service.models.table[name].by_name
    return {column: wire_as(columns[column].kind, value) for column, value in row.items()}


def _expected(world: World, asked: AskedList) -> list[Row]:
    matching = [
        row
        for row in world.visible(asked.table)
        if holds(world, asked.table, asked.where, row) is True
    ]
    return sort_rows(world, asked.table, asked.order, matching)


@given(data=st.data())
async def test_still(service: Service, data: st.DataObject) -> None:
    """A walk forwards and a walk backwards meet every row exactly once, in order."""
    world = await _enter(service, data)
    for _ in range(2):
        asked = _draw_walk(service, world, data, is_own=False)
        where = _where(service, data, asked)
        size = data.draw(st.integers(1, 3))
        expected = [_wired(service, asked.table, row) for row in _expected(world, asked)]

        for way in ("forward", "backward"):
            walk = _Walk(service, world, asked, where, way, size)
            while not walk.is_done and len(walk.met) <= len(expected):
                has_met = bool(walk.met)
                await walk.step()
                assert walk.has_behind is has_met
            difference = first_difference(walk.met, expected)
            assert difference is None, f"DIFFERENCE {difference} {way} {where} {asked.order}"


@settings(max_examples=max(1, settings.default.max_examples // 6))
@given(data=st.data())
async def test_columns(service: Service, data: st.DataObject) -> None:
    """A walk by each column alone meets every row exactly once: no cursor loses a part of a value."""
    world = await _enter(service, data)
    way = data.draw(st.sampled_from(("forward", "backward")))
    for table in service.models.tables:
        for column in filter(generation.is_compared, table.columns):
            direction = data.draw(st.sampled_from(generation.DIRECTIONS))
            asked = AskedList(table.name, generation.everything(table))
            asked.order = [((column.name,), direction)]
            walk = _Walk(service, world, asked, "{}", way, size=1)
            expected = [_wired(service, table.name, row) for row in _expected(world, asked)]
            while not walk.is_done and len(walk.met) <= len(expected):
                await walk.step()
            difference = first_difference(walk.met, expected)
            assert difference is None, f"DIFFERENCE {difference} {way} {asked.order}"


@given(data=st.data())
async def test_moving(service: Service, data: st.DataObject) -> None:
    """Rows that are there all the time are met once, in order; no row is met twice."""
    world = await _enter(service, data)
    asked = _draw_walk(service, world, data, is_own=True)
    name, table = asked.table, service.models.table[asked.table]
    staying = [world.key(name, row) for row in world.tables[name]]
    where = _where(service, data, asked)
    way = data.draw(st.sampled_from(("forward", "backward")))
    walk = _Walk(service, world, asked, where, way, data.draw(st.integers(1, 2)))
    seen: dict[Key, Row] = {world.key(name, row): row for row in world.tables[name]}

    pages = 0
    while not walk.is_done and pages < _MAX_PAGES:
        for _ in range(data.draw(st.integers(0, 2))):
            await _change(service, world, data, name, staying, seen)
        await walk.step()
        pages += 1

    met = [tuple(each[column] for column in table.key) for each in walk.met]
    assert len(set(met)) == len(met), f"DIFFERENCE twice {met}"
    known = {
        tuple(_wired(service, name, row)[column] for column in table.key): row
        for row in seen.values()
    }
    rows = [known[key] for key in met]
    assert all(
        compare_rows(world, name, asked.order, left, right) < 0 for left, right in pairwise(rows)
    )
    stayed = [row for row in _expected(world, asked) if world.key(name, row) in staying]
    assert [row for row in rows if world.key(name, row) in staying] == stayed


async def _change(
    service: Service,
    world: World,
    data: st.DataObject,
    name: str,
    staying: list[Key],
    seen: dict[Key, Row],
) -> None:
    """Insert a row with a key that never was, or delete one that was inserted."""
    table, rows = service.models.table[name], world.tables[name]
    others = [row for row in rows if world.key(name, row) not in staying]
    if others and data.draw(st.booleans()):
        row = data.draw(st.sampled_from(others))
        await service.remove(name, world.key(name, row))
        rows.remove(row)
        return
    drawn = data.draw(generation.rows(table, world.tables))
    if drawn is None or generation.clashes(table, rows, drawn):
        return
    key = world.key(name, drawn)
    is_led_to = any(
        drawn[near] is not None
        for each in table.foreign_keys
        if each.target == name
        for near, _ in each.pairs
    )
    if key in seen or is_led_to:
        return
    await service.add(name, drawn)
    rows.append(drawn)
    seen[key] = drawn


def _where(service: Service, data: st.DataObject, asked: AskedList) -> str:
    """Write the condition as a literal; some documents have none."""
    writer = replace(make_writer(service, data), has_variables=False)
    condition = writer.condition(asked.table, asked.where)
    where = writer.argument(condition, f"{asked.table}Filter")
    assume(not writer.variables)
    return where
