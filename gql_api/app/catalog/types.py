"""Types of the module that differ from what their models say."""

import gql_api as gql
from gql_api.app.catalog import models


@gql.type(models.Product, all_fields=True, description=models.Product.__doc__)
class Product:
    """A product, with what a shop window wants to know."""

    status: gql.auto
    stock: gql.auto

    @gql.computed(depends_on=[models.Product.status, models.Product.stock])
    def is_available(self) -> bool:
        """Whether it is for sale, and there is at least one piece."""
        is_for_sale: bool = self.status == models.ProductStatus.ACTIVE
        return is_for_sale and bool(self.stock)


TYPES = (Product,)
"""Declared types of the module."""
