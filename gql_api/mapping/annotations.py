"""Rules of columns that models state in their annotations: ``Mapped[Annotated[str, Len(3, 20)]]``.

Any object counts that has the attributes of ``annotated_types`` or of Pydantic's ``Field`` and
``StringConstraints``; neither package is imported.
"""

import sys
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

_RULES = ("min_length", "max_length", "ge", "le", "gt", "lt", "pattern")
_NAMES = {"ge": "minimum", "le": "maximum", "gt": "above", "lt": "below"}


def annotated_rules(model: type[Any], key: str) -> Mapping[str, Any]:
    """Read the rules that the annotation of an attribute states.

    Args:
        model: A mapped class.
        key: Of the attribute.

    Returns:
        Names of fields of ``InputRules`` to their values; empty where the annotation cannot be
        read, because it names what exists for type checkers alone.
    """
    found: dict[str, Any] = {}
    for name, value in _constraints(_annotation(model, key)):
        if name == "pattern":
            found[name] = _whole(getattr(value, "pattern", value))
        else:
            found[_NAMES.get(name, name)] = value
    return found


def _annotation(model: type[Any], key: str) -> Any:
    for owner in model.__mro__:
        written = vars(owner).get("__annotations__", {})
        if key in written:
            return _evaluated(written[key], owner)
    return None


def _evaluated(written: Any, owner: type[Any]) -> Any:
    known = vars(sys.modules[owner.__module__]) if owner.__module__ in sys.modules else {}
    holder = types.SimpleNamespace(__annotations__={"it": written})
    try:
        return typing.get_type_hints(holder, {**known}, include_extras=True)["it"]
    except (NameError, TypeError, AttributeError, SyntaxError):
        return None


def _constraints(annotation: Any) -> Iterator[tuple[str, Any]]:
    """Yield the rules that stand anywhere in an annotation, but not within lists."""
    if typing.get_origin(annotation) is typing.Annotated:
        for each in annotation.__metadata__:
            yield from _stated(each)
    elif typing.get_origin(annotation) in {list, dict, tuple, set}:
        return
    for part in typing.get_args(annotation):
        if part is not annotation:
            yield from _constraints(part)


def _stated(metadata: Any) -> Iterator[tuple[str, Any]]:
    """Yield the rules of one object; one that holds others is walked."""
    for each in getattr(metadata, "metadata", ()):
        yield from _stated(each)
    for name in _RULES:
        value = getattr(metadata, name, None)
        if value is not None:
            yield name, value


def _whole(pattern: str) -> str:
    """Turn a pattern that is searched for into one that the whole text matches."""
    if "|" not in pattern and pattern.startswith("^") and pattern.endswith("$"):
        return pattern[1:-1]
    return rf"[\s\S]*(?:{pattern})[\s\S]*"
