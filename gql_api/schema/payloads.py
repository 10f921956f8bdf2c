"""Payloads of mutations, and the typed errors that they carry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField
from typing_extensions import override

from gql_api import errors
from gql_api.errors import WriteError, WriteRefusedError
from gql_api.loading.plans import load_connection
from gql_api.mapping.descriptors import Entity
from gql_api.plan.changes import KeyValue
from gql_api.plan.selections import Connection
from gql_api.schema.context import new_run
from gql_api.schema.definitions import (
    TypedField,
    add_fields,
    argument,
    list_of,
    new_interface,
    new_object,
    nullable,
)
from gql_api.schema.keys import key_filter
from gql_api.schema.plans import plans_of
from gql_api.schema.queries import load_by_key, load_by_keys
from gql_api.schema.selections import Planner
from gql_api.schema.sites import ArgumentReader, AskedField, ListPart, ListReader, Site
from gql_api.schema.table import TypeTable

Info = strawberry.Info[Any, Any]

_ERROR_TYPES: Mapping[type[WriteError], tuple[str, str]] = MappingProxyType(
    {
        errors.ValidationError: ("ValidationError", "A value breaks a rule of its field."),
        errors.UniqueViolationError: ("UniqueViolation", "A value that must be unique is taken."),
        errors.ForeignKeyViolationError: (
            "ForeignKeyViolation",
            "A row that is referred to is missing, or a row is still referred to.",
        ),
        errors.CheckViolationError: ("CheckViolation", "The database refuses the values."),
        errors.StaleVersionError: (
            "StaleVersion",
            "The row has changed since the caller has seen it.",
        ),
        errors.NotFoundError: ("NotFound", "There is no such row."),
        errors.ForbiddenError: ("Forbidden", "The caller may not do this."),
        errors.TooManyRowsError: ("LimitExceeded", "A write would touch more rows than allowed."),
        errors.RateLimitedError: ("RateLimited", "It was done too often: come back later."),
    }
)


@dataclass(frozen=True, slots=True)
class Payload:
    """What a mutation field returns before its selection is loaded."""

    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Payload field to value; for a row its ``KeyValue``."""

    errors: Sequence[WriteError] = ()
    """Why nothing was written; empty on success."""


@dataclass(frozen=True, slots=True)
class PresentedError:
    """A refusal as the data of a payload."""

    type_name: str
    message: str
    code: str
    path: Sequence[str]
    fields: Sequence[str] = ()
    version: str = ""
    entity: str = ""
    """Name of the type of the row that it is about, if it shows one."""

    key: KeyValue | None = None
    """Of that row."""

    retry_after_s: int = 0
    """In how many seconds to come back, if that helps."""

    @classmethod
    def of(cls, error: WriteError) -> "PresentedError":
        """Present a refusal."""
        type_name = _ERROR_TYPES[type(error)][0]
        presented = cls(type_name, error.message, error.code, error.path)
        match error:
            case errors.UniqueViolationError():
                return replace(presented, fields=error.fields)
            case errors.RateLimitedError():
                return replace(presented, retry_after_s=error.retry_after_s)
            case errors.StaleVersionError():
                # one that is raised by hand may name no row
                key = error.key if isinstance(error.key, KeyValue) else None
                return replace(presented, version=error.version, entity=error.entity, key=key)
            case _:
                return presented


def refused(error: WriteError) -> Payload:
    """Return the payload of a refused write."""
    several = error.errors if isinstance(error, WriteRefusedError) else (error,)
    return Payload(errors=several)


class PayloadField(TypedField):
    """A plain value of a payload."""

    @override
    def get_result(self, source: Payload, info: Any, args: list[Any], kwargs: Any) -> Any:
        return source.values.get(self.python_name)


class PayloadErrorsField(TypedField):
    """The errors of a payload."""

    @override
    def get_result(self, source: Payload, info: Any, args: list[Any], kwargs: Any) -> Any:
        # an exception among the values would fail the field
        return [PresentedError.of(error) for error in source.errors]


class PayloadRowField(TypedField):
    """A row of a payload, loaded with what is selected of it."""

    def __init__(self, name: str, entity: Entity, table: TypeTable, description: str) -> None:
        types = table.entities[entity.name]
        super().__init__(name, nullable(types.object), description=description)
        self.entity = entity

    @override
    def get_result(self, source: Payload, info: Any, args: list[Any], kwargs: Any) -> Any:
        key = source.values.get(self.python_name)
        if key is None:
            return None
        return load_by_key(info, self.entity, key)


class PayloadRowsField(TypedField):
    """The rows of a payload, loaded with what is selected of them."""

    def __init__(self, name: str, entity: Entity, table: TypeTable) -> None:
        types = table.entities[entity.name]
        text = "The rows as they are now, null for one that may not be seen; null on failure."
        super().__init__(name, nullable(list_of(nullable(types.object))), description=text)
        self.entity = entity

    @override
    def get_result(self, source: Payload, info: Any, args: list[Any], kwargs: Any) -> Any:
        keys = source.values.get(self.python_name)
        return None if keys is None else load_by_keys(info, self.entity, keys)


