"""The text of a schema as one role sees it: without what the role can never reach."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    DirectiveDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    TypeNode,
    build_schema,
    lexicographic_sort_schema,
    parse,
    print_ast,
    print_schema,
    specified_scalar_types,
)

from gql_api.access.column_rights import ColumnRights
from gql_api.access.matrix import EntityRights, Extent, describe_rights
from gql_api.access.scopes import Scopes
from gql_api.access.subjects import RoleSet, Subject
from gql_api.mapping.descriptors import Entity
from gql_api.naming import AGGREGATE_PARTS
from gql_api.schema.build import Schema
from gql_api.schema.table import TypeTable

_Definitions = dict[str, Any]
"""Definitions of a document by name; those of types hold fields, inputs' fields or values."""

Field = tuple[str, str]
"""Names of a type and of one of its fields."""


@dataclass(frozen=True, slots=True)
class _Unreachable:
    """What the role can never reach."""

    types: set[str]
    fields: set[Field]


def schema_text_for(schema: Schema, role_set: RoleSet) -> str:
    """Return the SDL, sorted, without closed models, withheld columns and refused writes.

    Args:
        schema: As it is served to all.
        role_set: Whose rights count; policies are called as for a request.
    """
    subject = Subject(0 if role_set.is_authenticated else None, role_set.roles)
    compilation = schema.compilation(subject)
    gone = _unreachable(schema.table, compilation.scopes, compilation.rights)
    document = parse(schema.as_str())
    found: _Definitions = {}
    for each in document.definitions:
        named: Any = each
        found["@" * _is_directive(each) + named.name.value] = each
    _prune(found, gone)
    text = "\n\n".join(print_ast(each) for each in found.values())
    return print_schema(lexicographic_sort_schema(build_schema(text))) + "\n"


def _unreachable(table: TypeTable, scopes: Scopes, rights: ColumnRights) -> _Unreachable:
    gone = _Unreachable(set(), set())
    described = {each.entity: each for each in describe_rights(table.registry, scopes)}
    for entity in table.registry:
        if not rights.exists(entity):
            _add_family(entity, table, gone)
            continue
        for field in _refused_writes(entity, described[entity.name], table, scopes):
            gone.fields.add(("Mutation", field))
        gone.fields.update(_withheld(entity, table, rights))
        gone.fields.update(_unwritten(entity, table, rights))
    return gone


def _add_family(entity: Entity, table: TypeTable, gone: _Unreachable) -> None:
    """Add all that belongs to a closed entity."""
    gone.types.update((entity.name, entity.row_type))
    for name in table.inflector.family(entity.name):
        owner, dot, field = name.partition(".")
        if dot:
            gone.fields.add((owner, field))
        else:
            gone.types.add(name)


def _refused_writes(
    entity: Entity, rights: EntityRights, table: TypeTable, scopes: Scopes
) -> Iterator[str]:
    """Return the mutation fields that no row of an entity allows."""
    inflector, name = table.inflector, entity.name
    fields = {
        "creatable": (inflector.create_field, inflector.create_many_field),
        "updatable": (
            inflector.update_field,
            inflector.update_many_field,
            inflector.update_by_id_field,
        ),
        "deletable": (inflector.delete_field, inflector.delete_many_field),
    }
    for operation, makes in fields.items():
        if rights.extent(operation) is Extent.NONE:
            yield from (make(name) for make in makes)
            if operation != "deletable":
                yield inflector.upsert_field(name)
    if str(scopes.restorable_rows(entity, entity.model)) == "false":
        yield inflector.restore_field(name)
    if str(scopes.purgeable_rows(entity, entity.model)) == "false":
        yield inflector.purge_field(name)


def _withheld(entity: Entity, table: TypeTable, rights: ColumnRights) -> Iterator[Field]:
    """Return where the columns and relationships stand that may not be read."""
    inflector = table.inflector
    types = _column_types(entity, table)
    for column in entity.columns.values():
        if not rights.may_read(entity, column.key):
            yield from ((each, column.name) for each in types)
            yield inflector.group_field_type(entity.name), inflector.enum_value(column.name)
    for key in entity.keys:
        if not all(rights.may_read(entity, each) for each in key.columns):
            yield inflector.key_type(entity.name), key.name
    for relationship in entity.relationships.values():
        is_open = rights.exists(table.registry.target(relationship))
        if not is_open or not rights.may_follow(relationship):
            name = relationship.name
            yield from ((each, name) for each in types)
            yield from ((each, inflector.aggregate_field(name)) for each in types)


def _unwritten(entity: Entity, table: TypeTable, rights: ColumnRights) -> Iterator[Field]:
    """Return where the columns and relationships stand that may not be written."""
    inputs = _InputTypes(entity, table)
    for column in entity.columns.values():
        if not rights.may_write(entity, column.key):
            yield from ((each, column.name) for each in inputs.patterns)
    for relationship in entity.relationships.values():
        is_open = rights.exists(table.registry.target(relationship))
        if not is_open or not rights.may_link(entity, relationship):
            yield from ((each, relationship.name) for each in inputs.patterns)


