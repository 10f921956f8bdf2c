"""Loaded rows."""

import pytest

from gql_api.loading.rows import LoadedRow, RowShape, RowType, column_values, entity_of
from gql_api.mapping.registry import describe_models, mapped_classes
from gql_api.plan.selections import ColumnField, IdField, Selection, ToOneField
from tests.fixtures import models

REGISTRY = describe_models(mapped_classes(models.Base))
BOOK, LOAN = REGISTRY.entities["Book"], REGISTRY.entities["Loan"]


def test_columns_are_attributes():
    """A resolver reads loaded columns as attributes, whatever their names."""
    row = LoadedRow(RowType(BOOK, {"title": 0, "items": 1, "values": 2}), ("x", 1, 2), {})

    assert (row.title, row.items, row.values) == ("x", 1, 2)
    assert column_values(row, ["values", "title"]) == (2, "x")
    assert entity_of(row) is BOOK


def test_unloaded_column():
    """A column that was not loaded is an error that names the fix."""
    with pytest.raises(AttributeError) as caught:
        _ = LoadedRow(RowType(BOOK, {}), (), {}).title

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
    assert shape.types["Loan"].entity is LOAN
    assert shape.types["Loan"].places == {"book_id": 0, "reader_id": 1}


def test_places_behind_keys():
    """Columns stand behind what else a row begins with."""
    shape = RowShape("Loan", (Selection("Loan", ()),), REGISTRY, 3)

    assert shape.column_values((7, 8, 9, 1, 2), ["reader_id"]) == (2,)
    assert shape.end == 5
