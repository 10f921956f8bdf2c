"""Computed columns of rows that custom resolvers return as instances of models."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa
import strawberry

import gql_api as gql
from tests.fixtures.schema import KINDS, Api
from tests.wild import test_expressions as school_models
from tests.wild import test_proxies as people_models
from tests.wild.worlds import opened


@gql.type(school_models.Pupil, all_fields=True)
class PupilType:
    """A pupil as resolvers return it."""


@gql.type(people_models.Grant, all_fields=True)
class GrantType:
    """A grant as resolvers return it."""


@strawberry.type
class Pupils:
    """Pupils by hand."""

    @strawberry.field
    async def by_hand(self, info: gql.Info) -> list[PupilType]:
        async with info.context.read_session() as session:
            statement = sa.select(school_models.Pupil).order_by(school_models.Pupil.id)
            return list(await session.scalars(statement))


@strawberry.type
class Grants:
    """Grants by hand."""

    @strawberry.field
    async def by_hand(self, info: gql.Info) -> list[GrantType]:
        async with info.context.read_session() as session:
            order = people_models.Grant.person_id, people_models.Grant.skill_id
            return list(await session.scalars(sa.select(people_models.Grant).order_by(*order)))


@pytest.fixture(params=KINDS)
async def school(
    request: pytest.FixtureRequest, tmp_path: Any, make_postgres_database: Callable[[], str]
) -> AsyncIterator[Api]:
    """Three pupils."""
    options = {"rows": school_models.ROWS, "types": [PupilType], "queries": [Pupils]}
    opening = opened(school_models.Base, request.param, tmp_path, make_postgres_database, **options)
    async with opening as api:
        yield api


@pytest.fixture
async def people(tmp_path: Any, make_postgres_database: Callable[[], str]) -> AsyncIterator[Api]:
    """Three grants, of which one is of a secret skill."""
    options = {"rows": people_models.ROWS, "types": [GrantType], "queries": [Grants]}
    policies = [people_models.OpenSkills()]
    opening = opened(
        people_models.Base,
        "sqlite",
        tmp_path,
        make_postgres_database,
        policies=policies,
        **options,
    )
    async with opening as api:
        yield api


async def test_expressions(school: Api):
    """An expression of an instance is computed in SQL, one statement for all rows."""
    data = await school.data("{ byHand { first best again: best menteeCount pair } }", count=4)

    assert data["byHand"] == [
        {"first": "Ann", "best": 7, "again": 7, "menteeCount": 2, "pair": "Annx"},
        {"first": "Bo", "best": 9, "again": 9, "menteeCount": 0, "pair": "Boy"},
        {"first": "Cy", "best": None, "again": None, "menteeCount": 0, "pair": "Cyy"},
    ]


async def test_proxies(people: Api):
    """A column of a relative of an instance is null where that may not be seen."""
    data = await people.data("{ byHand { level skillLabel } }", count=2)

    assert data["byHand"] == [
        {"level": 5, "skillLabel": "go"},
        {"level": 9, "skillLabel": None},
        {"level": 3, "skillLabel": None},
    ]
