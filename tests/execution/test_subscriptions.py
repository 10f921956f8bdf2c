"""Subscriptions of a schema in process."""

import gql_api as gql
from tests.server import notes, ticks


async def test_defect(sqlite: gql.Database):
    """What a subscription raises is masked in process as well."""
    schema = ticks.build(ticks.Watched())
    context = gql.Context(await notes.create_tables(sqlite))

    results = await schema.subscribe("subscription { broken }", context_value=context)
    told = [(result.data, [*map(str, result.errors or ())]) async for result in results]

    assert told[0] == ({"broken": 1}, [])
    assert "secret" not in str(told)
    assert len(told) == 2
