"""JSON columns: documents, what is asked of them, and what the naive reference says they meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.proof import searching

Path = tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """A JSON value in a column, so that ``null`` in JSON is not NULL in SQL."""

    value: Any


_USUAL: tuple[Any, ...] = (
    None,
    "a",
    ["a", "b", None, 1],
    {"a": None, "x.y": "a"},
    {"a": True, "b": None},
    {"a": 1, "b": True, "0": "a"},
    {"a": 1.5, "b": "a"},
    {"a": "1", "b": 1},
    {"a": {"b": [1, "x", None]}, "b": "A"},
)
_ODD: tuple[Any, ...] = (
    True,
    0,
    1.5,
    "",
    "red fox",
    {},
    [],
    [[]],
    [[1, 2.0], {"a": 1}, "É"],
    {"a": 1.0},
    {"a": "É", "b": "é"},
    {"a": "a%b", "b": 'O"x\\'},
    {"a": {"b": {"a": 0.1}}},
    {"b": [{"a": 2}, {"a": "a", "b": [3]}]},
    {"a": 2**53 + 1},
    {"a": 12345678901234567890},
    {"a": 2**70},
    {"a": 1e300, "b": 5e-300},
    {"a": 0.1 + 0.2},
    {"ü": {'q"t': {"": 0}}, "0": "zero"},
    {"x.y": -1.5, "日本": [True]},
)
VALUES = (*_USUAL, *_USUAL, *_USUAL, *_ODD)
"""The documents that are drawn: usual ones more often, so that many are met by a condition."""

_USUAL_PATHS: tuple[Path, ...] = (
    ("a",),
    ("a",),
    ("b",),
    ("b",),
    ("a", "b"),
    (),
    ("0",),
    ("x.y",),
)
_ODD_PATHS: tuple[Path, ...] = (
    ("a", "b", "0"),
    ("a", "b", "a"),
    ("b", "0", "a"),
    ("b", "1", "b", "0"),
    ("00",),
    ("1", "a"),
    ("2",),
    ("0", "1"),
    ("9",),
    ("ü", 'q"t'),
    ("ü", 'q"t', ""),
    ("x", "y"),
    ("日本", "0"),
    ("$",),
    ("*",),
)
_KEYS = ("a", "a", "b", "0", "x.y", "x.y", "ü", "日本", "", "x", "*")
_USUAL_PARTS: tuple[Any, ...] = (
    "a",
    1,
    ["b", "a"],
    [None],
    {"b": True},
    {"a": None},
    {"a": {"b": ["x", 1]}},
)
_PARTS: tuple[Any, ...] = (
    *_USUAL_PARTS * 6,
    *(each for each in (*_USUAL, *_ODD) if each is not None),
    {"a": {}},
    {"a": {"b": ["x", 1]}},
    {"b": [{"a": 2.0}]},
    {"b": ["a"]},
    {"a": 2.0**53},
    {"a": 0.3},
    1,
    "É",
    [1.0, "a"],
    [[2]],
    [{}],
)
"""What documents are asked to contain; some have keys that are no names in GraphQL."""

_TEXTS = ("a", "a", "A", "", "1", "É", "é", "a%b", "%", 'O"x\\', "x", "zero", "red fox")
_NUMBERS = (
    0.0,
    1.0,
    1.0,
    1.0,
    1.5,
    2.0,
    -1.5,
    0.1,
    0.3,
    2.0**53,
    12345678901234567890.0,
    1e300,
    0.1 + 0.2,
)
_ORDERED = ("eq", "ne", "in", "notIn", "lt", "lte", "gt", "gte")
_TEXTUAL = ("contains", "startsWith", "endsWith", "icontains", "istartsWith", "iendsWith")
SCALARS = {"text": "String", "number": "Float", "boolean": "Boolean"}
"""GraphQL types of the values that are compared."""


def paths() -> st.SearchStrategy[Path]:
    """Draw a path into a document."""
    return st.sampled_from((*_USUAL_PATHS, *_USUAL_PATHS, *_USUAL_PATHS, *_ODD_PATHS))


@st.composite
def operators(draw: st.DrawFn, names: Sequence[str]) -> tuple[str, Any]:
    """An operator of a JSON column, and its operand.

    Args:
        draw: Of Hypothesis.
        names: Those that the database has besides ``path``, ``hasKey`` and ``isNull``.
    """
    has_search = "search" in names
    known = [name for name in names if name != "search"]
    operator = draw(st.sampled_from(("path", "path", "path", "hasKey", "isNull", *known)))
    match operator:
        case "path":
            return operator, (draw(paths()), draw(_conditions(has_search=has_search)))
        case "hasKey":
            return operator, draw(st.sampled_from(_KEYS))
        case "isNull":
            return operator, draw(st.booleans())
        case _:
            return operator, Document(draw(st.sampled_from(_PARTS)))


@st.composite
def _conditions(draw: st.DrawFn, *, has_search: bool) -> list[tuple[str, Any]]:
    """Conditions on the value at a path, each of a kind of value or on its being there."""
    kinds = st.sampled_from(("text", "number", "boolean", "isNull", "isNull"))
    found: list[tuple[str, Any]] = []
    for kind in draw(st.lists(kinds, min_size=1, max_size=2, unique=True)):
        if kind == "isNull":
            found.append((kind, draw(st.booleans())))
        else:
            comparison = _comparisons(kind, has_search=has_search)
            compared = st.lists(comparison, min_size=1, max_size=2, unique_by=lambda each: each[0])
            found.append((kind, draw(compared)))
    return found


@st.composite
def _comparisons(draw: st.DrawFn, kind: str, *, has_search: bool) -> tuple[str, Any]:
    pools: dict[str, Sequence[Any]] = {
        "text": _TEXTS,
        "number": _NUMBERS,
        "boolean": (True, False),
    }
    known = ["isNull", *(_ORDERED[:4] if kind == "boolean" else _ORDERED)]
    if kind == "text":
        known += [*_TEXTUAL, "search"] if has_search else _TEXTUAL
    operator = draw(st.sampled_from(known))
    values = st.sampled_from(pools[kind])
    match operator:
        case "isNull":
            return operator, draw(st.booleans())
        case "search":
            return operator, draw(st.sampled_from(searching.SEARCHES))
        case "in" | "notIn":
            return operator, draw(st.lists(values, max_size=3))
        case _:
            return operator, draw(values)


# The reference


def value_at(document: Any, path: Sequence[str]) -> Any:
    """Follow keys and indexes; None where they lead nowhere."""
    for step in path:
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def of_kind(value: Any, kind: str) -> Any:
    """Return a value if it is a text, a number or a boolean, as the kind says; else None."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_kind = {
        "text": isinstance(value, str),
        "number": is_number,
        "boolean": isinstance(value, bool),
    }
    return value if is_kind[kind] else None


def exact(number: float) -> Decimal:
    """Return the number that the text of a number in JSON shows."""
    return Decimal(repr(number))


def has_key(document: Document, key: str) -> bool:
    """Tell whether a document is an object with a key."""
    return isinstance(document.value, dict) and key in document.value


def contains(document: Document, part: Document) -> bool:
    """Tell whether a document contains another: an array also contains its scalar items."""
    whole, wanted = document.value, part.value
    if isinstance(whole, list) and not isinstance(wanted, dict | list):
        return any(_is_same(item, wanted) for item in whole)
    return _is_within(wanted, whole)


def _is_within(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and _is_within(each, whole[name]) for name, each in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(
            any(_is_within(each, item) for item in whole) for each in part
        )
    return _is_same(part, whole)


def _is_same(one: Any, other: Any) -> bool:
    """Compare two scalars: by what they are, numbers by what they show."""
    one_number, other_number = of_kind(one, "number"), of_kind(other, "number")
    if one_number is not None and other_number is not None:
        return exact(one_number) == exact(other_number)
    return type(one) is type(other) and bool(one == other)
