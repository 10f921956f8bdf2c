"""Scopes: the predicates of policies for one role set."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from typing_extensions import override

from gql_api.access.policies import Policy, policy_by_model
from gql_api.access.scopes import Scopes
from gql_api.access.subjects import RoleSet
from gql_api.mapping.registry import describe_models, mapped_classes
from tests.fixtures import models

REGISTRY = describe_models(mapped_classes(models.Base))
BOOK, TAG = REGISTRY.entities["Book"], REGISTRY.entities["Tag"]
METHODS = ("visible", "creatable", "updatable", "deletable")


class EachPolicy(Policy[models.Book]):
    """Another predicate for each operation; the role is part of it."""

    @override
    def visible(self, row: Any, subject: Any) -> Any:
        return row.title == f"visible {subject.has_role('staff')}"

    @override
    def creatable(self, row: Any, subject: Any) -> Any:
        return row.title == f"creatable {subject.has_role('staff')}"

    @override
    def updatable(self, row: Any, subject: Any) -> Any:
        return row.title == f"updatable {subject.has_role('staff')}"

    @override
    def deletable(self, row: Any, subject: Any) -> Any:
        return row.title == f"deletable {subject.has_role('staff')}"


def _scopes(role_set: RoleSet) -> Scopes:
    return Scopes(role_set, policy_by_model((EachPolicy(),)))


def _ask(scopes: Scopes, method: str, entity: Any) -> Any:
    return getattr(scopes, f"{method}_rows")(entity, orm.aliased(entity.model, name="x"))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("role", ["staff", "guest"])
def test_policy(method: str, role: str):
    """Each operation asks its own method, of the alias, with the roles."""
    found = _ask(_scopes(RoleSet(frozenset({role}))), method, BOOK)

    compiled = found.compile()
    assert str(compiled) == "x.title = :title_1"
    assert compiled.params == {"title_1": f"{method} {role == 'staff'}"}


@pytest.mark.parametrize("method", METHODS)
def test_no_policy(method: str):
    """A model without a policy is open."""
    assert isinstance(_ask(_scopes(RoleSet()), method, TAG), sa.sql.elements.True_)


@pytest.mark.parametrize("method", METHODS)
def test_unrestricted(method: str):
    """Policies do not apply to trusted code."""
    found = _ask(_scopes(RoleSet(is_unrestricted=True)), method, BOOK)

    assert isinstance(found, sa.sql.elements.True_)


def test_identity():
    """Two scopes are never equal: statements of one are not used for the other."""
    assert _scopes(RoleSet()) != _scopes(RoleSet())
