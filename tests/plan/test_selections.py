"""Plans are plain data."""

from typing import Any

import pytest

from gql_api.plan import filters, selections
from gql_api.plan.aggregates import ROW_COUNT, RelatedAggregate
from gql_api.plan.filters import Operator, Quantifier
from gql_api.plan.pages import OrderKey, Page, Seek


def _plan(**page: Any) -> selections.Connection:
    inner = selections.Selection(
        "Author", (selections.IdField("id"), selections.ColumnField("n", "pen_name"))
    )
    rows = selections.Selection(
        "Book", (selections.ToOneField("author", "author", inner),), ("title",)
    )
    return selections.Connection(
        entity="Book",
        fields=(
            selections.NodesField("nodes", rows),
            selections.EdgesField(
                "edges", (selections.EdgeCursorField("c"), selections.EdgeNodeField("n", rows))
            ),
            selections.PageInfoField("p", (("x", "hasNextPage"),)),
            selections.TotalCountField("t"),
        ),
        page=Page(**{"limit_slot": 0, **page}),
        filter=filters.And(
            (
                filters.Or((filters.Not(filters.Compare("title", Operator.EQ, 1)),)),
                filters.IsNull("subtitle", is_null=True),
                filters.KeyIn(("id",), 2),
                filters.Related("tags", Quantifier.EVERY, filters.TRUE),
                filters.Compare(RelatedAggregate("tags", ROW_COUNT), Operator.GT, 3),
            )
        ),
        order=(OrderKey((), "id"),),
    )


def test_equal_plans():
    """Plans of one shape are equal and hash alike: a cache finds one by the other."""
    assert _plan() == _plan()
    assert hash(_plan()) == hash(_plan())


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({"is_backward": True}, id="direction"),
        pytest.param({"offset_slot": 1}, id="offset"),
        pytest.param({"after": Seek((1,), (False,))}, id="cursor"),
        pytest.param({"after": Seek((1,), (True,))}, id="null in cursor"),
        pytest.param({"before": Seek((1,), (False,))}, id="other side"),
    ],
)
def test_different_plans(page: dict[str, Any]):
    """What changes the SQL changes the plan."""
    plans = {_plan(), _plan(**page)}

    assert len(plans) == 2


def test_frozen():
    """A plan cannot be changed."""
    with pytest.raises(AttributeError):
        _plan().entity = "Tag"  # type: ignore[misc]  # what the test is about


ROWS = selections.Selection("Book", (selections.PythonField("x", "excerpt", ("title",)),))
PAGE = Page(limit_slot=0)


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(ROWS, id="row"),
        pytest.param(selections.Lookup(ROWS, filters.TRUE), id="lookup"),
        pytest.param(selections.Selection("Base", (), subtypes=(ROWS,)), id="subtype"),
        pytest.param(
            selections.Selection("Loan", (selections.ToOneField("b", "book", ROWS),)), id="to one"
        ),
        pytest.param(
            selections.Connection("Book", (selections.NodesField("n", ROWS),), PAGE), id="nodes"
        ),
        pytest.param(
            selections.Connection(
                "Book",
                (selections.EdgesField("e", (selections.EdgeNodeField("n", ROWS),)),),
                PAGE,
            ),
            id="edges",
        ),
        pytest.param(
            selections.Connection(
                "Book",
                (
                    selections.GroupsField(
                        "g",
                        (),
                        (selections.GroupNodesField("n", ROWS, 0),),
                        having=filters.TRUE,
                        order=(),
                        limit_slot=0,
                        nodes_limit_slot=0,
                    ),
                ),
                PAGE,
            ),
            id="groups",
        ),
    ],
)
def test_python_within(plan: selections.Connection | selections.Lookup | selections.Selection):
    """A field that Python answers is found at any depth."""
    assert list(selections.python_fields(plan))


def test_no_python():
    """A plan of columns and relationships needs no Python."""
    assert not list(selections.python_fields(_plan()))
