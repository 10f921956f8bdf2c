"""The bundled application, as the command and the server find it."""

from types import MappingProxyType
from typing import get_args

from sqlalchemy.ext.asyncio import AsyncEngine

import gql_api as gql
from gql_api.app import models
from gql_api.app.authentication import authenticate
from gql_api.app.demo_data import Size
from gql_api.app.migrations_config import alembic_config
from gql_api.app.seeding import Progress, SeedCounts, seed
from gql_api.server.application import Application

DEFAULT_QUERY = """\
# Welcome! Press the play button, or Ctrl-Enter, to run this query.
# Ctrl-Space completes names; the book and the folder on the left show everything there is.
{
  posts(
    first: 3
    where: { tags: { some: { name: { eq: "python" } } } }
    orderBy: [{ createdAt: DESC }]
  ) {
    totalCount
    nodes {
      title
      createdAt
      author {
        username
      }
      tags(first: 3) {
        nodes {
          name
        }
      }
    }
  }
}
"""
"""What the first tab of GraphiQL holds; it answers signed out."""


def build_schema(*, dialect: str, config: gql.ApiConfig | None = None) -> gql.Schema:
    """Build the schema of the application.

    Args:
        dialect: Name of the database's dialect.
        config: Page sizes and the like.
    """
    return gql.build_schema(models.Base, dialect=dialect, config=config or gql.ApiConfig())


async def seed_sized(
    engine: AsyncEngine, *, size: str = "demo", progress: Progress | None = None
) -> SeedCounts | None:
    """Write the demo data, unless there are users already.

    Raises:
        ConfigurationError: There are no data of this size.
    """
    sizes: dict[str, Size] = {name: name for name in get_args(Size)}
    if size not in sizes:
        message = f"There is no demo data of the size {size!r}."
        raise gql.ConfigurationError(message, fix=f"Choose {' or '.join(sizes)}.")
    return await seed(engine, size=sizes[size], progress=progress)


application = Application(
    name="gql_api",
    models=models.Base,
    build_schema=build_schema,
    authenticate=authenticate,
    schema_translate_map=MappingProxyType(models.SCHEMA_TRANSLATE_MAP),
    default_query=DEFAULT_QUERY,
    alembic_config=alembic_config,
    seed=seed_sized,
)
"""The application: found by its entry point, or as ``gql_api.app.main:application``."""
