"""Rows are assembled: their own fields from what was fetched, relatives one level at a time.

What is known of a selection is made ready once. A run then only turns fetched rows into columns,
and columns into answers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, repeat
from types import MappingProxyType
from typing import Any, Protocol

from gql_api.errors import NoPlainFormError
from gql_api.loading.forms import Form, Values
from gql_api.loading.rows import LoadedRow, RowShape, RowType, owner_of
from gql_api.loading.run import ParentKey, Run
from gql_api.mapping.descriptors import Entity, Registry
from gql_api.mapping.global_ids import encode_key
from gql_api.plan import selections
from gql_api.plan.selections import Selection, ToManyField, ToOneField
from gql_api.sql.pages import Parents

Fetched = Sequence[Sequence[Any]]
"""Rows as statements return them."""


class Relatives(Protocol):
    """Relatives of many parents, made ready."""

    empty: Any
    """The answer for a parent whose keys lead nowhere."""

    async def load(self, keys: Sequence[ParentKey], run: Run) -> list[Any]:
        """Load the answer for each of at least one distinct key, none of which holds null."""
        ...


MakeRelatives = Callable[[ToOneField | ToManyField, Parents], Relatives]


@dataclass(slots=True, eq=False)
class _Part:
    """Fetched rows of one entity while they are assembled."""

    type: RowType
    rows: Fetched
    columns: Sequence[Values]
    related: dict[int, Values] = field(default_factory=dict)
    """Answers of relationship fields, by index of the relatives."""

    computed: dict[int, Values] = field(default_factory=dict)
    """Answers of computed fields, by slot of the call."""


_NO_ANSWER: Mapping[str, Any] = MappingProxyType({})
_Answer = Callable[[_Part, Run], Values]


class ReadyRows:
    """How the rows of one selection are assembled.

    Args:
        selection: What is asked of each row.
        shape: Of the fetched rows.
        registry: All entities.
        form: Of the answers.
        make_relatives: Makes relationship fields ready.
    """

    def __init__(
        self,
        selection: Selection,
        shape: RowShape,
        registry: Registry,
        form: Form,
        make_relatives: MakeRelatives,
    ) -> None:
        self._shape = shape
        self._form = form
        picked = {each.entity: each for each in selection.subtypes or (selection,)}
        entity = registry.entities[selection.entity]
        self._relatives = [
            _ReadyField(asked, names, _owner(asked, names, entity, registry), shape, make_relatives)
            for asked, names in _asked_relationships(picked.values())
        ]
        index = {id(each.asked): at for at, each in enumerate(self._relatives)}
        self._types = {
            name: _ReadyType(each, picked[name], index, form)
            for name, each in shape.types.items()
            if name in picked
        }

    async def load(self, fetched: Fetched, run: Run) -> list[Any]:
        """Assemble rows and load their relationships, one level for all rows together.

        Raises:
            NoPlainFormError: A value has no form on the wire.

        Cost:
            The statements of the relationships.
        """
        if not fetched:
            return []
        names = self._shape.type_names(fetched) if len(self._shape.types) > 1 else None
        parts = self._split(fetched, names)
        for at, each in enumerate(self._relatives):
            await each.load(at, parts, run, is_plain=self._form.is_plain)
        for name, part in parts.items():
            await self._types[name].compute(part, run)
        made = {name: self._types[name].assemble(part, run) for name, part in parts.items()}
        if names is None:
            return next(iter(made.values()))
        rows = {name: iter(each) for name, each in made.items()}
        return [next(rows[name]) for name in names]

    def _split(self, fetched: Fetched, names: Sequence[str] | None) -> dict[str, _Part]:
        """Turn rows into columns, those of each entity apart."""
        if names is None:
            ((name, type_),) = self._shape.types.items()
            return {name: _Part(type_, fetched, tuple(zip(*fetched, strict=True)))}
        found: dict[str, list[Sequence[Any]]] = {}
        for name, row in zip(names, fetched, strict=True):
            found.setdefault(name, []).append(row)
        types = self._shape.types
        return {
            name: _Part(types[name], rows, tuple(zip(*rows, strict=True)))
            for name, rows in found.items()
        }


class _ReadyType:
    """How the rows of one entity are assembled.

    Args:
        type_: Of the fetched rows.
        selection: What is asked of them.
        relatives: Index of each relationship field, by identity.
        form: Of the answers.
    """

    def __init__(
        self, type_: RowType, selection: Selection, relatives: dict[int, int], form: Form
    ) -> None:
        calls = [each for each in selection.fields if isinstance(each, selections.PythonField)]
        # in a tree the resolver itself is asked
        fields = [each for each in selection.fields if form.is_plain or each not in calls]
        self._calls = [each.call_slot for each in calls] if form.is_plain else []
        self._form = form
        self._names = tuple(each.response_key for each in fields)
        self._answers = [_answer(each, type_, relatives, form) for each in fields]

    async def compute(self, part: _Part, run: Run) -> None:
        """Compute the fields that Python answers: one call each, for all rows."""
        if self._calls:
            rows = [LoadedRow(part.type, row, _NO_ANSWER) for row in part.rows]
            for slot in self._calls:
                assert slot is not None  # noqa: S101 - else another path answers the plan
                part.computed[slot] = await run.values[slot](rows)

    def assemble(self, part: _Part, run: Run) -> list[Any]:
        """Make the answers of rows."""
        answers = [answer(part, run) for answer in self._answers]
        return self._form.rows(part.type, self._names, answers, part.rows)


def _answer(
    asked: selections.RowField, type_: RowType, relatives: dict[int, int], form: Form
) -> _Answer:
    """Return what makes the column of answers of a field."""
    match asked:
        case selections.ColumnField() | selections.VersionField():
            return _column_answer(asked, type_, form)
        case selections.IdField():
            places = tuple(type_.places[each.key] for each in type_.entity.id_columns)
            return partial(_ids, type_.entity, places)
        case selections.TypenameField() | selections.NullField():
            constant = asked.type_name if isinstance(asked, selections.TypenameField) else None
            return lambda part, _run: (constant,) * len(part.rows)
        case selections.PythonField(_, _, _, slot):
            assert slot is not None  # noqa: S101 - else another path answers the plan
            return lambda part, _run: part.computed[slot]
        case _:
            at = relatives[id(asked)]
            return lambda part, _run: part.related[at]


def _column_answer(
    asked: selections.ColumnField | selections.VersionField, type_: RowType, form: Form
) -> _Answer:
    column, place = type_.entity.columns[asked.column], type_.places[asked.column]
    if isinstance(asked, selections.VersionField):
        write = form.version_writer(column.type)
        return lambda part, _run: write(part.columns[place])
    convert, slot = form.converter(column.type, is_nullable=column.is_nullable), asked.path_slot
    if slot is None:
        return lambda part, _run: convert(part.columns[place])
    return lambda part, run: form.value_at(convert(part.columns[place]), run.values[slot])


def _ids(entity: Entity, places: Sequence[int], part: _Part, _run: Run) -> Values:
    keys = zip(*(part.columns[place] for place in places), strict=True)
    return list(map(encode_key, repeat(entity), keys))


class _ReadyField:
    """A relationship field, for rows of all entities that share it.

    Args:
        asked: The field.
        names: Of the entities.
        owner: The entity whose relationship it is.
        shape: Of the fetched rows.
        make_relatives: Makes what it leads to ready.
    """

    def __init__(
        self,
        asked: ToOneField | ToManyField,
        names: Sequence[str],
        owner: Entity,
        shape: RowShape,
        make_relatives: MakeRelatives,
    ) -> None:
        relationship = owner.relationships[asked.relationship]
        self.asked = asked
        self._places = {
            name: tuple(shape.types[name].places[key] for key in relationship.join.local_keys)
            for name in names
        }
        self._relatives = make_relatives(asked, Parents(owner, relationship))

    async def load(self, at: int, parts: dict[str, _Part], run: Run, *, is_plain: bool) -> None:
        """Load the relatives of rows, one level for all together."""
        keys = {
            name: list(zip(*(part.columns[each] for each in self._places[name]), strict=True))
            for name, part in parts.items()
            if name in self._places
        }
        every = [key for each in keys.values() for key in each]
        values = await load_relatives(self._relatives, every, run)
        if is_plain and self._is_missing(values):
            message = "A row that the schema promises is not there."
            raise NoPlainFormError(message)
        rest = iter(values)
        for name, each in keys.items():
            parts[name].related[at] = list(islice(rest, len(each)))

    def _is_missing(self, values: Values) -> bool:
        return isinstance(self.asked, ToOneField) and self.asked.is_non_null and None in values


async def load_relatives(relatives: Relatives, keys: Sequence[ParentKey], run: Run) -> list[Any]:
    """Load the relatives of parents, whose keys may repeat and hold null.

    Returns:
        An answer per key.

    Cost:
        One statement per level, whatever the number of keys.
    """
    # a null key leads nowhere
    empty = relatives.empty
    found: dict[ParentKey, Any] = {key: empty for key in keys if None in key}
    distinct = [key for key in dict.fromkeys(keys) if key not in found]
    if distinct:
        loaded = await relatives.load(distinct, run)
        found.update(zip(distinct, loaded, strict=True))
    return list(map(found.__getitem__, keys))


def _owner(
    asked: ToOneField | ToManyField, names: Sequence[str], entity: Entity, registry: Registry
) -> Entity:
    subtype = registry.entities[names[0]]
    owner = owner_of(asked.relationship, entity, subtype, registry)
    return owner if asked.relationship in owner.relationships else subtype


def _asked_relationships(
    picked: Iterable[Selection],
) -> list[tuple[ToOneField | ToManyField, list[str]]]:
    """Return the relationships that are asked for, each with the entities of the rows."""
    found: dict[int, tuple[ToOneField | ToManyField, list[str]]] = {}
    for selection in picked:
        for asked in selection.fields:
            if isinstance(asked, ToOneField | ToManyField):
                # the planner gives one field to all types that inherit the relationship
                found.setdefault(id(asked), (asked, []))[1].append(selection.entity)
    return list(found.values())
