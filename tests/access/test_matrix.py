"""The matrix of rights, and the roles that policies ask for."""

from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from gql_api.access.matrix import Extent, describe_rights, matrix_lines, roles_of
from gql_api.access.policies import Policy
from gql_api.access.scopes import Scopes
from gql_api.access.subjects import RoleSet, SymbolicSubject
from gql_api.mapping.registry import describe_models
from tests.fixtures.models import Author, Book, Tag

REGISTRY = describe_models([Author, Book, Tag])


class BookPolicy(Policy[Book]):
    """Asks for roles one way and the other."""

    @override
    def visible(self, row: Any, subject: SymbolicSubject) -> Any:
        return sa.true() if "editor" in subject.role_set.roles else ~row.is_draft

    @override
    def creatable(self, row: Any, subject: SymbolicSubject) -> Any:
        is_allowed = subject.is_authenticated and subject.has_role("author")
        return sa.or_(sa.false(), sa.true() if is_allowed else sa.false())


SCOPES = Scopes(RoleSet(), {Book: BookPolicy()})


def test_extents():
    """What is allowed for all rows, for some or for none is told apart."""
    (rights,) = (each for each in describe_rights(REGISTRY, SCOPES) if each.entity == "Book")

    assert rights.extent("visible") is Extent.SOME
    assert rights.extent("creatable") is Extent.NONE
    assert rights.extent("deletable") is Extent.ALL


def test_roles():
    """Roles that are asked for are known, behind a sign-in too."""
    assert roles_of(REGISTRY, SCOPES) == ["author", "editor"]


def test_lines():
    """Columns are as wide as they need to be."""
    assert list(matrix_lines(["a", "long"], [["xyz", "1"]])) == ["a    long", "xyz  1"]
