"""The plans of a document: each is made once, afterwards only its arguments are read."""

from collections.abc import Callable, Hashable
from typing import Any
from weakref import WeakValueDictionary, ref

import strawberry
from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    SelectionNode,
    VariableNode,
)

from gql_api.plan.known import KnownPlan, PlanCache, PlanT
from gql_api.plan.selections import Connection, Lookup
from gql_api.schema.context import RequestContext, SchemaAccess, plan_reader
from gql_api.schema.selections import Planner
from gql_api.schema.sites import ArgumentReader, AskedField, Site

_MAX_FIELDS = 64
"""Fields of one document whose argument sites are kept; each as often as ``@skip`` and
``@include`` change what it selects."""

_Key = tuple[Hashable, ...]


class DocumentPlans:
    """What is known of the fields of a document that are planned.

    Args:
        document: Keeps the nodes alive by whose identity its fields are known; None for a document
            that is not kept, so that nothing but its plans are.
        plans: Those of all documents.
    """

    def __init__(self, document: DocumentNode | None, plans: PlanCache) -> None:
        self.document = document
        self.conditions = () if document is None else _conditions(document)
        """Variables that decide what is selected."""

        self._plans = plans
        self._sites: dict[_Key, list[Site]] = {}
        self._last: dict[_Key, tuple[list[Hashable], ref[KnownPlan[Any]]]] = {}
        # a plan that the cache of all forgets is gone from here too
        self._known: WeakValueDictionary[_Key, KnownPlan[Any]] = WeakValueDictionary()

    def find(
        self,
        asked: AskedField,
        name: str,
        make: Callable[[Planner], PlanT],
        given: Any = None,
    ) -> tuple[KnownPlan[PlanT], tuple[Any, ...]]:
        """Return the plan of a field, and its operands.

        Args:
            asked: The field.
            name: Of the entity, and of the way where there are several: each has plans of its own.
            make: Makes the plan where it is not known. Which sites it reads must follow from the
                document alone, never from what they hold.
            given: What the plan needs besides its arguments.

        Raises:
            BadUserInputError: An argument is wrong.
            ForbiddenError: It asks for what the subject may not read.

        Cost:
            Linear in the size of the arguments where the plan is known.
        """
        key = (name, *map(id, asked.nodes), *map(asked.variables.get, self.conditions))
        reader = self._read_again(key, asked, given)
        if reader is not None:
            again = self._find_again(key, reader.parts)
            if again is not None:
                self._plans.use(again)
                return self._readable(again, asked), reader.operands.values
        planner = Planner(asked, given)
        known = self._plans.know(make(planner))
        if self.document is not None:
            self._keep(key, planner, known)
        return self._readable(known, asked), planner.reader.operands.values

    def _readable(self, known: KnownPlan[PlanT], asked: AskedField) -> KnownPlan[PlanT]:
        """Return the plan without what the subject may not read.

        Raises:
            ForbiddenError: What is asked depends on it.

        Cost:
            Linear in the size of the plan, once per role set; none where nothing is withheld.
        """
        compilation = asked.compilation
        if not compilation.rights.has_secrets:
            return known
        key = (_readable_plan, compilation)
        if key not in known.derived:
            known.derived[key] = _readable_plan(known.plan, asked)
        plan: PlanT = known.derived[key]
        return known if plan == known.plan else self._plans.know(plan)

    def _find_again(self, key: _Key, parts: list[Hashable]) -> KnownPlan[Any] | None:
        """Find the plan of some parts: mostly that of the request before, which costs no hashes."""
        last = self._last.get(key)
        if last is not None and last[0] == parts:
            return last[1]()
        found = self._known.get((key, *parts))
        if found is not None:
            self._last[key] = (parts, ref(found))
        return found

    def _read_again(self, key: _Key, asked: AskedField, given: Any) -> ArgumentReader | None:
        """Read the arguments of a field that was planned before; None where it was not."""
        sites = self._sites.get(key)
        if sites is None:
            return None
        reader = ArgumentReader(asked.table, asked.variables, given)
        for site in sites:
            reader.read(site)
        return reader

    def _keep(self, key: _Key, planner: Planner, known: KnownPlan[Any]) -> None:
        if key not in self._sites and len(self._sites) >= _MAX_FIELDS:
            forgotten = next(iter(self._sites))
            del self._sites[forgotten]
            self._last.pop(forgotten, None)
        self._sites.setdefault(key, planner.sites)
        self._known[key, *planner.reader.parts] = known


def _readable_plan(plan: Connection | Lookup, asked: AskedField) -> Connection | Lookup:
    reader = plan_reader(asked.table, asked.compilation)
    reader.check_root(plan, asked.path)
    if isinstance(plan, Lookup):
        return reader.read_lookup(plan, asked.path)
    return reader.read_connection(plan, asked.path)


def plans_of(info: strawberry.Info[Any, Any]) -> DocumentPlans:
    """Return the plans of the document that runs."""
    context: RequestContext = info.context
    schema: SchemaAccess = info.schema  # type: ignore[assignment]  # our subclass of the schema
    plans: DocumentPlans | None = context.plans
    return plans or DocumentPlans(None, schema.plans)


def _conditions(document: DocumentNode) -> tuple[str, ...]:
    """Return the variables that decide what a document selects."""
    names: dict[str, None] = {}
    pending: list[SelectionNode] = []
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            pending += definition.selection_set.selections
    while pending:
        node = pending.pop()
        names.update(dict.fromkeys(_variables(node.directives or ())))
        inner = getattr(node, "selection_set", None)  # a spread has none
        pending += () if inner is None else inner.selections
    return tuple(names)


def _variables(directives: tuple[DirectiveNode, ...]) -> list[str]:
    values = (each.value for directive in directives for each in directive.arguments or ())
    return [value.name.value for value in values if isinstance(value, VariableNode)]
