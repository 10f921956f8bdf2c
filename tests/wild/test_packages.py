"""Models that this project did not write: of public packages, and of SQLModel."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import mendeleev.models
import optuna.storages._rdb.models as optuna_models
import pytest
import sqlalchemy as sa
import sqlmodel

import gql_api as gql
from tests.fixtures.schema import Api, drop_test_database, open_test_database
from tests.wild.heroes import Hero, HeroMission, Mission, Rank, Team
from tests.wild.walks import build_read_only, walk_all

_ELEMENTS = Path(mendeleev.models.__file__).with_name("elements.db")
_START = dt.datetime(2024, 5, 1, 12, 30)  # noqa: DTZ001 - the columns have no zone


@pytest.fixture(params=["postgresql", "sqlite", "mariadb"])
async def database(
    request: pytest.FixtureRequest, make_postgres_database: Callable[[], str], tmp_path: Path
) -> AsyncIterator[gql.Database]:
    """An empty database, once per kind."""
    database = await open_test_database(request.param, make_postgres_database, tmp_path)
    yield database
    await drop_test_database(database)


async def test_optuna(database: gql.Database):
    """The studies and trials of optuna are served as they are."""
    models = optuna_models
    async with database.write_engine.begin() as connection:
        await connection.run_sync(models.BaseModel.metadata.create_all)
        await connection.execute(
            sa.insert(models.StudyModel),
            [{"study_id": number, "study_name": f"Study {number}"} for number in range(1, 4)],
        )
        await connection.execute(
            sa.insert(models.StudyDirectionModel),
            [
                {"study_id": number, "direction": direction, "objective": 0}
                for number, direction in enumerate(optuna_models.StudyDirection, 1)
            ],
        )
        await connection.execute(
            sa.insert(models.TrialModel),
            [
                {
                    "trial_id": number,
                    "number": number,
                    "study_id": 1 + number % 3,
                    "state": list(optuna_models.TrialState)[number % 5],
                    "_datetime_start_utc": _START + dt.timedelta(seconds=number),
                }
                for number in range(1, 251)
            ],
        )
        await connection.execute(
            sa.insert(models.TrialValueModel),
            [
                {
                    "trial_id": number,
                    "objective": 0,
                    "value": number / 7 if number % 2 else None,
                    "value_type": models.TrialValueModel.TrialValueType.FINITE,
                }
                for number in range(1, 251)
            ],
        )

    seen = await walk_all(database, build_read_only(database, models.BaseModel))

    assert seen == 3 + 3 + 250 + 250


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
async def test_mendeleev(kind: str, make_postgres_database: Callable[[], str], tmp_path: Path):
    """The chemical elements of mendeleev are served with its own data.

    Its texts have no length, which MariaDB asks for.
    """
    database = await open_test_database(kind, make_postgres_database, tmp_path)
    tables = mendeleev.models.Base.metadata.sorted_tables
    total = 0
    async with database.write_engine.begin() as connection:
        await connection.run_sync(mendeleev.models.Base.metadata.create_all)
        reader = sa.create_engine(
            f"sqlite:///file:{_ELEMENTS}?mode=ro&uri=true", poolclass=sa.NullPool
        )
        with reader.connect() as elements:
            for table in tables:
                rows = [row._asdict() for row in elements.execute(sa.select(table))]
                total += len(rows)
                if rows:
                    await connection.execute(sa.insert(table), rows)

    seen = await walk_all(database, build_read_only(database, mendeleev.models.Base))

    await drop_test_database(database)
    assert seen == total > 1000


async def test_sqlmodel(database: gql.Database):
    """An application of SQLModel is served as it is."""
    missions = [uuid.UUID(int=number) for number in range(1, 4)]
    async with database.write_engine.begin() as connection:
        await connection.run_sync(sqlmodel.SQLModel.metadata.create_all)
        await connection.execute(
            sa.insert(Team), [{"id": number, "name": f"Team {number}"} for number in (1, 2)]
        )
        await connection.execute(
            sa.insert(Mission),
            [{"id": each, "title": "M", "is_secret": False} for each in missions],
        )
        await connection.execute(
            sa.insert(Hero),
            [
                {
                    "id": number,
                    "name": f"Hero {number}",
                    "rank": list(Rank)[number % 2],
                    "joined": _START.replace(tzinfo=dt.UTC),
                    "fee": number,
                    "team_id": [None, 1, 2][number % 3],
                }
                for number in range(1, 131)
            ],
        )
        await connection.execute(
            sa.insert(HeroMission),
            [
                {"hero_id": number, "mission_id": each}
                for number in range(1, 131)
                for each in missions[: number % 4]
            ],
        )

    seen = await walk_all(database, build_read_only(database, sqlmodel.SQLModel))

    assert seen == 2 + 3 + 130 + sum(number % 4 for number in range(1, 131))


async def test_sqlmodel_fields(database: gql.Database):
    """Names, enumerations and links of SQLModel are those of the API."""
    async with database.write_engine.begin() as connection:
        await connection.run_sync(sqlmodel.SQLModel.metadata.create_all)
        hero = {
            "id": 1,
            "name": "Ann",
            "rank": Rank.LEGEND,
            "joined": _START.replace(tzinfo=dt.UTC),
            "fee": 2,
            "age": 30,
        }
        await connection.execute(sa.insert(Hero), [hero])
        await connection.execute(sa.insert(Mission), [{"id": uuid.UUID(int=1), "title": "M"}])
        link = {"hero_id": 1, "mission_id": uuid.UUID(int=1)}
        await connection.execute(sa.insert(HeroMission), [link])
    schema = gql.build_schema(sqlmodel.SQLModel, dialect=database.dialect.name)

    data = await Api(database, schema).data(
        """{ heroes(where: {rank: {eq: LEGEND}}) { nodes {
          name age rank joined fee team { name } missions { nodes { title isSecret } } } } }""",
        count=2,
    )

    assert data["heroes"]["nodes"] == [
        {
            "name": "Ann",
            "age": 30,
            "rank": "LEGEND",
            "joined": "2024-05-01T12:30:00+00:00",
            "fee": "2.00",
            "team": None,
            "missions": {"nodes": [{"title": "M", "isSecret": False}]},
        }
    ]
