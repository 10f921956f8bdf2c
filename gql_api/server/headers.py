"""Single headers of a request, read where they are: most requests have few, and are asked for few."""

from starlette.types import Scope


def header_of(scope: Scope, name: bytes) -> str | None:
    """Return the first value of a header; None without.

    Args:
        scope: Of a request.
        name: In lower case, as servers write them.
    """
    for each, value in scope["headers"]:
        if each == name:
            text: str = value.decode("latin-1")
            return text
    return None
