"""Refusals: the errors that a write raises for reasons of its own."""

from collections.abc import Sequence

from gql_api.errors import WriteError, WriteRefusedError


def refuse_any(errors: Sequence[WriteError]) -> None:
    """Raise what was found, if anything.

    Raises:
        WriteError: The only error.
        WriteRefusedError: All errors, if there are several.
    """
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise WriteRefusedError(errors)
