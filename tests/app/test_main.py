"""The application as the command and the server find it."""

from importlib.metadata import entry_points

import pytest

import gql_api as gql
from gql_api.app.main import application, seed_sized
from tests.fixtures.demo import Demo


def test_entry_point():
    """The command finds the application by its entry point."""
    (found,) = entry_points(group="gql_api.applications", name="default")

    assert found.load() is application


async def test_default_query(demo: Demo):
    """What the first tab of GraphiQL holds answers signed out, in a statement per level at most."""
    answer = await demo.run(application.default_query)

    assert answer.errors == []
    assert len(answer.data["posts"]["nodes"]) == 3
    assert all(
        "python" in [tag["name"] for tag in post["tags"]["nodes"]]
        for post in answer.data["posts"]["nodes"]
    )
    assert len(answer.statements) == (1 if demo.database.dialect.name == "postgresql" else 4)


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite", "mysql"])
def test_read_only(dialect: str):
    """The application can be served without its mutations."""
    schema = application.build_schema(dialect=dialect, config=gql.ApiConfig(is_read_only=True))

    assert schema.graphql_schema.mutation_type is None


def test_operations_replace_generated_fields():
    """A mutation of the application stands in the place of the generated one of its name."""
    schema = application.build_schema(dialect="postgresql", config=gql.ApiConfig())

    assert "password" in schema.graphql_schema.type_map["CreateUserInput"].fields


async def test_unknown_size(demo: Demo):
    """Demo data of an unknown size is refused in one line."""
    with pytest.raises(gql.ConfigurationError) as refusal:
        await seed_sized(demo.database.write_engine, size="huge")

    assert str(refusal.value) == ("There is no demo data of the size 'huge'. Choose demo or load.")
