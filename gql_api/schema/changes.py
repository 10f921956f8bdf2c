"""The values of inputs become changes: trees of plain data."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gql_api.errors import BadUserInputError
from gql_api.mapping.descriptors import Entity, Relationship
from gql_api.plan.changes import (
    CreateRow,
    DeleteRow,
    KeyedCreate,
    KeyValue,
    Link,
    NewLink,
    Operation,
    Operator,
    RelatedChanges,
    ToOne,
    UpdateRow,
)
from gql_api.schema.inputs import operated_columns, writable_links, writable_lists
from gql_api.schema.keys import read_global_id, read_key
from gql_api.schema.operands import column_operand
from gql_api.schema.table import TypeTable
from gql_api.schema.versions import read_version

Path = tuple[str, ...]

_MAX_LEVELS = 4
"""Rows within each other, the outermost included."""


class ChangeReader:
    """Reads the inputs of mutations.

    Args:
        table: Entities and names of the schema.
    """

    def __init__(self, table: TypeTable) -> None:
        self._table = table

    def read_creation(
        self, value: Mapping[str, Any], entity: Entity, path: Path, level: int = 1
    ) -> CreateRow:
        """Read the input of a row to create.

        Raises:
            BadUserInputError: A link or a list is null, a key is wrong, or the input is too deep.
        """
        _check_level(level, path)
        return CreateRow(
            entity.name,
            self._read_values(value, entity, path),
            self._read_links(value, entity, path, level),
            self._read_lists(value, entity, path, level),
        )

    def read_update(
        self,
        value: Mapping[str, Any],
        entity: Entity,
        key: KeyValue,
        path: Path,
        level: int = 1,
    ) -> UpdateRow:
        """Read the changes of a row.

        Raises:
            BadUserInputError: A link or a list is null, a key is wrong, or the input is too deep.
        """
        _check_level(level, path)
        return UpdateRow(
            entity.name,
            key,
            self._read_values(value, entity, path),
            self._read_links(value, entity, path, level),
            self._read_lists(value, entity, path, level),
            _read_operations(value, entity, path),
        )

    def _read_values(
        self, value: Mapping[str, Any], entity: Entity, path: Path
    ) -> Mapping[str, Any]:
        columns = {column.name: column for column in entity.columns.values()}
        return {
            columns[name].key: column_operand(columns[name], each, (*path, name))
            for name, each in value.items()
            if name in columns
        }

    def _read_links(
        self, value: Mapping[str, Any], entity: Entity, path: Path, level: int
    ) -> tuple[ToOne, ...]:
        links = {link.name: link for link in writable_links(entity)}
        return tuple(
            self._read_link(each, links[name], (*path, name), level)
            for name, each in value.items()
            if name in links
        )

    def _read_link(
        self, value: Mapping[str, Any] | None, link: Relationship, path: Path, level: int
    ) -> ToOne:
        if value is None:
            message = f"{'.'.join(path)} is null: leave it out, or pass {{disconnect: true}}."
            raise BadUserInputError(message, path=path)
        ((name, part),) = value.items()
        here = (*path, name)
        if part is None or part is False:
            message = f"{'.'.join(here)} is {'null' if part is None else 'false'}: leave it out."
            raise BadUserInputError(message, path=here)
        registry = self._table.registry
        target = registry.target(link)
        match name:
            case "disconnect":
                read: ToOne = Link(link.key, None)
            case "connect":
                read = Link(link.key, read_key(part, target, registry, here))
            case "create":
                read = NewLink(link.key, self.read_creation(part, target, here, level + 1))
            case _:
                create = (*here, "create")
                read = NewLink(
                    link.key,
                    self.read_creation(part["create"], target, create, level + 1),
                    read_key(part["key"], target, registry, (*here, "key")),
                )
        return read

    def _read_lists(
        self, value: Mapping[str, Any], entity: Entity, path: Path, level: int
    ) -> tuple[RelatedChanges, ...]:
        lists = {each.name: each for each in writable_lists(entity)}
        return tuple(
            self._read_list(given_value(each, (*path, name)), lists[name], (*path, name), level)
            for name, each in value.items()
            if name in lists
        )

    def _read_list(
        self, value: Mapping[str, Any], relationship: Relationship, path: Path, level: int
    ) -> RelatedChanges:
        parts = {name: given_value(part, (*path, name)) for name, part in value.items()}
        target = self._table.registry.target(relationship)
        keys = {
            name: tuple(
                read_key(key, target, self._table.registry, (*path, name, str(at)))
                for at, key in enumerate(parts.get(name, ()))
            )
            for name in ("set", "disconnect", "connect")
        }
        return RelatedChanges(
            relationship.key,
            replace=keys["set"] if "set" in parts else None,
            disconnect=keys["disconnect"],
            delete=tuple(
                self._read_deletion(item, target, (*path, "delete", str(at)))
                for at, item in enumerate(parts.get("delete", ()))
            ),
            update=tuple(
                self._read_item(item, target, (*path, "update", str(at)), level + 1)
                for at, item in enumerate(parts.get("update", ()))
            ),
            connect=keys["connect"],
            connect_or_create=tuple(
                self._read_choice(item, target, (*path, "connectOrCreate", str(at)), level + 1)
                for at, item in enumerate(parts.get("connectOrCreate", ()))
            ),
            create=tuple(
                self.read_creation(each, target, (*path, "create", str(at)), level + 1)
                for at, each in enumerate(parts.get("create", ()))
            ),
        )

    def _read_choice(
        self, item: Mapping[str, Any], target: Entity, path: Path, level: int
    ) -> KeyedCreate:
        create = self.read_creation(item["create"], target, (*path, "create"), level)
        key = read_key(item["key"], target, self._table.registry, (*path, "key"))
        return KeyedCreate(key, create)

    def _read_deletion(self, item: Mapping[str, Any], target: Entity, path: Path) -> DeleteRow:
        """Read a key, or an item that has one and a version."""
        registry = self._table.registry
        if target.version is None:
            return DeleteRow(target.name, read_key(item, target, registry, path))
        key = read_key(item["key"], target, registry, (*path, "key"))
        return DeleteRow(target.name, key, read_version(item, target, path))

    def _read_item(
        self, item: Mapping[str, Any], target: Entity, path: Path, level: int
    ) -> UpdateRow:
        key = read_global_id(item["id"], target, self._table.registry, (*path, "id"))
        change = self.read_update(item["input"], target, key, (*path, "input"), level)
        return replace(change, expected_version=read_version(item, target, path))


def _read_operations(value: Mapping[str, Any], entity: Entity, path: Path) -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for operator in Operator:
        columns = {each.name: each for each in operated_columns(entity, operator)}
        if not columns or operator.value not in value:
            continue
        here = (*path, operator.value)
        for name, operand in given_value(value[operator.value], here).items():
            column, place = columns[name], (*here, name)
            read = column_operand(column, given_value(operand, place), place)
            if name in value:
                message = f"{'.'.join(place)} is set besides: do one of both."
                raise BadUserInputError(message, path=place)
            found[column.key] = Operation(operator, read)
    return found


def given_value(value: Any, path: Path) -> Any:
    """Return a value that is not null.

    Raises:
        BadUserInputError: It is null.
    """
    if value is None:
        message = f"{'.'.join(path)} is null: leave it out."
        raise BadUserInputError(message, path=path)
    return value


def _check_level(level: int, path: Path) -> None:
    if level > _MAX_LEVELS:
        message = (
            f"{'.'.join(path)} is level {level} of the input: write at most {_MAX_LEVELS} levels "
            "of rows at once."
        )
        raise BadUserInputError(message, path=path)
