"""The AST of a field becomes a plan: the only module that reads selection sets."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSkipDirective,
    GraphQLUnionType,
    InlineFragmentNode,
    SelectionNode,
    get_named_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues, get_directive_values
from strawberry.types.field import StrawberryField

from gql_api.mapping.descriptors import DefaultOrder, Entity
from gql_api.plan import selections as plan
from gql_api.plan.aggregates import ROW_COUNT, Aggregate, AggregateFunction, GroupKey
from gql_api.schema.computed import is_computed_apart, read_computation
from gql_api.schema.declarations import ComputedField
from gql_api.schema.fields import ColumnField, IdField, RelationshipField, VersionField
from gql_api.schema.sites import (
    ArgumentReader,
    AskedField,
    GroupsPart,
    ListPart,
    ListReader,
    Nodes,
    Path,
    Site,
    read_groups,
    read_limit,
    read_most,
    read_path,
)

_BACKREF = "strawberry-definition"
_TYPENAME = "__typename"


class Planner:
    """Makes the plan of a field, and collects its operands and argument sites.

    Args:
        asked: The field.
        given: What its plan needs besides its arguments.
    """

    def __init__(self, asked: AskedField, given: Any = None) -> None:
        self.field = asked.field
        self.nodes = asked.nodes
        self.path = asked.path
        self.sites: list[Site] = []
        """Where the arguments stand that became parts of the plan, in order."""

        self.reader: ArgumentReader = ArgumentReader(asked.table, asked.variables, given)
        self._schema: Any = asked.schema
        self._fragments = asked.fragments
        self._variables = VariableValues({}, {**asked.variables})
        self._table = asked.table
        self._relatives: dict[Any, plan.ToOneField | plan.ToManyField] = {}

    def read_site(self, site: Site) -> Any:
        """Read arguments that become a part of the plan.

        Raises:
            BadUserInputError: One is wrong.
        """
        self.sites.append(site)
        return self.reader.read(site)

    def plan_selection(self, entity: Entity, nodes: Nodes, path: Path) -> plan.Selection:
        """Plan what fields of an entity's type ask of each row."""
        if not entity.is_interface:
            return self._plan_row(entity, nodes, path)
        subtypes = tuple(
            self._plan_row(each, nodes, path) for each in self._table.registry.row_entities(entity)
        )
        return plan.Selection(entity.name, (), subtypes=subtypes)

    def _plan_row(self, entity: Entity, nodes: Nodes, path: Path) -> plan.Selection:
        type_: GraphQLObjectType = self._schema.type_map[entity.row_type]
        fields: list[plan.RowField] = []
        for key, found in self._collect(type_, nodes).items():
            name = found[0].name.value
            if name == _TYPENAME:
                fields.append(plan.TypenameField(key, type_.name))
                continue
            defined, here = type_.fields[name], (*path, key)
            planned = self._plan_row_field(key, defined, found, here)
            if planned is None:
                planned = self._plan_python(key, entity, defined, found)
            fields.append(planned)
        return plan.Selection(entity.name, tuple(fields))

    def _plan_python(
        self, key: str, entity: Entity, defined: GraphQLField, nodes: Nodes
    ) -> plan.PythonField:
        """Plan a field with a resolver in Python; one that is computed apart has its call."""
        columns, slot = tuple(_resolver_columns(entity, defined)), None
        if is_computed_apart(defined):
            read = partial(read_computation, defined=defined, node=nodes[0], schema=self._schema)
            slot = self.read_site(Site(read, None, nodes[0]))
        is_computed = isinstance(defined.extensions[_BACKREF], ComputedField)
        return plan.PythonField(key, nodes[0].name.value, columns, slot, needs_all=is_computed)

    def plan_connection(
        self,
        entity: Entity,
        field: GraphQLField,
        nodes: Nodes,
        path: Path,
        default_order: Sequence[DefaultOrder] = (),
    ) -> plan.Connection:
        """Plan a list: its conditions, order, page, and the fields of its connection."""
        read = ListReader(entity, path, nodes[0], default_order)
        part: ListPart = self.read_site(Site(read, field, nodes[0]))
        return plan.Connection(
            entity=entity.name,
            fields=self._plan_connection_fields(entity, nodes, path),
            page=part.page,
            filter=part.filter,
            order=part.order,
            includes_deleted=part.includes_deleted,
        )

    def plan_edge(self, entity: Entity, part: ListPart, path: Path) -> plan.Connection:
        """Plan the edge of one row, as a connection of one edge."""
        return plan.Connection(
            entity=entity.name,
            fields=(self._plan_edges("edges", entity, self.nodes, path),),
            page=part.page,
            filter=part.filter,
            order=part.order,
        )

    def plan_relationship(
        self, field: RelationshipField, defined: GraphQLField, nodes: Nodes, key: str, path: Path
    ) -> plan.ToOneField | plan.ToManyField:
        """Plan the relatives of a row."""
        target = self._table.registry.target(field.relationship)
        if field.relationship.is_list:
            order = field.relationship.order
            connection = self.plan_connection(target, defined, nodes, path, order)
            return plan.ToManyField(key, field.relationship.key, connection)
        selection = self.plan_selection(target, nodes, path)
        is_non_null = is_non_null_type(defined.type)
        return plan.ToOneField(key, field.relationship.key, selection, is_non_null=is_non_null)

    def _plan_row_field(
        self, key: str, defined: GraphQLField, nodes: Nodes, path: Path
    ) -> plan.RowField | None:
        field = defined.extensions[_BACKREF]
        match field:
            case IdField():
                return plan.IdField(key)
            case VersionField():
                return plan.VersionField(key, field.column.key)
            case ColumnField():
                slot = self.read_site(Site(read_path, defined, nodes[0])) if defined.args else None
                return plan.ColumnField(key, field.column.key, slot)
            case RelationshipField():
                return self._plan_once(field, defined, nodes, key, path)
            case _:
                return None

    def _plan_once(
        self, field: RelationshipField, defined: GraphQLField, nodes: Nodes, key: str, path: Path
    ) -> plan.ToOneField | plan.ToManyField:
        """Plan the relatives of a row: once for all types that inherit the relationship."""
        known = (key, id(field.relationship.property), tuple(map(id, nodes)))
        if known not in self._relatives:
            self._relatives[known] = self.plan_relationship(field, defined, nodes, key, path)
        return self._relatives[known]

    def _plan_connection_fields(
        self, entity: Entity, nodes: Nodes, path: Path
    ) -> tuple[plan.ConnectionField, ...]:
        type_ = self._schema.type_map[self._table.inflector.connection_type(entity.name)]
        fields: list[plan.ConnectionField] = []
        for key, found in self._collect(type_, nodes).items():
            match found[0].name.value:
                case "nodes":
                    selection = self.plan_selection(entity, found, (*path, key))
                    fields.append(plan.NodesField(key, selection))
                case "edges":
                    fields.append(self._plan_edges(key, entity, found, (*path, key)))
                case "pageInfo":
                    fields.append(self._plan_page_info(key, found))
                case "totalCount":
                    fields.append(plan.TotalCountField(key))
                case "aggregate":
                    fields.append(self._plan_aggregate(key, entity, found))
                case "groups":
                    fields.append(self._plan_groups(key, entity, found, (*path, key)))
                case _:
                    fields.append(plan.TypenameField(key, type_.name))
        return tuple(fields)

    def _plan_aggregate(self, key: str, entity: Entity, nodes: Nodes) -> plan.AggregateField:
        """Plan aggregates: functions over columns stand within an object of their own."""
        type_ = self._schema.type_map[self._table.inflector.aggregate_type(entity.name)]
        fields: list[plan.TypenameField | plan.AggregateValue | plan.AggregatePart] = []
        for inner, found in self._collect(type_, nodes).items():
            name = found[0].name.value
            if name == _TYPENAME:
                fields.append(plan.TypenameField(inner, type_.name))
            elif AggregateFunction(name) is AggregateFunction.COUNT:
                fields.append(plan.AggregateValue(inner, ROW_COUNT))
            else:
                of = get_named_type(type_.fields[name].type)
                part = self._plan_part(AggregateFunction(name), of, entity, found)
                fields.append(plan.AggregatePart(inner, part))
        return plan.AggregateField(key, tuple(fields))

    def _plan_part(
        self, function: AggregateFunction, type_: Any, entity: Entity, nodes: Nodes
    ) -> tuple[plan.TypenameField | plan.AggregateValue, ...]:
        keys = {column.name: column.key for column in entity.columns.values()}
        return tuple(
            plan.TypenameField(key, type_.name)
            if found[0].name.value == _TYPENAME
            else plan.AggregateValue(key, Aggregate(function, keys[found[0].name.value]))
            for key, found in self._collect(type_, nodes).items()
        )

    def _plan_groups(self, key: str, entity: Entity, nodes: Nodes, path: Path) -> plan.GroupsField:
        make = self._table.inflector
        type_ = self._schema.type_map[make.connection_type(entity.name)]
        read = partial(read_groups, entity=entity, path=path)
        part: GroupsPart = self.read_site(Site(read, type_.fields["groups"], nodes[0]))
        limits = self._read_group_limits(entity, nodes, path)
        most = partial(read_most, sites=range(len(self.sites) - len(limits), len(self.sites)))
        return plan.GroupsField(
            key,
            part.keys,
            nodes_limit_slot=self.read_site(Site(most)) if limits else None,
            fields=tuple(self._plan_group_fields(entity, part.keys, nodes, limits, path)),
            having=part.having,
            order=part.order,
            limit_slot=part.limit_slot,
        )

    def _read_group_limits(self, entity: Entity, nodes: Nodes, path: Path) -> dict[str, int]:
        """Return the slot of the number of rows of each field of rows, by response key."""
        type_ = self._schema.type_map[self._table.inflector.group_type(entity.name)]
        slots: dict[str, int] = {}
        for key, found in self._collect(type_, nodes).items():
            if found[0].name.value == "nodes":
                read = partial(read_limit, path=(*path, key))
                slots[key] = self.read_site(Site(read, type_.fields["nodes"], found[0]))
        return slots

    def _plan_group_fields(
        self,
        entity: Entity,
        keys: Sequence[GroupKey],
        nodes: Nodes,
        limits: Mapping[str, int],
        path: Path,
    ) -> list[plan.GroupField]:
        type_ = self._schema.type_map[self._table.inflector.group_type(entity.name)]
        fields: list[plan.GroupField] = []
        for key, found in self._collect(type_, nodes).items():
            match found[0].name.value:
                case "key":
                    fields.append(self._plan_group_key(key, entity, keys, found))
                case "aggregate":
                    fields.append(self._plan_aggregate(key, entity, found))
                case "nodes":
                    selection = self.plan_selection(entity, found, (*path, key))
                    fields.append(plan.GroupNodesField(key, selection, limits[key]))
                case _:
                    fields.append(plan.TypenameField(key, type_.name))
        return fields

    def _plan_group_key(
        self, key: str, entity: Entity, keys: Sequence[GroupKey], nodes: Nodes
    ) -> plan.GroupKeyField:
        make = self._table.inflector
        type_ = self._schema.type_map[make.group_key_values_type(entity.name)]
        index = {entity.columns[each.column].name: at for at, each in enumerate(keys)}
        fields = tuple(
            plan.TypenameField(inner, type_.name)
            if found[0].name.value == _TYPENAME
            else plan.GroupValueField(inner, index.get(found[0].name.value))
            for inner, found in self._collect(type_, nodes).items()
        )
        return plan.GroupKeyField(key, fields)

    def _plan_edges(self, key: str, entity: Entity, nodes: Nodes, path: Path) -> plan.EdgesField:
        type_ = self._schema.type_map[self._table.inflector.edge_type(entity.name)]
        fields: list[plan.TypenameField | plan.EdgeCursorField | plan.EdgeNodeField] = []
        for inner, found in self._collect(type_, nodes).items():
            match found[0].name.value:
                case "cursor":
                    fields.append(plan.EdgeCursorField(inner))
                case "node":
                    selection = self.plan_selection(entity, found, (*path, inner))
                    fields.append(plan.EdgeNodeField(inner, selection))
                case _:
                    fields.append(plan.TypenameField(inner, type_.name))
        return plan.EdgesField(key, tuple(fields))

    def _plan_page_info(self, key: str, nodes: Nodes) -> plan.PageInfoField:
        type_ = self._schema.type_map["PageInfo"]
        facts = tuple(
            (inner, found[0].name.value) for inner, found in self._collect(type_, nodes).items()
        )
        return plan.PageInfoField(key, facts)

    def _collect(self, type_: GraphQLObjectType, nodes: Nodes) -> dict[str, list[FieldNode]]:
        """Collect the fields that nodes select on a type, merged by response key."""
        found: dict[str, list[FieldNode]] = {}
        entered: set[str] = set()
        for node in nodes:
            if node.selection_set is not None:
                for each in self._expand(type_, node.selection_set.selections, entered):
                    key = each.alias.value if each.alias else each.name.value
                    found.setdefault(key, []).append(each)
        return found

    def _expand(
        self, type_: GraphQLObjectType, nodes: Sequence[SelectionNode], entered: set[str]
    ) -> Iterator[FieldNode]:
        """Yield the fields of a level; a fragment that is spread again adds none."""
        for node in nodes:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            fragment: Any = node
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in entered:
                    continue
                entered.add(node.name.value)
                fragment = self._fragments[node.name.value]
            if self._applies(type_, fragment):
                yield from self._expand(type_, fragment.selection_set.selections, entered)

    def _is_included(self, node: SelectionNode) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        if skip and skip["if"] is True:
            return False
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (include and include["if"] is False)

    def _applies(self, type_: GraphQLObjectType, fragment: InlineFragmentNode) -> bool:
        condition = fragment.type_condition
        if condition is None or condition.name.value == type_.name:
            return True
        abstract = self._schema.type_map[condition.name.value]
        return isinstance(
            abstract, GraphQLInterfaceType | GraphQLUnionType
        ) and self._schema.is_sub_type(abstract, type_)


def _resolver_columns(entity: Entity, defined: GraphQLField) -> Sequence[str]:
    """Return what is loaded for a resolver in Python: declared columns, else all of the table."""
    field: StrawberryField = defined.extensions[_BACKREF]
    if isinstance(field, ComputedField):
        return field.depends_on
    return tuple(key for key, column in entity.columns.items() if not column.is_computed)
