"""What the models are, in words of their own: the naive model and the generator read nothing else."""

from dataclasses import dataclass
from functools import cached_property

CODE_LENGTH = 4


@dataclass(frozen=True)
class Column:
    """A column that inputs hold."""

    name: str
    kind: str = "integer"
    """``text``, ``integer`` or ``boolean``."""

    is_nullable: bool = False
    default: int | bool | None = None
    minimum: int | None = None
    """Checked before any SQL."""

    unlucky: int | None = None
    """A value that the database refuses."""

    is_unique: bool = False
    is_fixed: bool = False
    """Whether only creations set it."""

    target: str | None = None
    """The kind whose key it must be, without a relationship."""


@dataclass(frozen=True)
class ToOne:
    """A foreign key that lies in the row."""

    name: str
    target: str
    is_required: bool = False
    is_unique: bool = False


@dataclass(frozen=True)
class ToMany:
    """Rows that lead back by ``back``, or are tied by pairs where there is none."""

    name: str
    target: str
    back: str | None = None
    has_cascade: bool = False
    is_shown: bool = True
    """Whether inputs and answers have it; a lone relative is written from its own side."""

    is_from_left: bool = True
    """Which end of the pairs the owner is."""


@dataclass(frozen=True)
class Kind:
    """One model; relationships in the order in which inputs are written."""

    name: str
    columns: tuple[Column, ...]
    to_one: tuple[ToOne, ...] = ()
    to_many: tuple[ToMany, ...] = ()
    has_version: bool = False
    is_soft: bool = False
    plural: str = ""
    key: tuple[str, ...] = ("code",)
    """What tells rows apart for people: unique, never null."""

    @cached_property
    def column(self) -> dict[str, Column]:
        """The columns by name."""
        return {each.name: each for each in self.columns}

    @cached_property
    def link(self) -> dict[str, ToOne]:
        """The relationships to one row, by name."""
        return {each.name: each for each in self.to_one}

    @cached_property
    def relation(self) -> dict[str, ToMany]:
        """The relationships to many rows that inputs have, by name."""
        return {each.name: each for each in self.to_many if each.is_shown}

    @property
    def many(self) -> str:
        """The name in fields of many rows."""
        return self.plural or f"{self.name}s"

    @property
    def single(self) -> str:
        """The name in payloads of one row."""
        return self.name.lower()

    @property
    def unique(self) -> list[tuple[str, ...]]:
        """What must be unique, in the order in which the database looks."""
        found = [self.key]
        found += [(each.name,) for each in self.columns if each.is_unique and each.name != "code"]
        return found + [(each.name,) for each in self.to_one if each.is_unique]

    @property
    def has_generated_id(self) -> bool:
        """Whether the database makes the primary key."""
        return self.name not in {"Team", "Room"}


_CODE = Column("code", "text", is_unique=True)
_SHOWN = (Column("isOpen", "boolean", default=True), Column("score", default=0))
_SIZE = Column("size", is_nullable=True, unlucky=13)
_AGE = Column("age", is_nullable=True, minimum=0, unlucky=13)

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "Team",
            (Column("code", "text", is_unique=True, is_fixed=True), _SIZE, *_SHOWN),
            to_many=(
                ToMany("members", "Person", "team"),
                ToMany("parcels", "Parcel", "team"),
                ToMany("rooms", "Room", "team", has_cascade=True),
            ),
        ),
        Kind(
            "Room",
            (
                Column("number", is_fixed=True),
                Column("label", "text", is_nullable=True, is_unique=True),
                *_SHOWN,
            ),
            (ToOne("team", "Team", is_required=True),),
            (ToMany("tasks", "Task", "room"),),
            key=("team", "number"),
        ),
        Kind(
            "Person",
            (_CODE, Column("nick", "text", is_nullable=True, is_unique=True), _AGE, *_SHOWN),
            (ToOne("team", "Team"), ToOne("boss", "Person")),
            (
                ToMany("passport", "Passport", "person", is_shown=False),
                ToMany("reports", "Person", "boss"),
                ToMany("tasks", "Task", "person", has_cascade=True),
                ToMany("skills", "Skill"),
            ),
            plural="People",
        ),
        Kind(
            "Passport",
            (_CODE, *_SHOWN),
            (ToOne("person", "Person", is_required=True, is_unique=True),),
        ),
        Kind("Skill", (_CODE, *_SHOWN), to_many=(ToMany("people", "Person", is_from_left=False),)),
        Kind(
            "Task",
            (_CODE, *_SHOWN),
            (ToOne("person", "Person", is_required=True), ToOne("room", "Room")),
            has_version=True,
        ),
        Kind(
            "Parcel",
            (_CODE, *_SHOWN),
            (ToOne("team", "Team"),),
            (ToMany("items", "Item", "parcel", has_cascade=True),),
            has_version=True,
            is_soft=True,
        ),
        Kind(
            "Item",
            (_CODE, Column("originCode", "text", is_nullable=True, target="Team"), *_SHOWN),
            (ToOne("parcel", "Parcel"),),
            is_soft=True,
        ),
    )
}
"""All models by name."""


def cannot_release(relation: ToMany) -> bool:
    """Tell whether rows cannot do without the owner."""
    return relation.back is not None and KINDS[relation.target].link[relation.back].is_required


def is_within_key(relation: ToMany) -> bool:
    """Tell whether the owner is a part of the key of its rows."""
    return relation.back in KINDS[relation.target].key
