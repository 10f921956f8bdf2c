"""Who may do what with the catalog: staff run it, buyers review."""

from typing_extensions import override

import gql_api as gql
from gql_api.app.catalog import models
from gql_api.app.policies import OwnedPolicy, StaffPolicy
from gql_api.app.roles import is_staff


class CategoryPolicy(StaffPolicy[models.Category]):
    """Staff arrange the shelves."""


class ProductPolicy(StaffPolicy[models.Product]):
    """Staff fill the shelves, and see what is deleted when they ask for it."""

    @override
    def sees_deleted(self, subject: gql.SymbolicSubject) -> bool:
        return is_staff(subject)


class ReviewPolicy(OwnedPolicy[models.Review]):
    """Buyers write in their own name."""

    owner = "author_id"


POLICIES = (CategoryPolicy(), ProductPolicy(), ReviewPolicy())
"""One per model of the module."""
