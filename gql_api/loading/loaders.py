"""DataLoaders for custom resolvers: request-scoped, one ``IN`` statement per batch and level."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from aiodataloader import DataLoader
from typing_extensions import override

from gql_api.loading.assembly import load_relatives
from gql_api.loading.forms import TREE
from gql_api.loading.lists import Setting
from gql_api.loading.plans import load_lookup
from gql_api.loading.rows import column_values
from gql_api.loading.run import ParentKey, Run
from gql_api.mapping.descriptors import Column, Entity, Relationship
from gql_api.plan.filters import Compare, Filter, KeyIn, Operator
from gql_api.plan.known import KnownPlan
from gql_api.plan.selections import Lookup, Selection, ToManyField, ToOneField
from gql_api.sql.instances import select_instances
from gql_api.sql.pages import Parents


class RelatedByParentLoader(DataLoader[ParentKey, Any]):
    """Loads the relatives of parents by their local keys, with all that is selected of them.

    Args:
        entity: The parents'.
        relationship: Leads to the relatives.
        asked: Plan of the relationship's field.
        run: Where, and with which values.
    """

    def __init__(
        self,
        entity: Entity,
        relationship: Relationship,
        asked: ToOneField | ToManyField,
        run: Run,
    ) -> None:
        super().__init__()
        setting = Setting(run.compilation, TREE)
        self._relatives = setting.relatives(asked, Parents(entity, relationship))
        self._run = run

    @override
    async def batch_load_fn(self, keys: Sequence[ParentKey]) -> list[Any]:
        """Load the relatives of a batch of parents.

        Cost:
            One statement per level, whatever the number of keys.
        """
        return await load_relatives(self._relatives, keys, self._run)


class ComputedByKeyLoader(DataLoader[ParentKey, Any]):
    """Loads a computed column of visible rows by primary key.

    Args:
        entity: Whose rows.
        column: What is computed.
        run: Where; its plan has no values.
    """

    def __init__(self, entity: Entity, column: Column, run: Run) -> None:
        super().__init__()
        self._key = tuple(each.key for each in entity.primary_key)
        self._column = column.key
        condition: Filter = KeyIn(self._key, 0)
        if len(self._key) == 1:
            condition = Compare(self._key[0], Operator.IN, 0)
        columns = (*self._key, self._column)
        selection = Selection(entity.name, (), columns)
        if entity.is_interface:
            types = run.compilation.registry.row_entities(entity)
            subtypes = tuple(Selection(each.name, (), columns) for each in types)
            selection = Selection(entity.name, (), subtypes=subtypes)
        self._known = KnownPlan(Lookup(selection, condition))
        self._run = run

    @override
    async def batch_load_fn(self, keys: Sequence[ParentKey]) -> list[Any]:
        """Load the column of a batch of rows; None where no visible row has the key.

        Cost:
            One statement, whatever the number of keys.
        """
        found: dict[ParentKey, Any] = {}
        for chunk in self._run.chunks(list(dict.fromkeys(keys))):
            values = [key[0] for key in chunk] if len(self._key) == 1 else list(chunk)
            run = replace(self._run, values=(values,))
            for row in await load_lookup(self._known, run):
                (found[column_values(row, self._key)],) = column_values(row, (self._column,))
        return [found.get(key) for key in keys]


class InstanceByKeyLoader(DataLoader[ParentKey, Any]):
    """Loads the visible instances of one model by primary key.

    Args:
        entity: Whose rows.
        run: Where; its plan has no values.
    """

    def __init__(self, entity: Entity, run: Run) -> None:
        super().__init__()
        self._entity = entity
        self._run = run

    @override
    async def batch_load_fn(self, keys: Sequence[ParentKey]) -> list[Any]:
        """Load a batch of instances; None where no visible row has the key.

        Cost:
            One statement, whatever the number of keys.
        """
        statement = select_instances(self._entity, self._run.compilation)
        found: dict[ParentKey, Any] = {}
        for chunk in self._run.chunks(list(dict.fromkeys(keys))):
            parameters = self._run.parameters(chunk)
            for instance in await self._run.reader.fetch_instances(statement, parameters):
                key = tuple(getattr(instance, each.key) for each in self._entity.primary_key)
                found[key] = instance
        return [found.get(key) for key in keys]


class ValueByRowLoader(DataLoader[Any, Any]):
    """Computes a value for each of the rows that are asked for at the same time.

    Args:
        compute: Takes the rows and gives one value for each.
    """

    cache = False  # rows may be of types that have no hash

    def __init__(self, compute: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]) -> None:
        super().__init__()
        self._compute = compute

    @override
    async def batch_load_fn(self, keys: Sequence[Any]) -> list[Any]:
        """Compute the values of a batch of rows, with one call."""
        return list(await self._compute(keys))
