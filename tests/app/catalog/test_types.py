"""Products as clients see them."""

import pytest
import sqlalchemy as sa

from gql_api.app import models
from tests.fixtures.demo import Demo


@pytest.mark.parametrize(
    ("status", "stock", "is_available"),
    [
        pytest.param("ACTIVE", 1, True, id="on the shelf"),
        pytest.param("ACTIVE", 0, False, id="sold out"),
        pytest.param("DRAFT", 1, False, id="not yet"),
        pytest.param("ARCHIVED", 1, False, id="no longer"),
    ],
)
async def test_is_available(sqlite_demo: Demo, status: str, stock: int, is_available: bool):  # noqa: FBT001 - a parameter of the table
    """A product is available while it is for sale and there is a piece."""
    await sqlite_demo.write(
        sa.update(models.Product).values(status=models.ProductStatus(status), stock=stock)
    )

    answer = await sqlite_demo.run("{ products(first: 1) { nodes { isAvailable } } }")

    assert answer.data == {"products": {"nodes": [{"isAvailable": is_available}]}}
