"""What each field of a schema weighs in the cost of an operation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)

from gql_api.execution.arguments import CONDITION_ARGUMENTS, Argument
from gql_api.execution.prices import ListLength, PageSize
from gql_api.schema.build import Schema

ROW, RESOLVER, LIST, COUNT, AGGREGATE, GROUPS, MUTATION, INTROSPECTION = (
    1,
    1,
    2,
    5,
    10,
    20,
    10,
    2_000,
)
"""Points of what a field asks for; each input object and each condition of a filter is one more."""

_POINTS = {"totalCount": COUNT, "aggregate": AGGREGATE, "groups": GROUPS}
"""Of the fields of connections."""

_FREE = frozenset({"PageInfo"})
_NO_ROWS = frozenset({"Error"})
_ALL = 2**31


@dataclass(frozen=True, slots=True)
class Level:
    """Where fields are selected."""

    type: str
    page: PageSize | ListLength | None = None
    """How many rows there are, of a connection or of the payload of a mutation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What a field weighs, its own selection apart."""

    points: int = 0
    """Paid once."""

    each: int = 0
    """Paid for each object."""

    repeats: PageSize | ListLength | None = None
    """How many objects there are."""

    arguments: tuple[Argument, ...] = ()

    inner: Level | None = None
    """Where its own selection stands; None if it has none, or a free one."""


class Weights:
    """What the fields of a schema weigh.

    Args:
        schema: Its names tell connections and edges from rows.
    """

    def __init__(self, schema: Schema) -> None:
        table = schema.table
        self._config = table.config
        self._types = schema.graphql_schema.type_map
        mutation = schema.graphql_schema.mutation_type
        self._mutation = None if mutation is None else mutation.name
        self._connections = frozenset(map(table.inflector.connection_type, table.entities))
        self._edges = frozenset(map(table.inflector.edge_type, table.entities))

    def is_abstract(self, name: str) -> bool:
        """Tell whether objects of several types may have a type."""
        return is_abstract_type(self._types[name])

    def weigh(self, owner: str, node: FieldNode, level: Level) -> Weight:
        """Weigh a field.

        Args:
            owner: The type that has it.
            node: Its arguments count.
            level: Where it is selected.
        """
        name = node.name.value
        if name.startswith("__"):
            return Weight(points=0 if name == "__typename" else INTROSPECTION)
        type_: Any = self._types[owner]
        defined: GraphQLField = type_.fields[name]
        arguments = _arguments(node, defined)
        named = get_named_type(defined.type)
        if is_leaf_type(named):
            points = self._leaf_points(owner, name, defined)
            return Weight(points=points, arguments=tuple(arguments.values()))
        page = self._page(arguments)
        is_connection = named.name in self._connections
        return Weight(
            points=LIST if is_connection else self._points(owner, name),
            each=self._each(owner, named.name),
            repeats=None if is_connection else self._repeats(owner, defined, arguments, level),
            arguments=tuple(arguments.values()),
            inner=Level(named.name, page if is_connection else self._written(owner, arguments)),
        )

    def _points(self, owner: str, name: str) -> int:
        return _POINTS.get(name, 0) if owner in self._connections else 0

    def _leaf_points(self, owner: str, name: str, defined: GraphQLField) -> int:
        definition = defined.extensions.get("strawberry-definition")
        is_resolved = getattr(definition, "base_resolver", None) is not None
        own = MUTATION if owner == self._mutation else 0
        return own + self._points(owner, name) + (RESOLVER if is_resolved else 0)

    def _each(self, owner: str, named: str) -> int:
        if owner == self._mutation:
            return MUTATION
        is_free = named in self._connections or named in self._edges or named in _FREE
        return 0 if is_free else ROW

    def _repeats(
        self, owner: str, defined: GraphQLField, arguments: Mapping[str, Argument], level: Level
    ) -> PageSize | ListLength | None:
        lists = [
            each
            for name, each in arguments.items()
            if name not in CONDITION_ARGUMENTS and is_list_type(get_nullable_type(each.type))
        ]
        if "first" in defined.args and _is_list(defined):
            return self._page(arguments)
        if not _is_list(defined):
            return None
        if lists:
            return ListLength(lists[0].value)
        if level.page is not None and get_named_type(defined.type).name not in _NO_ROWS:
            return level.page
        return PageSize((), self._config.default_page_size, self._config.max_page_size)

    def _written(
        self, owner: str, arguments: Mapping[str, Argument]
    ) -> PageSize | ListLength | None:
        """Return how many rows a mutation writes at most, if not one."""
        if owner != self._mutation:
            return None
        if "atMost" in arguments:
            return PageSize((arguments["atMost"].value,), 1, _ALL)
        lists = (each for each in arguments.values() if is_list_type(get_nullable_type(each.type)))
        return next((ListLength(each.value) for each in lists), None)

    def _page(self, arguments: Mapping[str, Argument]) -> PageSize:
        given = (arguments[name].value for name in ("first", "last") if name in arguments)
        return PageSize(tuple(given), self._config.default_page_size, self._config.max_page_size)


def _is_list(defined: GraphQLField) -> bool:
    return is_list_type(get_nullable_type(defined.type))


def _arguments(node: FieldNode, defined: GraphQLField) -> dict[str, Argument]:
    key = node.alias.value if node.alias else node.name.value
    return {
        each.name.value: Argument(
            (key, each.name.value), each.value, defined.args[each.name.value].type
        )
        for each in node.arguments or ()
    }
