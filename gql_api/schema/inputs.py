"""Input types of mutations: of rows, of what they link to, and of what belongs to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import strawberry
from sqlalchemy import orm

from gql_api.mapping.descriptors import Column, Entity, JoinKind, Key, Relationship
from gql_api.mapping.values import ScalarKind
from gql_api.naming import NameTable
from gql_api.plan.changes import Operator
from gql_api.schema.definitions import TypedField, add_fields, list_of, new_input, nullable
from gql_api.schema.table import TypeTable
from gql_api.schema.versions import version_fields


def writable_columns(entity: Entity, *, is_new: bool) -> list[Column]:
    """Return the columns that clients may set.

    Foreign keys of relationships are set through these, generated keys never, and a primary key
    only on creation.
    """
    return [
        column
        for column in entity.columns.values()
        if not column.is_read_only
        and not column.is_foreign_key
        and column.type.kind is not ScalarKind.OPAQUE
        and (not column.is_primary_key or (is_new and not column.has_default))
    ]


def writable_links(entity: Entity) -> list[Relationship]:
    """Return the to-one relationships that clients may set."""
    return [
        relationship
        for relationship in entity.relationships.values()
        if relationship.is_writable and relationship.foreign_keys
    ]


def operated_columns(entity: Entity, operator: Operator) -> list[Column]:
    """Return the columns that an operator changes; none where a field has its name."""
    names = {each.name for each in entity.columns.values()}
    names |= {each.name for each in entity.relationships.values()}
    if operator.value in names:
        return []
    columns = writable_columns(entity, is_new=False)
    return [each for each in columns if _takes(each, operator)]


def _takes(column: Column, operator: Operator) -> bool:
    if column.type.own is not None:
        return False
    if operator is Operator.APPEND:
        return column.type.dimensions == 1
    kinds = _NUMBERS if operator is Operator.INCREMENT else {ScalarKind.JSON}
    return column.type.dimensions == 0 and column.type.kind in kinds


_NUMBERS = frozenset({ScalarKind.INT, ScalarKind.BIG_INT, ScalarKind.FLOAT, ScalarKind.DECIMAL})
_OPERATORS: Mapping[Operator, str] = MappingProxyType(
    {
        Operator.INCREMENT: "Numbers are added; null counts as 0.",
        Operator.APPEND: "Items are added at the end; null counts as an empty list.",
        Operator.MERGE: "Documents are merged as RFC 7396 says: null removes a key.",
    }
)


def writable_lists(entity: Entity) -> list[Relationship]:
    """Return the to-many relationships through which clients may write."""
    return [
        relationship
        for relationship in entity.relationships.values()
        if relationship.is_list
        and relationship.is_writable
        and relationship.join.kind in {JoinKind.DIRECT, JoinKind.SECONDARY}
    ]


def upsert_keys(entity: Entity) -> list[Key]:
    """Return the keys of which a new row sets each column."""
    columns = {each.key for each in writable_columns(entity, is_new=True)}
    linked = {key for link in writable_links(entity) for key in link.foreign_keys}
    settable = {key for key in entity.columns if key in columns or key in linked}
    return [key for key in entity.keys if set(key.columns) <= settable]


def build_upsert_key(entity: Entity, table: TypeTable) -> type[Any] | None:
    """Make the key input of an upsert; None where a new row sets no key."""
    names = {key.name for key in upsert_keys(entity)}
    every = table.entities[entity.name].key.__strawberry_definition__.fields
    fields = [each for each in every if each.python_name in names]
    if not fields:
        return None
    type_ = new_input(
        table.inflector.upsert_key_type(entity.name),
        description=f"One key of one {entity.name}, set by whoever creates it.",
        is_one_of=True,
    )
    add_fields(type_, fields)
    return type_


@dataclass(frozen=True, slots=True, eq=False)
class EntityInputs:
    """What clients may write of an entity by generated fields.

    A field that is written by hand has rules of its own: nothing else that is generated creates,
    updates or deletes such rows.
    """

    entity: Entity

    create: type[Any] | None
    """Input of a new row; None where there is none."""

    update: type[Any] | None
    """Input of changes; None where there are none."""

    item: type[Any] | None
    """A row and its changes."""

    deletion: type[Any]
    """What names a row to delete: a key, or with versions an item that has one."""

    is_deletable: bool


@dataclass(slots=True, eq=False)
class InputTable:
    """The input types of one schema. Those of relationships are made where they are first used.

    Args:
        table: The other types.
        replaced: Names of mutation fields that are written by hand.
    """

    table: TypeTable
    replaced: Collection[str]
    entities: dict[str, EntityInputs] = field(default_factory=dict)
    """By name, those that can be written."""

    _names: NameTable = field(init=False)
    _links: dict[tuple[str, bool, str], type[Any] | None] = field(default_factory=dict)
    _partial: dict[tuple[str, frozenset[str]], type[Any] | None] = field(default_factory=dict)
    _choices: dict[str, type[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the inputs of all entities, empty first, since they refer to each other."""
        registry, make = self.table.registry, self.table.inflector
        family = (name for each in registry for name in make.family(each.name))
        self._names = NameTable([*family, *(each.name for each in self.table.enums)])
        writable = [entity for entity in registry if entity.is_writable]
        self.entities = {entity.name: self._new_inputs(entity) for entity in writable}
        for entity in writable:
            inputs = self.entities[entity.name]
            if inputs.create is not None:
                add_fields(inputs.create, self._fields(entity, is_new=True))
            if inputs.update is not None:
                add_fields(inputs.update, self._fields(entity, is_new=False))

    def _new_inputs(self, entity: Entity) -> EntityInputs:
        make, name = self.table.inflector, entity.name
        create = update = item = None
        if self._is_there(entity, is_new=True) and entity.has_own_rows:
            type_name = make.input_type(make.create_field(name))
            create = new_input(type_name, description=f"A new {name}.")
        if self._is_there(entity, is_new=False):
            type_name = make.input_type(make.update_field(name))
            text = f"Changes to a {name}; absent fields stay."
            update = new_input(type_name, description=text)
            item = _update_item(entity, update, self.table)
        is_deletable = make.delete_field(name) not in self.replaced
        return EntityInputs(
            entity, create, update, item, _delete_item(entity, self.table), is_deletable
        )

    def _is_there(self, entity: Entity, *, is_new: bool) -> bool:
        make = self.table.inflector
        mutation = (make.create_field if is_new else make.update_field)(entity.name)
        has_fields = writable_columns(entity, is_new=is_new) or self._linked(entity)
        return bool(has_fields) and mutation not in self.replaced

    def _linked(self, entity: Entity) -> list[Relationship]:
        registry = self.table.registry
        return [link for link in writable_links(entity) if registry.target(link).keys]

    def _fields(
        self, entity: Entity, *, is_new: bool, omitted: Collection[str] = ()
    ) -> list[TypedField]:
        """Make the fields of a row's input, without what sets the omitted attributes."""
        fields = [
            _input_field(
                column.name,
                self.table.value_type(column.type),
                column.description,
                is_required=is_new and not column.has_default and not column.is_nullable,
            )
            for column in writable_columns(entity, is_new=is_new)
            if column.key not in omitted
        ]
        for link in self._linked(entity):
            if not set(link.foreign_keys) <= set(omitted):
                type_ = self._link_type(entity, link, is_new=is_new)
                is_required = is_new and link.is_required
                fields.append(
                    _input_field(link.name, type_, link.description, is_required=is_required)
                )
        if not is_new:
            fields += self._operation_fields(entity)
        for each in writable_lists(entity) if self.table.config.has_nested_writes else ():
            many = self._list_type(entity, each, is_new=is_new)
            if many is not None:
                fields.append(_input_field(each.name, many, each.description, is_required=False))
        return fields

    def _operation_fields(self, entity: Entity) -> list[TypedField]:
        """Make the fields of what the database computes from what a row holds."""
        found = []
        mutation = self.table.inflector.update_field(entity.name)
        for operator, text in _OPERATORS.items():
            columns = operated_columns(entity, operator)
            if columns:
                name = self.table.inflector.operation_input_type(mutation, operator.value)
                type_ = new_input(self._names.claim(name), description=text)
                fields = [
                    _input_field(
                        column.name,
                        self.table.value_type(column.type),
                        column.description,
                        is_required=False,
                    )
                    for column in columns
                ]
                add_fields(type_, fields)
                found.append(_input_field(operator.value, type_, text, is_required=False))
        return found

    def _link_type(self, entity: Entity, link: Relationship, *, is_new: bool) -> type[Any]:
        """Make the input of a to-one relationship."""
        known = (entity.name, is_new, link.key)
        if known not in self._links:
            target = self.table.entities[link.target]
            shell = self._new_link(entity, link, is_new=is_new, is_one_of=True)
            self._links[known] = shell
            fields = [_input_field("connect", target.key, "To an existing row.", is_required=False)]
            create = self._created(link.target)
            if create is not None:
                both = self._connect_or_create(link.target, create)
                fields += [
                    _input_field("create", create, "To a new row.", is_required=False),
                    _input_field(
                        "connectOrCreate",
                        both,
                        "To the row with a key, or to a new one if there is none.",
                        is_required=False,
                    ),
                ]
            if not is_new and not link.is_required:
                text = "To none; pass true."
                fields.append(_input_field("disconnect", bool, text, is_required=False))
            add_fields(shell, fields)
        found = self._links[known]
        assert found is not None  # noqa: S101 - a to-one relationship can be connected
        return found

    def _new_link(
        self, entity: Entity, relationship: Relationship, *, is_new: bool, is_one_of: bool
    ) -> type[Any]:
        make = self.table.inflector
        mutation = (make.create_field if is_new else make.update_field)(entity.name)
        return new_input(
            self._names.claim(make.link_input_type(mutation, relationship.name)),
            description=f"How {relationship.name} is set."
            if is_one_of
            else f"What becomes of {relationship.name}, in the order of the fields.",
            is_one_of=is_one_of,
        )

    def _created(self, entity: str) -> type[Any] | None:
        inputs = self.entities.get(entity)
        if inputs is None or not self.table.config.has_nested_writes:
            return None
        return inputs.create

    def _connect_or_create(
        self, entity: str, create: type[Any], omitted: Sequence[str] = ()
    ) -> type[Any]:
        wanted = self.table.inflector.connect_or_create_type(entity, omitted)
        if wanted not in self._choices:
            name = self._names.claim(wanted)
            type_ = new_input(name, description=f"A {entity} that is there, or a new one.")
            key = self.table.entities[entity].key
            fields = [
                TypedField("key", key, description="Finds the row."),
                TypedField("create", create, description="The new row, if there is none."),
            ]
            add_fields(type_, fields)
            self._choices[wanted] = type_
        return self._choices[wanted]

    def _list_type(
        self, entity: Entity, relationship: Relationship, *, is_new: bool
    ) -> type[Any] | None:
        """Make the input of a to-many relationship; None where nothing can be written through it."""
        known = (entity.name, is_new, relationship.key)
        if known not in self._links:
            self._links[known] = None
            # the shell is there before the fields, which may lead back to it
            shell = self._new_link(entity, relationship, is_new=is_new, is_one_of=False)
            self._links[known] = shell
            fields = self._list_fields(relationship, is_new=is_new)
            add_fields(shell, fields)
            if not fields:
                self._links[known] = None
        return self._links[known]

    def _list_fields(self, relationship: Relationship, *, is_new: bool) -> list[TypedField]:
        target = self.table.registry.target(relationship)
        inputs = self.entities.get(target.name)
        key = list_of(self.table.entities[target.name].key)
        parts: list[tuple[str, Any, str]] = []
        can_connect, can_release = _ways(relationship, inputs)
        if target.keys and not is_new and can_release:
            parts.append(("set", key, "These and no others."))
            parts.append(("disconnect", key, "These no more."))
        if inputs is not None and not is_new and target.keys:
            if inputs.is_deletable:
                parts.append(("delete", list_of(inputs.deletion), "These are deleted."))
            if inputs.item is not None:
                parts.append(("update", list_of(inputs.item), "These change."))
        if target.keys and can_connect:
            parts.append(("connect", key, "These besides."))
        create = self._partial_create(relationship, inputs)
        if create is not None and target.keys and can_connect:
            names = _omitted_names(target, _omitted(relationship))
            choice = list_of(self._connect_or_create(target.name, create, names))
            text = "Those with a key besides, or new ones where there is none."
            parts.append(("connectOrCreate", choice, text))
        if create is not None:
            parts.append(("create", list_of(create), "New ones besides."))
        return [_input_field(name, type_, text, is_required=False) for name, type_, text in parts]

    def _partial_create(
        self, relationship: Relationship, inputs: EntityInputs | None
    ) -> type[Any] | None:
        """Return the input of a new row, without what the row that it belongs to sets."""
        if inputs is None or inputs.create is None:
            return None
        entity = inputs.entity
        omitted = _omitted(relationship)
        names = _omitted_names(entity, omitted)
        if not names:
            return inputs.create
        known = (entity.name, omitted)
        if known not in self._partial:
            make = self.table.inflector
            mutation = make.create_field(entity.name)
            name = self._names.claim(make.partial_input_type(mutation, names))
            shell = new_input(name, description=f"A new {entity.name} of the enclosing row.")
            self._partial[known] = shell
            fields = self._fields(entity, is_new=True, omitted=omitted)
            add_fields(shell, fields)
            if not fields:
                self._partial[known] = None
        return self._partial[known]


