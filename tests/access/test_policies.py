"""Policies and their models."""

from typing import Any

import pytest
import sqlalchemy as sa
from typing_extensions import override

from gql_api.access.column_sets import ColumnSet
from gql_api.access.policies import AllowAll, DenyAll, Owned, Policy, Roles, policy_by_model
from gql_api.access.subjects import RoleSet, SymbolicSubject
from gql_api.errors import ConfigurationError
from tests.fixtures.models import Author, AuthorPolicy, Book, BookPolicy


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

    assert str(caught.value) == (
        "The policy Lost names no model. Subclass Policy[YourModel], or call its on(YourModel)."
    )


STAFF = SymbolicSubject(RoleSet(frozenset({"staff"}), is_authenticated=True))
USER = SymbolicSubject(RoleSet(is_authenticated=True))
NOBODY = SymbolicSubject(RoleSet())


class Titles(Policy[Book]):
    """Titles alone are read, of books that are no drafts."""

    @override
    def visible(self, row: Any, subject: SymbolicSubject) -> Any:
        return ~row.is_draft

    @override
    def readable_columns(self, subject: SymbolicSubject) -> ColumnSet:
        return {"title"}


def _text(predicate: Any) -> str:
    return str(predicate.compile(compile_kwargs={"literal_binds": True}))


def test_both():
    """What both allow: rows of both, columns of both."""
    policy = Titles() & Owned(Book.author_id)

    assert policy.model is Book
    parts = [Titles().visible(Book, USER), Book.author_id == USER.user_id]
    assert str(policy.visible(Book, USER)) == " AND ".join(map(str, parts))
    assert policy.readable_columns(USER) == {"title"}


def test_either():
    """What one of them allows: the gate of a role opens everything to it, and has else no say."""
    policy = Roles("staff", "admin") | Titles()

    assert "is_draft" in _text(policy.visible(Book, USER))
    assert _text(policy.visible(Book, STAFF)) == "true"
    assert (policy.readable_columns(USER), policy.readable_columns(STAFF)) == ({"title"}, None)
    assert (policy.is_closed(USER), policy.is_closed(NOBODY)) == (False, False)


@pytest.mark.parametrize(
    ("policy", "closed"),
    [
        pytest.param(AllowAll(), [False, False], id="all"),
        pytest.param(DenyAll(), [True, True], id="none"),
        pytest.param(Roles("staff"), [False, True], id="role"),
        pytest.param(Roles("staff") & AllowAll(), [False, True], id="both"),
        pytest.param(Roles("staff") | DenyAll(), [False, True], id="either"),
        pytest.param(Roles("admin") | DenyAll(), [True, True], id="neither"),
        pytest.param(Roles("admin").for_writing(), [False, False], id="writing"),
    ],
)
def test_closed(policy: Policy[Any], closed: list[bool]):
    """A model is closed to a role set that none of the parts opens it to."""
    assert [policy.is_closed(each) for each in (STAFF, USER)] == closed


def test_for_writing():
    """A policy for writes alone leaves reads open."""
    policy = (Titles() & Roles("staff")).for_writing()

    assert policy.readable_columns(USER) is None
    assert [_text(policy.visible(Book, each)) for each in (USER, STAFF)] == ["true", "true"]
    assert [_text(policy.creatable(Book, each)) for each in (USER, STAFF)] == ["false", "true"]


def test_owned_anonymous():
    """Nobody owns nothing, whatever the rows hold."""
    assert _text(Owned("author_id").deletable(Book, NOBODY)) == "false"


def test_on():
    """A ready-made policy is told its model."""
    policy: Any = AllowAll()

    assert policy_by_model((policy.on(Author), policy.on(Book))).keys() == {Author, Book}
    assert not hasattr(policy, "model")


def test_nameless():
    """A policy without a model is refused."""
    with pytest.raises(ConfigurationError, match="AllowAll names no model"):
        policy_by_model((AllowAll(),))


def test_other_models():
    """Policies of two models make none."""
    with pytest.raises(ConfigurationError, match="made of those of Author and Book"):
        BookPolicy() & AuthorPolicy()
