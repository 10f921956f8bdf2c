"""Subjects and their symbolic twins."""

import sqlalchemy as sa

from gql_api.access.subjects import (
    ANONYMOUS,
    UNRESTRICTED,
    USER_ID_PARAMETER,
    RoleSet,
    Subject,
    SymbolicSubject,
)


def test_anonymous():
    """Nobody has no roles and is not signed in."""
    assert ANONYMOUS.role_set == RoleSet()
    assert ANONYMOUS.parameters == {USER_ID_PARAMETER: None}


def test_role_set():
    """Two users of one role have one role set, and different values."""
    one, two = Subject(1, frozenset({"staff"})), Subject(2, frozenset({"staff"}))

    assert one.role_set == two.role_set == RoleSet(frozenset({"staff"}), is_authenticated=True)
    assert hash(one.role_set) == hash(two.role_set)
    assert one.parameters != two.parameters


def test_user_id_of_zero():
    """A user id that is false is still a user."""
    assert Subject(0).role_set.is_authenticated


def test_unrestricted():
    """Trusted code has a role set of its own."""
    assert UNRESTRICTED.role_set.is_unrestricted
    assert UNRESTRICTED.role_set != ANONYMOUS.role_set


def test_claims():
    """A claim is bound under a name of its own."""
    subject = Subject(1, claims={"tenant": 7})

    assert subject.parameters == {USER_ID_PARAMETER: 1, "subject_claim_tenant": 7}


def test_symbols():
    """Policies see roles as facts, and values as parameters."""
    symbolic = SymbolicSubject(RoleSet(frozenset({"staff"}), is_authenticated=True))

    assert symbolic.has_role("staff")
    assert not symbolic.has_role("admin")
    assert symbolic.is_authenticated
    parameters = sa.and_(symbolic.user_id == 1, symbolic.claim("tenant") == 2).compile()
    assert {USER_ID_PARAMETER, "subject_claim_tenant"} <= set(parameters.params)
