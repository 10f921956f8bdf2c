"""What resolvers find in the context."""

from typing import Any

import pytest
import sqlalchemy as sa
import strawberry

import gql_api as gql
from gql_api.errors import BadUserInputError, SchemaBuildError
from gql_api.mapping.global_ids import encode_global_id
from tests.fixtures import models
from tests.fixtures.models import Loan, Tag
from tests.fixtures.schema import ADA, Api


async def test_outside_of_an_operation(offline: Api):
    """Without an operation there is no unit, no session and nothing to load with."""
    context = gql.Context(offline.database)

    with pytest.raises(RuntimeError) as unit:
        _ = context.session
    with pytest.raises(SchemaBuildError) as load:
        await context.load(Tag, 1)

    assert str(unit.value) == (
        "Only mutations have a unit of work: read with info.context.read_session()."
    )
    assert str(load.value) == (
        "The context belongs to no operation yet. Build the schema with gql_api.build_schema."
    )


async def test_keys(api: Api):
    """Global ids are read as primary keys; composite ones as tuples."""
    entities = api.schema.table.registry.entities
    tag = encode_global_id(entities["Tag"], {"id": 2})
    loan = encode_global_id(entities["Loan"], {"book_id": 1, "reader_id": ADA})
    found: list[Any] = []

    @strawberry.type
    class Queries:
        @strawberry.field
        def read(self, info: gql.Info) -> bool:
            found.extend([info.context.key_of(Tag, tag), info.context.key_of(Loan, loan)])
            with pytest.raises(BadUserInputError) as caught:
                info.context.key_of(Tag, loan)
            found.append(caught.value.message)
            return True

    await api.of(queries=[Queries]).data("{ read }", count=0)

    assert found == [2, (1, ADA), "id is an id of Loan: pass an id of Tag."]


async def test_read_session(api: Api):
    """Instances of a read session stay usable after it."""

    @strawberry.type
    class Queries:
        @strawberry.field
        async def labels(self, info: gql.Info) -> list[str]:
            async with info.context.read_session() as session:
                tags = (await session.scalars(sa.select(Tag).order_by(Tag.id))).all()
            return [tag.label for tag in tags]

    data = await api.of(queries=[Queries]).data("{ labels }", count=1)

    assert data == {"labels": ["new", "old", "unused"]}


async def test_mutation_reads_its_own_writes(written: Api):
    """Within a mutation, reads of every kind see what was written, and loaders forget."""

    class Mutations:
        @strawberry.mutation
        async def write(self, info: gql.Info) -> str | None:
            tag = Tag(id=7, label="x")
            info.context.session.add(tag)
            loaded = await info.context.load(Tag, 7)
            async with info.context.read_session() as session:
                assert session is info.context.session
            return loaded and loaded.label

    answer = await written.of(mutations=[Mutations]).run("mutation { write again: write }")

    assert answer.data is not None
    assert answer.data["again"] is None
    first = await written.of(mutations=[Mutations]).run("mutation { write }")
    assert first.data == {"write": "x"}


async def test_one_context_for_two_operations(written: Api):
    """A context that is used again starts without loaders and without a unit."""
    context = gql.Context(written.database)
    await written.schema.execute(
        'mutation { createTag(input: {label: "x"}) { tag { id } } }', context_value=context
    )

    result = await written.schema.execute("{ tags { totalCount } }", context_value=context)

    assert result.data == {"tags": {"totalCount": 1}}
    assert context.loaders == {}
    with pytest.raises(RuntimeError):
        _ = context.unit


@pytest.mark.parametrize("policies", [(), models.POLICIES])
async def test_load_without_hit(api: Api, policies: Any):
    """A key without a row is None."""

    @strawberry.type
    class Queries:
        @strawberry.field
        async def label(self, info: gql.Info) -> str | None:
            tag = await info.context.load(Tag, 99)
            return tag and tag.label

    custom = api.of(queries=[Queries], policies=policies)

    assert await custom.data("{ label }", count=1) == {"label": None}
