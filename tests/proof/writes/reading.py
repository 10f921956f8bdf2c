"""Tables as they are compared: rows by what people know them by, as the model and the database hold them."""

from typing import Any

from tests.proof.writes.kinds import KINDS
from tests.proof.writes.naive import World

_ATTRIBUTES = {"isOpen": "is_open", "originCode": "origin_code"}
_KEYS = {"team": "team_code", "boss": "boss_id", "person": "person_id", "parcel": "parcel_id"}

Tables = dict[str, dict[Any, dict[str, Any]]]
Read = dict[str, list[Any]]
"""All tables as the database holds them."""


def tables_of(world: World) -> Tables:
    """Return what the model holds."""
    found: Tables = {"pairs": {pair: {} for pair in _pairs(world)}}
    for kind in KINDS.values():
        rows = found.setdefault(kind.name, {})
        for number, row in world.rows[kind.name].items():
            shown = {column.name: row[column.name] for column in kind.columns}
            for link in kind.to_one:
                target = row[link.name]
                shown[link.name] = None if target is None else name_of(world, link.target, target)
            shown["deleted"] = row["deleted"] is not None
            if kind.has_version:
                shown["version"] = row["version"]
            rows[name_of(world, kind.name, number)] = shown
    return found


def _pairs(world: World) -> set[tuple[Any, Any]]:
    return {
        (name_of(world, "Person", left), name_of(world, "Skill", right))
        for left, right in world.pairs
    }


def name_of(world: World, kind: str, number: int) -> Any:
    """Return what people know a row by."""
    row = world.rows[kind][number]
    if kind == "Room":
        return (world.rows["Team"][row["team"]]["code"], row["number"])
    return row["code"]


def tables_in(read: Read) -> Tables:
    """Return what the database holds."""
    codes = {(name, row["id"]): row["code"] for name in KINDS for row in read[name] if "id" in row}
    found: Tables = {
        "pairs": {
            (codes["Person", left], codes["Skill", right]): {} for left, right in read["pairs"]
        }
    }
    for kind in KINDS.values():
        rows = found.setdefault(kind.name, {})
        for row in read[kind.name]:
            shown = {
                column.name: row[_ATTRIBUTES.get(column.name, column.name)]
                for column in kind.columns
            }
            for link in kind.to_one:
                if link.name == "room":
                    value: Any = (row["room_team"], row["room_number"])
                    shown["room"] = None if value[1] is None else value
                elif link.name == "team":
                    shown["team"] = row["team_code"]
                else:
                    shown[link.name] = codes.get((link.target, row[_KEYS[link.name]]))
            shown["deleted"] = row.get("deleted_at") is not None
            if kind.has_version:
                shown["version"] = row["version"]
            name = (row["team_code"], row["number"]) if kind.name == "Room" else row["code"]
            rows[name] = shown
    return found


def learn(world: World, read: Read) -> None:
    """Learn the primary keys that the database has made; tables are the same."""
    for kind in KINDS.values():
        ids = {row["code"]: row["id"] for row in read[kind.name] if "id" in row}
        for row in world.rows[kind.name].values():
            row["rowId"] = ids.get(row.get("code"))
