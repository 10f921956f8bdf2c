"""Python names for names of a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gql_api.database.reflected_names import (
    across_name,
    attribute_names,
    claim,
    class_name,
    reverse_name,
    to_one_name,
)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("albums", "Album"),
        ("Album", "Album"),
        ("InvoiceLine", "InvoiceLine"),
        ("order_details", "OrderDetail"),
        ("Order Details", "OrderDetail"),
        ("status", "Status"),
        ("order_statuses", "OrderStatus"),
        ("news", "News"),
        ("address", "Address"),
        ("addresses", "Address"),
        ("people", "Person"),
        ("categories", "Category"),
        ("analysis", "Analysis"),
        ("bus", "Bus"),
        ("gps", "Gps"),
        ("metadata", "Metadata"),
        ("species", "Species"),
        ("_private", "Private"),
        ("2fa", "T2fa"),
        ("", "Table"),
        ("été", "U00e9tU00e9"),
    ],
)
def test_class_name(table, expected):
    """A class is the singular of its table, in CamelCase."""
    assert class_name(table) == expected


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        pytest.param(["AlbumId", "name"], ["album_id", "name"], id="camel case"),
        pytest.param(["a b", "a_b", "aB"], ["a_b_2", "a_b", "a_b_3"], id="equal"),
        pytest.param(["aB", "a_b_2", "a b"], ["a_b", "a_b_2", "a_b_3"], id="number taken"),
        pytest.param(["2fa", "_id", "__x"], ["c_2fa", "id", "x"], id="first character"),
        pytest.param(["", " "], ["column", "column_2"], id="nothing"),
        pytest.param(["metadata", "class"], ["metadata", "class"], id="reserved"),
        pytest.param(["x.y", "x-y"], ["x_y", "x_y_2"], id="signs"),
    ],
)
def test_attribute_names(columns, expected):
    """Attributes are in snake_case; a column that is named so already keeps its name."""
    assert list(attribute_names(columns).values()) == expected


@given(st.lists(st.text(), unique=True))
def test_attributes_differ(columns: list[str]):
    """Different columns have different, public attributes, whatever their names."""
    names = attribute_names(columns)

    assert list(names) == columns
    assert len(set(names.values())) == len(columns)
    assert all(name.isidentifier() and not name.startswith("_") for name in names.values())


@pytest.mark.parametrize(
    ("attributes", "target", "taken", "is_only", "expected"),
    [
        pytest.param(["support_rep_id"], "Employee", set(), True, "support_rep", id="id"),
        pytest.param(
            ["reports_to"], "Employee", {"reports_to"}, True, "reports_to_employee", id="column"
        ),
        pytest.param(["author_id"], "User", {"author"}, True, "author_user", id="taken"),
        pytest.param(["a_id"], "B", {"a", "a_b"}, True, "a_b_2", id="taken twice"),
        pytest.param(["x_id", "y_id"], "Folder", set(), True, "folder", id="composite"),
        pytest.param(["x_id", "y_id"], "Folder", set(), False, "folder_by_x_and_y", id="parallel"),
    ],
)
def test_to_one_name(attributes, target, taken, is_only, expected):
    """A to-one relationship is named after its column, or its target where that does not do."""
    assert to_one_name(attributes, target, taken, is_only=is_only) == expected
    assert expected in taken


@pytest.mark.parametrize(
    ("taken", "is_only", "is_unique", "expected"),
    [
        pytest.param(set(), True, False, "order_lines", id="plural"),
        pytest.param(set(), True, True, "order_line", id="unique"),
        pytest.param(set(), False, False, "order_lines_by_product", id="parallel"),
        pytest.param({"order_lines"}, True, False, "order_lines_by_product", id="taken"),
    ],
)
def test_reverse_name(taken, is_only, is_unique, expected):
    """The reverse is the plural of the source, told apart by the key where need be."""
    name = reverse_name(["product_id"], "OrderLine", taken, is_only=is_only, is_unique=is_unique)

    assert name == expected


@pytest.mark.parametrize(
    ("taken", "is_self", "expected"),
    [
        pytest.param(set(), False, "tags", id="plural"),
        pytest.param({"tags"}, False, "tags_by_post_tag", id="taken"),
        pytest.param(set(), True, "tags_by_post_tag_child", id="self"),
    ],
)
def test_across_name(taken, is_self, expected):
    """Across an association table: the plural of the other side, told apart where need be."""
    assert across_name("Tag", "PostTag", "child", taken, is_self=is_self) == expected


def test_claim():
    """A name that is taken gets the next free number."""
    taken = {"a", "b", "b_2"}

    assert claim(taken, "a", "b") == "b_3"
    assert claim(taken, "a", "b") == "b_4"
