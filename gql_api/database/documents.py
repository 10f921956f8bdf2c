"""JSON documents in Python: the value at a path, and containment as PostgreSQL defines it.

Pure. SQLite calls these functions from SQL; answers are cut to a path with `value_at` everywhere.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

Stored = int | float | str | bytes | None
"""A JSON column as SQLite holds it: text, or the number that the text was."""

_MAX_INDEX_DIGITS = 9  # no list has more items


def value_at(document: Any, path: Sequence[str]) -> Any:
    """Return the value at a path; None where there is none.

    Args:
        document: A JSON value.
        path: Keys of objects, and indexes of arrays in decimal digits.
    """
    for step in path:
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list):
            document = _item(document, step)
        else:
            return None
    return document


def is_index(step: str) -> bool:
    """Tell whether a step of a path can lead into an array."""
    return step.isascii() and step.isdigit()


def contains_document(document: Any, part: Any) -> bool:
    """Tell whether a document contains another, as ``@>`` does for ``jsonb``.

    Objects contain the keys of the part with values that contain its values; arrays contain its
    items in any order; other values are equal. An array itself contains its scalar items too.

    Source:
        PostgreSQL manual, "jsonb Containment and Existence".
    """
    if isinstance(document, list) and not isinstance(part, list | dict):
        return any(_is_equal(each, part) for each in document)
    return _contains(document, part)


def sqlite_text(document: Stored, path: str) -> str | None:
    """Return the text at a path; None for any other value."""
    found = _found(document, path)
    return found if isinstance(found, str) else None


def sqlite_number(document: Stored, path: str) -> float | None:
    """Return the number at a path as a double; None for any other value."""
    found = _found(document, path)
    if isinstance(found, bool) or not isinstance(found, int | Decimal):
        return None
    return float(Decimal(found))  # infinity for whole numbers too that are beyond a double


def sqlite_boolean(document: Stored, path: str) -> bool | None:
    """Return the boolean at a path; None for any other value."""
    found = _found(document, path)
    return found if isinstance(found, bool) else None


def sqlite_exists(document: Stored, path: str) -> bool | None:
    """Return true where there is a value at a path that is not null, else None."""
    return None if _found(document, path) is None else True


def sqlite_contains(document: Stored, part: str) -> bool | None:
    """Tell whether a document contains another; None for NULL."""
    return None if document is None else contains_document(_parse(document), _parse(part))


def sqlite_has_key(document: Stored, key: str) -> bool | None:
    """Tell whether a document is an object with a key; None for NULL."""
    if document is None:
        return None
    found = _parse(document)
    return isinstance(found, dict) and key in found


def _item(items: list[Any], step: str) -> Any:
    if not is_index(step) or len(step.lstrip("0")) > _MAX_INDEX_DIGITS:
        return None
    index = int(step)
    return items[index] if index < len(items) else None


def _found(document: Stored, path: str) -> Any:
    return None if document is None else value_at(_parse(document), json.loads(path))


def _parse(document: Stored) -> Any:
    """Read a document exactly; a text that is no JSON counts as null."""
    if isinstance(document, int | float):
        document = repr(document)
    try:
        return json.loads(document or "", parse_float=Decimal, parse_constant=_no_constant)
    except ValueError:
        return None


def _no_constant(_name: str) -> None:
    """Read NaN and infinity, which are no JSON, as null."""


def _contains(document: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(document, dict) and all(
            key in document and _contains(document[key], each) for key, each in part.items()
        )
    if isinstance(part, list):
        return isinstance(document, list) and all(
            any(_contains(item, each) for item in document) for each in part
        )
    return _is_equal(document, part)


def _is_equal(left: Any, right: Any) -> bool:
    """Compare two values that are neither object nor array; true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return not isinstance(left, list | dict) and bool(left == right)
