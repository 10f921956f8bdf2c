"""Plans as a role set may read them: what its policies withhold is null, or refused.

Pure, and done once per plan and role set: nothing but what is shown here reaches a statement.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from gql_api.access.column_rights import ColumnRights
from gql_api.errors import ForbiddenError
from gql_api.mapping.descriptors import Column, Entity, Relationship
from gql_api.plan import filters, selections
from gql_api.plan.aggregates import Aggregate, RelatedAggregate
from gql_api.plan.filters import Compared, DocumentValue, Filter
from gql_api.plan.pages import OrderKey
from gql_api.plan.selections import Connection, Lookup, RowField, Selection

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanReader:
    """Turns plans into what a role set may read of them."""

    rights: ColumnRights

    is_lenient: bool
    """Whether a withheld value is null where the schema lets it be; else it is refused."""

    def check_root(self, plan: Lookup | Connection, path: Path) -> None:
        """Check that the subject may know of the rows that a root field leads to.

        Raises:
            ForbiddenError: Their model does not exist for the role set.
        """
        name = plan.selection.entity if isinstance(plan, Lookup) else plan.entity
        if not self.rights.exists(self._entity(name)):
            message = f"You may not read {name}."
            raise ForbiddenError(message, path=path)

    def read_lookup(self, plan: Lookup, path: Path) -> Lookup:
        """Return a lookup without what is withheld.

        Raises:
            ForbiddenError: Its condition needs a withheld column, or a field cannot be null.
        """
        entity = self._entity(plan.selection.entity)
        self.check_filter(plan.filter, entity, path)
        return replace(plan, selection=self.read_selection(plan.selection, path))

    def read_connection(self, plan: Connection, path: Path) -> Connection:
        """Return a list without what is withheld.

        Raises:
            ForbiddenError: Its conditions, order or computations need a withheld column, or a field
                cannot be null.
        """
        entity = self._entity(plan.entity)
        self.check_filter(plan.filter, entity, (*path, "where"))
        for key in plan.order:
            self._check_order(key, entity, (*path, "orderBy"))
        fields = tuple(self._read_connection_field(each, entity, path) for each in plan.fields)
        return replace(plan, fields=fields)

    def read_selection(self, plan: Selection, path: Path) -> Selection:
        """Return what is asked of each row without what is withheld.

        Raises:
            ForbiddenError: A field cannot be null.
        """
        entity = self._entity(plan.entity)
        return replace(
            plan,
            fields=tuple(self.read_field(each, entity, path) for each in plan.fields),
            subtypes=tuple(self.read_selection(each, path) for each in plan.subtypes),
        )

    def read_field(self, field: RowField, entity: Entity, path: Path) -> RowField:
        """Return a field of a row, null if it is withheld.

        Raises:
            ForbiddenError: It cannot be null.
        """
        here = (*path, field.response_key)
        match field:
            case selections.ColumnField() | selections.VersionField():
                return self._read_column(field, entity, here)
            case selections.ToOneField() | selections.ToManyField():
                return self.read_relatives(field, entity, here)
            case selections.PythonField():
                return self._read_python(field, entity, here)
            case _:
                return field

    def read_relatives(
        self, field: selections.ToOneField | selections.ToManyField, entity: Entity, path: Path
    ) -> selections.ToOneField | selections.ToManyField | selections.NullField:
        """Return the relatives of a row, null if what ties them is withheld.

        Raises:
            ForbiddenError: They cannot be null, or something within them cannot.
        """
        relationship = entity.relationships[field.relationship]
        if not self.rights.may_follow(relationship):
            is_nullable = isinstance(field, selections.ToOneField) and not field.is_non_null
            self._require(is_nullable, entity, relationship.name, path)
            return selections.NullField(field.response_key)
        if isinstance(field, selections.ToManyField):
            return replace(field, connection=self.read_connection(field.connection, path))
        return replace(field, selection=self.read_selection(field.selection, path))

    def check_filter(self, part: Filter, entity: Entity, path: Path) -> None:
        """Check a condition on the rows of a list.

        Raises:
            ForbiddenError: It needs a withheld column.
        """
        match part:
            case filters.And(parts) | filters.Or(parts):
                for each in parts:
                    self.check_filter(each, entity, path)
            case filters.Not(inner):
                self.check_filter(inner, entity, path)
            case filters.Compare(compared) | filters.IsNull(compared):
                self._check_compared(compared, entity, path)
            case filters.KeyIn(columns):
                self.check_columns(columns, entity, path)
            case filters.Related(relationship, _, inner):
                target, here = self._follow(entity, relationship, path)
                self.check_filter(inner, target, here)

    def check_columns(self, keys: Iterable[str | None], entity: Entity, path: Path) -> None:
        """Check that rows of a list may depend on columns; None stands for no column.

        Raises:
            ForbiddenError: One is withheld.
        """
        for key in keys:
            # a hidden column of the key is part of every order
            if key is not None and key in entity.columns and not self.rights.may_judge(entity, key):
                name = entity.columns[key].name
                raise _forbidden(entity, name, (*path, name))

    def _read_column(
        self, field: selections.ColumnField | selections.VersionField, entity: Entity, path: Path
    ) -> RowField:
        if self.rights.may_read(entity, field.column):
            return field
        column = entity.columns[field.column]
        is_nullable = column.is_nullable and isinstance(field, selections.ColumnField)
        self._require(is_nullable, entity, column.name, path)
        return selections.NullField(field.response_key)

    def check_version(self, column: Column, model: type[Any]) -> None:
        """Check that the version of an instance may be told.

        Raises:
            ForbiddenError: The column that it is made of is withheld.
        """
        if self.rights.has_secrets:
            entity = self.rights.registry.entity_of(model)
            self._read_column(selections.VersionField("", column.key), entity, ())

    def _read_python(
        self, field: selections.PythonField, entity: Entity, path: Path
    ) -> selections.PythonField:
        """Refuse what is computed from withheld columns; other resolvers do not get them."""
        withheld = [key for key in field.columns if not self.rights.may_read(entity, key)]
        if withheld and field.needs_all:
            raise _forbidden(entity, field.name, path)
        return replace(field, columns=tuple(key for key in field.columns if key not in withheld))

    def _read_connection_field(
        self, field: selections.ConnectionField, entity: Entity, path: Path
    ) -> selections.ConnectionField:
        here = (*path, field.response_key)
        match field:
            case selections.NodesField():
                return replace(field, selection=self.read_selection(field.selection, here))
            case selections.EdgesField():
                return replace(
                    field,
                    fields=tuple(
                        replace(
                            each,
                            selection=self.read_selection(
                                each.selection, (*here, each.response_key)
                            ),
                        )
                        if isinstance(each, selections.EdgeNodeField)
                        else each
                        for each in field.fields
                    ),
                )
            case selections.AggregateField():
                self._check_aggregates(field, entity, here)
                return field
            case selections.GroupsField():
                return self._read_groups(field, entity, here)
            case _:
                return field

    def _read_groups(
        self, field: selections.GroupsField, entity: Entity, path: Path
    ) -> selections.GroupsField:
        self.check_columns((each.column for each in field.keys), entity, (*path, "by"))
        self.check_filter(field.having, entity, (*path, "having"))
        ordered = (each.value for each in field.order if isinstance(each.value, Aggregate))
        self._check_aggregates(ordered, entity, (*path, "orderBy"))
        fields: list[selections.GroupField] = []
        for each in field.fields:
            if isinstance(each, selections.AggregateField):
                self._check_aggregates(each, entity, (*path, each.response_key))
            if isinstance(each, selections.GroupNodesField):
                here = (*path, each.response_key)
                fields.append(replace(each, selection=self.read_selection(each.selection, here)))
            else:
                fields.append(each)
        return replace(field, fields=tuple(fields))

    def _check_aggregates(
        self, aggregates: Iterable[Aggregate], entity: Entity, path: Path
    ) -> None:
        self.check_columns((each.column for each in aggregates), entity, path)

    def _check_order(self, key: OrderKey, entity: Entity, path: Path) -> None:
        for step in key.path:
            entity, path = self._follow(entity, step, path)
        self.check_columns([key.column], entity, path)

    def _check_compared(self, compared: Compared, entity: Entity, path: Path) -> None:
        match compared:
            case Aggregate(_, column) | DocumentValue(column):
                self.check_columns([column], entity, path)
            case RelatedAggregate(relationship, aggregate):
                target, here = self._follow(entity, relationship, path)
                self.check_columns([aggregate.column], target, here)
            case str():
                self.check_columns([compared], entity, path)

    def _follow(self, entity: Entity, key: str, path: Path) -> tuple[Entity, Path]:
        """Return where a relationship leads to.

        Raises:
            ForbiddenError: What ties its rows is withheld.
        """
        relationship: Relationship = entity.relationships[key]
        here = (*path, relationship.name)
        if not self.rights.may_follow(relationship):
            raise _forbidden(entity, relationship.name, here)
        return self.rights.registry.target(relationship), here

    def _require(self, is_nullable: bool, entity: Entity, name: str, path: Path) -> None:  # noqa: FBT001 - the fact itself, not an option
        if not (is_nullable and self.is_lenient):
            raise _forbidden(entity, name, path)

    def _entity(self, name: str) -> Entity:
        return self.rights.registry.entities[name]


def _forbidden(entity: Entity, name: str, path: Path) -> ForbiddenError:
    return ForbiddenError(f"You may not read {entity.name}.{name}: leave it out.", path=path)
