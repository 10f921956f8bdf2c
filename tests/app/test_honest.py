"""The limits let honest clients through."""

from graphql import parse

from gql_api.execution.structure import measure_structure
from tests.app.honest import NUMBER, honest_documents
from tests.fixtures.demo import Demo


async def test_honest_documents(postgres_shared_demo: Demo):
    """Of many documents full of fragments, or deep, none is refused."""
    demo = postgres_shared_demo
    texts = list(dict.fromkeys(honest_documents(demo.schema.graphql_schema)))

    for text in texts:
        answer = await demo.run(text, "admin")

        assert answer.errors == [], text
        assert answer.statements
    documents = [parse(text) for text in texts]
    assert len(texts) > NUMBER * 0.9
    assert max(len(each.definitions) for each in documents) > 15
    assert max(measure_structure(each).depth for each in documents) > 15