class _InputTypes:
    """The inputs of one entity's rows; a trailing star stands for any rest of a name."""

    def __init__(self, entity: Entity, table: TypeTable) -> None:
        inflector, name = table.inflector, entity.name
        mutations = (inflector.create_field(name), inflector.update_field(name))
        whole = [inflector.input_type(each) for each in mutations]
        many = inflector.update_many_field(name)
        operators = [
            inflector.operation_input_type(each, operator)
            for each in (mutations[1], many)
            for operator in ("increment", "append", "merge")
        ]
        partial = [f"{each[:1].upper()}{each[1:]}Without*" for each in mutations]
        self.patterns = [*whole, inflector.input_type(many), *operators, *partial]


def _column_types(entity: Entity, table: TypeTable) -> Sequence[str]:
    """Return the types whose fields are columns of an entity."""
    inflector, name = table.inflector, entity.name
    parts = [inflector.aggregate_part(name, each) for each in AGGREGATE_PARTS]
    return [
        name,
        entity.row_type,
        inflector.filter_type(name),
        inflector.order_type(name),
        inflector.search_order_type(name),
        inflector.key_type(name),
        inflector.group_key_values_type(name),
        inflector.group_key_order_type(name),
        *(inflector.aggregate_type(name, each) for each in AGGREGATE_PARTS),
        *(inflector.aggregate_filter_type(each) for each in parts),
        *(inflector.aggregate_order_type(each) for each in parts),
    ]


def _prune(found: _Definitions, gone: _Unreachable) -> None:
    """Remove what is gone, and again and again what needs it or is left without any use."""
    for name in gone.types & found.keys():
        del found[name]
    while True:
        before = sum(1 for _ in _parts(found))
        for name, definition in list(found.items()):
            kept = _pruned(name, definition, found, gone.fields)
            if kept is None:
                del found[name]
            else:
                found[name] = kept
        for name in found.keys() - _reachable(found):
            del found[name]
        if sum(1 for _ in _parts(found)) == before:
            return


def _parts(found: _Definitions) -> Iterator[Any]:
    for definition in found.values():
        yield definition
        for part in _members(definition):
            yield part
            yield from getattr(part, "arguments", None) or ()


def _members(definition: Any) -> Sequence[Any]:
    return getattr(definition, "fields", None) or getattr(definition, "values", None) or ()


def _pruned(name: str, definition: Any, found: _Definitions, fields: Collection[Field]) -> Any:
    """Return a definition without what is gone or has a type that is; None where nothing is left."""
    members = _members(definition)
    if not members:
        return _pruned_union(definition, found)
    kept = tuple(
        _with_known_arguments(each, found)
        for each in members
        if not _is_gone(name, each.name.value, fields) and _may_stay(each, found)
    )
    if not kept:
        return None
    changes: dict[str, Any] = {"fields" if hasattr(definition, "fields") else "values": kept}
    if getattr(definition, "interfaces", None):
        above = (each for each in definition.interfaces if each.name.value in found)
        changes["interfaces"] = tuple(above)
    return replace(definition, **changes)


def _pruned_union(definition: Any, found: _Definitions) -> Any:
    types = _types(definition)
    if not types:
        return definition  # a scalar, or a directive
    kept = tuple(each for each in types if each.name.value in found)
    return replace(definition, types=kept) if kept else None


def _with_known_arguments(member: Any, found: _Definitions) -> Any:
    given = getattr(member, "arguments", None)
    if not given:
        return member
    return replace(member, arguments=tuple(each for each in given if _is_known(each.type, found)))


def _is_gone(owner: str, field: str, fields: Collection[Field]) -> bool:
    if (owner, field) in fields:
        return True
    head, without, _ = owner.partition("Without")
    return bool(without) and (f"{head}Without*", field) in fields


def _may_stay(member: Any, found: _Definitions) -> bool:
    """Tell whether the types that a field cannot do without are known."""
    if not hasattr(member, "type"):
        return True
    demanded = [
        each.type
        for each in getattr(member, "arguments", None) or ()
        if isinstance(each.type, NonNullTypeNode) and each.default_value is None
    ]
    return all(_is_known(each, found) for each in (member.type, *demanded))


def _is_known(type_: TypeNode, found: Mapping[str, Any]) -> bool:
    name = _named(type_)
    return name in found or name in specified_scalar_types


def _named(type_: Any) -> str:
    while isinstance(type_, NonNullTypeNode | ListTypeNode):
        type_ = type_.type
    assert isinstance(type_, NamedTypeNode)  # noqa: S101 - the others wrap one
    return type_.name.value


def _reachable(found: _Definitions) -> set[str]:
    """Return the names that the roots, directives and reachable interfaces lead to."""
    implementers: dict[str, list[str]] = {}
    for name, definition in found.items():
        for each in getattr(definition, "interfaces", None) or ():
            implementers.setdefault(each.name.value, []).append(name)
    waiting = [
        name for name in found if name in ("Query", "Mutation") or _is_directive(found[name])
    ]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in found:
            continue
        seen.add(name)
        waiting += [*implementers.get(name, ()), *_leads_to(found[name])]
    return seen


def _is_directive(definition: Any) -> bool:
    return isinstance(definition, DirectiveDefinitionNode)


def _leads_to(definition: Any) -> Iterator[str]:
    for part in (*_members(definition), *(getattr(definition, "arguments", None) or ())):
        if hasattr(part, "type"):
            yield _named(part.type)
        for each in getattr(part, "arguments", None) or ():
            yield _named(each.type)
    for each in (*(getattr(definition, "interfaces", None) or ()), *_types(definition)):
        yield each.name.value


def _types(definition: Any) -> Sequence[Any]:
    return getattr(definition, "types", None) or ()
