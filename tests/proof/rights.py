"""What is refused because it needs columns that the looker may not read: the naive reference's answer."""

from collections.abc import Iterable, Sequence
from typing import Any

from tests.proof.asking import AskedList, AskedRow
from tests.proof.reference import World


def refuses_list(world: World, asked: AskedList) -> bool:
    """Tell whether a list is refused: for its condition, its order, or what is asked of its rows."""
    return refuses_order(world, asked) or (
        _refuses_condition(world, asked.table, asked.where) or refuses_row(world, asked.row)
    )


def refuses_order(world: World, asked: AskedList) -> bool:
    """Tell whether rows may not be sorted so, by their relationship's own order either."""
    return any(_refuses_path(world, asked.table, path) for path, _ in asked.sorted_by)


def refuses_row(world: World, asked: AskedRow) -> bool:
    """Tell whether something is asked of a row that can neither be told nor be null."""
    table, withheld = world.models.table[asked.table], world.withheld(asked.table)
    names = asked.columns.values()
    if any(name in withheld and not table.by_name[name].is_nullable for name in names):
        return True
    if "version" in names and table.version is not None and table.version.name in withheld:
        return True
    if any(
        # a relative that is not followed is null, whatever is asked of it
        world.may_follow(asked.table, table.relation[name]) and refuses_row(world, inner)
        for name, inner in asked.to_one.values()
    ):
        return True
    return any(
        not world.may_follow(asked.table, table.relation[name]) or refuses_list(world, nested)
        for name, nested in asked.to_many.values()
    )


def refuses_columns(world: World, name: str, columns: Iterable[str]) -> bool:
    """Tell whether one of the columns of a table may not be read."""
    return not set(columns).isdisjoint(world.withheld(name))


def _refuses_condition(world: World, name: str, condition: Any) -> bool:
    kind, *parts = condition
    if kind in {"and", "or", "siblings", "not"}:
        inner = parts if kind == "not" else parts[0]
        return any(_refuses_condition(world, name, part) for part in inner)
    if kind == "compare":
        return refuses_columns(world, name, parts[:1])
    return kind != "ids" and _refuses_relatives(world, name, condition)


def _refuses_relatives(world: World, name: str, condition: Any) -> bool:
    kind, to, *parts = condition
    relation = world.models.table[name].relation[to]
    if not world.may_follow(name, relation):
        return True
    if kind == "relation":
        return _refuses_condition(world, relation.target, parts[1])
    return kind == "total" and refuses_columns(world, relation.target, parts[1:2])


def _refuses_path(world: World, name: str, path: str | Sequence[Any]) -> bool:
    step, *rest = (path,) if isinstance(path, str) else path
    table = world.models.table[name]
    if step == "searchRank":
        return refuses_columns(world, name, rest[:1])
    if step.endswith("Aggregate"):
        relation = table.relation[step.removesuffix("Aggregate")]
        return not world.may_follow(name, relation) or refuses_columns(
            world, relation.target, rest[1:]
        )
    if step in table.relation:
        relation = table.relation[step]
        return not world.may_follow(name, relation) or _refuses_path(world, relation.target, rest)
    return refuses_columns(world, name, [step])
