"""What a schema of many types costs: a process builds one, runs an operation and says so in JSON.

python -m bench.types 100 large
"""

import asyncio
import json
import os
import sys
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import gql_api as gql
from bench.load import memory_mb

_WARM_RUNS = 200


class Base(DeclarativeBase):
    """Base of the models."""


def _models(count: int) -> list[type[Any]]:
    """Make classes in a chain: each leads to the one before."""
    made: list[type[Any]] = []
    for number in range(count):
        attributes: dict[str, Any] = {
            "__tablename__": f"thing_{number}",
            "__annotations__": {
                "id": Mapped[int],
                "name": Mapped[str],
                "note": Mapped[str | None],
                "amount": Mapped[int],
                "is_open": Mapped[bool],
            },
            "id": mapped_column(primary_key=True),
        }
        if made:
            attributes["before_id"] = mapped_column(sa.ForeignKey(f"thing_{number - 1}.id"))
            attributes["before"] = relationship(made[-1], lazy="raise")
            attributes["__annotations__"]["before_id"] = Mapped[int]
            attributes["__annotations__"]["before"] = Mapped[made[-1]]  # type: ignore[valid-type]  # made just now
        made.append(type(f"Thing{number}", (Base,), attributes))
    return made


async def _run(count: int, *, is_large: bool) -> dict[str, float]:
    models = _models(count)
    config = gql.ApiConfig.for_large_schema() if is_large else gql.ApiConfig()
    started_at = time.process_time()
    schema = gql.build_schema(models, dialect="sqlite", config=config)
    build_s = time.process_time() - started_at
    database = gql.open_database("sqlite://")
    async with database.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    field = schema.table.inflector.many_field(schema.table.registry.by_model[models[1]].name)
    text = f"{{ {field}(first: 10) {{ totalCount nodes {{ name before {{ name }} }} }} }}"

    async def ask() -> None:
        result = await schema.execute(text, context_value=gql.Context(database))
        assert result.errors is None, result.errors  # noqa: S101 - a defect of this module

    cold_s = await _timed(ask, 1)
    warm_s = await _timed(ask, _WARM_RUNS)
    await database.dispose()
    return {
        "types": len(schema.graphql_schema.type_map),
        "build_s": build_s,
        "memory_mb": memory_mb(os.getpid()),
        "cold_ms": cold_s * 1000,
        "warm_ms": warm_s * 1000,
    }


async def _timed(work: Any, times: int) -> float:
    started_at = time.process_time()
    for _ in range(times):
        await work()
    return (time.process_time() - started_at) / times


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_run(int(sys.argv[1]), is_large=sys.argv[2] == "large"))))
