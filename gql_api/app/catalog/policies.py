"""Who may do what with the catalog: staff run it, buyers review."""

from typing import Any

from typing_extensions import override

import gql_api as gql
from gql_api.app.catalog import models
from gql_api.app.policies import OwnedPolicy, Predicate, StaffPolicy


class CategoryPolicy(StaffPolicy[models.Category]):
    """Staff arrange the shelves."""


class ProductPolicy(StaffPolicy[models.Product]):
    """Staff fill the shelves; what is deleted is seen by nobody."""

    @override
    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        predicate: Predicate = row.deleted_at.is_(None)
        return predicate


class ReviewPolicy(OwnedPolicy[models.Review]):
    """Buyers write in their own name."""

    owner = "author_id"


POLICIES = (CategoryPolicy(), ProductPolicy(), ReviewPolicy())
"""One per model of the module."""
