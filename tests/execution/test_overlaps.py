"""The rule of fields that can be merged, beside graphql-core's own."""

import random
from collections.abc import Callable, Iterator

import pytest
from graphql import (
    DocumentNode,
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    parse,
    validate,
)

from gql_api.execution import overlaps
from gql_api.execution.overlaps import FieldsMergeRule

SCHEMA = build_schema("""
  interface Being { name(in: Int, by: By): String  friend: Being  friends: [Being]  age: Int }
  type Cat implements Being {
    name(in: Int, by: By): String  friend: Being  friends: [Being]  age: Int
    size: Int  tag: String!  owner: Human  kin: [Cat!]! }
  type Dog implements Being {
    name(in: Int, by: By): String  friend: Being  friends: [Being]  age: Int
    size: Float  tag: String  owner: Human!  kin: [Cat] }
  type Human { name(in: Int, by: By): String  pet: Pet  pets: [Pet!]  age: String  boss: Human }
  union Pet = Cat | Dog
  input By { a: Int  b: [String] }
  type Query { being: Being  cat: Cat  dog: Dog  human: Human  pet: Pet  name: String }
""")
TYPES = ("Being", "Cat", "Dog", "Human", "Pet", "Query", "Unknown")
FIELDS = ("name", "friend", "friends", "age", "size", "tag", "owner", "kin", "pet", "pets", "boss")
ROOTS = ("being", "cat", "dog", "human", "pet", "name")
LEAVES = frozenset({"name", "age", "size", "tag"})
ARGUMENTS = (
    "(in: 1)",
    "(in: 2)",
    "(in: $v)",
    '(by: {a: 1, b: ["x"]})',
    '(by: {b: ["x"], a: 1})',
    '(by: {b: ["x", "y"]})',
    '(by: {b: ["""x"""]})',
    "(in: 1, by: {a: null})",
    "(by: {a: null}, in: 1)",
)


class _Writer:
    """Writes documents of a seed, valid or not."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - tests only
        self.fragments = self.random.randint(0, 4)
        self.spice = self.random.choice([0, 0, 0.05, 0.2])
        """How likely a field has an alias or an argument."""

    def document(self) -> str:
        """Write a document; fragments may form a circle."""
        operation = f"query ($v: Int) {self.selections(3, ROOTS)}"
        return " ".join(
            [operation]
            + [
                f"fragment F{i} on {self.random.choice(TYPES)} {self.selections(2, FIELDS)}"
                for i in range(self.fragments)
            ]
        )

    def selections(self, depth: int, names: tuple[str, ...]) -> str:
        chosen = [self.selection(depth, names) for _ in range(self.random.randint(1, 4))]
        return f"{{ {' '.join(chosen)} }}"

    def selection(self, depth: int, names: tuple[str, ...]) -> str:
        kind = self.random.random()
        if kind < 0.2 and self.fragments:
            return f"...F{self.random.randrange(self.fragments)}"
        if kind < 0.35 and depth:
            condition = self.random.choice(["", f"on {self.random.choice(TYPES)} "])
            return f"... {condition}{self.selections(depth - 1, names)}"
        name = self.random.choice(names)
        is_spicy = self.random.random() < self.spice
        alias = self.random.choice(["x: ", "name: "]) if is_spicy else ""
        if name in LEAVES or not depth:
            is_spicy = self.random.random() < self.spice
            return f"{alias}{name}{self.random.choice(ARGUMENTS) if is_spicy else ''}"
        stream = " @stream" if self.random.random() < self.spice / 10 else ""
        return f"{alias}{name}{stream} {self.selections(depth - 1, FIELDS)}"


def _refused(document: DocumentNode, rule: type) -> bool:
    return bool(validate(SCHEMA, document, [rule]))


@pytest.mark.parametrize("start", range(0, 1_600, 400))
def test_same_documents(start: int):
    """What graphql-core's rule accepts is accepted, and what it refuses is refused."""
    refused = 0
    for seed in range(start, start + 400):
        text = _Writer(seed).document()
        document = parse(text)
        expected = _refused(document, OverlappingFieldsCanBeMergedRule)
        assert _refused(document, FieldsMergeRule) == expected, (seed, text)
        refused += expected

    assert 80 < refused < 320


