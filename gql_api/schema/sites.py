"""Argument sites: where arguments stand that become a part of a plan, and how each is read.

A plan is made once; afterwards only its sites are read again, in their order. What they give tells
whether the plan is the same one, and their values are its operands.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLSchema,
)
from graphql.execution.values import VariableValues, get_argument_values

from gql_api.mapping.descriptors import DefaultOrder, Entity
from gql_api.plan.aggregates import GroupKey, GroupOrder
from gql_api.plan.filters import TRUE, Filter
from gql_api.plan.pages import OrderKey, Page
from gql_api.schema.context import compilation_of, table_of
from gql_api.schema.filters import FilterReader
from gql_api.schema.groups import GroupReader
from gql_api.schema.literals import (
    LiteralReader,
    UnusualValueError,
    compile_literal,
    has_variables,
)
from gql_api.schema.operands import Operands
from gql_api.schema.orders import OrderReader
from gql_api.schema.pages import INCLUDE_DELETED, PageReader, read_size
from gql_api.schema.table import TypeTable
from gql_api.sql.sources import Compilation

Nodes = Sequence[FieldNode]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedField:
    """A field of an operation that is to be planned."""

    table: TypeTable
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    field: GraphQLField
    nodes: Nodes
    """Merged by response key."""

    path: Path
    """Begins paths in errors."""

    variables: Mapping[str, Any]
    """Coerced, by name."""

    compilation: Compilation
    """Says what the subject may read."""

    @classmethod
    def of(cls, info: strawberry.Info[Any, Any]) -> Self:
        """Return the field that is resolved."""
        raw_info: Any = info._raw_info  # noqa: SLF001 - the AST is nowhere else
        return cls(
            table=table_of(info),
            schema=raw_info.schema,
            fragments=raw_info.fragments,
            field=raw_info.parent_type.fields[raw_info.field_name],
            nodes=raw_info.field_nodes,
            path=(str(raw_info.path.key),),
            variables=raw_info.variable_values,
            compilation=compilation_of(info),
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """The coerced arguments of the field; null counts as absent."""
        return coerce_arguments(self.field, self.nodes[0], VariableValues({}, {**self.variables}))


def coerce_arguments(
    field: GraphQLField, node: FieldNode, variables: VariableValues
) -> dict[str, Any]:
    """Return the coerced arguments of a field; null counts as absent."""
    values = get_argument_values(field, node, variables)
    return {name: value for name, value in values.items() if value is not None}


class Site:
    """Where arguments stand that become a part of a plan.

    Args:
        read: Returns the part, and adds its values to the reader's operands.
        field: Whose arguments these are; None for a part that follows from others, or from what
            the request gives besides.
        node: Holds the arguments.
    """

    __slots__ = ("_fixed", "_readers", "_varying", "is_constant", "known", "node", "read")

    def __init__(
        self,
        read: Callable[["ArgumentReader", Mapping[str, Any]], Hashable],
        field: GraphQLField | None = None,
        node: FieldNode | None = None,
    ) -> None:
        self.read = read
        self.node = node
        self._fixed: dict[str, Any] = {}
        self._varying: GraphQLField | None = None
        self._readers: list[tuple[str, LiteralReader]] = []
        given = () if node is None else node.arguments or ()
        names = {each.name.value for each in given if has_variables(each.value)}
        if field is not None and node is not None:
            fixed = {name: each for name, each in field.args.items() if name not in names}
            varying = {name: each for name, each in field.args.items() if name in names}
            of_fixed = GraphQLField(field.type, args=fixed)
            self._fixed = coerce_arguments(of_fixed, node, VariableValues({}, {}))
            self._varying = GraphQLField(field.type, args=varying) if varying else None
            self._readers = [
                (defined.out_name or name, compile_literal(each.value, defined.type))
                for each in given
                for name, defined in ((each.name.value, varying.get(each.name.value)),)
                if defined is not None
            ]
        self.is_constant = node is not None and not names
        self.known: tuple[int, Hashable, tuple[Any, ...]] | None = None
        """Of a constant one: first slot, part and values."""

    def arguments(self, variables: VariableValues) -> dict[str, Any]:
        """Return the coerced arguments: those without variables are coerced once."""
        if self._varying is None or self.node is None:
            return self._fixed
        coerced = variables.coerced
        try:
            found = {name: read(coerced) for name, read in self._readers}
        except UnusualValueError:
            return {**self._fixed, **coerce_arguments(self._varying, self.node, variables)}
        return self._fixed | {name: value for name, value in found.items() if value is not None}


class ArgumentReader:
    """Reads the sites of a plan, one after the other.

    Args:
        table: Entities, names and configuration of the schema.
        variables: Coerced, by name.
        given: What a plan needs besides its arguments, such as the key of a written row.
    """

    def __init__(self, table: TypeTable, variables: Mapping[str, Any], given: Any = None) -> None:
        self.table = table
        self.given = given
        self.operands = Operands()
        self.parts: list[Any] = []
        """What each site gave."""

        self.variables = VariableValues({}, cast("dict[str, Any]", variables))
        """Coerced, as graphql-core takes them."""

    def read(self, site: Site) -> Any:
        """Read the next site and return its part.

        Raises:
            BadUserInputError: An argument is wrong.
        """
        start = len(self.operands)
        if site.known is not None and site.known[0] == start:
            _, part, values = site.known
            self.operands.extend(values)
        else:
            part = site.read(self, site.arguments(self.variables))
            if site.is_constant:
                site.known = (start, part, self.operands.since(start))
        self.parts.append(part)
        return part


@dataclass(frozen=True, slots=True)
class ListPart:
    """What the arguments of a list ask for."""

    order: tuple[OrderKey, ...]
    page: Page
    filter: Filter
    includes_deleted: bool = False


class ListReader:
    """Reads the conditions, order and page of one list; what did not change is not read again.

    Args:
        entity: Of the list.
        path: Of its field.
        node: Its arguments.
        default_order: As in ``OrderReader``.
    """

    __slots__ = ("_default_order", "_entity", "_filter", "_order", "_path")

    def __init__(
        self,
        entity: Entity,
        path: Path,
        node: FieldNode,
        default_order: Sequence[DefaultOrder] = (),
    ) -> None:
        varying = {each.name.value for each in node.arguments or () if has_variables(each.value)}
        self._entity = entity
        self._path = path
        self._default_order = default_order
        self._order = _Reread(is_kept="orderBy" not in varying)
        self._filter = _Reread(is_kept="where" not in varying)

    def __call__(self, reader: ArgumentReader, arguments: Mapping[str, Any]) -> ListPart:
        """Read the arguments of one request.

        Raises:
            BadUserInputError: One of them is wrong.
        """
        order = self._order.read(arguments.get("orderBy", ()), reader, self._read_order)
        pages = PageReader(reader.table, reader.operands)
        page = pages.read(arguments, self._entity, order, self._path)
        where: Filter = TRUE
        if "where" in arguments:
            where = self._filter.read(arguments["where"], reader, self._read_filter)
        return ListPart(order, page, where, bool(arguments.get(INCLUDE_DELETED)))

    def _read_order(self, value: Any, reader: ArgumentReader) -> tuple[OrderKey, ...]:
        orders = OrderReader(reader.table, reader.operands)
        return orders.read(value, self._entity, (*self._path, "orderBy"), self._default_order)

    def _read_filter(self, value: Any, reader: ArgumentReader) -> Filter:
        filters = FilterReader(reader.table, reader.operands)
        return filters.read(value, self._entity, (*self._path, "where"))


class _Reread:
    """The part that an argument without variables gave; its value is one object for all requests."""

    __slots__ = ("_is_kept", "_known")

    def __init__(self, *, is_kept: bool) -> None:
        self._is_kept = is_kept
        self._known: tuple[Any, int, Any, tuple[Any, ...]] | None = None

    def read(
        self, value: Any, reader: ArgumentReader, read: Callable[[Any, ArgumentReader], Any]
    ) -> Any:
        operands = reader.operands
        start = len(operands)
        known = self._known
        if known is not None and known[0] is value and known[1] == start:
            operands.extend(known[3])
            return known[2]
        part = read(value, reader)
        if self._is_kept:
            self._known = (value, start, part, operands.since(start))
        return part


@dataclass(frozen=True, slots=True)
class GroupsPart:
    """What the arguments of groups ask for."""

    keys: tuple[GroupKey, ...]
    having: Filter
    order: tuple[GroupOrder, ...]
    limit_slot: int


def read_groups(
    reader: ArgumentReader, arguments: Mapping[str, Any], *, entity: Entity, path: Path
) -> GroupsPart:
    """Read keys, conditions, order and number of groups.

    Raises:
        BadUserInputError: One of them is wrong.
    """
    groups = GroupReader(reader.operands)
    keys = groups.read_keys(arguments["by"], entity, (*path, "by"))
    having = groups.read_having(arguments.get("having"), entity, (*path, "having"))
    order = groups.read_order(arguments.get("orderBy", ()), keys, entity, (*path, "orderBy"))
    return GroupsPart(keys, having, order, read_limit(reader, arguments, path=path))


def read_limit(reader: ArgumentReader, arguments: Mapping[str, Any], *, path: Path) -> int:
    """Return the slot of a number of rows or groups.

    Raises:
        BadUserInputError: It is negative, or above the maximum.
    """
    first = read_size(arguments.get("first"), reader.table.config, (*path, "first"))
    return reader.operands.add(first)


def read_path(reader: ArgumentReader, arguments: Mapping[str, Any]) -> int | None:
    """Return the slot of the path into a JSON column; None where the whole is asked for."""
    names = arguments.get("path")
    return None if names is None else reader.operands.add(names)


def read_most(
    reader: ArgumentReader, _arguments: Mapping[str, Any], *, sites: Sequence[int]
) -> int:
    """Return the slot of the greatest of some numbers; ``sites`` gave their slots."""
    slots = [reader.parts[site] for site in sites]
    return reader.operands.add(max(reader.operands.values[slot] for slot in slots))
