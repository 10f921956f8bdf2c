"""The blog as an application: models alone, every check on."""

import gql_api as gql
from bench.models import Base


def build_schema(*, dialect: str, config: gql.ApiConfig) -> gql.Schema:
    """Build the schema of the blog."""
    return gql.build_schema(Base, dialect=dialect, config=config)


application = gql.Application(name="bench", models=Base, build_schema=build_schema)
