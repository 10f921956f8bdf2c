"""Tables of the same columns and of different sizes, to see what a page costs in each.

``BENCH_SIZES`` lists the numbers of rows.
"""

import os
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import gql_api as gql

_FILL = """
INSERT INTO {table} (id, title, score, is_published)
SELECT n, 'Title number ' || n, (n * 7919::bigint) % 10007, n % 5 <> 0
FROM generate_series(1, {rows}) AS n
"""


class Base(DeclarativeBase):
    """Base of the models."""


def size_names() -> dict[int, str]:
    """Return the number of rows of each table, and the name of its model."""
    sizes = map(int, os.environ.get("BENCH_SIZES", "10000").split(","))
    return {size: f"Sized{size}Row" for size in sizes}


def _model(name: str) -> type[Any]:
    attributes = {
        "__tablename__": name.lower(),
        "__doc__": "A row.",
        "__annotations__": {
            "id": Mapped[int],
            "title": Mapped[str],
            "score": Mapped[int],
            "is_published": Mapped[bool],
        },
        "id": mapped_column(primary_key=True),
        "title": mapped_column(sa.Text),
        "score": mapped_column(),
        "is_published": mapped_column(),
        "__table_args__": (sa.Index(f"{name.lower()}_score", "score", "id"),),
    }
    return type(name, (Base,), attributes)


MODELS = {size: _model(name) for size, name in size_names().items()}


async def fill(database_url: str) -> None:
    """Make the tables that are missing, with their rows.

    Cost:
        One statement per table; about half a minute for ten million rows.
    """
    database = gql.open_database(database_url)
    try:
        for rows, model in MODELS.items():
            table: sa.Table = model.__table__
            async with database.write_engine.connect() as connection:
                found = await connection.run_sync(
                    lambda sync, name=table.name: sa.inspect(sync).has_table(name)
                )
            if found:
                continue
            async with database.write_engine.begin() as connection:
                await connection.run_sync(table.create)
                await connection.exec_driver_sql(_FILL.format(table=table.name, rows=rows))
            async with database.read_engine.connect() as connection:
                await connection.exec_driver_sql(f"VACUUM ANALYZE {table.name}")
    finally:
        await database.dispose()


def build_schema(*, dialect: str, config: gql.ApiConfig) -> gql.Schema:
    """Build the schema of the tables."""
    return gql.build_schema(Base, dialect=dialect, config=config)


application = gql.Application(name="sizes", models=Base, build_schema=build_schema)
