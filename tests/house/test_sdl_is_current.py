"""The committed ``schema.graphql`` is what the application serves on PostgreSQL."""

from pathlib import Path

import gql_api as gql
from gql_api.app.main import application

FILE = Path(__file__).parents[2] / "schema.graphql"


def test_schema_is_current():
    """The file says what the models and operations say; ``gql-api schema export`` renews it."""
    schema = application.build_schema(dialect="postgresql", config=gql.ApiConfig())

    assert FILE.read_text() == schema.as_str()
