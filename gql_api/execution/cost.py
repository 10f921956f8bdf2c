"""What an operation costs: about the rows that it may read, compiled once per document.

Fields are merged as the executor merges them, and each merged selection is priced once, however many
fragments and aliases lead to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from gql_api.errors import LimitExceededError
from gql_api.execution.prices import Conditions, CostProgram, Selection, Term
from gql_api.execution.weights import Level, Weights
from gql_api.schema.build import Schema

_MAX_MERGED = 50_000
"""Nodes that are looked at while fields are merged: what is beyond is no document of a client."""

_ALWAYS: Conditions = frozenset()
Occurrence = tuple[FieldNode, Conditions]
Spot = tuple[SelectionSetNode, str, Conditions]
"""A selection set, the type it selects from, and where it is there."""


def compile_cost(
    document: DocumentNode, operation: OperationDefinitionNode, schema: Schema
) -> CostProgram:
    """Compile the price of an operation.

    Args:
        document: Valid, so that its fragments form no circle.
        operation: Of the document.
        schema: Whose types it selects from.

    Raises:
        LimitExceededError: Its fields merge in more ways than can be judged.
    """
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    compiler = _Compiler(Weights(schema), fragments)
    root: Any = schema.graphql_schema.get_root_type(operation.operation)
    compiler.compile_selection((operation.selection_set,), Level(root.name))
    defaults = {
        each.variable.name.value: each.default_value
        for each in operation.variable_definitions or ()
        if each.default_value is not None
    }
    return CostProgram(compiler.selections, defaults)


@dataclass(slots=True)
class _Compiler:
    """Compiles the selections of one operation."""

    weights: Weights
    fragments: Mapping[str, FragmentDefinitionNode]
    selections: list[Selection] = field(default_factory=list)
    merged: int = 0
    """Nodes that were looked at."""

    _known: dict[Any, int] = field(default_factory=dict)

    def compile_selection(self, sets: Sequence[SelectionSetNode], level: Level) -> int:
        """Return the number of a merged selection; recursion is as deep as the document."""
        page = None if level.page is None else level.page.key
        key = (frozenset(map(id, sets)), level.type, page)
        if key not in self._known:
            always: list[Term] = []
            by_type: dict[str, list[Term]] = {}
            for (owner, _), found in self._collect(sets, level.type).items():
                term = self._compile_term(owner, found, level)
                if term == Term(alternatives=term.alternatives):
                    continue  # free, as most columns are
                is_certain = owner == level.type or self.weights.is_abstract(owner)
                terms = always if is_certain else by_type.setdefault(owner, [])
                terms.append(term)
            self.selections.append(Selection(always, list(by_type.values())))
            self._known[key] = len(self.selections) - 1
        return self._known[key]

    def _compile_term(self, owner: str, found: Sequence[Occurrence], level: Level) -> Term:
        weight = self.weights.weigh(owner, found[0][0], level)
        selection = None
        if weight.inner is not None:
            sets = {id(node.selection_set): node.selection_set for node, _ in found}
            given = tuple(each for each in sets.values() if each is not None)
            selection = self.compile_selection(given, weight.inner)
        conditions = {each for _, each in found}
        return Term(
            points=weight.points,
            each=weight.each,
            repeats=weight.repeats,
            selection=selection,
            arguments=weight.arguments,
            alternatives=() if _ALWAYS in conditions else tuple(conditions),
        )

    def _collect(
        self, sets: Sequence[SelectionSetNode], type_: str
    ) -> dict[tuple[str, str], list[Occurrence]]:
        """Collect the fields of a level by the type that has them and their response key.

        A fragment is entered twice at most: a second time without conditions, where it is spread
        under other ones.
        """
        found: dict[tuple[str, str], list[Occurrence]] = {}
        entered: dict[str, Conditions] = {}
        spots: list[Spot] = [(each, type_, _ALWAYS) for each in sets]
        while spots:
            selection_set, owner, outer = spots.pop()
            self._count(len(selection_set.selections))
            for node in selection_set.selections:
                conditions = _conditions(node, outer)
                if conditions is None:
                    continue
                if isinstance(node, FieldNode):
                    key = node.alias.value if node.alias else node.name.value
                    found.setdefault((owner, key), []).append((node, conditions))
                else:
                    spots += self._enter(node, owner, conditions, entered)
        return found

    def _enter(
        self, node: Any, owner: str, conditions: Conditions, entered: dict[str, Conditions]
    ) -> Iterator[Spot]:
        """Yield the selection set of a fragment, unless it has been entered."""
        fragment = node
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            before = entered.get(name)
            if before is not None:
                if before <= conditions:
                    return
                conditions = _ALWAYS
            entered[name] = conditions
            fragment = self.fragments[name]
        on = fragment.type_condition
        yield fragment.selection_set, owner if on is None else on.name.value, conditions

    def _count(self, nodes: int) -> None:
        self.merged += nodes
        if self.merged > _MAX_MERGED:
            message = (
                f"The fragments of the document merge in more than {_MAX_MERGED} ways: "
                "use fewer of them."
            )
            raise LimitExceededError(message, limit="max_cost")


def _conditions(node: SelectionNode, outer: Conditions) -> Conditions | None:
    """Return where a node is there; None for nowhere."""
    conditions = outer
    for directive in node.directives or ():
        name = directive.name.value
        if name not in {"skip", "include"}:
            continue
        expected, value = name == "include", (directive.arguments or ())[0].value
        if not isinstance(value, BooleanValueNode):
            conditions |= {(expected, value)}
        elif value.value is not expected:
            return None
    return conditions
