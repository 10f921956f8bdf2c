"""Strawberry types built directly, without decorators: fields are added after all types exist.

Two phases keep cycles simple, and a definition costs a hundredth of a decorated class.
"""

from collections.abc import Callable, Sequence
from typing import Any

from strawberry.annotation import StrawberryAnnotation
from strawberry.schema_directives import OneOf
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import (
    StrawberryList,
    StrawberryObjectDefinition,
    StrawberryOptional,
)
from strawberry.types.field import StrawberryField
from typing_extensions import override

GraphQLType = Any
"""A class with a Strawberry definition, a scalar's Python type, or a ``StrawberryType``."""


class TypedField(StrawberryField):
    """A field whose type is given as it is, not as an annotation.

    Args:
        name: GraphQL name.
        type_: Type of its values.
        description: For readers of the schema.
        arguments: Arguments of the field.
        default: Default of an input field.
    """

    def __init__(
        self,
        name: str,
        type_: GraphQLType,
        *,
        description: str | None = None,
        arguments: Sequence[StrawberryArgument] = (),
        **options: Any,
    ) -> None:
        super().__init__(
            python_name=name,
            graphql_name=name,
            type_annotation=StrawberryAnnotation(type_),
            description=description,
            **options,
        )
        self._type = type_
        self.arguments = list(arguments)

    @override
    def resolve_type(self, *, type_definition: StrawberryObjectDefinition | None = None) -> Any:
        return self._type

    @property
    @override
    def is_basic_field(self) -> bool:
        """Whether Strawberry may leave out the info: input fields only."""
        return False


def nullable(type_: GraphQLType) -> StrawberryOptional:
    """Return the nullable form of a type."""
    return StrawberryOptional(type_)


def list_of(type_: GraphQLType) -> StrawberryList:
    """Return the list of a type; its items are not null unless ``type_`` is nullable."""
    return StrawberryList(type_)


def argument(name: str, type_: GraphQLType, description: str) -> StrawberryArgument:
    """Return an argument of a field."""
    return StrawberryArgument(
        python_name=name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(type_),
        description=description,
    )


def new_object(
    name: str,
    *,
    description: str | None,
    interfaces: Sequence[type[Any]] = (),
    is_type_of: Callable[[Any, Any], bool] | None = None,
    origin: type[Any] | None = None,
) -> type[Any]:
    """Make an object type without fields."""
    return _define(
        origin or type(name, (), {}),
        name,
        description=description,
        interfaces=[each.__strawberry_definition__ for each in interfaces],
        is_type_of=is_type_of,
    )


def new_interface(
    name: str,
    *,
    description: str | None,
    resolve_type: Callable[[Any, Any, Any], str],
    interfaces: Sequence[type[Any]] = (),
    origin: type[Any] | None = None,
) -> type[Any]:
    """Make an interface without fields."""
    return _define(
        origin or type(name, (), {}),
        name,
        description=description,
        interfaces=[each.__strawberry_definition__ for each in interfaces],
        is_interface=True,
        resolve_type=resolve_type,
    )


def new_input(name: str, *, description: str, is_one_of: bool = False) -> type[Any]:
    """Make an input type without fields; resolvers get its value as a dictionary."""
    return _define(
        type(name, (), {}),
        name,
        description=description,
        is_input=True,
        directives=[OneOf()] if is_one_of else [],
        from_input=lambda _class, value, _context: dict(value),
    )


def add_fields(type_: type[Any], fields: Sequence[StrawberryField]) -> None:
    """Set the fields of a type that was made without."""
    type_.__strawberry_definition__.fields = list(fields)
    for field in fields:
        field.origin = field.origin or type_


def _define(origin: type[Any], name: str, **options: Any) -> type[Any]:
    defaults: dict[str, Any] = {
        "is_input": False,
        "is_interface": False,
        "interfaces": [],
        "directives": [],
        "is_type_of": None,
        "resolve_type": None,
    }
    definition = StrawberryObjectDefinition(
        name=name, origin=origin, extend=False, fields=[], **{**defaults, **options}
    )
    origin.__strawberry_definition__ = definition
    return origin
