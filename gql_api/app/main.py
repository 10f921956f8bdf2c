"""The bundled application, as the command and the server find it."""

from types import MappingProxyType
from typing import Any, get_args

from sqlalchemy.ext.asyncio import AsyncEngine

import gql_api as gql
from gql_api.app import models
from gql_api.app.accounts import policies as accounts_policies
from gql_api.app.accounts import types as accounts_types
from gql_api.app.accounts.api_keys import ApiKeyMutations
from gql_api.app.accounts.operations import AccountMutations, AccountQueries
from gql_api.app.authentication import authenticate, check_settings, issue_token_for
from gql_api.app.blog import policies as blog_policies
from gql_api.app.blog import types as blog_types
from gql_api.app.blog.operations import BlogMutations
from gql_api.app.catalog import policies as catalog_policies
from gql_api.app.catalog import types as catalog_types
from gql_api.app.catalog.operations import CatalogMutations
from gql_api.app.demo_data import Size
from gql_api.app.inventory import policies as inventory_policies
from gql_api.app.inventory.operations import InventoryMutations
from gql_api.app.migrations_config import alembic_config
from gql_api.app.registry import policies as registry_policies
from gql_api.app.roles import ADMIN
from gql_api.app.seeding import Progress, SeedCounts, seed

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

TYPES = (*accounts_types.TYPES, *blog_types.TYPES, *catalog_types.TYPES)
"""Types that differ from what their models say."""

POLICIES: tuple[gql.Policy[Any], ...] = (
    *accounts_policies.POLICIES,
    *blog_policies.POLICIES,
    *catalog_policies.POLICIES,
    *inventory_policies.POLICIES,
    *registry_policies.POLICIES,
)
"""One per model."""

QUERIES = (AccountQueries,)
"""Queries beside the generated ones."""

MUTATIONS = (
    AccountMutations,
    ApiKeyMutations,
    BlogMutations,
    CatalogMutations,
    InventoryMutations,
)
"""Mutations beside the generated ones; those of the same name replace them."""


def build_schema(*, dialect: str, config: gql.ApiConfig | None = None) -> gql.Schema:
    """Build the schema of the application.

    Args:
        dialect: Name of the database's dialect.
        config: Page sizes and the like.
    """
    return gql.build_schema(
        models.Base,
        dialect=dialect,
        config=config or gql.ApiConfig(),
        types=TYPES,
        policies=POLICIES,
        default_policy=gql.Roles(ADMIN),
        queries=QUERIES,
        mutations=MUTATIONS,
    )


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


application = gql.Application(
    name="gql_api",
    models=models.Base,
    build_schema=build_schema,
    authenticate=authenticate,
    schema_translate_map=MappingProxyType(models.SCHEMA_TRANSLATE_MAP),
    default_query=DEFAULT_QUERY,
    alembic_config=alembic_config,
    seed=seed_sized,
    issue_token=issue_token_for,
    check_settings=check_settings,
)
"""The application: found by its entry point, or as ``gql_api.app.main:application``."""
