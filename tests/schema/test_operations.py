"""Operations written by hand."""

import gql_api as gql
from tests.fixtures import models


class Queries:
    """One query."""

    @gql.query
    async def anybody(self, info: gql.Info) -> models.Author | None:
        """Nobody."""
        return None


def test_two_schemas():
    """Schemas of one class of operations share no field: each has types of its own."""
    one, other = (
        gql.build_schema(models.Base, dialect=name, queries=[Queries])
        for name in ("postgresql", "sqlite")
    )

    fields = [
        schema.graphql_schema.query_type.fields["anybody"].extensions["strawberry-definition"]
        for schema in (one, other)
    ]

    assert [field.entity for field in fields] == [
        schema.table.registry.by_model[models.Author] for schema in (one, other)
    ]
