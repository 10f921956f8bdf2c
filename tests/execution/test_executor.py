"""The executor and what is known of the document that it runs."""

from collections.abc import Iterator
from typing import Any

from graphql import parse
from strawberry.extensions import SchemaExtension

import gql_api as gql
from tests.fixtures.schema import Api


class Replacement(SchemaExtension):
    """Runs another document than was asked for and judged."""

    def on_execute(self) -> Iterator[None]:
        """Replace the document."""
        context: Any = self.execution_context
        context.graphql_document = parse("{ books(first: 2) { nodes { title } } }")
        yield


async def test_replaced_document(api: Api):
    """Nothing that is known of a document is used where an extension runs another one."""
    api = api.of(extensions=[Replacement])

    for _ in range(3):
        context = gql.Context(api.database)
        result = await api.schema.execute(
            "{ books(first: 1) { nodes { id } } }", context_value=context
        )
        assert result.data is not None
        assert [set(each) for each in result.data["books"]["nodes"]] == [{"title"}, {"title"}]
        assert context.plans is None
