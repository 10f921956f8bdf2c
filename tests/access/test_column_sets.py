"""Column sets: what they name, and what they leave out."""

from typing import Any

import pytest
from sqlalchemy.orm import class_mapper

from gql_api.access.column_sets import (
    AllBut,
    all_but,
    common_columns,
    named_keys,
    united_columns,
    withheld_keys,
)
from gql_api.errors import ConfigurationError
from tests.fixtures.models import Author

MAPPER = class_mapper(Author)
KNOWN = ("id", "pen_name", "email")


def _withheld(columns: Any) -> frozenset[str]:
    return withheld_keys(columns, named_keys(columns, MAPPER, "P.readable_columns"), KNOWN)


@pytest.mark.parametrize(
    ("columns", "withheld"),
    [
        pytest.param(None, set(), id="all"),
        pytest.param(all_but(), set(), id="all but none"),
        pytest.param(all_but(Author.email), {"email"}, id="all but an attribute"),
        pytest.param(all_but("pen_name", "secret"), {"pen_name"}, id="all but a hidden one"),
        pytest.param({Author.id, "email"}, {"pen_name"}, id="some"),
        pytest.param(["email"], {"id", "pen_name"}, id="list"),
        pytest.param((), {"id", "pen_name", "email"}, id="none"),
    ],
)
def test_withheld(columns: Any, withheld: set[str]):
    """A collection opens what it names, an exclusion all the rest."""
    assert _withheld(columns) == withheld


def test_keys():
    """Attributes are known by their keys, never by the names of database columns."""
    assert all_but(Author.pen_name) == AllBut(frozenset({"pen_name"}))


@pytest.mark.parametrize("columns", [{"name"}, all_but("mail"), {Author.written}])
def test_unknown(columns: Any):
    """What is no column of the model is refused."""
    with pytest.raises(ConfigurationError, match="which is no column of Author"):
        _withheld(columns)


def test_text():
    """A single text is no collection of its letters."""
    with pytest.raises(ConfigurationError, match="is the text 'email'"):
        _withheld("email")


@pytest.mark.parametrize(
    ("one", "other", "common", "united"),
    [
        pytest.param(None, {"a"}, {"a"}, None, id="all"),
        pytest.param({"a", "b"}, {"b", "c"}, {"b"}, {"a", "b", "c"}, id="collections"),
        pytest.param(
            all_but("a", "b"), all_but("b", "c"), all_but("a", "b", "c"), all_but("b"), id="all but"
        ),
        pytest.param(all_but("a", "b"), {"b", "c"}, {"c"}, all_but("a"), id="mixed"),
        pytest.param(all_but("a"), None, all_but("a"), None, id="all but and all"),
    ],
)
def test_combined(one: Any, other: Any, common: Any, united: Any):
    """Column sets are combined as sets are, in either order."""
    assert common_columns([one, other]) == common_columns([other, one]) == common
    assert united_columns([one, other]) == united_columns([other, one]) == united


def test_combined_attributes():
    """Attributes and keys are the same."""
    assert common_columns([{Author.email}, ["email", "id"]]) == {"email"}
