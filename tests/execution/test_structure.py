"""The structure of documents."""

import pytest
from graphql import parse

from gql_api.config import Limits
from gql_api.execution.structure import Structure, check_structure, measure_structure


def _measured(text: str) -> tuple[int, int, int, int]:
    found = measure_structure(parse(text))
    return found.depth, found.root_fields, found.aliases, found.directives


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{ a }", (1, 1, 0, 0), id="one field"),
        pytest.param("{ a { b { c } d } }", (3, 1, 0, 0), id="depth"),
        pytest.param("{ a b a x: a }", (1, 3, 1, 0), id="keys of root fields"),
        pytest.param("{ x: a { y: b } }", (2, 1, 2, 0), id="aliases"),
        pytest.param("query @q { a @x @y ... @z { b } }", (1, 2, 0, 4), id="directives"),
        pytest.param("query ($v: Int @x) { a }", (1, 1, 0, 1), id="directive of a variable"),
        pytest.param("query A { a } query B { a b }", (1, 3, 0, 0), id="operations"),
        pytest.param("{ ... { ... on Q { a { b } } } }", (2, 1, 0, 0), id="inline fragments"),
        pytest.param(
            "{ a { ...F } } fragment F on A @d { b { ...G } } fragment G on B { x: c @d }",
            (3, 1, 1, 2),
            id="fragments",
        ),
        pytest.param(
            "fragment G on B { c { d } } fragment F on A { b { ...G } } { a { ...F } }",
            (4, 1, 0, 0),
            id="fragments before the operation",
        ),
        pytest.param(
            "{ ...F ...G a } fragment F on Q { a b ...G } fragment G on Q { b c }",
            (1, 4, 0, 0),
            id="root fields of fragments count once",
        ),
        pytest.param("{ ...Unknown }", (0, 1, 0, 0), id="unknown fragment"),
        pytest.param("fragment F on A { a { b } }", (2, 0, 0, 0), id="no operation"),
        pytest.param("type A { a: Int }", (0, 0, 0, 0), id="no executable document"),
    ],
)
def test_amounts(text: str, expected: tuple[int, int, int, int]):
    """Depth, root fields, aliases and directives are counted through fragments."""
    assert _measured(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{ ...F } fragment F on Q { a ...F }",
        "{ ...F } fragment F on Q { a { ...G } } fragment G on Q { b { ...F } }",
    ],
)
def test_cycle(text: str):
    """Fragments in a circle, which the validation refuses, are measured all the same."""
    assert measure_structure(parse(text)).depth <= 3


def _bomb(size: int) -> str:
    links = [
        f"fragment F{i} on Q {{ a {{ ...F{i + 1} }} b {{ ...F{i + 1} }} }}" for i in range(size)
    ]
    return f"{{ ...F0 }} {' '.join(links)} fragment F{size} on Q {{ c }}"


def _chain(size: int) -> str:
    links = [f"fragment F{i} on Q {{ ...F{i + 1} a{i} }}" for i in range(size)]
    operations = [f"query Q{i} {{ ...F0 }}" for i in range(size)]
    return f"{' '.join(operations + links)} fragment F{size} on Q {{ c }}"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(_bomb, id="fragments spread twice"),
        pytest.param(_chain, id="operations over a chain of fragments"),
        pytest.param(lambda size: f"{{ {'a ' * size} }}", id="fields"),
    ],
)
def test_linear(make):
    """A document of twice the size is twice the work."""
    small, large = (measure_structure(parse(make(size))).visited for size in (500, 1_000))

    assert small > 500
    assert large <= 2.1 * small


def test_depth_of_a_bomb():
    """Fragments spread twice at each level are as deep as one path through them."""
    assert measure_structure(parse(_bomb(1_000))).depth == 1_001


def test_limits():
    """Each amount above its limit is an error of its own, which tells both."""
    limits = Limits(max_depth=1, max_root_fields=1, max_aliases=1, max_directives=1)

    errors = check_structure(parse("{ x: a @d @d y: b { c } }"), limits)

    assert [(error.code, error.message) for error in errors] == [
        (
            "MAX_DEPTH_EXCEEDED",
            "The document has 2 fields within each other: at most 1 are allowed.",
        ),
        ("MAX_ROOT_FIELDS_EXCEEDED", "The document has 2 root fields: at most 1 are allowed."),
        ("MAX_ALIASES_EXCEEDED", "The document has 2 aliases: at most 1 are allowed."),
        ("MAX_DIRECTIVES_EXCEEDED", "The document has 2 directives: at most 1 are allowed."),
    ]


def test_amounts_at_the_limits():
    """An amount may be as great as its limit."""
    limits = Limits(max_depth=2, max_root_fields=2, max_aliases=2, max_directives=2)

    assert check_structure(parse("{ x: a @d @d y: b { c } }"), limits) == []


def test_facts():
    """What is measured is plain data."""
    assert measure_structure(parse("{ a }")) == Structure(1, 1, 0, 0, 2)
