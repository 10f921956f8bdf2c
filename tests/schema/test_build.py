"""Whole schemas, and their SDL."""

from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import build_schema, validate_schema

import gql_api as gql
from gql_api.errors import ConfigurationError, DatabaseError
from tests.fixtures import models
from tests.fixtures.models import Author, Book, Shelf, Tag
from tests.fixtures.schema import Api
from tests.wild.staff import Company, Employee, Engineer, Manager

SNAPSHOTS = Path(__file__).parents[1] / "sdl"


@gql.type(Tag)
class Label:
    """A tag, in short."""

    label: gql.auto
    books: gql.auto


class Operations:
    """One query and one mutation written by hand."""

    @gql.query
    async def first_tag(self, info: gql.Info) -> Tag | None:
        """The first tag."""

    @gql.mutation
    async def rename_tag(self, info: gql.Info, tag_id: strawberry.ID, label: str) -> Tag:
        """Rename a tag."""
        raise NotImplementedError


class Queries:
    """The query alone."""

    first_tag = Operations.first_tag


class Mutations:
    """The mutation alone."""

    rename_tag = Operations.rename_tag


CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "default": {"models": [Author, Book, Tag]},
    "read_only": {"models": [Tag, Shelf], "config": gql.ApiConfig(5, 50, is_read_only=True)},
    "declared": {
        "models": [Tag, Book],
        "types": [Label],
        "queries": [Queries],
        "mutations": [Mutations],
    },
    "inherited": {"models": [Employee, Manager, Engineer, Company]},
}


@pytest.mark.parametrize("name", sorted(CONFIGURATIONS))
def test_snapshot(name: str):
    """The SDL of a configuration is the one on record: a change of it is a change of the contract."""
    schema = gql.build_schema(**CONFIGURATIONS[name])

    assert schema.as_str() == (SNAPSHOTS / f"{name}.graphql").read_text("utf-8")


def test_determinism(offline: Api):
    """The SDL does not depend on the order of models or on the build."""
    again = gql.build_schema(
        list(reversed(list(offline.schema.table.registry.by_model))), dialect="sqlite"
    )

    assert again.as_str() == offline.schema.as_str()


def test_validity(offline: Api):
    """The SDL is a schema that GraphQL accepts."""
    assert validate_schema(build_schema(offline.schema.as_str())) == []


def test_unknown_dialect():
    """A dialect that is not supported is refused."""
    with pytest.raises(DatabaseError):
        gql.build_schema(models.Base, dialect="oracle")


def test_two_policies():
    """Two policies of one model are refused."""
    with pytest.raises(ConfigurationError):
        gql.build_schema(models.Base, policies=[models.BookPolicy(), models.BookPolicy()])


def test_own_field_replaces_generated_one(offline: Api):
    """A field written by hand stands for the generated one of its name."""

    @strawberry.type
    class Tags:
        @strawberry.field
        def tags(self) -> int:
            return 5

    schema = offline.of(queries=[Tags]).schema

    assert str(schema.graphql_schema.query_type.fields["tags"].type) == "Int!"  # type: ignore[union-attr]


def test_inflector(offline: Api):
    """A subclass of the inflector renames a kind of thing."""

    class Shouting(gql.Inflector):
        def field(self, attribute: str) -> str:
            return super().field(attribute).upper()

    types: Any = offline.of(inflector=Shouting()).schema.graphql_schema.type_map

    assert {"LABEL", "ROWID", "id"} <= set(types["Tag"].fields)


def test_relationship_to_absent_model():
    """A relationship to a model outside of the schema does not exist."""
    types: Any = gql.build_schema([Tag]).graphql_schema.type_map

    assert sorted(types["Tag"].fields) == ["id", "label", "rowId"]