class PayloadEdgeField(TypedField):
    """The row of a payload as an edge, to insert into a list that a client holds."""

    def __init__(self, row_field: str, entity: Entity, table: TypeTable) -> None:
        types = table.entities[entity.name]
        order = argument("orderBy", nullable(list_of(types.order)), "Order of the client's list.")
        super().__init__(
            "edge",
            nullable(types.edge),
            description="The row with its cursor, to insert into a list.",
            arguments=[order],
        )
        self.entity = entity
        self.row_field = row_field

    @override
    def get_result(self, source: Payload, info: Any, args: list[Any], kwargs: Any) -> Any:
        key = source.values.get(self.row_field)
        return None if key is None else self._load(key, info)

    async def _load(self, key: KeyValue, info: Info) -> Any:
        asked = AskedField.of(info)
        known, values = plans_of(info).find(asked, self.entity.name, self._plan, given=key)
        answer = await load_connection(known, new_run(info, values))
        return answer["edges"][0] if answer["edges"] else None

    def _plan(self, planner: Planner) -> Connection:
        listed = ListReader(self.entity, ("edge",), planner.nodes[0])
        read = partial(_read_edge, listed=listed)
        part = planner.read_site(Site(read, planner.field, planner.nodes[0]))
        return planner.plan_edge(self.entity, part, ("edge",))


def _read_edge(
    reader: ArgumentReader, arguments: Mapping[str, Any], *, listed: ListReader
) -> ListPart:
    """Read the order of an edge; the row is the one with the given key."""
    part = listed(reader, {**arguments, "first": 1})
    return replace(part, filter=key_filter(reader.given, reader.operands))


class _ErrorField(TypedField):
    """A field of an error."""

    @override
    def get_result(self, source: PresentedError, info: Any, args: list[Any], kwargs: Any) -> Any:
        return getattr(source, self.python_name)


class _ErrorWaitField(TypedField):
    """How long to wait."""

    @override
    def get_result(self, source: PresentedError, info: Any, args: list[Any], kwargs: Any) -> int:
        return source.retry_after_s


class _ErrorRowField(TypedField):
    """The row that an error is about, loaded with what is selected of it."""

    def __init__(self, table: TypeTable) -> None:
        text = "The row as it is now; null if it may not be seen."
        super().__init__("node", nullable(table.node), description=text)
        self.registry = table.registry

    @override
    def get_result(self, source: PresentedError, info: Any, args: list[Any], kwargs: Any) -> Any:
        if source.key is None:
            return None
        return load_by_key(info, self.registry.entities[source.entity], source.key)


class ErrorTypes:
    """The interface ``Error`` and its types.

    Args:
        table: Whose rows may be stale, if any have versions.
    """

    def __init__(self, table: TypeTable) -> None:
        self._table = table
        has_versions = any(entity.version is not None for entity in table.registry)
        common: list[StrawberryField] = [
            _ErrorField("message", str, description="What is wrong, and how to mend it."),
            _ErrorField("code", str, description="Stable name of the kind of error."),
            _ErrorField(
                "path", list_of(str), description="Names that lead to the culprit in the input."
            ),
        ]
        self.interface = new_interface(
            "Error", description="Why a write was refused.", resolve_type=_error_type_name
        )
        add_fields(self.interface, common)
        self.types = [
            self._new_type(error, common)
            for error in _ERROR_TYPES
            if has_versions or error is not errors.StaleVersionError
        ]

    def _new_type(self, error: type[WriteError], common: list[StrawberryField]) -> type[Any]:
        name, description = _ERROR_TYPES[error]
        type_ = new_object(
            name,
            description=description,
            interfaces=(self.interface,),
            is_type_of=lambda source, _info: source.type_name == name,
        )
        own: list[StrawberryField] = []
        if error is errors.UniqueViolationError:
            own = [_ErrorField("fields", list_of(str), description="Fields unique together.")]
        elif error is errors.RateLimitedError:
            text = "In how many seconds to come back."
            own = [_ErrorWaitField("retryAfterS", int, description=text)]
        elif error is errors.StaleVersionError:
            text = "Version of the row as it is now."
            own = [_ErrorField("version", str, description=text), _ErrorRowField(self._table)]
        add_fields(type_, [*common, *own])
        return type_

    def field(self) -> StrawberryField:
        """Return the field ``errors`` of every payload."""
        text = "Why nothing was written; empty on success."
        return PayloadErrorsField("errors", list_of(self.interface), description=text)


def _error_type_name(source: PresentedError, _info: Any, _type: Any) -> str:
    return source.type_name
