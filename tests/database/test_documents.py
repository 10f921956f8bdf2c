"""JSON documents in Python."""

from decimal import Decimal
from typing import Any

import pytest

from gql_api.database.documents import (
    contains_document,
    sqlite_contains,
    sqlite_exists,
    sqlite_has_key,
    sqlite_number,
    sqlite_text,
    value_at,
)


@pytest.mark.parametrize(
    ("document", "path", "found"),
    [
        ({"a": [1, {"b": None}]}, ["a", "0"], 1),
        ({"a": [1, {"b": None}]}, ["a", "1", "b"], None),
        ({"0": "key"}, ["0"], "key"),
        (["item"], ["00"], "item"),
        (["item"], ["-1"], None),
        (["item"], ["\u0661"], None),
        (["item"], ["9" * 5000], None),
        ("text", ["0"], None),
        ("text", [], "text"),
    ],
)
def test_value_at(document: Any, path: list[str], found: Any):
    """Keys lead into objects, digits into lists, nothing into other values."""
    assert value_at(document, path) == found


@pytest.mark.parametrize(
    ("document", "part", "is_contained"),
    [
        ([1, 2], 2, True),
        ([[1, 2]], 2, False),
        ([1, 2], [2, 2, 1], True),
        ({"a": [1]}, {"a": 1}, False),
        ([True], [1], False),
        ([1], [Decimal("1.0")], True),
        ({"a": 1}, [], False),
        ([{"a": 1}], {"a": 1}, False),
        (None, None, True),
    ],
)
def test_contains(document: Any, part: Any, is_contained: bool):  # noqa: FBT001 - a table of cases
    """Containment is that of PostgreSQL's ``jsonb``."""
    assert contains_document(document, part) is is_contained


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ("12345678901234567890", 12345678901234567890.0),
        (str(2**53 + 1), 2.0**53),
        ("1.50", 1.5),
        ("1e400", float("inf")),
        (5, 5),
        (0.5, 0.5),
        ("true", None),
        ("NaN", None),
        ('"5"', None),
        (None, None),
    ],
)
def test_number(document: Any, found: Any):
    """Numbers are doubles, as on MySQL and MariaDB, and no other values."""
    assert sqlite_number(document, "[]") == found


def test_malformed():
    """A text that is no JSON counts as null."""
    assert sqlite_text("{", '["a"]') is None
    assert sqlite_exists("", "[]") is None
    assert sqlite_contains("{", "{}") is False
    assert sqlite_has_key("{", "a") is False


def test_null():
    """NULL gives NULL."""
    assert sqlite_contains(None, "{}") is None
    assert sqlite_has_key(None, "a") is None
    assert sqlite_exists(None, "[]") is None