def _messages(text: str) -> Iterator[str]:
    return (error.message for error in validate(SCHEMA, parse(text), [FieldsMergeRule]))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("{ x: name x: human { age } }", "'name' and 'human' are different", id="name"),
        pytest.param(
            "{ cat { name(in: 1) name(in: 2) } }", "they have differing arguments", id="arguments"
        ),
        pytest.param(
            "{ pet { ... on Cat { size } ... on Dog { size } } }",
            "they return conflicting types 'Float' and 'Int'",
            id="types",
        ),
        pytest.param(
            "{ pet { ... on Cat { friend { x: age } } ... on Dog { friend { x: name } } } }",
            "they return conflicting types 'String' and 'Int'",
            id="types within fields of different types",
        ),
    ],
)
def test_message(text: str, reason: str):
    """The error names the key, the reason and the fix."""
    (message,) = _messages(text)

    assert message.startswith("Fields '")
    assert reason in message
    assert message.endswith(
        "Use different aliases on the fields to fetch both if this was intentional."
    )


def test_different_types():
    """Fields of types of which only one applies may differ in all but the form of their values."""
    text = "{ pet { ... on Cat { friend { x: name(in: 1) } } ... on Dog { friend { x: name } } } }"

    assert list(_messages(text)) == []


def _beside(size: int) -> str:
    spreads = " ".join(f"...F{i}" for i in range(size))
    parts = [f"fragment F{i} on Human {{ name age boss {{ name age }} }}" for i in range(size)]
    return f"{{ human {{ {spreads} }} }} {' '.join(parts)}"


def _nested(size: int) -> str:
    parts = [
        f"fragment F{i} on Human {{ x: boss {{ ...F{i + 1} }} y: boss {{ ...F{i + 1} }} }}"
        for i in range(size)
    ]
    return f"{{ human {{ ...F0 }} }} {' '.join(parts)} fragment F{size} on Human {{ name }}"


def _repeated(size: int) -> str:
    return f"{{ {'human { boss { name } } ' * size} }}"


def _shared(size: int) -> str:
    """Many levels, each with a field of its own beside one large fragment."""
    levels = " ".join(f"a{i}: human {{ b{i}: age ...F }}" for i in range(size))
    return f"{{ {levels} }} fragment F on Human {{ {' '.join(f'c{i}: age' for i in range(size))} }}"


def _chained(size: int) -> str:
    parts = [f"fragment F{i} on Human {{ name ...F{i + 1} }}" for i in range(size)]
    return f"{{ human {{ ...F0 }} }} {' '.join(parts)} fragment F{size} on Human {{ name }}"


SHAPES = [
    pytest.param(_beside, id="fragments beside each other"),
    pytest.param(_nested, id="fragments within each other"),
    pytest.param(_repeated, id="one field many times"),
    pytest.param(_shared, id="one fragment in many levels"),
    pytest.param(_chained, id="a chain of fragments"),
]


def _work(text: str) -> int:
    judge = overlaps._Judge(SCHEMA, parse(text))
    assert list(judge.conflicts()) == []
    return judge.work


@pytest.mark.parametrize("make", SHAPES)
def test_near_linear(make: Callable[[int], str]):
    """A document of twice the size is at most two and a half times the work."""
    assert _work(make(200)) <= 2.5 * _work(make(100))


def test_work_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """A document whose fields overlap in more ways than that is refused."""
    monkeypatch.setattr(overlaps, "MAX_WORK", 100)

    (message,) = _messages(_beside(50))

    assert message == (
        "The fields of the document overlap in more than 100 ways. "
        "Use fewer fragments and fields of one name."
    )
