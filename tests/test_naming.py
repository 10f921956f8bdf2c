"""Names: the only module that makes them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gql_api.naming import (
    RESERVED_FIELDS,
    Inflector,
    NameTable,
    TypeNames,
    camel_case,
    pascal_case,
    plural,
    singular,
    snake_case,
)

VALID = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("created_at", "createdAt"),
        ("title", "title"),
        ("SupportRepId", "supportRepId"),
        ("HTMLPage", "htmlPage"),
        ("URL", "url"),
        ("_private", "private"),
        ("not_", "not_"),
        ("Order Details", "orderDetails"),
        ("dotted.column", "dottedColumn"),
        ("2nd_line", "_2ndLine"),
        ("some-name", "someName"),
        ("größe", "grU00f6U00dfe"),
        ("a__b", "aB"),
        ("", "_"),
        ("__", "_"),
    ],
)
def test_camel_case(text: str, name: str):
    """Any text becomes a camelCase name."""
    assert camel_case(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("order_item", "OrderItem"),
        ("OrderItem", "OrderItem"),
        ("Order Details", "OrderDetails"),
        ("2fa_device", "_2faDevice"),
        ("MLModel", "MLModel"),
        ("", "_"),
    ],
)
def test_pascal_case(text: str, name: str):
    """Any text becomes a PascalCase name."""
    assert pascal_case(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SupportRepId", "support_rep_id"),
        ("HTMLPage", "html_page"),
        ("already_snake", "already_snake"),
        ("Track 2", "track_2"),
        ("2nd", "_2nd"),
        ("", "_"),
    ],
)
def test_snake_case(text: str, name: str):
    """Any text becomes a snake_case name."""
    assert snake_case(text) == name


@given(st.text(max_size=12))
def test_validity(text: str):
    """Whatever the text, GraphQL accepts the name, and it is not GraphQL's own."""
    for name in (camel_case(text), pascal_case(text), Inflector().enum_value(text)):
        assert VALID.fullmatch(name)
        assert not name.startswith("__")


@given(st.sets(st.text(alphabet="aAbB_é 1", max_size=5), max_size=12))
def test_field_injectivity(attributes: set[str]):
    """Different attributes of one type have different fields, none of them reserved."""
    table, inflector = NameTable(RESERVED_FIELDS), Inflector()

    names = [table.claim(inflector.field(each)) for each in sorted(attributes)]

    assert len(set(names)) == len(attributes)
    assert not RESERVED_FIELDS & set(names)


@given(st.lists(st.sampled_from(["Post", "Posts", "PostFilter", "post", "PostList", "Query"])))
def test_type_injectivity(models: list[str]):
    """Types with equal or related names share no name of their families."""
    inflector = Inflector()
    types = TypeNames(inflector)

    families = [inflector.family(types.claim_object(each)) for each in models]

    assert sum(map(len, families)) == len(frozenset().union(*families))


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("post", "posts"),
        ("Category", "Categories"),
        ("person", "people"),
        ("OrderItem", "OrderItems"),
    ],
)
def test_plural_and_singular(one: str, many: str):
    """Nouns have both forms, alone or at the end of a name."""
    assert (plural(one), singular(many)) == (many, one)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("PG-13", "PG_13"),
        ("NC-17", "NC_17"),
        ("", "EMPTY"),
        (" ", "EMPTY"),
        ("in progress", "IN_PROGRESS"),
        ("inProgress", "IN_PROGRESS"),
        ("18 plus", "_18_PLUS"),
        ("OutOfPrint", "OUT_OF_PRINT"),
        ("READY", "READY"),
        ("ü", "_U00FC"),
        ("true", "TRUE"),
        ("__type", "_TYPE"),
    ],
)
def test_enum_value(label: str, name: str):
    """Labels become SCREAMING_CASE."""
    assert Inflector().enum_value(label) == name


@pytest.mark.parametrize(
    ("attribute", "name"), [("id", "rowId"), ("row_id", "rowId"), ("type", "type")]
)
def test_field(attribute: str, name: str):
    """An attribute ``id`` makes room for the global id."""
    assert Inflector().field(attribute) == name


@pytest.mark.parametrize(
    ("type_", "single", "by_key", "many"),
    [
        ("Post", "post", "postBy", "posts"),
        ("MLModel", "mlModel", "mlModelBy", "mlModels"),
        ("Sheep", "sheep", "sheepBy", "sheepList"),
    ],
)
def test_root_fields(type_: str, single: str, by_key: str, many: str):
    """A noun without a plural gets ``List``."""
    inflector = Inflector()

    names = (
        inflector.single_field(type_),
        inflector.by_key_field(type_),
        inflector.many_field(type_),
    )
    assert names == (single, by_key, many)


def test_composite_key():
    """The field of a key joins the names of its columns."""
    inflector = Inflector()

    assert inflector.key_field(["orderId", "productId"]) == "orderIdProductId"
    assert inflector.composite_key_type("Line", "orderIdProductId") == "LineOrderIdProductIdKey"


def test_mutations():
    """Mutations, their inputs and payloads are named after each other."""
    inflector = Inflector()

    create = inflector.create_field("Post")
    assert create == "createPost"
    assert inflector.update_field("Post") == "updatePost"
    assert inflector.delete_field("Post") == "deletePost"
    assert inflector.input_type(create) == "CreatePostInput"
    assert inflector.payload_type(create) == "CreatePostPayload"
    assert inflector.link_input_type(create, "author") == "CreatePostAuthorInput"


def test_name_table():
    """A taken name gets the lowest free number."""
    table = NameTable({"id"})

    assert [table.claim(each) for each in ("a", "a", "a2", "id")] == ["a", "a2", "a22", "id2"]


def test_reserved_type():
    """A model named like a type of the package is renumbered."""
    types = TypeNames(Inflector())

    assert [types.claim_object(each) for each in ("Node", "Error", "Query")] == [
        "Node2",
        "Error2",
        "Query2",
    ]


def test_family_collision():
    """A view named like a filter of another model is renumbered."""
    types = TypeNames(Inflector())

    assert types.claim_object("Customer") == "Customer"
    assert types.claim_object("customer_filter") == "CustomerFilter2"


def test_enum_collision():
    """An enumeration named like a model is renumbered."""
    types = TypeNames(Inflector(), reserved=["Color"])

    assert types.claim_object("Status") == "Status"
    assert (types.claim_enum("status"), types.claim_enum("color")) == ("Status2", "Color2")


def test_reserved_root_field():
    """A root field that is taken renumbers the type that would have it."""
    types = TypeNames(Inflector(), reserved=["Query.posts"])

    assert types.claim_object("Post") == "Post2"
