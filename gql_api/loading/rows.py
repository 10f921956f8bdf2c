"""Loaded rows: what a plan's answer is made of, and what resolvers in Python see."""

from collections.abc import Mapping, Sequence
from typing import Any

from gql_api.mapping.descriptors import Entity, Registry
from gql_api.mapping.global_ids import encode_global_id
from gql_api.plan import selections
from gql_api.plan.selections import Selection


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


def needed_columns(name: str, picked: Sequence[Selection], registry: Registry) -> tuple[str, ...]:
    """Return the attribute keys that selections of one entity need, each once.

    These are the selected columns, the primary key for global ids, and the local keys of the
    selected relationships; the primary key when nothing else is needed.
    """
    entity = registry.entities[name]
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
        case _:
            return entity.relationships[field.relationship].join.local_keys


def _key_columns(entity: Entity) -> tuple[str, ...]:
    return tuple(column.key for column in entity.primary_key)


def assemble_row(selection: Selection, entity: Entity, columns: Mapping[str, Any]) -> LoadedRow:
    """Fill in the fields that the row itself holds; relationships are filled in later."""
    row = LoadedRow(entity, columns)
    for field in selection.fields:
        if isinstance(field, selections.ColumnField):
            row[field.response_key] = columns[field.column]
        elif isinstance(field, selections.IdField):
            row[field.response_key] = encode_global_id(entity, columns)
    return row
