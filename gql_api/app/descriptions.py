"""Descriptions of arguments and input fields, taken from the models: no text stands twice."""

from typing import Any

import strawberry
from sqlalchemy.orm import InstrumentedAttribute


def argument(description: str, *, name: str | None = None) -> Any:
    """Describe an argument, in its annotation: ``Annotated[str, …]``.

    Args:
        description: For readers of the schema.
        name: GraphQL name, where Python reserves it.
    """
    return strawberry.argument(description=description, name=name)


def same_as(attribute: InstrumentedAttribute[Any]) -> Any:
    """Describe an argument like a column of a model."""
    return strawberry.argument(description=doc_of(attribute))


def optional_field(attribute: InstrumentedAttribute[Any]) -> Any:
    """Make an input field that may be absent, described like a column of a model."""
    return strawberry.field(default=strawberry.UNSET, description=doc_of(attribute))


def doc_of(attribute: InstrumentedAttribute[Any]) -> str:
    """Return the text that describes a column."""
    return attribute.property.columns[0].doc or ""
