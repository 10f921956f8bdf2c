"""Whole tables walked by cursor over HTTP, and compared with SQL."""

from typing import Any

import httpx
import sqlalchemy as sa
from sqlalchemy import orm

import gql_api as gql
from gql_api.mapping.descriptors import Entity
from tests.server import notes

_PAGE = 100


def build_read_only(database: gql.Database, base: Any) -> gql.Schema:
    """Build the schema of a base or a registry for a database, without mutations."""
    config = gql.ApiConfig(is_read_only=True)
    schema = gql.build_schema(base, dialect=database.dialect.name, config=config)
    assert schema.graphql_schema.mutation_type is None
    return schema


async def walk_all(database: gql.Database, schema: gql.Schema) -> int:
    """Serve a schema, walk every table, and compare rows and totals with SQL.

    Returns:
        The number of rows seen.
    """
    async with notes.open_client(gql.create_app(schema, database=database)) as client:
        return sum([await _walk(client, schema, database, each) for each in schema.table.registry])


async def _walk(
    client: httpx.AsyncClient, schema: gql.Schema, database: gql.Database, entity: Entity
) -> int:
    """Walk one list: every row once, every count of relatives the one of SQL."""
    many = schema.table.inflector.many_field(entity.name)
    lists = {each.key: each.name for each in entity.relationships.values() if each.is_list}
    singles = [each.name for each in entity.relationships.values() if not each.is_list]
    selected = [
        "id",
        *(column.name for column in entity.columns.values()),
        *(f"{name} {{ totalCount }}" for name in lists.values()),
        *(f"{name} {{ id }}" for name in singles),
    ]
    query = (
        f"query Walk($after: String) {{ {many}(first: {_PAGE}, after: $after) {{ totalCount "
        f"pageInfo {{ hasNextPage endCursor }} nodes {{ {' '.join(selected)} }} }} }}"
    )
    ids, sums, after = [], dict.fromkeys(lists, 0), None
    while True:
        page = await _ask(client, query, many, after)
        ids += [node["id"] for node in page["nodes"]]
        for key, name in lists.items():
            sums[key] += sum(node[name]["totalCount"] for node in page["nodes"])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    total = await _count(database, sa.select(sa.func.count()).select_from(entity.model))
    assert len(ids) == len(set(ids)) == page["totalCount"] == total
    for key, found in sums.items():
        path = getattr(entity.model, key)
        path = path.of_type(orm.aliased(path.property.mapper.class_))
        joined = sa.select(sa.func.count()).select_from(entity.model).join(path)
        assert found == await _count(database, joined)
    return total


async def _ask(client: httpx.AsyncClient, query: str, many: str, after: str | None) -> Any:
    content = {"query": query, "variables": {"after": after}}
    answer = (await client.post("/graphql", json=content)).json()
    assert "errors" not in answer, answer["errors"][0]
    return answer["data"][many]


async def _count(database: gql.Database, statement: Any) -> int:
    async with database.read_connection() as connection:
        return int(await connection.scalar(statement))
