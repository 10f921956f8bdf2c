"""Operations are drawn from a seed: root fields with inputs that mostly, but not always, may be."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from tests.proof.writes.kinds import KINDS, Column, Kind, ToMany, cannot_release, is_within_key
from tests.proof.writes.naive import World
from tests.proof.writes.roots import Root
from tests.proof.writes.rows import WATCHED, Looker, Ref

_PREDICATES = ("all", "open", "open", "own", "none")
_VERBS = [
    "create",
    "create",
    "createMany",
    "createMany",
    "update",
    "update",
    "update",
    "updateById",
    "updateMany",
    "updateMany",
    "upsert",
    "delete",
    "deleteMany",
    "restore",
    "purge",
]
"""The likely ones several times."""

_LEVELS = 3


def draw_looker(chance: random.Random) -> Looker:
    """Draw who writes: everybody's rights, or policies on some kinds."""
    if chance.random() < 0.4:
        return Looker(0, {})
    return Looker(
        chance.randint(0, 2),
        {
            (verb, kind): chance.choice(_PREDICATES)
            for kind in KINDS
            for verb in ("visible", "creatable", "updatable", "deletable")
            if chance.random() < 0.4
        },
    )


class Drawer:
    """Draws the root fields of one operation on a world as it is."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.chance = chance
        self.is_by_id = False
        """Whether all rows of a root field are named by ids, not each by any of its keys."""

    def roots(self) -> list[Root]:
        """Draw one to three root fields."""
        return [self.root() for _ in range(self.chance.choice((1, 1, 1, 2, 3)))]

    def root(self) -> Root:
        """Draw a root field."""
        self.is_by_id = self.chance.random() < 0.4
        if self.chance.random() < 0.15:
            return self.parcels()
        kind = KINDS[self.chance.choice(list(KINDS))]
        verbs = [verb for verb in _VERBS if kind.is_soft or verb not in {"restore", "purge"}]
        verb = self.chance.choice(verbs)
        return Root(verb, kind.name, self.arguments(verb, kind))

    def parcels(self) -> Root:
        """Draw a deletion or a restoration around a parcel that has items, where there is one."""
        items = self.world.rows["Item"]
        owners = [row["parcel"] for row in items.values() if row["parcel"] is not None]
        if not owners:
            inner = {"create": self.creations(KINDS["Item"], 1, "parcel", 2)}
            return Root(
                "create",
                "Parcel",
                {"input": {"code": self.text(KINDS["Parcel"], "code"), "items": inner}},
            )
        number = self.chance.choice(owners)
        mine = [at for at, row in items.items() if row["parcel"] == number]
        kind = "Parcel"
        if self.chance.random() < 0.3:
            kind, number = "Item", self.chance.choice(mine)
        row = self.world.rows[kind][number]
        verb = "delete" if row["deleted"] is None else "restore"
        return Root(verb, kind, {"id": Ref(kind, self.world.identity(kind, row))})

    def arguments(self, verb: str, kind: Kind) -> dict[str, Any]:
        """Draw the arguments of a root field."""
        drawn: dict[str, Callable[[Kind], dict[str, Any]]] = {
            "create": lambda kind: {"input": self.creation(kind, _LEVELS)},
            "createMany": lambda kind: {"inputs": self.creations(kind, 1, None, self.few())},
            "update": lambda kind: self.item(kind, _LEVELS),
            "updateById": lambda kind: {"items": [self.item(kind, 2) for _ in range(self.few())]},
            "updateMany": lambda kind: {**self.set(kind), "set": self.change(kind, 1, None)},
            "upsert": self.upsert,
            "delete": self.single,
            "deleteMany": self.set,
        }
        return drawn[verb](kind) if verb in drawn else {"id": self.row(kind, is_deleted=True)[1]}

    def single(self, kind: Kind) -> dict[str, Any]:
        """Draw a row, and its version where it has one."""
        number, ref = self.row(kind)
        return {"id": ref, **self.version(kind, number)}

    def set(self, kind: Kind) -> dict[str, Any]:
        """Draw a condition, and how many rows may meet it."""
        return {"where": self.where(kind), "atMost": self.few()}

    def upsert(self, kind: Kind) -> dict[str, Any]:
        """Draw a key, a new row, which mostly has that key, and changes."""
        key, create = self.upsert_key(kind), self.creation(kind, 2)
        if self.chance.random() < 0.9:
            create |= {name: part for name, part in key.items() if name in kind.column}
        return {"key": key, "create": create, "update": self.change(kind, 2, None)}

    def few(self) -> int:
        """Draw a small number."""
        return self.chance.choice((1, 2, 3, 3))

    # Rows

    def row(self, kind: Kind, *, is_deleted: bool = False) -> tuple[int | None, Ref]:
        """Draw a row, seen or not, deleted or not, or one that is not there."""
        rows = self.world.rows[kind.name]
        fit = [number for number, row in rows.items() if (row["deleted"] is not None) == is_deleted]
        chosen = fit if fit and self.chance.random() < 0.85 else list(rows)
        if not chosen or self.chance.random() < 0.05:
            return None, Ref(kind.name, self.nobody(kind))
        number = self.chance.choice(chosen)
        return number, Ref(kind.name, self.world.identity(kind.name, rows[number]))

    def nobody(self, kind: Kind) -> Any:
        """Return a primary key that no row has."""
        return {"Team": "zz", "Room": ("zz", 0)}.get(kind.name, 10**6)

    def key(self, kind: Kind, among: list[int] | None = None) -> dict[str, Any]:
        """Draw a key of a row of these, or of any."""
        rows = self.world.rows[kind.name]
        if among and self.chance.random() < 0.8:
            number: int | None = self.chance.choice(among)
        else:
            number = self.row(kind)[0]
        if number is None:
            return {"id": Ref(kind.name, self.nobody(kind))}
        row = rows[number]
        identity = self.world.identity(kind.name, row)
        found: list[dict[str, Any]] = [{"id": Ref(kind.name, identity)}]
        if self.is_by_id:
            return found[0]
        if kind.has_generated_id:
            found.append({"rowId": identity})
        found += [
            {name: row[name]} for name in ("code", "nick", "label") if row.get(name) is not None
        ]
        if kind.name == "Room":
            found.append({"teamCodeNumber": {"teamCode": identity[0], "number": identity[1]}})
        return self.chance.choice(found)

    def upsert_key(self, kind: Kind) -> dict[str, Any]:
        """Draw a key that a creation sets: of a row that is there, or of none."""
        names = [name for name in ("code", "nick", "label") if name in kind.column]
        if kind.name == "Room" and self.chance.random() < 0.5:
            teams = [row["code"] for row in self.world.rows["Team"].values()]
            code = self.chance.choice([*teams, "zz"])
            return {"teamCodeNumber": {"teamCode": code, "number": self.chance.randint(1, 4)}}
        name = self.chance.choice(names)
        return {name: self.text(kind, name)}

    def version(self, kind: Kind, number: int | None) -> dict[str, Any]:
        """Draw the version that a caller expects, or none."""
        if not kind.has_version or number is None or self.chance.random() < 0.5:
            return {}
        current = self.world.rows[kind.name][number]["version"]
        return {"expectedVersion": str(current - (self.chance.random() < 0.2))}

    # Inputs

    def text(self, kind: Kind, name: str) -> str:
        """Draw a text: new, taken, or too long."""
        known = [row[name] for row in self.world.rows[kind.name].values() if row[name] is not None]
        luck = self.chance.random()
        if luck < 0.03:
            return "too long"
        if known and luck < 0.2:
            taken: str = self.chance.choice(known)
            return taken
        return f"{name[0]}{self.chance.randint(0, 999)}"

    def value(self, kind: Kind, column: Column, *, is_new: bool) -> Any:
        """Draw a value, which may break a rule."""
        luck = self.chance.random()
        if luck < (0.15 if column.is_nullable else 0.0 if is_new else 0.01):
            return None
        match column.kind:
            case "text" if column.target is not None:
                codes = [row["code"] for row in self.world.rows[column.target].values()]
                return self.chance.choice([*codes, "zz"])
            case "text":
                return self.text(kind, column.name)
            case "boolean":
                return luck < 0.6
        return self.number(column)

    def number(self, column: Column) -> int:
        """Draw a whole number: one that the database refuses, one below the least, or any."""
        luck = self.chance.random()
        if column.unlucky is not None and luck < 0.08:
            return column.unlucky
        if column.minimum is not None and luck < 0.1:
            return column.minimum - 1
        return self.chance.randint(0, 4)

    def creations(
        self, kind: Kind, levels: int, without: str | None, count: int
    ) -> list[dict[str, Any]]:
        """Draw the inputs of rows that are created together; all have some of the links."""
        links = [each.name for each in kind.to_one if self.chance.random() < 0.5]
        return [self.creation(kind, levels, without, links) for _ in range(count)]

    def creation(
        self, kind: Kind, levels: int, without: str | None = None, links: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Draw the input of a new row, with these links and others."""
        found = {
            column.name: self.value(kind, column, is_new=True)
            for column in kind.columns
            if self._is_required(column) or self.chance.random() < 0.4
        }
        for link in kind.to_one:
            is_asked = link.is_required or link.name in links
            if link.name != without and (is_asked or self.chance.random() < 0.3):
                found[link.name] = self.link(KINDS[link.target], levels, can_release=False)
        for relation in kind.relation.values():
            if levels > 1 and relation.name != without and self.chance.random() < 0.3:
                found[relation.name] = self.relatives(relation, levels, None, is_new=True)
        return found

    def _is_required(self, column: Column) -> bool:
        return not column.is_nullable and column.default is None

    def link(self, target: Kind, levels: int, *, can_release: bool) -> dict[str, Any]:
        """Draw what becomes of a foreign key."""
        luck = self.chance.random()
        if can_release and luck < 0.2:
            return {"disconnect": True}
        if levels > 1 and luck < 0.35:
            return {"create": self.creation(target, levels - 1)}
        if levels > 1 and luck < 0.55:
            return {"connectOrCreate": self.choice(target, levels - 1)}
        return {"connect": self.key(target)}

    def choice(self, target: Kind, levels: int, without: str | None = None) -> dict[str, Any]:
        """Draw a key, and the row that is created where none has it."""
        create = self.creation(target, levels, without)
        if "code" in create and self.chance.random() < 0.5:
            return {"key": {"code": create["code"]}, "create": create}
        return {"key": self.key(target), "create": create}

    def change(
        self, kind: Kind, levels: int, owner: int | None, without: str | None = None
    ) -> dict[str, Any]:
        """Draw the changes of a row."""
        watched = WATCHED.get(self.world.looker.rules.get(("updatable", kind.name), "all"))
        columns = [column for column in kind.columns if not column.is_fixed]
        found = {
            column.name: self.value(kind, column, is_new=False)
            for column in columns
            if self.chance.random() < (0.5 if column.name == watched else 0.3)
        }
        free = [name for name in ("age", "score") if name in kind.column and name not in found]
        if free and self.chance.random() < 0.3:
            found["increment"] = {name: self.chance.choice((-2, 1, 1, 5)) for name in free}
        for link in kind.to_one:
            if link.name != without and self.chance.random() < (
                0.6 if kind.name == "Room" else 0.25
            ):
                found[link.name] = self.link(
                    KINDS[link.target], levels, can_release=not link.is_required
                )
        for relation in kind.relation.values():
            if levels > 1 and self.chance.random() < 0.35:
                found[relation.name] = self.relatives(relation, levels, owner, is_new=False)
        return found

    def item(self, kind: Kind, levels: int, among: list[int] | None = None) -> dict[str, Any]:
        """Draw a row and its changes."""
        number, ref = self.row(kind)
        if among and self.chance.random() < 0.8:
            number = self.chance.choice(among)
            ref = Ref(kind.name, self.world.identity(kind.name, self.world.rows[kind.name][number]))
        return {
            "id": ref,
            "input": self.change(kind, levels, number),
            **self.version(kind, number),
        }

    def relatives(
        self, relation: ToMany, levels: int, owner: int | None, *, is_new: bool
    ) -> dict[str, Any]:
        """Draw what becomes of relatives."""
        target = KINDS[relation.target]
        mine = [] if owner is None else self.world.related(owner, relation)
        ways = ["create"]
        if not is_within_key(relation):
            ways += ["connect", "connectOrCreate"]
        if not is_new:
            ways += ["update", "delete"]
            if not cannot_release(relation):
                ways += ["disconnect", "set"]
        chosen = self.chance.sample(ways, min(len(ways), self.chance.choice((1, 1, 2))))
        if "update" in ways and mine and self.chance.random() < 0.3:
            chosen = ["update"]
        return {way: self.part(way, relation, target, levels - 1, mine) for way in sorted(chosen)}

    def part(
        self, way: str, relation: ToMany, target: Kind, levels: int, mine: list[int]
    ) -> list[Any]:
        """Draw the rows of one way."""
        draw: dict[str, Callable[[], Any]] = {
            "connectOrCreate": lambda: self.choice(target, levels, relation.back),
            "connect": lambda: self.key(target),
            "update": lambda: self.item(target, levels, mine),
        }
        if way == "delete" and target.has_version:
            draw["delete"] = lambda: self.deletion(target, mine)
        one, count = draw.get(way, lambda: self.key(target, mine)), self.chance.choice((1, 2, 2))
        if way == "create":
            return self.creations(target, levels, relation.back, count)
        if way == "set" and self.chance.random() < 0.3:
            return []
        found = [one() for _ in range(count)]
        if way == "update" and self.chance.random() < 0.2:
            found.append(found[0] | {"input": self.change(target, levels, None)})  # a row twice
        elif way == "update" and self.chance.random() < 0.4:
            found = [self.counted(found[0]) for _ in range(2)]
        return found

    def counted(self, item: dict[str, Any]) -> dict[str, Any]:
        """Draw an increment of a row, whatever its version."""
        return {"id": item["id"], "input": {"increment": {"score": self.chance.choice((1, 2, 5))}}}

    def deletion(self, target: Kind, mine: list[int]) -> dict[str, Any]:
        """Draw a row to delete, and its version."""
        key = self.key(target, mine)
        rows = self.world.rows[target.name]
        number = next(
            (at for at, row in rows.items() if self.world.matches(target.name, row, key)), None
        )
        return {"key": key, **self.version(target, number)}

    def where(self, kind: Kind) -> dict[str, Any]:
        """Draw a condition; sometimes one that holds for all rows."""
        luck = self.chance.random()
        if luck < 0.04:
            return {}
        if luck < 0.5:
            rows = list(self.world.rows[kind.name].values())
            name = "number" if kind.name == "Room" else "code"
            chosen = self.chance.sample(rows, min(len(rows), self.few()))
            return {name: {"in": [row[name] for row in chosen]}}
        return self.chance.choice(
            [
                {"score": {"gte": self.chance.randint(0, 3)}},
                {"score": {"lt": self.chance.randint(0, 3)}, "isOpen": {"eq": True}},
                {"isOpen": {"eq": luck < 0.7}},
            ]
        )
