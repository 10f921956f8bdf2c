"""Hostile requests of many classes: each is made in a size, to be refused or answered calmly."""

from collections.abc import Callable
from typing import Any

FILTER = "query ($w: NoteFilter) { notes(where: $w) { totalCount } }"
COUNT = "{ totalCount }"
Make = Callable[[int], Any]


def _nested(start: str, middle: str, end: str) -> Make:
    return lambda size: start * size + middle + end * size


def _where(value: str) -> str:
    return f"{{ notes(where: {value}) {COUNT} }}"


def _each(text: str, size: int, separator: str = " ") -> str:
    return separator.join(text.replace("#", str(index)) for index in range(size))


def _deep(size: int, name: str) -> Any:
    value: Any = {}
    for _ in range(size):
        value = {name: [value]} if name in {"and", "or"} else {name: value}
    return value


DOCUMENTS: dict[str, Make] = {
    "fields within each other": _nested("{ notes { nodes { folder ", "{ id }", " } } }"),
    "inline fragments within each other": lambda n: "{ " + "... { " * n + "x" + " }" * n + " }",
    "lists within each other": lambda n: _where("[" * n + "]" * n),
    "objects within each other": lambda n: _where("{not: " * n + "{}" + "}" * n),
    "conditions beside each other": lambda n: _where(
        "{and: [" + _each('{text: {eq: "x"}}', 4 * n) + "]}"
    ),
    "keys of an order": lambda n: f"{{ notes(orderBy: [{_each('{text: ASC}', 4 * n)}]) {COUNT} }}",
    "items of a list": lambda n: _where(f"{{text: {{in: [{_each('1#', 40 * n)}]}}}}"),
    "aliases": lambda n: f"{{ {_each(f'a#: notes {COUNT}', 4 * n)} }}",
    "aliases of a type name": lambda n: f"{{ {_each('a#: __typename', 1_000 * n)} }}",
    "directives": lambda n: "{ __typename" + " @include(if: true)" * n + " }",
    "directives of fields": lambda n: f"{{ {_each('__typename @include(if: true)', 4 * n)} }}",
    "unknown directives": lambda n: "{ __typename" + _each(" @a#", n, "") + " }",
    "unused fragments": lambda n: "{ __typename } " + _each("fragment F# on Note { id }", 100 * n),
    "fragments in a circle": lambda n: f"{{ ...F0 }} {_each('fragment F# on Query { ...F0 }', n)}",
    "a chain of fragments": lambda n: (
        "{ ...F0 } "
        + " ".join(f"fragment F{i} on Query {{ ...F{i + 1} }}" for i in range(4 * n))
        + f" fragment F{4 * n} on Query {{ x }}"
    ),
    "fragments spread twice at each level": lambda n: (
        "{ ...F0 } "
        + " ".join(f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(n))
        + f" fragment F{n} on Query {{ __typename }}"
    ),
    "fragments under two aliases": lambda n: (
        "{ notes { nodes { ...F0 } } } "
        + " ".join(
            f"fragment F{i} on Note {{ a: folder {{ notes {{ nodes {{ ...F{i + 1} }} }} }} "
            f"b: folder {{ notes {{ nodes {{ ...F{i + 1} }} }} }} }}"
            for i in range(n)
        )
        + f" fragment F{n} on Note {{ id }}"
    ),
    "fields that conflict": lambda n: f"{{ {_each('a: __typename a: notes', n)} }}",
    "operations": lambda n: _each("query Q# { __typename }", 4 * n),
    "operations of one name": lambda n: _each("query Q { __typename }", n),
    "variables": lambda n: f"query ({_each('$v#: Int', n)}) {{ __typename }}",
    "unknown fields": lambda n: f"{{ {_each('folderz#', 30 * n)} }}",
    "a long name": lambda n: f"{{ {'x' * 10_000 * n} }}",
    "a long text": lambda n: f'{{ note(id: "{"x" * 10_000 * n}") {{ id }} }}',
    "a long number": lambda n: f"{{ notes(first: {'9' * 1_000 * n}) {COUNT} }}",
    "a long comment": lambda n: "#" + "x" * 10_000 * n,
    "many comments": lambda n: "#\n" * 1_000 * n,
    "a text without an end": lambda n: '{ notes(after: "' + "x" * n,
    "braces without an end": lambda n: "{ a " * 100 * n,
    "pages that multiply": lambda n: (
        "{ notes(first: 100) "
        + "{ nodes { folder { notes(first: 100) " * n
        + COUNT
        + " } } }" * n
        + "}"
    ),
    "introspection many times": lambda n: "{ " + _each("a#: __schema { types { name } }", n) + " }",
    "deep introspection": lambda n: (
        "{ __schema { types { " + "fields { type { " * n + "name" + " } }" * n + " } } }"
    ),
    "a page of another list": lambda n: f'{{ notes(after: "{"A" * n}") {COUNT} }}',
    "a negative page": lambda n: f"{{ notes(first: -{n}) {COUNT} }}",
    "NUL in a text": lambda n: _where('{text: {eq: "' + "\\u0000" * n + '"}}'),
    "NUL in a document": lambda n: "{ __typename }" + "\x00" * n,
    "marks of byte order": lambda n: "\ufeff" * n + "{ x }",
    "type definitions": lambda n: _each("type T# { a: Int }", n),
}
"""Documents of a size, by class."""

VARIABLES: dict[str, Make] = {
    "objects within each other": lambda n: _deep(n, "not"),
    "lists within each other": lambda n: _deep(n, "and"),
    "conditions": lambda n: {"or": [{"text": {"eq": "x"}}] * 4 * n},
    "items of a list": lambda n: {"text": {"in": ["x"] * 50 * n}},
    "values": lambda n: {"and": [{}] * 1_000 * n},
    "a text for an object": lambda n: "x" * n,
    "a large number": lambda n: {"rowId": {"eq": 10 ** min(n, 18)}},
    "a float": lambda n: {"rowId": {"eq": n + 0.5}},
    "unknown fields": lambda n: {f"a{index}": 1 for index in range(n)},
    "NUL": lambda n: {"text": {"contains": "\x00" * n}},
    "an id of nothing": lambda n: {"id": {"eq": "A" * n}},
    "null": lambda _: {"text": {"eq": None}},
}
"""Filters of a size, by class."""

BODIES: dict[str, Make] = {
    "lists within each other": lambda n: b"[" * 100 * n,
    "objects within each other": lambda n: b'{"a":' * 100 * n,
    "nothing but spaces": lambda n: b" " * 1_000 * n,
    "more than is allowed": lambda n: b" " * 1_000_000 + b" " * n,
    "a batch": lambda n: b"[" + b'{"query":"{__typename}"},' * n + b"{}]",
    "invalid UTF-8": lambda n: b'{"query":"' + b"\xff" * n + b'"}',
    "a lone surrogate": lambda n: b'{"query":"' + b"\\ud800" * n + b'"}',
    "a number beyond any": lambda n: b'{"query":"{a}","variables":{"a":' + b"9" * 1_000 * n + b"}}",
    "NUL": lambda n: b"\x00" * n,
    "one name many times": lambda n: b"{" + b'"query":1,' * n + b'"query":{}}',
    "extensions": lambda n: b'{"query":"{a}","extensions":{"a":' + b"[" * n + b"]" * n + b"}}",
    "half an object": lambda n: b'{"query":"' + b"x" * n,
}
"""Bodies of a size, by class."""
