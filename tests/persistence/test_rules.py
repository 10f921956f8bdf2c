"""The rules that values must meet before any SQL runs."""

import decimal
from typing import Any

import pytest

from gql_api.mapping.descriptors import Column, Entity, EnumDescriptor, InputRules, ValueType
from gql_api.mapping.values import ScalarKind
from gql_api.persistence.rules import check_values
from gql_api.plan.changes import KeyValue, Link
from tests.persistence import models
from tests.persistence.conftest import REGISTRY

AUTHOR = REGISTRY.by_model[models.Author]
ARTICLE = REGISTRY.by_model[models.Article]
SOMEBODY = KeyValue(("id",), (1,))


def faults(entity: Entity, values: dict[str, Any], *links: Link, is_new: bool = False):
    """Check values and return message and path of each error."""
    errors = check_values(entity, values, links, is_new=is_new, path=("input",))
    return [(error.message, error.path) for error in errors]


def column_faults(rules: InputRules, value: Any, type_: ValueType) -> list[str]:
    """Check the value of a column that stands alone."""
    column = Column("x", "x", type_, is_nullable=False, rules=rules)
    entity = Entity("X", object, {"x": column}, {}, (column,), ())
    return [message for message, _ in faults(entity, {"x": value})]


def test_valid_values():
    """Values within all limits are no error."""
    values = {"username": "ada", "email": None, "bio": "Mathematician"}

    assert faults(AUTHOR, values, is_new=True) == []


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        pytest.param("username", None, "username must not be null.", id="null"),
        pytest.param(
            "username", "ad", "username must have at least 3 characters; got 2.", id="short"
        ),
        pytest.param(
            "username", "A" * 13, "username must have at most 12 characters; got 13.", id="long"
        ),
        pytest.param(
            "username",
            "Ada!",
            "username must match the pattern [a-z0-9_]+; got 4 characters that do not.",
            id="pattern",
        ),
        pytest.param("bio", " \n\u3000", "bio must not be blank.", id="blank"),
        pytest.param("bio", "", "bio must not be blank.", id="empty"),
        pytest.param("created_at", "2024-01-01", "createdAt cannot be written.", id="read-only"),
    ],
)
def test_broken_rule(key: str, value: Any, message: str):
    """A broken rule is one error that names the field and the limit."""
    assert faults(AUTHOR, {key: value}) == [(message, ("input", message.split(maxsplit=1)[0]))]


def test_text_is_not_repeated():
    """Messages tell the length of a text, never the text."""
    [(message, _)] = faults(AUTHOR, {"username": "secret" * 3})

    assert "secret" not in message


def test_all_problems_are_collected():
    """Each problem is an error, in the order of the input, what is missing last."""
    found = faults(ARTICLE, {"views": -1, "title": None}, is_new=True)

    assert found == [
        ("views must be at least 0; got -1.", ("input", "views")),
        ("title must not be null.", ("input", "title")),
        ("author is required.", ("input", "author")),
    ]


def test_two_problems_of_one_field():
    """A text may be too short and of the wrong form at once."""
    assert [message for message, _ in faults(AUTHOR, {"username": "A"})] == [
        "username must have at least 3 characters; got 1.",
        "username must match the pattern [a-z0-9_]+; got 1 character that do not.",
    ]


def test_hidden_columns_are_not_checked():
    """What trusted code sets beside the input has no rules here."""
    assert faults(AUTHOR, {"code": "x" * 99}) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(1_000_001, ["x must be at most 1000000; got 1000001."], id="above"),
        pytest.param(1_000_000, [], id="greatest"),
        pytest.param(decimal.Decimal("0.4"), ["x must be at least 0.5; got 0.4."], id="below"),
        pytest.param(0.5, [], id="least"),
    ],
)
def test_number_limits(value: Any, expected: list[str]):
    """Limits hold for whole numbers, decimals and floats, and are written plainly."""
    rules = InputRules(minimum=0.5, maximum=1e6)

    assert column_faults(rules, value, ValueType(ScalarKind.DECIMAL)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("999.99", [], id="greatest"),
        pytest.param("999.994", [], id="rounded-down"),
        pytest.param("999.995", ["x must be at most 999.99; got 999.995."], id="rounded-up"),
        pytest.param("-1E+3", ["x must be at least -999.99; got -1000."], id="negative"),
    ],
)
def test_digits(value: str, expected: list[str]):
    """What a decimal type cannot hold, once rounded, is refused."""
    rules = InputRules(greatest=decimal.Decimal("999.99"))

    faults = column_faults(rules, decimal.Decimal(value), ValueType(ScalarKind.DECIMAL))

    assert faults == expected


def test_enum_value():
    """A value outside an enumeration is refused with the names that clients know."""
    assert faults(ARTICLE, {"state": "gone"}) == [
        ("state must be one of DRAFT, OPEN.", ("input", "state"))
    ]


def test_enum_value_in_nested_array():
    """Each element of an array of any depth must be part of the enumeration."""
    type_ = ValueType(ScalarKind.ENUM, EnumDescriptor("E", {"A": "a"}), dimensions=2)

    assert column_faults(InputRules(), [["a", None], ["a"]], type_) == []
    assert column_faults(InputRules(), [["a"], ["b"]], type_) == ["x must be one of A."]


def test_missing_values():
    """A new row needs what has no default; an update needs nothing."""
    assert faults(AUTHOR, {}, is_new=True) == [("username is required.", ("input", "username"))]
    assert faults(AUTHOR, {}) == []


def test_link_stands_for_its_foreign_key():
    """A required relationship is there once it is linked, or its foreign key is set."""
    link = Link("author", SOMEBODY)

    assert faults(ARTICLE, {"title": "T"}, link, is_new=True) == []
    assert faults(ARTICLE, {"title": "T", "author_id": 1}, is_new=True) == []


def test_required_link_cannot_be_disconnected():
    """Only a link that may be missing can be released."""
    assert faults(ARTICLE, {}, Link("author", None), Link("reviewer", None)) == [
        (
            "author is required: it can be replaced, not disconnected.",
            ("input", "author"),
        )
    ]


def test_link_that_cannot_be_written():
    """A relationship for reading only asks for nothing: its foreign key does."""
    entity = REGISTRY.by_model[models.Coin]

    assert faults(entity, {}, is_new=True) == [("folderId is required.", ("input", "folderId"))]


def test_composite_key_of_links():
    """Each link of a composite key is required."""
    entity = REGISTRY.by_model[models.Membership]

    assert faults(entity, {"role": "x"}, Link("team", SOMEBODY), is_new=True) == [
        ("author is required.", ("input", "author"))
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(0, ["x must be more than 0; got 0."], id="least"),
        pytest.param(decimal.Decimal("0.01"), [], id="more"),
        pytest.param(9.99, [], id="less"),
        pytest.param(10, ["x must be less than 10; got 10."], id="greatest"),
    ],
)
def test_open_bounds(value: Any, message: list[str]):
    """A bound may lie outside of what is allowed."""
    rules = InputRules(above=0, below=10)

    assert column_faults(rules, value, ValueType(ScalarKind.FLOAT)) == message
