"""Types declared by hand: ``@gql.type(Model)`` with ``gql.auto``, ``gql.field`` and resolvers."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

import strawberry
from sqlalchemy.orm import InstrumentedAttribute
from strawberry.types.field import StrawberryField

from gql_api.errors import SchemaBuildError
from gql_api.schema.batches import batch_resolver, call_batch

ClassT = TypeVar("ClassT", bound=type)

auto = strawberry.auto
"""Annotation of an attribute that is mapped as the model says."""

Batch = Callable[[Sequence[Any], Mapping[str, Any]], Awaitable[Sequence[Any]]]
"""Takes rows and arguments, and gives one value per row."""

DECLARATION = "__gql_declaration__"
"""Class attribute that holds the declaration."""


@dataclass(frozen=True, slots=True)
class FieldOptions:
    """How one mapped attribute differs from its default."""

    is_non_null: bool = False
    """Whether a to-one field is non-null: only where the target has no policy. Or a column whose
    values are known to have a form."""

    description: str | None = None
    """Replaces the model's."""


@dataclass(frozen=True, slots=True)
class TypeDeclaration:
    """What ``@gql.type`` says of one model."""

    model: type[Any]
    origin: type[Any]
    """The decorated class."""

    fields: Mapping[str, FieldOptions]
    """Mapped attributes that exist, by attribute key; empty means all of them."""

    has_all_fields: bool
    """Whether mapped attributes that are not listed exist too."""

    resolvers: Sequence[StrawberryField]
    """Fields with a resolver in Python."""

    description: str | None


class ComputedField(StrawberryField):
    """A field that Python computes from declared columns."""

    depends_on: tuple[str, ...] = ()
    """Attribute keys of the columns that are loaded for it."""

    batch: Batch | None = None
    """Computes it for many rows at once, of a field that is declared so."""


def field(*, non_null: bool = False, description: str | None = None) -> Any:
    """Change how one mapped attribute is shown.

    Args:
        non_null: Declare a to-one field as non-null. A row that a policy hides then fails the
            whole parent, so use it only where the target has no policy. Or declare a column
            that is not null as non-null, although its type may hold values without a form:
            numbers in floating point, and enumerations that the database does not check.
        description: Replaces the model's.
    """
    return FieldOptions(is_non_null=non_null, description=description)


def computed(
    *,
    depends_on: Sequence[InstrumentedAttribute[Any]],
    batch: bool = False,
    description: str | None = None,
) -> Callable[[Callable[..., Any]], Any]:
    """Declare a field that a Python method computes from columns, which are loaded with the row.

    A method that takes nothing but ``self`` and arguments is called once per row, without the
    executor of GraphQL. One that must await has ``batch=True``: a static method that takes the
    list of all rows first, and returns a list of their values, in that order.

    Args:
        depends_on: Columns that the method reads from its rows.
        batch: Whether the method takes all rows at once; it may be ``async`` then.
        description: For readers of the schema; the method's docstring when left out.
    """

    def decorate(declared: Callable[..., Any]) -> Any:
        method: Any = declared.__func__ if isinstance(declared, staticmethod) else declared
        resolver = batch_resolver(method) if batch else method
        made = strawberry.field(resolver=resolver, description=description or method.__doc__)
        made.__class__ = ComputedField
        made.depends_on = tuple(attribute.key for attribute in depends_on)
        made.batch = partial(call_batch, method) if batch else None
        return made

    return decorate


def type_(
    model: type[Any], *, all_fields: bool = False, description: str | None = None
) -> Callable[[ClassT], ClassT]:
    """Declare the GraphQL type of a model: only what the class lists exists.

    Attributes annotated with ``gql.auto`` are mapped; Strawberry fields with resolvers are added.
    Pass the class to ``build_schema(types=[...])``.

    Args:
        model: The mapped class.
        all_fields: Whether mapped attributes that are not listed exist too.
        description: Replaces the model's.
    """

    def decorate(class_: ClassT) -> ClassT:
        annotated = inspect.get_annotations(class_)
        listed = {key: _options(class_, key) for key in annotated}
        resolvers = [each for each in vars(class_).values() if isinstance(each, StrawberryField)]
        for resolver in resolvers:
            resolver.origin = resolver.origin or class_
        declaration = TypeDeclaration(
            model=model,
            origin=class_,
            fields=MappingProxyType(listed),
            has_all_fields=all_fields,
            resolvers=tuple(resolvers),
            description=description or class_.__doc__,
        )
        setattr(class_, DECLARATION, declaration)
        return class_

    return decorate


def _options(class_: type[Any], key: str) -> FieldOptions:
    options = class_.__dict__.get(key, FieldOptions())
    if isinstance(options, FieldOptions):
        return options
    message = f"{class_.__name__}.{key} is {options!r}, which is no field of a mapped type."
    raise SchemaBuildError(message, fix="Annotate it with gql.auto, or write a resolver.")


def declaration_of(class_: type[Any]) -> TypeDeclaration:
    """Return the declaration of a class.

    Raises:
        SchemaBuildError: The class has none.
    """
    declaration = class_.__dict__.get(DECLARATION)
    if isinstance(declaration, TypeDeclaration):
        return declaration
    message = f"{class_.__name__} is not declared with @gql.type."
    raise SchemaBuildError(message, fix="Decorate it, or leave it out of types=.")
