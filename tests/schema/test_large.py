"""A schema of hundreds of classes stays small, and every class has a name of its own."""

import pytest
from graphql import GraphQLInputObjectType

import gql_api as gql
from tests.fixtures.large import CLASSES, large_models


@pytest.fixture(scope="module")
def schema() -> gql.Schema:
    """The schema of 480 classes, in the preset for them."""
    return gql.build_schema(large_models(), config=gql.ApiConfig.for_large_schema())


def test_everything_is_there(schema: gql.Schema):
    """Each class, column and relationship is part of the schema."""
    entities = list(schema.table.registry)

    assert len(entities) == CLASSES == 480
    assert sum(len(each.columns) for each in entities) >= 2_780
    assert sum(len(each.relationships) for each in entities) == 900


def test_equal_class_names(schema: gql.Schema):
    """Classes of one name in two modules have two types, named alike in every build."""
    registry = schema.table.registry
    twins = [each for each in registry if each.model.__name__ == "LedgerEntry400"]

    assert {(each.model.__module__, each.name) for each in twins} == {
        ("company.archive", "LedgerEntry400"),
        ("company.live", "LedgerEntry4002"),
    }
    assert len({each.name for each in registry}) == CLASSES


def test_size(schema: gql.Schema):
    """The SDL has less than 4 MB, and a class has a bounded number of types."""
    assert len(schema.as_str().encode()) < 4_000_000
    assert len(schema.graphql_schema.type_map) < 20 * CLASSES


def test_operators(schema: gql.Schema):
    """Operator inputs are made per scalar, not per column."""
    operators = {each.__strawberry_definition__.name for each in schema.table.operators.values()}
    used = {
        str(field.type)
        for type_ in schema.graphql_schema.type_map.values()
        if isinstance(type_, GraphQLInputObjectType)
        for name, field in type_.fields.items()
        if name.startswith("value")
    }

    assert len(operators) < 30
    assert used & operators >= {"StringFilter", "IntFilter", "StageFilter"}
