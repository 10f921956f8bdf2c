"""The rows of the blog, copied from PostgreSQL into an SQLite file."""

import asyncio
from pathlib import Path

import sqlalchemy as sa

import gql_api as gql
from bench.models import Base

_CHUNK = 10_000


def copied_blog(source_url: str, file: Path) -> str:
    """Return the address of the SQLite file; it is made where it does not exist.

    Cost:
        All rows of all tables are read and written once: about half a minute.
    """
    address = f"sqlite+aiosqlite:///{file}"
    if not file.exists():
        unfinished = file.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        asyncio.run(_copy(source_url, f"sqlite+aiosqlite:///{unfinished}"))
        unfinished.rename(file)
    return address


async def _copy(source_url: str, target_url: str) -> None:
    source, target = gql.open_database(source_url), gql.open_database(target_url)
    try:
        async with target.write_engine.begin() as writing:
            await writing.run_sync(Base.metadata.create_all)
        for table in Base.metadata.sorted_tables:
            await _copy_table(table, source, target)
        async with target.write_engine.begin() as writing:
            await writing.exec_driver_sql("ANALYZE")
    finally:
        await source.dispose()
        await target.dispose()


async def _copy_table(table: sa.Table, source: gql.Database, target: gql.Database) -> None:
    async with source.read_engine.connect() as reading:
        rows = (await reading.execute(sa.select(table))).mappings().all()
    async with target.write_engine.begin() as writing:
        for start in range(0, len(rows), _CHUNK):
            chunk = [dict(row) for row in rows[start : start + _CHUNK]]
            await writing.execute(sa.insert(table), chunk)
