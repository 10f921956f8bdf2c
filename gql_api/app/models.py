"""All models of the bundled application, in one place: importing it configures every relationship."""

import gql_api as gql
from gql_api.app.accounts.models import (
    ApiKey,
    Role,
    User,
    api_key_roles,
    refresh_tokens,
    user_roles,
)
from gql_api.app.base import SCHEMA, SCHEMA_TRANSLATE_MAP, Base
from gql_api.app.blog.models import Comment, Post, Tag, post_tags
from gql_api.app.catalog.models import Category, Product, ProductStatus, Review
from gql_api.app.inventory.models import Item
from gql_api.app.registry.models import MLModel

IDEMPOTENCY_KEYS = gql.idempotency_table(Base.metadata)
"""Answers of mutations, for clients that repeat them."""

__all__ = [
    "IDEMPOTENCY_KEYS",
    "SCHEMA",
    "SCHEMA_TRANSLATE_MAP",
    "ApiKey",
    "Base",
    "Category",
    "Comment",
    "Item",
    "MLModel",
    "Post",
    "Product",
    "ProductStatus",
    "Review",
    "Role",
    "Tag",
    "User",
    "api_key_roles",
    "post_tags",
    "refresh_tokens",
    "user_roles",
]
