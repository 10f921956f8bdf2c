"""The text of a schema as one role sees it."""

import functools
from typing import Any

import pytest
import sqlalchemy as sa
from graphql import GraphQLSchema, build_schema, validate_schema
from typing_extensions import override

import gql_api as gql
from gql_api.access.subjects import RoleSet
from gql_api.app.main import application
from gql_api.schema.roles import schema_text_for
from tests.fixtures import models
from tests.fixtures.models import Author, Book, Loan, Tag

ANONYMOUS, SIGNED_IN = RoleSet(), RoleSet(is_authenticated=True)
STAFF = RoleSet(frozenset({"staff"}), is_authenticated=True)


class Books(gql.Policy[Book]):
    """Prices and drafts are for staff; titles stay as they are; others delete nothing."""

    @override
    def readable_columns(self, subject: gql.SymbolicSubject) -> Any:
        return None if subject.has_role("staff") else gql.all_but(Book.price, Book.editor_id)

    @override
    def writable_columns(self, subject: gql.SymbolicSubject) -> Any:
        return None if subject.has_role("staff") else gql.all_but(Book.title)

    @override
    def deletable(self, row: Any, subject: gql.SymbolicSubject) -> Any:
        return sa.true() if subject.has_role("staff") else sa.false()


SCHEMA = gql.build_schema(
    models.Base, policies=[Books(), gql.Roles("staff").on(Author), gql.Roles("staff").on(Tag)]
)


@functools.cache
def seen(role_set: RoleSet) -> GraphQLSchema:
    """Return the schema of a role: one that is valid."""
    schema = build_schema(schema_text_for(SCHEMA, role_set))
    assert validate_schema(schema) == []
    return schema


def fields(schema: GraphQLSchema, name: str) -> set[str]:
    """Return the names of a type's fields."""
    type_: Any = schema.type_map[name]
    return set(type_.fields)


PUBLIC = seen(SIGNED_IN)


def test_everything():
    """Who may do everything gets the whole text."""
    assert schema_text_for(SCHEMA, STAFF) == SCHEMA.as_str()


def test_application():
    """Admins of the application see all of it, and nobody else more than they do."""
    schema = application.build_schema(dialect="postgresql", config=gql.ApiConfig())
    admin = RoleSet(frozenset({"admin"}), is_authenticated=True)

    assert schema_text_for(schema, admin) == schema.as_str()
    text = schema_text_for(schema, ANONYMOUS)
    assert "signIn(" in text
    assert "createPost(" not in text


@pytest.mark.parametrize("model", ["Author", "Tag"])
def test_closed_model(model: str):
    """A closed model has no type, no root field and no input."""
    lower = model.lower()

    assert not {name for name in PUBLIC.type_map if name.startswith(model)}
    assert f"{lower}s" not in fields(PUBLIC, "Query")
    assert f"{lower}By" not in fields(PUBLIC, "Query")
    assert f"create{model}" not in fields(PUBLIC, "Mutation")


def test_relatives_of_closed_models():
    """What leads to a closed model is gone from rows, filters, orders and inputs."""
    for name in ("Book", "BookFilter", "BookOrder", "UpdateBookInput", "CreateBookInput"):
        assert not {"author", "tags", "tagsAggregate"} & fields(PUBLIC, name), name


@pytest.mark.parametrize(
    "type_",
    ["Book", "BookFilter", "BookOrder", "BookSumAggregate", "BookRangeAggregateFilter"],
)
def test_withheld_column(type_: str):
    """A withheld column is nowhere to be asked for."""
    assert "price" in fields(seen(STAFF), type_)
    assert "price" not in fields(PUBLIC, type_)


def test_withheld_group():
    """Nothing can be grouped by a withheld column."""
    values: Any = PUBLIC.type_map["BookGroupField"]

    assert "TITLE" in values.values
    assert "PRICE" not in values.values


def test_unwritable_column():
    """A column that may be read and not written is missing in inputs alone."""
    assert "title" in fields(PUBLIC, "Book")
    assert "title" not in fields(PUBLIC, "UpdateBookInput")
    assert "price" in fields(PUBLIC, "UpdateBookInput")


def test_refused_operation():
    """An operation that no row allows has no field."""
    mutations = fields(PUBLIC, "Mutation")

    assert {"createBook", "updateBook"} <= mutations
    assert not {"deleteBook", "deleteBooks"} & mutations


def test_part_of_the_whole():
    """Whatever a role sees is in the whole schema, with the same type."""
    whole = build_schema(SCHEMA.as_str()).type_map
    for name, type_ in PUBLIC.type_map.items():
        expected: Any = whole[name]
        for field, shown in getattr(type_, "fields", {}).items():
            assert str(shown.type) == str(expected.fields[field].type), (name, field)


def test_untouched():
    """Models that nobody is kept from stay as they are."""
    assert fields(PUBLIC, Loan.__name__) == fields(seen(STAFF), Loan.__name__)
