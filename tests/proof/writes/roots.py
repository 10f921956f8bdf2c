"""Root fields of a mutation: what the naive model makes of each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.proof.writes.kinds import KINDS, Kind
from tests.proof.writes.naive import Placed, World
from tests.proof.writes.rows import LIMIT, MISSING, STALE, UNIQUE, VALIDATION, Fault, Refused


@dataclass(frozen=True)
class Root:
    """One root field."""

    verb: str
    kind: str
    arguments: dict[str, Any]


@dataclass
class Answer:
    """What a payload holds beside errors."""

    rows: list[int] | None = None
    """Rows that were written, in their order unless ``is_set``."""

    deleted: list[Any] | None = None
    """What the database knew deleted rows by."""

    is_new: bool | None = None
    is_set: bool = field(default=False)


def run(world: World, root: Root) -> Answer:
    """Write what a root field asks.

    Raises:
        Refused: With the errors of its payload; the world is half written.
    """
    return _VERBS[root.verb](world, KINDS[root.kind], root.arguments)


def _create(world: World, kind: Kind, arguments: dict[str, Any]) -> Answer:
    many = "inputs" in arguments
    placed = (
        [Placed(each, ("inputs", str(at))) for at, each in enumerate(arguments["inputs"])]
        if many
        else [Placed(arguments["input"], ("input",))]
    )
    _refuse([fault for each in placed for fault in world.check(kind, each.input, each.path)])
    return Answer(world.create(kind, placed))


def _update(world: World, kind: Kind, arguments: dict[str, Any]) -> Answer:
    _refuse(world.check(kind, arguments["input"], ("input",)))
    (row,) = world.lock(kind.name, [({"id": arguments["id"]}, ("id",))])
    version = arguments.get("expectedVersion")
    world.update(kind, [Placed(arguments["input"], ("input",), row, ("id",), version)])
    return Answer([row])


def _update_by_id(world: World, kind: Kind, arguments: dict[str, Any]) -> Answer:
    items = list(enumerate(arguments["items"]))
    ids = [each["id"] for _, each in items]
    _refuse(
        [(VALIDATION, ("items", str(at), "id")) for at, each in enumerate(ids) if each in ids[:at]]
    )
    placed = [
        Placed(
            each["input"],
            ("items", str(at), "input"),
            key_path=("items", str(at), "id"),
            version=each.get("expectedVersion"),
        )
        for at, each in items
    ]
    _refuse([fault for each in placed for fault in world.check(kind, each.input, each.path)])
    wanted = [({"id": ref}, each.key_path) for ref, each in zip(ids, placed, strict=True)]
    rows = world.lock(kind.name, wanted)
    for each, row in zip(placed, rows, strict=True):
        each.row = row
    world.update(kind, placed)
    return Answer(rows)


def _update_set(world: World, kind: Kind, arguments: dict[str, Any]) -> Answer:
    change = arguments["set"]
    _refuse(world.check(kind, change, ("set",)))
    rows = _chosen(world, kind, arguments, "updatable")
    if rows and _is_same_for_all(world, kind, change):
        _update_alike(world, kind, rows, change)
    else:
        world.update(kind, [Placed(change, ("set",), row, ("where",)) for row in rows])
    return Answer(rows, is_set=True)


def _is_same_for_all(world: World, kind: Kind, change: dict[str, Any]) -> bool:
    """Tell whether one statement writes all rows: then all count as written."""
    ways = {way for name in kind.link for way in change.get(name, ())}
    increments = change.get("increment", {})
    return (
        ways <= {"connect", "disconnect"}
        and not any(name in change for name in kind.relation)
        and "age" not in increments
        and not (increments and world.dialect == "sqlite")
    )


def _update_alike(world: World, kind: Kind, rows: list[int], change: dict[str, Any]) -> None:
    """Write rows alike, of whatever is given: versions count up even if nothing differs."""
    before = {row: world.rows[kind.name][row]["version"] for row in rows}
    _write_alike(world, kind, rows, change)
    if any(name in change for name in (*kind.column, *kind.link, "increment")):
        for row, version in before.items():
            world.rows[kind.name][row]["version"] = version + 1


def _write_alike(world: World, kind: Kind, rows: list[int], change: dict[str, Any]) -> None:
    """Write rows by one statement, of whose faults the database tells any."""
    placed = [Placed(change, ("set",), row, ("where",)) for row in rows]
    before = world.copied()
    try:
        world.update(kind, placed)
    except Refused as error:
        faults = set[Fault]().union(*error.errors)
        for each in placed:
            try:
                before.copied().update(kind, [each])
            except Refused as other:
                faults = faults.union(*other.errors)
        numbers = [row["number"] for at, row in before.rows["Room"].items() if at in rows]
        if kind.name == "Room" and len(set(numbers)) < len(numbers):
            faults.add((UNIQUE, ("set", "team")))  # two rooms of one number move to one team
        raise Refused(faults) from error


def _chosen(world: World, kind: Kind, arguments: dict[str, Any], verb: str) -> list[int]:
    if not arguments["where"]:
        raise Refused([(VALIDATION, ("where",))])
    found = [
        number
        for number, row in world.live(kind.name).items()
        if world.looker.allows(verb, kind.name, row) and _holds(row, arguments["where"])
    ]
    if len(found) > arguments["atMost"]:
        raise Refused([(LIMIT, ("atMost",))])
    return found


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, other: value == other,
    "gte": lambda value, other: value >= other,
    "lt": lambda value, other: value < other,
    "in": lambda value, other: value in other,
    "isNull": lambda value, other: (value is None) == other,
}


def _holds(row: dict[str, Any], where: dict[str, Any]) -> bool:
    return all(
        (row[name] is not None or operator == "isNull") and _OPERATORS[operator](row[name], other)
        for name, operators in where.items()
        for operator, other in operators.items()
    )


def _upsert(world: World, kind: Kind, arguments: dict[str, Any]) -> Answer:
    key, create, update = (arguments[name] for name in ("key", "create", "update"))
    ((name, value),) = key.items()
    given = {"number": value["number"]} if name == "teamCodeNumber" else {name: value}
    _refuse(
        [
            (VALIDATION, ("create", column))
            for column, each in given.items()
            if create.get(column, each) != each
        ]
    )
    create = given | create
    _refuse([*world.check(kind, create, ("create",)), *world.check(kind, update, ("update",))])
    if world.find(kind.name, key) is not None:
        (row,) = world.lock(kind.name, [(key, ("key",))])
        world.update(kind, [Placed(update, ("update",), row, ("key",))])
        return Answer([row], is_new=False)
    (row,) = world.create(kind, [Placed(create, ("create",))])
    made = world.rows[kind.name][row]
    if name == "teamCodeNumber" and world.identity(kind.name, made)[0] != value["teamCode"]:
        raise Refused([(VALIDATION, ("create", "team"))])
    return Answer([row], is_new=True)


def _delete(world: World, kind: Kind, arguments: dict[str, Any]) -> Answer:
    (row,) = world.lock(kind.name, [({"id": arguments["id"]}, ("id",))], "deletable")
    version = arguments.get("expectedVersion")
    if version is not None and version != str(world.rows[kind.name][row]["version"]):
        raise Refused([(STALE, ("expectedVersion",))])
    deleted = [world.identity(kind.name, world.rows[kind.name][row])]
    world.delete(kind, [row], ("id",))
    return Answer(deleted=deleted)


def _delete_set(world: World, kind: Kind, arguments: dict[str, Any]) -> Answer:
    rows = _chosen(world, kind, arguments, "deletable")
    deleted = [world.identity(kind.name, world.rows[kind.name][row]) for row in rows]
    world.delete(kind, rows, ("where",))
    return Answer(deleted=deleted, is_set=True)


def _restore(world: World, kind: Kind, arguments: dict[str, Any]) -> Answer:
    row = _deleted_row(world, kind, arguments)
    world.restore(kind, row)
    return Answer([row])


def _purge(world: World, kind: Kind, arguments: dict[str, Any]) -> Answer:
    row = _deleted_row(world, kind, arguments)
    world.remove(kind, [row], ("id",))
    return Answer(deleted=[arguments["id"].identity])


def _deleted_row(world: World, kind: Kind, arguments: dict[str, Any]) -> int:
    for number, row in world.rows[kind.name].items():
        if (
            row["deleted"] is not None
            and world.identity(kind.name, row) == arguments["id"].identity
            and world.looker.allows("visible", kind.name, row)
            and world.looker.allows("deletable", kind.name, row)
        ):
            return number
    raise Refused([(MISSING, ("id",))])


def _refuse(faults: Any) -> None:
    found: list[Fault] = list(faults)
    if found:
        raise Refused(*([fault] for fault in found))


_VERBS: dict[str, Callable[[World, Kind, dict[str, Any]], Answer]] = {
    "create": _create,
    "createMany": _create,
    "update": _update,
    "updateById": _update_by_id,
    "updateMany": _update_set,
    "upsert": _upsert,
    "delete": _delete,
    "deleteMany": _delete_set,
    "restore": _restore,
    "purge": _purge,
}