def _ways(relationship: Relationship, inputs: EntityInputs | None) -> tuple[bool, bool]:
    """Tell whether rows can be tied to the owner of a list, and released from it."""
    if relationship.join.kind is JoinKind.SECONDARY:
        return True, True
    if inputs is None or inputs.update is None:
        return False, False
    columns = orm.class_mapper(inputs.entity.model).column_attrs
    keys = [columns[key].columns[0] for key in relationship.join.remote_keys]
    is_fixed = any(key.primary_key for key in keys)
    return not is_fixed, not is_fixed and any(key.nullable for key in keys)


def _omitted(relationship: Relationship) -> frozenset[str]:
    """Return the attributes of rows in a list that the row sets that they belong to."""
    join = relationship.join
    return frozenset(join.remote_keys if join.kind is JoinKind.DIRECT else ())


def _omitted_names(entity: Entity, omitted: Collection[str]) -> list[str]:
    names = [link.name for link in writable_links(entity) if set(link.foreign_keys) <= set(omitted)]
    names += [
        column.name for column in writable_columns(entity, is_new=True) if column.key in omitted
    ]
    return names


def _update_item(entity: Entity, update: type[Any], table: TypeTable) -> type[Any]:
    """Make the input of a row and its changes."""
    type_ = new_input(
        table.inflector.update_item_type(entity.name),
        description=f"One {entity.name} and its changes.",
    )
    fields = [
        TypedField("id", strawberry.ID, description="Global id."),
        TypedField("input", update, description="What changes."),
        *version_fields(entity),
    ]
    add_fields(type_, fields)
    return type_


def _delete_item(entity: Entity, table: TypeTable) -> type[Any]:
    """Return what names a row to delete: with versions an input of its own."""
    key = table.entities[entity.name].key
    if entity.version is None:
        return key
    type_ = new_input(
        table.inflector.delete_item_type(entity.name),
        description=f"One {entity.name} to delete.",
    )
    add_fields(type_, [TypedField("key", key, description="Finds it."), *version_fields(entity)])
    return type_


def _input_field(
    name: str, type_: Any, description: str | None, *, is_required: bool
) -> TypedField:
    if is_required:
        return TypedField(name, type_, description=description)
    return TypedField(name, nullable(type_), description=description, default=strawberry.UNSET)
