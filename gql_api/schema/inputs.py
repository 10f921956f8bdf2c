"""Inputs of mutations: their types, and the changes that they mean."""

from collections.abc import Mapping
from typing import Any

import strawberry

from gql_api.errors import BadUserInputError
from gql_api.mapping.descriptors import Column, Entity, Relationship
from gql_api.mapping.values import ScalarKind
from gql_api.plan.changes import CreateRow, KeyValue, Link, ToOne, UpdateRow
from gql_api.schema.definitions import TypedField, add_fields, new_input, nullable
from gql_api.schema.keys import read_key
from gql_api.schema.operands import column_operand
from gql_api.schema.table import TypeTable

Path = tuple[str, ...]


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


def build_input_type(entity: Entity, table: TypeTable, *, is_new: bool) -> type[Any]:
    """Make the input of ``createPost`` or ``updatePost``."""
    make = table.inflector
    mutation = make.create_field(entity.name) if is_new else make.update_field(entity.name)
    text = f"A new {entity.name}." if is_new else f"Changes to a {entity.name}; absent fields stay."
    type_ = new_input(make.input_type(mutation), description=text)
    fields = [
        _input_field(
            column.name,
            table.value_type(column.type),
            column.description,
            is_required=is_new and not column.has_default and not column.is_nullable,
        )
        for column in writable_columns(entity, is_new=is_new)
    ]
    fields += [
        _input_field(
            link.name,
            _link_type(entity, link, table, is_new=is_new),
            link.description,
            is_required=is_new and link.is_required,
        )
        for link in writable_links(entity)
        if table.registry.target(link).keys
    ]
    add_fields(type_, fields)
    return type_


def _input_field(
    name: str, type_: Any, description: str | None, *, is_required: bool
) -> TypedField:
    if is_required:
        return TypedField(name, type_, description=description)
    return TypedField(name, nullable(type_), description=description, default=strawberry.UNSET)


def _link_type(entity: Entity, link: Relationship, table: TypeTable, *, is_new: bool) -> type[Any]:
    make = table.inflector
    mutation = make.create_field(entity.name) if is_new else make.update_field(entity.name)
    target = table.entities[link.target]
    type_ = new_input(
        make.link_input_type(mutation, link.name),
        description=f"How {link.name} is set.",
        is_one_of=True,
    )
    fields = [_input_field("connect", target.key, "To an existing row.", is_required=False)]
    if not is_new and not link.is_required:
        text = "To none; pass true."
        fields.append(_input_field("disconnect", bool, text, is_required=False))
    add_fields(type_, fields)
    return type_


def read_creation(
    value: Mapping[str, Any], entity: Entity, table: TypeTable, path: Path
) -> CreateRow:
    """Read the input of a row to create.

    Raises:
        BadUserInputError: A link is null, or its key is wrong.
    """
    values, links = _read_fields(value, entity, table, path)
    return CreateRow(entity.name, values, links)


def read_update(
    value: Mapping[str, Any], entity: Entity, key: KeyValue, table: TypeTable, path: Path
) -> UpdateRow:
    """Read the changes of a row.

    Raises:
        BadUserInputError: A link is null, or its key is wrong.
    """
    values, links = _read_fields(value, entity, table, path)
    return UpdateRow(entity.name, key, values, links)


def _read_fields(
    value: Mapping[str, Any], entity: Entity, table: TypeTable, path: Path
) -> tuple[Mapping[str, Any], tuple[ToOne, ...]]:
    columns = {column.name: column for column in entity.columns.values()}
    links = {link.name: link for link in writable_links(entity)}
    values = {
        columns[name].key: column_operand(columns[name], each, (*path, name))
        for name, each in value.items()
        if name in columns
    }
    read = tuple(
        _read_link(each, links[name], table, (*path, name))
        for name, each in value.items()
        if name in links
    )
    return values, read


def _read_link(
    value: Mapping[str, Any] | None, link: Relationship, table: TypeTable, path: Path
) -> Link:
    if value is None:
        message = f"{'.'.join(path)} is null: leave it out, or pass {{disconnect: true}}."
        raise BadUserInputError(message, path=path)
    ((name, part),) = value.items()
    if name == "connect" and part is not None:
        target = table.registry.target(link)
        return Link(link.key, read_key(part, target, table.registry, (*path, name)))
    if name == "disconnect" and part is True:
        return Link(link.key, None)
    message = f"{'.'.join((*path, name))} is {'null' if part is None else 'false'}: leave it out."
    raise BadUserInputError(message, path=(*path, name))
