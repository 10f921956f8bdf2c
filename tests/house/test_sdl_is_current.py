"""The committed ``schema.graphql`` is what the application serves on PostgreSQL."""

from pathlib import Path

import gql_api as gql
from gql_api.app.main import application

FILE = Path(__file__).parents[2] / "schema.graphql"


def test_schema_is_current():
    """The file says what the models and operations say; ``gql-api schema export`` renews it."""
    schema = application.build_schema(dialect="postgresql", config=gql.ApiConfig())

    assert FILE.read_text() == schema.as_str()


def test_inputs_of_one_field_are_marked():
    """Clients learn from the file which inputs take exactly one field."""
    text = FILE.read_text()

    for name in ("ProductKey", "PostOrder", "CreatePostAuthorInput"):
        assert f"\ninput {name} @oneOf {{\n" in text
    assert "\ninput PostFilter {\n" in text
