"""What callers are told of a schema, by configuration and role."""

from typing import Any, Literal

from gql_api.access.subjects import ANONYMOUS, Subject, is_administrator
from gql_api.config import ApiConfig

Part = Literal["all", "own", "none"]
"""The whole schema, what a role can reach of it, or nothing."""


def told_part(subject: Subject, config: ApiConfig) -> Part:
    """Say what of the schema a subject is told."""
    match config.introspection:
        case "all" | "none" as part:
            return part
        case wanted:
            if is_administrator(subject):
                return "all"
            return "own" if wanted == "own" else "none"


def tells_suggestions(context: Any, config: ApiConfig) -> bool:
    """Tell whether an error may name what is like an unknown name.

    Args:
        context: Of the operation.
        config: Of the schema.
    """
    return config.shows_suggestions or is_administrator(subject_in(context))


def subject_in(context: Any) -> Subject:
    """Return the subject of a context; anonymous where it has none."""
    found = getattr(context, "subject", None)
    return found if isinstance(found, Subject) else ANONYMOUS
