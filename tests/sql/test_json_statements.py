"""Which plans become JSON, and what their statements look like."""

from typing import Any

import pytest

from gql_api.access.scopes import Scopes
from gql_api.access.subjects import RoleSet
from gql_api.database.dialects import POSTGRESQL, SQLITE, Dialect
from gql_api.errors import NoPlainFormError
from gql_api.mapping.registry import describe_models, mapped_classes
from gql_api.plan.pages import OrderKey, Page
from gql_api.plan.selections import (
    ColumnField,
    Connection,
    EdgeCursorField,
    EdgeNodeField,
    EdgesField,
    NodesField,
    PageInfoField,
    PythonField,
    Selection,
    TypenameField,
)
from gql_api.sql.json_statements import select_json
from gql_api.sql.sources import Compilation
from tests.fixtures import models

REGISTRY = describe_models(mapped_classes(models.Base))


def _compilation(dialect: Dialect = POSTGRESQL) -> Compilation:
    return Compilation(REGISTRY, Scopes(RoleSet(), {}), dialect)


def _books(*fields: Any, page: Page = Page(0)) -> Connection:  # noqa: B008 - it is frozen
    return Connection("Book", (NodesField("nodes", Selection("Book", fields)),), page)


REFUSED = {
    "a long alias": (
        _books(ColumnField("a" * 64, "title")),
        f"{'a' * 64} has more than 63 characters",
    ),
    "a resolver": (
        _books(PythonField("excerpt", "excerpt", ("title",))),
        "Book.excerpt is resolved in Python",
    ),
    "a search": (
        Connection(
            "Book",
            (EdgesField("edges", (EdgeCursorField("cursor"),)),),
            Page(0),
            order=(OrderKey((), "title", search_slot=1), OrderKey((), "id")),
        ),
        "cursors of a search are made in Python",
    ),
    "many fields": (
        Connection("Book", tuple(TypenameField(f"a{at}", "X") for at in range(51)), Page(0)),
        "an object has more than 50 fields",
    ),
}


@pytest.mark.parametrize(("plan", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(plan: Connection, reason: str):
    """A plan without an equal form is refused, with the reason."""
    with pytest.raises(NoPlainFormError) as raised:
        select_json(plan, _compilation())

    assert str(raised.value) == reason


def test_other_databases():
    """PostgreSQL alone writes JSON."""
    with pytest.raises(NoPlainFormError) as raised:
        select_json(_books(ColumnField("title", "title")), _compilation(SQLITE))

    assert str(raised.value) == "sqlite writes no JSON as PostgreSQL does"


def test_bound():
    """The size class of a page is in the text, so that one plan of the database serves it."""
    made = select_json(
        _books(ColumnField("title", "title"), page=Page(0, at_most=32)), _compilation()
    )

    assert str(made.statement.select).endswith("LIMIT 32) AS row$2")


def test_long_text():
    """The object around a single list is no work of the database."""
    made = select_json(_books(ColumnField("title", "title")), _compilation())

    assert (made.before, made.after) == (b'{"nodes":', b"}")
    assert "json_build_object" not in str(made.statement.select)


@pytest.mark.parametrize("column", sorted(REGISTRY.entities["Book"].columns))
def test_edges_of_page(column: str):
    """An edge reads the page that it stands in, whatever its order: a copy of it would multiply.

    SQLAlchemy correlates with the sides of a join only where a selected expression tells it of a
    model, and not every expression around a column does: that of a date does not.
    """
    node = EdgeNodeField("node", Selection("Book", (ColumnField("title", "title"),)))
    edges = EdgesField("edges", (EdgeCursorField("cursor"), node))
    facts = PageInfoField("pageInfo", (("hasNextPage", "hasNextPage"),))
    plan = Connection("Book", (facts, edges), Page(0), order=(OrderKey((), column),))

    made = select_json(plan, _compilation())

    assert str(made.statement.select).count("row_number()") == 1
