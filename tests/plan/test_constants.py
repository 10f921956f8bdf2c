"""Conditions that hold for every row, or for none, whatever the rows."""

import pytest

from gql_api.mapping.registry import describe_models
from gql_api.plan.constants import constant_value
from gql_api.plan.filters import (
    TRUE,
    And,
    Compare,
    Filter,
    IsNull,
    KeyIn,
    Not,
    Operator,
    Or,
    Quantifier,
    Related,
)
from tests.fixtures.models import Author, Book

AUTHOR = describe_models([Author, Book]).entities["Author"]
FALSE = Or(())
UNKNOWN = Compare("email", Operator.EQ, 1)
"""Slot 0 holds an empty list, slot 1 a value."""


@pytest.mark.parametrize(
    ("part", "found"),
    [
        (TRUE, True),
        (FALSE, False),
        (UNKNOWN, None),
        (And((TRUE, UNKNOWN)), None),
        (And((FALSE, UNKNOWN)), False),
        (Or((TRUE, UNKNOWN)), True),
        (Or((FALSE, UNKNOWN)), None),
        (Or((UNKNOWN, And((TRUE, TRUE)))), True),
        (Not(FALSE), True),
        (Not(TRUE), False),
        (Not(UNKNOWN), None),
        (Compare("email", Operator.NOT_IN, 0), True),
        (Compare("email", Operator.IN, 0), False),
        (Compare("email", Operator.NOT_IN, 1), None),
        (KeyIn(("id",), 0), False),
        (Not(KeyIn(("id",), 0)), True),
        (KeyIn(("id",), 1), None),
        (IsNull("id", is_null=False), True),
        (IsNull("id", is_null=True), False),
        (Not(IsNull("id", is_null=True)), True),
        (IsNull("email", is_null=False), None),
        (Related("written", Quantifier.EVERY, TRUE), True),
        (Related("written", Quantifier.SOME, TRUE), None),
        (Related("written", Quantifier.EVERY, UNKNOWN), None),
    ],
)
def test_constant_value(part: Filter, found: object):
    """What a condition is without looking at a row."""
    assert constant_value(part, AUTHOR, ([], ["x"])) is found
