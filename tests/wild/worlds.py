"""Models of one test module on a real database of each kind."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa

import gql_api as gql
from tests.fixtures.schema import Api, drop_test_database, open_test_database

Rows = Sequence[tuple[Any, list[dict[str, Any]]]]
"""Tables or models, and what is inserted into them."""


@asynccontextmanager
async def opened(
    base: Any,
    kind: str,
    folder: Any,
    make_postgres_database: Callable[[], str],
    *,
    rows: Rows = (),
    **options: Any,
) -> AsyncIterator[Api]:
    """Create the tables of a base and their rows, and build the schema.

    Args:
        base: Declarative base of the models.
        kind: Kind of database.
        folder: Where a file may stand.
        make_postgres_database: The fixture of that name.
        rows: What the tables hold.
        options: Of ``build_schema``.
    """
    database = await open_test_database(kind, make_postgres_database, folder)
    try:
        async with database.write_engine.begin() as connection:
            await connection.run_sync(base.metadata.create_all)
            for target, values in rows:
                await connection.execute(sa.insert(target), values)
        yield Api(database, gql.build_schema(base, dialect=database.dialect.name, **options))
    finally:
        await drop_test_database(database)
