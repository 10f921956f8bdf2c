"""Expected versions: arguments and input fields by which a write is for a row as it was seen."""

from collections.abc import Mapping
from typing import Any

import strawberry
from strawberry.types.arguments import StrawberryArgument

from gql_api.errors import ValidationError
from gql_api.mapping.descriptors import Entity
from gql_api.mapping.versions import is_version_text
from gql_api.naming import VERSION_FIELD
from gql_api.schema.definitions import TypedField, argument, nullable

_EXPECTED = "expectedVersion"
_TEXT = f"Refused unless the {VERSION_FIELD} of the row is this one."


def version_arguments(entity: Entity) -> list[StrawberryArgument]:
    """Return the argument of a write for one version of a row; none where rows have no versions."""
    return [] if entity.version is None else [argument(_EXPECTED, nullable(str), _TEXT)]


def version_fields(entity: Entity) -> list[TypedField]:
    """Return the input field of a write for one version of a row, likewise."""
    if entity.version is None:
        return []
    unset = strawberry.UNSET
    return [TypedField(_EXPECTED, nullable(str), description=_TEXT, default=unset)]


def read_version(given: Mapping[str, Any], entity: Entity, path: tuple[str, ...]) -> str | None:
    """Read the version that a write expects; None for any.

    Args:
        given: Arguments or fields of an item.
        entity: Whose row is written.
        path: Where they stand.

    Raises:
        ValidationError: No answer can have written it.
    """
    text: str | None = given.get(_EXPECTED)
    if text is None or entity.version is None or is_version_text(entity.version, text):
        return text
    message = (
        f"{_EXPECTED} is no version of a {entity.name}: pass its {VERSION_FIELD} as it was read."
    )
    raise ValidationError(message, path=(*path, _EXPECTED))
