"""Loaded rows."""

import pytest

from gql_api.loading.rows import (
    FetchedRow,
    LoadedRow,
    RowShape,
    assemble_row,
    column_values,
    entity_of,
)
from gql_api.mapping.global_ids import decode_global_id
from gql_api.mapping.registry import describe_models, mapped_classes
from gql_api.plan.selections import ColumnField, IdField, Selection, ToOneField
from tests.fixtures import models

REGISTRY = describe_models(mapped_classes(models.Base))
BOOK, LOAN = REGISTRY.entities["Book"], REGISTRY.entities["Loan"]


def test_columns_are_attributes():
    """A resolver reads loaded columns as attributes, whatever their names."""
    row = LoadedRow(BOOK, {"title": "x", "items": 1, "values": 2})

    assert (row.title, row.items, row.values) == ("x", 1, 2)
    assert column_values(row, ["values", "title"]) == (2, "x")
    assert entity_of(row) is BOOK


def test_unloaded_column():
    """A column that was not loaded is an error that names the fix."""
    with pytest.raises(AttributeError) as caught:
        _ = LoadedRow(BOOK, {}).title

    assert str(caught.value) == (
        "Book.title is not loaded: declare it in depends_on, or await info.context.load(...)."
    )


def test_needed_columns():
    """Selections need their columns, keys for ids, local keys for relatives; each once."""
    one = Selection("Book", (ColumnField("a", "title"), ColumnField("b", "title")), ("price",))
    two = Selection("Book", (ToOneField("c", "author", Selection("Author", ())), IdField("d")))

    assert RowShape("Book", (one, two), REGISTRY).columns == ("title", "price", "author_id", "id")


def test_nothing_needed():
    """Without any column the primary key is read."""
    shape = RowShape("Loan", (Selection("Loan", ()),), REGISTRY)

    assert shape.columns == ("book_id", "reader_id")
    assert shape.read([1, 2, "more"]) == FetchedRow(LOAN, {"book_id": 1, "reader_id": 2})


def test_assembly():
    """A row fills in what it holds itself, under its response keys."""
    selection = Selection("Book", (IdField("i"), ColumnField("t", "title")))

    row = assemble_row(selection, FetchedRow(BOOK, {"id": 3, "title": "x"}))

    assert row["t"] == "x"
    assert decode_global_id(REGISTRY, row["i"]) == (BOOK, (3,))
