"""Policies and their models."""

from typing import Any

import pytest
import sqlalchemy as sa

from gql_api.access.policies import Policy, policy_by_model
from gql_api.access.subjects import RoleSet, SymbolicSubject
from gql_api.errors import ConfigurationError
from tests.fixtures.models import AuthorPolicy, Book, BookPolicy


class Further(BookPolicy):
    """A policy that inherits its model."""


def test_model():
    """The type argument names the model, for subclasses of a policy too."""
    assert (BookPolicy.model, Further.model) == (Book, Book)


@pytest.mark.parametrize("method", ["visible", "creatable", "updatable", "deletable"])
def test_defaults(method: str):
    """What a policy does not say is allowed."""
    policy: Any = Policy()

    assert isinstance(
        getattr(policy, method)(Book, SymbolicSubject(RoleSet())), sa.sql.elements.True_
    )


def test_index():
    """Policies are found by their models."""
    books, authors = BookPolicy(), AuthorPolicy()

    assert policy_by_model((books, authors)) == {Book: books, AuthorPolicy.model: authors}


def test_two_policies():
    """Two policies for one model are refused."""
    with pytest.raises(ConfigurationError) as caught:
        policy_by_model((BookPolicy(), Further()))

    assert str(caught.value) == "Book has two policies. Merge them into one."


def test_no_model():
    """A policy for no model is refused."""

    class Lost(Policy):  # type: ignore[type-arg]  # what the test is about
        pass

    with pytest.raises(ConfigurationError) as caught:
        policy_by_model((Lost(),))

    assert str(caught.value) == "The policy Lost names no model. Subclass Policy[YourModel]."
