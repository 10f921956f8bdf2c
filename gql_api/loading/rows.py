"""Rows: which columns are fetched of them, and what resolvers in Python see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import ColumnProperty

from gql_api.mapping.descriptors import Entity, Registry
from gql_api.mapping.expressions import is_expression
from gql_api.plan import selections
from gql_api.plan.selections import Selection
from gql_api.sql.columns import Discriminator, SelectedColumn, SubtypeColumn


@dataclass(frozen=True, slots=True, eq=False)
class RowType:
    """What is fetched of the rows of one entity. Compared by identity."""

    entity: Entity
    """Never one whose rows all belong to others."""

    places: Mapping[str, int]
    """Index of each column in a fetched row, by attribute key."""


class LoadedRow:
    """The answer for one row: response keys to values, in the shape of its selection.

    Loaded columns are attributes, so that a resolver in Python reads ``self.title``; nothing else
    is, lest a column called ``items`` or ``values`` be hidden.

    Args:
        type_: What was fetched.
        fetched: Database values.
        answer: Response key to value.
    """

    __slots__ = ("_answer", "_fetched", "_type")

    def __init__(self, type_: RowType, fetched: Sequence[Any], answer: Mapping[str, Any]) -> None:
        self._type = type_
        self._fetched = fetched
        self._answer = answer

    def __getitem__(self, response_key: str) -> Any:
        """Return the value of a selected field."""
        return self._answer[response_key]

    def __getattr__(self, name: str) -> Any:
        """Return a loaded column.

        Raises:
            AttributeError: It was not selected; the message names the fix.
        """
        try:
            return self._fetched[self._type.places[name]]
        except KeyError:
            message = (
                f"{self._type.entity.name}.{name} is not loaded: declare it in depends_on, "
                "or await info.context.load(...)."
            )
            raise AttributeError(message) from None


def entity_of(row: LoadedRow) -> Entity:
    """Return the entity of a row."""
    return row._type.entity  # noqa: SLF001 - every public name of a row is a column's


def column_values(row: LoadedRow, keys: Sequence[str]) -> tuple[Any, ...]:
    """Return loaded values of a row, by attribute keys."""
    return tuple(getattr(row, key) for key in keys)


class RowShape:
    """What is fetched of the rows of an entity, so that selections can be answered.

    These are the selected columns, the primary key for global ids, and the local keys of the
    selected relationships; the primary key when nothing else is needed. Where rows are of several
    types it is what tells the type, and all this for each of them, what they share once.

    Args:
        name: Of the entity.
        picked: Selections of it.
        registry: All entities.
        start: Values that a fetched row holds before the columns.
    """

    columns: tuple[SelectedColumn, ...]
    """What is fetched."""

    types: Mapping[str, RowType]
    """What is fetched of the rows of each entity, by its name."""

    def __init__(
        self, name: str, picked: Sequence[Selection], registry: Registry, start: int = 0
    ) -> None:
        self._entity = entity = registry.entities[name]
        self._start = start
        lineage = entity.lineage
        if lineage is None or not entity.is_interface or not lineage.identities:
            own = [each for selection in picked for each in selection.subtypes or (selection,)]
            keys = _needed_columns(entity, own)
            self.columns = keys
            places = {key: start + at for at, key in enumerate(keys)}
            self.types = {name: RowType(entity, places)}
            return
        found: dict[SelectedColumn, int] = {Discriminator(): start}
        types = {}
        for subtype in registry.row_entities(entity):
            asked = [
                each
                for selection in picked
                for each in selection.subtypes
                if each.entity == subtype.name
            ]
            places = {}
            for key in _needed_columns(subtype, asked):
                column = _column_of(key, entity, subtype, registry)
                places[key] = found.setdefault(column, start + len(found))
            types[subtype.name] = RowType(subtype, places)
        self.columns = tuple(found)
        self.types = types

    @property
    def end(self) -> int:
        """Index of what a fetched row holds after the columns."""
        return self._start + len(self.columns)

    def type_names(self, fetched: Sequence[Sequence[Any]]) -> list[str]:
        """Return the entity of each fetched row, where they are of several types."""
        assert self._entity.lineage is not None  # noqa: S101 - rows of several types have one
        # a value that no class has is one of the base's own rows
        identities, own = self._entity.lineage.identities, self._entity.name
        return [identities.get(row[self._start], own) for row in fetched]

    def column_values(self, fetched: Sequence[Any], keys: Sequence[str]) -> tuple[Any, ...]:
        """Return values of a fetched row, by attribute keys."""
        names = self.type_names((fetched,)) if len(self.types) > 1 else self.types
        type_ = self.types[next(iter(names))]
        return tuple(fetched[type_.places[key]] for key in keys)


def owner_of(key: str, entity: Entity, subtype: Entity, registry: Registry) -> Entity:
    """Return the topmost entity, from ``entity`` down to ``subtype``, that has an attribute.

    What rows of several types inherit from it is one column or one relationship.
    """
    if subtype is entity:
        return entity
    above = registry.ancestors(subtype)
    path = [subtype, *above[: above.index(entity) + 1]]
    attribute = sa.inspect(subtype.model).all_orm_descriptors[key]
    return next(each for each in reversed(path) if _is_inherited(key, attribute, each))


def _is_inherited(key: str, attribute: Any, entity: Entity) -> bool:
    mapper = sa.inspect(entity.model)
    if key not in mapper.all_orm_descriptors:
        return False
    inherited = mapper.all_orm_descriptors[key]
    if not hasattr(attribute, "property") or not hasattr(inherited, "property"):
        return inherited is attribute
    # the key of a joined subclass is a column of its own, with the value of the base's
    return inherited.property is attribute.property or (
        all(isinstance(each.property, ColumnProperty) for each in (inherited, attribute))
        and not is_expression(attribute.property)
    )


def _column_of(key: str, entity: Entity, subtype: Entity, registry: Registry) -> SelectedColumn:
    owner = owner_of(key, entity, subtype, registry)
    return key if owner is entity else SubtypeColumn(owner.name, key)


def _needed_columns(entity: Entity, picked: Sequence[Selection]) -> tuple[str, ...]:
    needed: dict[str, None] = {}
    for selection in picked:
        for field in selection.fields:
            needed.update(dict.fromkeys(_field_columns(field, entity)))
        needed.update(dict.fromkeys(selection.columns))
    return tuple(needed) or _key_columns(entity)


def _field_columns(field: selections.RowField, entity: Entity) -> Sequence[str]:
    match field:
        case selections.ColumnField() | selections.VersionField():
            return (field.column,)
        case selections.IdField():
            return _key_columns(entity)
        case selections.PythonField():
            return field.columns
        case selections.TypenameField() | selections.NullField():
            return ()
        case _:
            return entity.relationships[field.relationship].join.local_keys


def _key_columns(entity: Entity) -> tuple[str, ...]:
    return tuple(column.key for column in entity.primary_key)
