"""Loaded rows: what a plan's answer is made of, and what resolvers in Python see."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import ColumnProperty

from gql_api.mapping.descriptors import Entity, Registry
from gql_api.mapping.expressions import is_expression
from gql_api.mapping.global_ids import encode_global_id
from gql_api.plan import selections
from gql_api.plan.selections import Selection
from gql_api.sql.columns import Discriminator, SelectedColumn, SubtypeColumn


class LoadedRow:
    """The answer for one row: response keys to values, in the shape of its selection.

    Loaded columns are attributes, so that a resolver in Python reads ``self.title``; nothing else
    is, lest a column called ``items`` or ``values`` be hidden.

    Args:
        entity: Whose row.
        columns: Attribute key to database value.
    """

    __slots__ = ("_answer", "_columns", "_entity")

    def __init__(self, entity: Entity, columns: Mapping[str, Any]) -> None:
        self._entity = entity
        self._columns = columns
        self._answer: dict[str, Any] = {}

    def __getitem__(self, response_key: str) -> Any:
        """Return the value of a selected field."""
        return self._answer[response_key]

    def __setitem__(self, response_key: str, value: Any) -> None:
        """Fill in the value of a selected field."""
        self._answer[response_key] = value

    def __getattr__(self, name: str) -> Any:
        """Return a loaded column.

        Raises:
            AttributeError: It was not selected; the message names the fix.
        """
        try:
            return self._columns[name]
        except KeyError:
            message = (
                f"{self._entity.name}.{name} is not loaded: declare it in depends_on, "
                "or await info.context.load(...)."
            )
            raise AttributeError(message) from None


def entity_of(row: LoadedRow) -> Entity:
    """Return the entity of a row."""
    return row._entity  # noqa: SLF001 - every public name of a row is a column's


def column_values(row: LoadedRow, keys: Sequence[str]) -> tuple[Any, ...]:
    """Return loaded values of a row, by attribute keys."""
    columns = row._columns  # noqa: SLF001 - every public name of a row is a column's
    return tuple(columns[key] for key in keys)


class FetchedRow(NamedTuple):
    """A row as a statement returned it."""

    entity: Entity
    """That it belongs to: never one whose rows all belong to others."""

    columns: Mapping[str, Any]
    """Attribute key to database value."""


class RowShape:
    """What is fetched of the rows of an entity, so that selections can be answered.

    These are the selected columns, the primary key for global ids, and the local keys of the
    selected relationships; the primary key when nothing else is needed. Where rows are of several
    types it is what tells the type, and all this for each of them, what they share once.

    Args:
        name: Of the entity.
        picked: Selections of it.
        registry: All entities.
    """

    columns: tuple[SelectedColumn, ...]
    """What is fetched."""

    def __init__(self, name: str, picked: Sequence[Selection], registry: Registry) -> None:
        self._entity = registry.entities[name]
        self._types: dict[str, tuple[Entity, dict[str, int]]] = {}
        lineage = self._entity.lineage
        if lineage is None or not self._entity.is_interface or not lineage.identities:
            own = [each for selection in picked for each in selection.subtypes or (selection,)]
            self.columns = _needed_columns(self._entity, own)
            return
        places: dict[SelectedColumn, int] = {Discriminator(): 0}
        for entity in registry.row_entities(self._entity):
            asked = [
                each
                for selection in picked
                for each in selection.subtypes
                if each.entity == entity.name
            ]
            found = {}
            for key in _needed_columns(entity, asked):
                column = _column_of(key, self._entity, entity, registry)
                found[key] = places.setdefault(column, len(places))
            self._types[entity.name] = (entity, found)
        self.columns = tuple(places)

    def read(self, values: Sequence[Any]) -> FetchedRow:
        """Read a row: the values of ``columns``, and perhaps more."""
        if not self._types:
            columns: Any = self.columns
            return FetchedRow(self._entity, dict(zip(columns, values, strict=False)))
        assert self._entity.lineage is not None  # noqa: S101 - rows of several types have one
        # a value that no class has is one of the base's own rows
        name = self._entity.lineage.identities.get(values[0], self._entity.name)
        entity, places = self._types[name]
        return FetchedRow(entity, {key: values[place] for key, place in places.items()})


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
        case selections.ColumnField():
            return (field.column,)
        case selections.IdField():
            return _key_columns(entity)
        case selections.PythonField():
            return field.columns
        case selections.TypenameField():
            return ()
        case _:
            return entity.relationships[field.relationship].join.local_keys


def _key_columns(entity: Entity) -> tuple[str, ...]:
    return tuple(column.key for column in entity.primary_key)


def assemble_row(selection: Selection, fetched: FetchedRow) -> LoadedRow:
    """Fill in the fields that the row itself holds; relationships are filled in later."""
    entity, columns = fetched
    row = LoadedRow(entity, columns)
    for field in selection.fields:
        if isinstance(field, selections.ColumnField):
            row[field.response_key] = columns[field.column]
        elif isinstance(field, selections.IdField):
            row[field.response_key] = encode_global_id(entity, columns)
        elif isinstance(field, selections.TypenameField):
            row[field.response_key] = field.type_name
    return row
