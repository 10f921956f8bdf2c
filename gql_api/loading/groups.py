"""Groups: what their statement returns becomes answers, for many lists at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from gql_api.loading.aggregates import ReadyAggregates, aggregate_answers
from gql_api.loading.assembly import Fetched, MakeRelatives, ReadyRows
from gql_api.loading.fetching import ReadyStatement
from gql_api.loading.forms import Form, Values, objects
from gql_api.loading.rows import RowShape
from gql_api.loading.run import ParentKey, Run
from gql_api.plan import selections
from gql_api.plan.selections import Connection, GroupNodesField, GroupsField
from gql_api.sql.groups import read_aggregates, select_groups
from gql_api.sql.pages import Parents
from gql_api.sql.sources import Compilation


@dataclass(slots=True, eq=False)
class _Group:
    """One group of a list."""

    values: Sequence[Any]
    """What its rows share, and its aggregates."""

    rows: list[Sequence[Any]] = field(default_factory=list)
    """In the order of the list."""


class ReadyGroups:
    """A field of groups, made ready.

    Args:
        connection: The list.
        asked: The field.
        parents: Of the lists; None for the list of a root field.
        compilation: Registry, scopes and dialect.
        form: Of the answers.
        make_relatives: Makes relationships of the rows of groups ready.
    """

    def __init__(
        self,
        connection: Connection,
        asked: GroupsField,
        parents: Parents | None,
        compilation: Compilation,
        form: Form,
        make_relatives: MakeRelatives,
    ) -> None:
        registry = compilation.registry
        entity = registry.entities[connection.entity]
        nodes = [each for each in asked.fields if isinstance(each, GroupNodesField)]
        wanted = read_aggregates(asked)
        self._asked = asked
        self._width = 0 if parents is None else len(parents.relationship.join.local_keys)
        self._key_end = len(asked.keys)
        self._values_end = self._key_end + len(wanted)
        # parent's keys, rank, keys of the group, aggregates, rank in the group, columns
        self._row_rank = self._width + 1 + self._values_end
        picked = [each.selection for each in nodes]
        shape = RowShape(connection.entity, picked, registry, self._row_rank + 1)
        columns = shape.columns if nodes else ()
        statement = select_groups(connection, asked, columns, compilation, parents=parents)
        self._statement = ReadyStatement(statement, parents, compilation)
        self._rows = {
            each.response_key: ReadyRows(each.selection, shape, registry, form, make_relatives)
            for each in nodes
        }
        types = [entity.columns[each.column].type for each in asked.keys]
        self._converters = [form.converter(each, is_nullable=True) for each in types]
        self._aggregates = ReadyAggregates(wanted, entity, form)

    async def load(self, keys: Sequence[ParentKey], run: Run) -> list[list[dict[str, Any]]]:
        """Load the groups of each list.

        Cost:
            One statement, and those of their rows' relationships.
        """
        found: dict[ParentKey, dict[Any, _Group]] = {key: {} for key in keys}
        for row in await self._statement.fetch(keys, run):
            self._add(row, found[tuple(row[: self._width])])
        groups = [group for each in found.values() for group in each.values()]
        columns = [await self._column(each, groups, run) for each in self._asked.fields]
        names = [each.response_key for each in self._asked.fields]
        answers = iter(objects(names, columns, len(groups)))
        return [list(islice(answers, len(each))) for each in found.values()]

    def _add(self, row: Sequence[Any], groups: dict[Any, _Group]) -> None:
        start = self._width + 1
        rank = row[self._width]
        if rank not in groups:
            groups[rank] = _Group(row[start : self._row_rank])
        if self._rows and row[self._row_rank] is not None:
            groups[rank].rows.append(row)

    async def _column(
        self, asked: selections.GroupField, groups: Sequence[_Group], run: Run
    ) -> Values:
        """Return the answers of one field of all groups."""
        match asked:
            case selections.GroupKeyField(_, fields):
                return self._key_answers(fields, groups)
            case selections.AggregateField(_, parts):
                return self._aggregate_answers(parts, groups)
            case GroupNodesField():
                return await self._nodes(asked, groups, run)
            case selections.TypenameField(_, type_name):
                return (type_name,) * len(groups)

    def _key_answers(
        self,
        fields: Sequence[selections.TypenameField | selections.GroupValueField],
        groups: Sequence[_Group],
    ) -> Values:
        keys = zip(*(group.values[: self._key_end] for group in groups), strict=True)
        values = [convert(column) for convert, column in zip(self._converters, keys, strict=False)]
        columns: list[Values] = []
        for each in fields:
            if isinstance(each, selections.TypenameField):
                columns.append((each.type_name,) * len(groups))
            elif each.index is None or not groups:
                columns.append((None,) * len(groups))
            else:
                columns.append(values[each.index])
        return objects([each.response_key for each in fields], columns, len(groups))

    def _aggregate_answers(
        self,
        fields: Sequence[
            selections.TypenameField | selections.AggregateValue | selections.AggregatePart
        ],
        groups: Sequence[_Group],
    ) -> Values:
        if not groups:
            return []
        rows = [group.values[self._key_end : self._values_end] for group in groups]
        computed: Mapping[Any, Values] = self._aggregates.read(rows) if rows[0] else {}
        return aggregate_answers(fields, computed, len(groups))

    async def _nodes(self, asked: GroupNodesField, groups: Sequence[_Group], run: Run) -> Values:
        """Assemble the first rows of all groups at once."""
        limit = run.values[asked.limit_slot]
        everything: Fetched = [row for group in groups for row in group.rows[:limit]]
        rows: Iterator[Any] = iter(await self._rows[asked.response_key].load(everything, run))
        return [list(islice(rows, min(limit, len(group.rows)))) for group in groups]
